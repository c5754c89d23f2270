// Inside of the library: where a field belongs among others that need not be sorted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace marc {

/// A tag as a number by which tags are sorted: those of three digits by their number, then all others as bytes.
std::uint32_t tag_order(std::string_view tag) noexcept;

/// Finds the place of a field in a list of fields: behind the last field of its tag; where there is none, before the
/// first field of a higher tag; where there is none either, at the end. Records are often not sorted, so this is the
/// place that cataloguers expect of a tag block. Tags that are not numbers and stand before some number (Aleph's FMT)
/// are passed over.
class tag_places {
  public:
    explicit tag_places(std::pmr::memory_resource* memory) : last_(memory), highest_(memory) {}

    /// For the tags of the list in their order, as tag_order() has them.
    void assign(const std::pmr::vector<std::uint32_t>& orders);
    /// How many fields of the list stand before. O(log n).
    std::size_t place_of(std::uint32_t order) const noexcept;

  private:
    struct last_of_tag {
        std::uint32_t order;
        std::uint32_t place;
    };
    std::pmr::vector<last_of_tag> last_;
    std::pmr::vector<std::uint32_t> highest_; ///< of the fields up to each one
};

} // namespace marc
