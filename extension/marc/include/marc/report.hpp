// What a lenient reader found and mended. Nothing is repaired or left out without an entry here.
#pragma once

#include "marc/limits.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

namespace marc {

enum class defect_code : std::uint8_t {
    record_length,    ///< leader/00-04 is not the length of the record
    base_address,     ///< leader/12-16 is not where the data starts
    leader_constants, ///< leader/10-11 or 20-23 is not 22 or 4500
    leader_length,    ///< the leader was not 24 bytes: padded with blanks or cut (then the record is marked lossy)
    leader_missing,   ///< no leader: a neutral one was set
    leader_byte,      ///< a control character in the leader: kept; or a character over 7F, which becomes '?' (lossy)
    record_terminator_missing, ///< the record does not end in 1D
    record_terminator_in_data, ///< 1D inside the record, kept as data
    surrounding_bytes,         ///< bytes before or after the record that belong to no record, left out
    directory_length,          ///< the directory is not a multiple of 12 bytes
    directory_entry,           ///< an entry disagrees with the field terminators, which were believed
    directory_overlap,         ///< an entry names data that another entry already named: left out
    directory_surplus,         ///< an entry for which there is no data: left out
    unreferenced_data,         ///< data that no directory entry names: left out, the record is marked lossy
    field_terminator_missing,  ///< a field does not end in 1E
    field_terminator_in_data,  ///< 1E inside a field, kept as data
    tag_character,             ///< a tag that is not three letters or digits: kept
    tag_length,                ///< a numeric tag of fewer than three digits: zeros were put in front
    indicators_missing,        ///< a data field without two indicators: its bytes are kept
    leading_value,             ///< bytes before the first subfield of a data field: kept
    subfield_in_control_field, ///< 1F inside a control field: kept
    empty_subfield_code,       ///< 1F with no code behind it, or an empty code attribute (which becomes a blank)
    nul_character,             ///< a NUL, which SQL text cannot hold: kept in the record
    control_character,         ///< another control character in a field: kept
    encoding_mislabelled,      ///< leader/09 (in UNIMARC 100$a) names another encoding than the characters have
    undecodable_bytes,         ///< bytes that are no characters: U+FFFD was set, the record is marked lossy
    bad_escape,                ///< ESC that starts no known sequence, or a code that the set named by one lacks: kept
    mark_without_base,         ///< a combining mark with no character to stand on: kept where it is
    duplicate_leader,          ///< a second leader: left out, the record is marked lossy
    unknown_element,           ///< a foreign XML element or JSON member inside the record: left out (lossy)
    stray_text,                ///< text where MARCXML has none: left out, the record is marked lossy
    attribute_missing,         ///< an indicator or code attribute is missing or empty: blank was set
    declaration_wrong,         ///< the XML is not in the encoding that its declaration names (UTF-8 when none does)
};

/// A short name in lower case with underscores, such as "record_length".
std::string_view name_of(defect_code code) noexcept;
/// One sentence for people, lower case, no full stop.
const char* text_of(defect_code code) noexcept;
/// True when the defect lost something that the input held.
bool is_lossy(defect_code code) noexcept;

struct defect {
    defect_code code{};
    std::array<char, 3> tag{};    ///< three bytes as in the record, or three NULs when no field is concerned
    std::uint32_t occurrence = 0; ///< which field of this tag, from 0
    std::size_t offset = 0;       ///< byte in the input, from 0
};

/// Collects defects; lists the first limits::listed_defects and counts all.
class report {
  public:
    explicit report(std::pmr::memory_resource* memory = std::pmr::get_default_resource()) : list_(memory) {}

    void add(defect_code code, std::size_t offset, std::string_view tag = {}, std::uint32_t occurrence = 0);
    std::span<const defect> list() const noexcept { return list_; }
    std::size_t count() const noexcept { return count_; }
    bool has(defect_code code) const noexcept;
    void clear() noexcept;

  private:
    std::pmr::vector<defect> list_;
    std::size_t count_ = 0;
};

} // namespace marc
