// Where a record has its standard numbers.
#include "marc/identifier.hpp"
#include "marc/poll.hpp"

#include <algorithm>

namespace marc {
namespace {

bool is_one_of(char code, std::string_view codes) noexcept {
    return codes.find(code) != std::string_view::npos;
}

void add(std::pmr::vector<identifier>& numbers, const identifier& number, poller& stop) {
    stop.step(8 + 8 * numbers.size());
    const auto same = [&](const identifier& other) { return other.text() == number.text(); };
    // A record has few numbers; a hostile one with many keeps the first thousand.
    if (number && numbers.size() < 1'000 && std::none_of(numbers.begin(), numbers.end(), same)) {
        numbers.push_back(number);
    }
}

std::pmr::vector<identifier> numbers_of(const record_view& record, std::string_view tag,
                                        identifier (*read)(std::string_view), std::pmr::memory_resource* memory) {
    std::pmr::vector<identifier> numbers(memory);
    poller stop;
    for (const field_view f : record) {
        if (f.tag() != tag) {
            continue;
        }
        for (const subfield_view& s : f.subfields()) {
            if (s.code == "a") {
                add(numbers, read(s.value), stop);
            }
        }
    }
    return numbers;
}

} // namespace

identifier_kind identifier_of(std::string_view tag, std::string_view code) noexcept {
    if (code.size() != 1 || tag.size() != 3) {
        return identifier_kind::none;
    }
    const char c = code.front();
    if (tag[0] == '0') {
        if (tag == "020") {
            return is_one_of(c, "az") ? identifier_kind::isbn : identifier_kind::none;
        }
        if (tag == "022") {
            return is_one_of(c, "almyz") ? identifier_kind::issn : identifier_kind::none;
        }
        if (tag == "010") {
            return is_one_of(c, "az") ? identifier_kind::lccn : identifier_kind::none;
        }
        if (tag == "035") {
            return is_one_of(c, "az") ? identifier_kind::oclc : identifier_kind::none;
        }
        return identifier_kind::none;
    }
    const bool linking = tag[0] == '7' && tag[1] >= '6' && tag[1] <= '8';
    const bool series = tag == "490" || (tag[0] == '8' && (tag[1] == '0' || tag[1] == '1' || tag == "830"));
    if ((linking || series) && c == 'x') {
        return identifier_kind::issn;
    }
    return linking && c == 'z' ? identifier_kind::isbn : identifier_kind::none;
}

std::pmr::vector<identifier> isbns(const record_view& record, std::pmr::memory_resource* memory) {
    return numbers_of(record, record.is_unimarc() ? "010" : "020", isbn13, memory);
}

std::pmr::vector<identifier> issns(const record_view& record, std::pmr::memory_resource* memory) {
    return numbers_of(record, record.is_unimarc() ? "011" : "022", issn, memory);
}

identifier lccn_of(const record_view& record) {
    if (record.is_unimarc()) {
        return {};
    }
    for (const field_view f : record) {
        if (f.tag() != "010") {
            continue;
        }
        for (const subfield_view& s : f.subfields()) {
            if (s.code == "a") {
                if (const identifier number = lccn(s.value)) {
                    return number;
                }
            }
        }
    }
    return {};
}

std::pmr::vector<identifier> oclc_numbers(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::vector<identifier> numbers(memory);
    poller stop;
    bool from_oclc = false;
    for (const field_view f : record) {
        from_oclc = from_oclc || (f.tag() == "003" && f.content() == "OCoLC");
    }
    const std::string_view own = control_number(record);
    add(numbers, from_oclc ? oclc_number(own) : marked_oclc_number(own), stop);
    for (const field_view f : record) {
        if (f.tag() != "035") {
            continue;
        }
        for (const subfield_view& s : f.subfields()) {
            if (s.code == "a") {
                add(numbers, marked_oclc_number(s.value), stop);
            }
        }
    }
    return numbers;
}

} // namespace marc
