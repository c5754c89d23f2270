#include "holdings_fields.hpp"

#include "marc/ascii.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <iterator>

namespace crosswalk::detail {
namespace {

std::string_view without_zeros(std::string_view digits) noexcept {
    const std::size_t start = digits.find_first_not_of('0');
    return digits.empty() ? digits : digits.substr(std::min(start, digits.size() - 1));
}

std::string_view digits_of(std::string_view text) noexcept {
    std::size_t n = 0;
    while (n < text.size() && marc::is_digit(text[n])) {
        ++n;
    }
    return text.substr(0, n);
}

bool is_before(const holdings_field& a, const holdings_field& b) noexcept {
    if (const int links = compare_links(a, b); links != 0) {
        return links < 0;
    }
    if (const int sequences = compare_numbers(a.link.sequence, b.link.sequence); sequences != 0) {
        return sequences < 0;
    }
    return a.field < b.field;
}

using fields = std::pmr::vector<holdings_field>;

/// The fields that have section, kind and link of this one.
std::pair<fields::const_iterator, fields::const_iterator> with_link(const fields& all, const holdings_field& wanted) {
    return std::equal_range(all.begin(), all.end(), wanted,
                            [](const holdings_field& a, const holdings_field& b) { return compare_links(a, b) < 0; });
}

} // namespace

link_number read_link(std::string_view subfield) noexcept {
    while (!subfield.empty() && subfield.front() == ' ') {
        subfield.remove_prefix(1);
    }
    const std::string_view link = digits_of(subfield);
    if (link.empty()) {
        return {subfield, {}};
    }
    // Behind the numbers may stand a field link type, as in 1\x.
    const std::string_view rest = subfield.substr(link.size());
    return {without_zeros(link), rest.starts_with('.') ? without_zeros(digits_of(rest.substr(1))) : std::string_view{}};
}

int compare_numbers(std::string_view a, std::string_view b) noexcept {
    const auto rank = [](std::string_view text) { return text.empty() ? 2 : marc::is_number(text) ? 0 : 1; };
    if (rank(a) != rank(b)) {
        return rank(a) - rank(b);
    }
    if (rank(a) == 0 && a.size() != b.size()) {
        return a.size() < b.size() ? -1 : 1;
    }
    return a.compare(b);
}

std::string_view first_subfield(const marc::field_view& field, char code) noexcept {
    for (const marc::subfield_view& s : field.subfields()) {
        if (s.code.size() == 1 && s.code[0] == code) {
            return s.value;
        }
    }
    return {};
}

int compare_links(const holdings_field& a, const holdings_field& b) noexcept {
    if (a.section != b.section) {
        return a.section < b.section ? -1 : 1;
    }
    if (a.kind != b.kind) {
        return a.kind < b.kind ? -1 : 1;
    }
    return compare_numbers(a.link.link, b.link.link);
}

holdings_fields::holdings_fields(const marc::record_view& record, std::pmr::memory_resource* memory)
    : locations_(memory), starts_(memory), captions_(memory), anywhere_(memory), enumerations_(memory), texts_(memory) {
    const std::string_view tags = record.tags();
    std::size_t first_location = holdings_statement::nowhere;
    std::size_t locations = 0;
    bool between = false; // holdings stand between two 852
    bool since = false;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        const std::string_view tag = tags.substr(3 * i, 3);
        if (tag == "852") {
            first_location = locations++ == 0 ? i : first_location;
            between = between || (locations > 1 && since);
            since = false;
        } else if (tag >= "853" && tag <= "878" && tag[0] == '8') {
            since = true;
        }
    }
    locations_.push_back(locations == 1 ? first_location : holdings_statement::nowhere);
    starts_.push_back(0);
    marc::poller work;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        const std::string_view tag = tags.substr(3 * i, 3);
        if (tag == "852" && locations > 1 && between) {
            locations_.push_back(i);
            starts_.push_back(i);
        }
        if (tag.substr(0, 2) != "85" && tag.substr(0, 2) != "86") {
            continue;
        }
        const bool is_caption = tag >= "853" && tag <= "855";
        const bool is_enumeration = tag >= "863" && tag <= "865";
        const bool is_text = tag >= "866" && tag <= "868";
        if (!is_caption && !is_enumeration && !is_text) {
            continue;
        }
        const marc::field_view field = record.field(i);
        work.step(field.content().size() + 1);
        const auto kind = static_cast<holdings_kind>((tag[2] - '0') % 3); // 853, 863, 866: basic
        const holdings_field one{locations_.size() - 1, kind, read_link(first_subfield(field, '8')), i};
        (is_caption ? captions_ : is_enumeration ? enumerations_ : texts_).push_back(one);
    }
    for (holdings_field one : captions_) {
        one.section = 0;
        anywhere_.push_back(one);
    }
    std::sort(captions_.begin(), captions_.end(), is_before);
    std::sort(anywhere_.begin(), anywhere_.end(), is_before);
    std::sort(enumerations_.begin(), enumerations_.end(), is_before);
    std::sort(texts_.begin(), texts_.end(), is_before);
}

std::size_t holdings_fields::section_of(std::size_t field) const noexcept {
    return static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), field) - starts_.begin()) - 1;
}

holdings_fields::found_caption holdings_fields::caption_of(const holdings_field& enumeration) const {
    auto [first, last] = with_link(captions_, enumeration);
    if (first == last) {
        holdings_field elsewhere = enumeration;
        elsewhere.section = 0;
        std::tie(first, last) = with_link(anywhere_, elsewhere);
    }
    if (first != last) {
        return {first->field, last - first > 1, false};
    }
    if (!enumeration.link.link.empty()) {
        return {};
    }
    // Without $8 the one caption that there is must be meant.
    const auto of_kind = [&](const holdings_field& c) {
        return c.section == enumeration.section && c.kind == enumeration.kind;
    };
    const auto before = [](const holdings_field& a, const holdings_field& b) {
        return a.section != b.section ? a.section < b.section : a.kind < b.kind;
    };
    const auto start = std::lower_bound(captions_.begin(), captions_.end(), enumeration, before);
    if (start == captions_.end() || !of_kind(*start) || (start + 1 != captions_.end() && of_kind(*(start + 1)))) {
        return {};
    }
    return {start->field, false, true};
}

std::size_t holdings_fields::enumeration_of(std::size_t section, holdings_kind kind, const link_number& link) const {
    const holdings_field wanted{section, kind, link, 0};
    const auto found = std::lower_bound(enumerations_.begin(), enumerations_.end(), wanted, is_before);
    if (found == enumerations_.end() || compare_links(*found, wanted) != 0 || found->link.sequence != link.sequence) {
        return holdings_statement::nowhere;
    }
    return static_cast<std::size_t>(found - enumerations_.begin());
}

} // namespace crosswalk::detail
