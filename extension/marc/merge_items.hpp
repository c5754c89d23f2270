// Inside of the library: the fields of both records on their way into the merged one.
#pragma once

#include "marc/merge.hpp"

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace marc::merging {

using index_list = std::pmr::vector<std::uint32_t>;

struct item {
    field_view view;
    std::string_view ruling;
    merge_decision decision;
    std::pmr::string changed; ///< the content in the result, when `rewritten`
    bool rewritten = false;

    std::string_view content() const noexcept { return rewritten ? std::string_view(changed) : view.content(); }
};

/// The items that are in the result, in its order (merge.hpp, "The order").
/// @param items base's fields in their order, then incoming's from `first_incoming` on
/// @param keys for each item; equal for fields of a tag that say the same
index_list arrange(const std::pmr::vector<item>& items, std::uint32_t first_incoming, const index_list& keys,
                   merge_order order, std::pmr::memory_resource* memory);

/// Gives incoming's pairs of linked fields ($6) another occurrence number where base keeps a pair with the same one.
void renumber_links(std::pmr::vector<item>& items, std::uint32_t first_incoming, const merge_rules& rules,
                    std::pmr::memory_resource* memory);

} // namespace marc::merging
