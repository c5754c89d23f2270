#include "marc/report.hpp"

#include <algorithm>
#include <iterator>

namespace marc {
namespace {

struct defect_words {
    std::string_view name;
    const char* text;
    bool lossy;
};

// In the order of defect_code.
constexpr defect_words words[] = {
    {"record_length", "the leader does not hold the length of the record", false},
    {"base_address", "the leader does not hold the place where the data starts", false},
    {"leader_constants", "leader/10-11 is not 22 or leader/20-23 is not 4500", false},
    {"leader_length", "the leader is not 24 bytes long", false},
    {"leader_missing", "there is no leader", false},
    {"leader_byte", "the leader holds a byte that is not printable ASCII", false},
    {"record_terminator_missing", "the record does not end in 1D", false},
    {"record_terminator_in_data", "1D stands inside the record", false},
    {"surrounding_bytes", "bytes around the record belong to no record", false},
    {"directory_length", "the directory is not a multiple of 12 bytes", false},
    {"directory_entry", "a directory entry disagrees with the field terminators", false},
    {"directory_overlap", "two directory entries name the same data", true},
    {"directory_surplus", "a directory entry has no data", true},
    {"unreferenced_data", "no directory entry names this data", true},
    {"field_terminator_missing", "the field does not end in 1E", false},
    {"field_terminator_in_data", "1E stands inside the field", false},
    {"tag_character", "the tag is not three letters or digits", false},
    {"tag_length", "the tag had fewer than three digits", false},
    {"indicators_missing", "the field does not start with two indicators", false},
    {"leading_value", "bytes stand before the first subfield", false},
    {"subfield_in_control_field", "a control field holds a subfield delimiter", false},
    {"empty_subfield_code", "a subfield has no code", false},
    {"nul_character", "the field holds a NUL character", false},
    {"control_character", "the field holds a control character", false},
    {"encoding_mislabelled", "the characters are in another encoding than the record says", false},
    {"undecodable_bytes", "bytes are no characters in the record's encoding", true},
    {"bad_escape", "an escape names no known character or character set", false},
    {"mark_without_base", "a combining mark has no character to stand on", false},
    {"duplicate_leader", "there is a second leader", true},
    {"unknown_element", "an XML element or JSON member is not part of the record", true},
    {"stray_text", "text stands where MARCXML has none", true},
    {"attribute_missing", "an indicator or code attribute is missing or empty", false},
    {"declaration_wrong", "the XML is not in the encoding that its declaration names", false},
};
static_assert(std::size(words) == static_cast<std::size_t>(defect_code::declaration_wrong) + 1);

const defect_words& words_of(defect_code code) noexcept {
    return words[static_cast<std::size_t>(code)];
}

} // namespace

std::string_view name_of(defect_code code) noexcept {
    return words_of(code).name;
}
const char* text_of(defect_code code) noexcept {
    return words_of(code).text;
}
bool is_lossy(defect_code code) noexcept {
    return words_of(code).lossy;
}

void report::add(defect_code code, std::size_t offset, std::string_view tag, std::uint32_t occurrence) {
    if (list_.size() < limits::listed_defects) {
        defect d{code, {}, occurrence, offset};
        std::copy_n(tag.data(), std::min(tag.size(), d.tag.size()), d.tag.begin());
        list_.push_back(d);
    }
    ++count_;
}

bool report::has(defect_code code) const noexcept {
    return std::any_of(list_.begin(), list_.end(), [code](const defect& d) { return d.code == code; });
}

void report::clear() noexcept {
    list_.clear();
    count_ = 0;
}

} // namespace marc
