// Inside of the library: what the elements of MARCXML mean, whichever parser found them.
#pragma once

#include "marc/builder.hpp"
#include "marc/poll.hpp"
#include "marc/report.hpp"
#include "marc/xml.hpp"

#include <cstddef>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

namespace marc {

/// Takes the events of one document in order and fills a builder.
class marcxml_elements {
  public:
    explicit marcxml_elements(builder& into);

    /// @param uri the element's namespace, empty for none
    /// @throws parse_error
    void start(std::string_view name, std::string_view uri, std::span<const xml_attribute> attributes,
               std::size_t offset);
    /// The same for elements whose attributes are plain ASCII (one byte, the tag three), without a list of attributes:
    /// the start of <datafield tag="ddd" ind1="i" ind2="i">, a whole <subfield code="c"> or <controlfield tag="ddd">.
    /// @return false, with nothing done, where the element has no place or another namespace
    bool start_plain_field(std::string_view tag, char indicator1, char indicator2, std::string_view uri);
    bool add_plain_subfield(char code, std::string_view value, std::string_view uri);
    bool add_plain_control_field(std::string_view tag, std::string_view value, std::string_view uri);
    /// True where white space between elements means nothing.
    bool ignores_blanks() const noexcept {
        return place_ == place::data_field || place_ == place::record || place_ == place::collection;
    }
    void text(std::string_view text, std::size_t offset);
    void end();
    /// After the document: checks that there was a record and hands over the notes.
    void finish(report* notes);

  private:
    enum class place { outside, collection, record, leader, control_field, data_field, subfield, foreign };

    void note(defect_code code, std::size_t offset, std::string_view tag = {});
    bool is_ours(std::string_view uri);
    void start_root(std::string_view name, bool ours, std::size_t offset);
    void start_record(std::size_t offset);
    void start_in_record(std::string_view name, std::span<const xml_attribute> attributes, std::size_t offset);
    void start_field(std::span<const xml_attribute> attributes, bool data, std::size_t offset);
    void start_subfield(std::span<const xml_attribute> attributes, std::size_t offset);
    void append_indicator(std::span<const xml_attribute> attributes, std::string_view name, std::size_t offset);
    void skip(std::size_t offset);

    builder& into_;
    report notes_;
    poller polling_;
    std::pmr::string leader_;
    std::size_t leader_offset_ = 0;
    std::string_view uri_; ///< namespace of the last element; both parsers keep it for the whole document
    bool ours_ = true;
    place place_ = place::outside;
    place skipped_from_ = place::outside; ///< where the foreign element stands
    std::size_t foreign_depth_ = 0;
    std::size_t records_ = 0;
    bool in_collection_ = false;
    bool has_root_ = false;
    bool has_leader_ = false;
    bool code_missing_ = false; ///< the subfield has an empty code, and no value so far
    char tag_[3] = {};
};

} // namespace marc
