// Inside of the library: what the members of MARC-in-JSON mean, whichever parser found them.
#pragma once

#include "marc/builder.hpp"
#include "marc/error.hpp"
#include "marc/poll.hpp"
#include "marc/report.hpp"

#include <array>
#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

/// Takes the events of one document in order and fills a builder. Offsets are those of the byte behind the token.
class json_members {
  public:
    json_members(builder& into, report* notes);

    /// @throws parse_error, each of them
    void start_object(std::size_t offset);
    void start_array(std::size_t offset);
    void end_object(std::size_t offset);
    void end_array();
    void key(std::string_view name, std::size_t offset);
    void string(std::string_view text, std::size_t offset);
    /// A null, or a number or boolean, of which none has a place in a record.
    void other(bool is_null, std::size_t offset);
    /// After the document: checks that there was a record.
    void finish();

    /// The text of a document that is a string, which is then to be read in its place.
    const std::pmr::string& whole_string() const noexcept { return whole_string_; }
    bool is_string() const noexcept { return is_string_; }

  private:
    /// Where a value or key is awaited.
    enum class place : unsigned char {
        document,
        records,
        record,          ///< the object of a record
        leader,          ///< a value
        fields,          ///< a value
        field_list,      ///< [ { tag: field } ]
        tagged,          ///< { tag: field }
        field,           ///< a value
        repeated_field,  ///< [ field, … ]
        parts,           ///< { ind1, ind2, subfields } or { tag, data, ind, subfield }
        indicator,       ///< a value
        subfields,       ///< a value
        subfield_list,   ///< [ { code: value } ]
        coded,           ///< { code: value }
        value,           ///< a value
        repeated_value,  ///< [ value, … ]
        order,           ///< a value
        order_list,      ///< [ tag, … ]
        flat_fields,     ///< a value: [ { tag, data, … } ]
        flat_field_list, ///< an array
        tag,             ///< a value of a flat field
        data,            ///< likewise
        flat_subfields,  ///< likewise: [ { code, data } ]
        flat_subfield_list,
        flat_subfield, ///< an object
        flat_code,
        flat_data,
        foreign,
    };

    [[noreturn]] void fail(errc code, std::size_t offset, std::string_view piece = {}) const;
    void note(defect_code code, std::size_t offset, std::string_view tag = {});
    void push(place p, std::size_t offset);
    void pop() noexcept { --depth_; }
    place now() const noexcept { return stack_[depth_ - 1]; }
    /// A value has come to its end: leaves its place when that was one value's.
    void value_done() noexcept;
    void start_record(std::size_t offset);
    void skip(std::size_t offset);
    void record_key(std::string_view name, std::size_t offset);
    void part_key(std::string_view name, std::size_t offset);
    void read_tag(std::string_view name, std::size_t offset);
    void begin_parts(bool flat, std::size_t offset);
    void add_content(std::string_view content);
    void set_indicator(std::string_view text, std::size_t offset);
    void set_code(std::string_view code, std::size_t offset);
    void add_subfield(std::string_view value, std::size_t offset);
    void end_parts(std::size_t offset);
    void arrange();

    builder& into_;
    report* notes_;
    poller polling_;
    std::pmr::string content_; ///< the subfields of the field, or the data of a flat field
    std::pmr::string code_;    ///< of the subfield
    std::pmr::string data_;    ///< of a flat subfield
    std::pmr::string order_;   ///< tags, three bytes each
    std::pmr::string whole_string_;
    std::array<place, 16> stack_{};
    std::size_t depth_ = 1;
    std::size_t foreign_depth_ = 0;
    std::size_t records_ = 0;
    std::size_t indicator_ = 0; ///< which one is awaited: 0, 1, or 2 for both
    std::array<char, 2> indicators_{};
    std::array<bool, 2> has_indicator_{};
    std::array<char, 3> tag_{};
    bool has_tag_ = false;  ///< of the flat field
    bool is_flat_ = false;  ///< the field is one of marc-json
    bool has_data_ = false; ///< it has a `data` member
    bool has_parts_ = false;
    bool has_leader_ = false;
    bool has_fields_ = false;
    bool has_order_ = false;
    bool is_string_ = false;
};

} // namespace marc
