#include "marc/match_key.hpp"

#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/fold.hpp"
#include "marc/title.hpp"

#include "index_terms.hpp"

#include <algorithm>
#include <charconv>

namespace marc {
namespace {

/// The folded text without blanks.
std::pmr::string packed(std::string_view text, std::pmr::memory_resource* memory) {
    std::pmr::string folded(memory);
    fold(text, folded);
    folded.erase(std::remove(folded.begin(), folded.end(), ' '), folded.end());
    return folded;
}

std::string_view first_characters(std::string_view text, std::size_t count) noexcept {
    return text.substr(0, byte_of_character(text, count));
}

/// The first subfield with this code in the first field with one of these tags that has it; borrows from the record.
std::string_view first_value(const record_view& record, std::initializer_list<std::string_view> tags,
                             std::string_view code) {
    for (const field_view f : record) {
        if (std::find(tags.begin(), tags.end(), f.tag()) == tags.end()) {
            continue;
        }
        for (const subfield_view& s : f.subfields()) {
            if (s.code == code && !s.value.empty()) {
                return s.value;
            }
        }
    }
    return {};
}

/// The largest number of at most five digits.
unsigned largest_number(std::string_view text) noexcept {
    unsigned largest = 0;
    for (std::size_t at = 0; at < text.size();) {
        if (!is_digit(text[at])) {
            ++at;
            continue;
        }
        std::size_t end = at;
        while (end < text.size() && is_digit(text[end])) {
            ++end;
        }
        unsigned number = 0;
        if (end - at <= 5) {
            std::from_chars(text.data() + at, text.data() + end, number);
            largest = std::max(largest, number);
        }
        at = end;
    }
    return largest;
}

/// e online or electronic, m microform, p anything else.
char carrier(const record_view& record, std::pmr::memory_resource* memory) {
    const char type = record.leader()[6];
    const std::size_t position = std::string_view("efgkor").find(type) != std::string_view::npos ? 29 : 23;
    for (const field_view f : record) {
        char form = ' ';
        if (f.tag() == "008" && f.content().size() > position) {
            form = f.content()[position];
        } else if (f.tag() == "007" && !f.content().empty()) {
            form = f.content().front() == 'c' ? 'o' : f.content().front() == 'h' ? 'a' : ' ';
        } else if (f.tag() == "245") {
            const std::pmr::string medium = packed(first_value(record, {"245"}, "h"), memory);
            form = medium.find("electronic") != std::string::npos ? 'o'
                   : medium.find("micro") != std::string::npos    ? 'a'
                                                                  : ' ';
        }
        if (form == 'o' || form == 'q' || form == 's') {
            return 'e';
        }
        if (form == 'a' || form == 'b' || form == 'c') {
            return 'm';
        }
    }
    return 'p';
}

void append_number(unsigned number, std::pmr::string& key) {
    char digits[12];
    if (number > 1) {
        const auto end = std::to_chars(digits, digits + sizeof digits, number);
        key.append(digits, end.ptr);
    }
}

void append_title(std::string_view title, std::pmr::string& key) {
    const std::string_view shown = first_characters(title, 80);
    key.append(shown);
    if (shown.size() < title.size()) {
        key.push_back('#');
        const index_key::hash_bytes hash(title.substr(shown.size()));
        for (const char c : hash.view().substr(4)) {
            key.push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> 4U]);
            key.push_back("0123456789abcdef"[static_cast<unsigned char>(c) & 15U]);
        }
    }
}

} // namespace

std::pmr::string match_key(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::string key(memory);
    const std::pmr::string name = packed(title(record, memory), memory);
    char type = record.leader()[6];
    const int year = publication_year(record);
    std::string_view person = first_value(record, {"100", "110", "111"}, "a");
    if (person.empty()) {
        person = first_value(record, {"700", "710", "711"}, "a");
    }
    if (name.empty() || (person.empty() && year == 0) ||
        std::string_view("acdefgijkmoprt").find(type) == std::string_view::npos) {
        return key;
    }
    type = type == 't' ? 'a' : type == 'f' ? 'e' : type == 'd' ? 'c' : type;
    key.append("1|");
    key.push_back(type);
    const char level = record.leader()[7];
    key.push_back(level >= 'a' && level <= 'z' ? level : '-');
    key.push_back(carrier(record, memory));
    key.push_back('|');
    append_title(name, key);
    key.push_back('|');
    key.append(first_characters(packed(person, memory), 8));
    key.push_back('|');
    append_number(static_cast<unsigned>(year), key);
    key.push_back('|');
    append_number(largest_number(first_value(record, {"300"}, "a")), key);
    key.push_back('|');
    key.append(first_characters(packed(first_value(record, {"260", "264"}, "b"), memory), 4));
    key.push_back('|');
    const std::pmr::string edition = packed(first_value(record, {"250"}, "a"), memory);
    const auto digits = std::count_if(edition.begin(), edition.end(), is_digit);
    if (digits > 0) {
        std::copy_if(edition.begin(), edition.end(), std::back_inserter(key), is_digit);
    } else {
        key.append(first_characters(edition, 3));
    }
    key.push_back('|');
    key.append(first_characters(packed(first_value(record, {"086"}, "a"), memory), 40));
    return key;
}

} // namespace marc
