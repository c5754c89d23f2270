// Inside of the library: cutting XML into its MARCXML records, whatever stands around them.
#pragma once

#include "marc/poll.hpp"
#include "split_cut.hpp"

#include <cstddef>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marc {

/// Follows the elements around the records, for their namespaces, and steps over the records. It looks for as much of
/// XML as that needs and judges nothing else: the reader of the record does.
class marcxml_cutter {
  public:
    explicit marcxml_cutter(std::pmr::memory_resource* memory);

    cut_result next(std::string_view text, bool at_end, cut& result);

    /// What must stand around the last piece, so that its prefixes mean what they mean in the file.
    std::string_view start_tag() const noexcept { return start_tag_; }
    std::string_view end_tag() const noexcept { return end_tag_; }

  private:
    struct binding {
        std::pmr::string prefix;
        std::pmr::string uri;
        std::pmr::string attribute; ///< as it stands in the file
        std::size_t depth;
    };
    struct tag;
    enum class step { done, more, found };

    step pass_markup(std::string_view text, bool at_end, std::size_t& at, cut& result);
    std::size_t find_close(std::string_view text, bool at_end, std::string_view close, std::size_t from);
    std::optional<bool> holds_fields(std::string_view text, bool at_end);
    step pass_section(std::string_view text, bool at_end, std::string_view close, std::size_t& at, cut& result);
    step pass_doctype(std::string_view text, bool at_end, std::size_t& at, cut& result);
    step pass_start_tag(std::string_view text, bool at_end, std::size_t& at, cut& result);
    step find_record_end(std::string_view text, bool at_end, const tag& start, cut& result);
    void pass_end_tag(std::string_view name);
    void bind(const tag& t);
    void unbind(std::size_t depth) noexcept;
    std::string_view find_namespace(std::string_view prefix) const noexcept;
    std::string_view parent() const noexcept;
    void write_tags();

    std::pmr::memory_resource* memory_;
    std::pmr::vector<std::pmr::string> open_; ///< names of the elements around, as they stand
    std::pmr::vector<binding> bindings_;
    std::size_t unnamed_depth_ = 0; ///< elements deeper than the limit
    std::pmr::string start_tag_;
    std::pmr::string end_tag_;
    poller polling_;
    bool tags_are_current_ = false;
    bool said_truncated_ = false;
    bool no_comment_end_ = false; ///< the file ends without another -->
    bool no_cdata_end_ = false;   ///< likewise ]]>
};

} // namespace marc
