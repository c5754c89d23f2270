#include "marc/naco.hpp"

#include "fold_table.hpp"
#include "heading_form.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/fold.hpp"
#include "marc/poll.hpp"
#include "marc/non_sorting.hpp"
#include "unimarc_heading.hpp"

#include <algorithm>

namespace marc {
namespace {

/// Drops marks and modifier letters from folded text, from `start` on.
void drop_marks(std::pmr::string& text, std::size_t start) {
    std::size_t to = start;
    for (std::size_t from = start; from < text.size();) {
        const std::string_view rest = std::string_view(text).substr(from);
        const std::size_t n = character_bytes(rest);
        if (n == 1 || fold_table::entry_of(decode_character(rest)) != fold_table::keep_mark) {
            std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(from), n,
                        text.begin() + static_cast<std::ptrdiff_t>(to));
            to += n;
        }
        from += n;
    }
    text.resize(to);
}

void append_sorted(std::string_view text, std::pmr::string& out) {
    const std::size_t start = out.size();
    fold(text, out);
    drop_marks(out, start);
}

} // namespace

bool heading_form::is_heading_part(std::string_view tag, std::string_view code, bool in_authority) noexcept {
    if (code.size() != 1 || is_digit(code.front())) {
        return false;
    }
    const char c = code.front();
    // In added entries and series, $v is the volume and $x the ISSN of one publication. In 6XX and authority records
    // both are subdivisions.
    if (!in_authority && tag[0] != '6' && (c == 'v' || c == 'x')) {
        return false;
    }
    const bool meeting = tag[1] == '1' && tag[2] == '1';
    // In meetings $e is a subordinate unit and $j the relator; elsewhere $e is the relator.
    return c != 'i' && c != 'u' && c != 'w' && c != (meeting ? 'j' : 'e');
}

bool heading_form::is_heading_kind(std::string_view kind) noexcept {
    for (const std::string_view known : {"00", "10", "11", "30", "48", "50", "51", "55"}) {
        if (kind == known) {
            return true;
        }
    }
    return false;
}

namespace {

using heading_form::extent;
using heading_form::record_kind;

/// The kind of a MARC 21 heading by its tag; empty for what is none. Series statements that are traced as they stand
/// are headings too (440, and 400 to 411, which became obsolete earlier); in authority records 4XX are references.
std::string_view heading_kind(std::string_view tag, bool in_authority) noexcept {
    if (tag[0] == '4') {
        const bool is_traced = tag == "400" || tag == "410" || tag == "411" || tag == "440";
        return in_authority || !is_traced ? std::string_view() : tag == "440" ? "30" : tag.substr(1);
    }
    return heading_form::is_heading_kind(tag.substr(1)) ? tag.substr(1) : std::string_view();
}

} // namespace

void naco(std::string_view utf8, std::pmr::string& out) {
    std::pmr::string sorting(out.get_allocator());
    if (utf8.find('\xC2') != std::string_view::npos) {
        non_sorting::append_sorted(utf8, sorting);
        utf8 = sorting;
    }
    const std::size_t start = out.size();
    const std::size_t comma = utf8.find(',');
    append_sorted(utf8.substr(0, comma), out);
    if (comma == std::string_view::npos) {
        return;
    }
    const std::size_t before = out.size();
    append_sorted(utf8.substr(comma + 1), out);
    if (out.size() > before) {
        out.insert(before, before > start ? ", " : ",");
    }
}

namespace {

/// Appends $, code and NACO form of the text, or nothing when that is empty.
void append_part(char code, std::string_view text, std::pmr::string& out) {
    const std::size_t part = out.size();
    out.push_back('$');
    out.push_back(code);
    const std::size_t start = out.size();
    code == 'a' ? naco(text, out) : append_sorted(text, out);
    if (out.size() == start) {
        out.resize(part);
    }
}

} // namespace

bool heading_form::append_unimarc_key(const field_view& f, std::string_view tag, extent part, std::pmr::string& out) {
    const unimarc_heading heading = f.is_control() ? unimarc_heading{} : unimarc_heading_of(tag, f.indicator1());
    if (heading.kind.empty()) {
        return false;
    }
    bool subdivided = false;
    const std::size_t start = out.size();
    out.append(heading.kind);
    const std::size_t empty = out.size();
    std::pmr::string text(out.get_allocator());
    char code = '\0';
    for (const subfield_view& s : f.subfields()) {
        const char mapped = s.code.size() == 1 ? heading.code_of(s.code.front()) : '\0';
        subdivided = subdivided || is_subdivision(mapped);
        if (mapped == '\0' || (part == extent::base && is_subdivision(mapped))) {
            continue;
        }
        if (mapped == unimarc_heading::forename || mapped == unimarc_heading::qualifier) {
            text.append(mapped == unimarc_heading::forename ? ", " : " ");
            text.append(s.value.substr(std::min(s.value.find_first_not_of(", "), s.value.size())));
            code = code == '\0' ? 'a' : code;
            continue;
        }
        if (code != '\0') {
            append_part(code, text, out);
        }
        code = mapped;
        text = s.value;
    }
    if (code != '\0') {
        append_part(code, text, out);
    }
    if (out.size() == empty) {
        out.resize(start);
    }
    return subdivided;
}

namespace {

/// UNIMARC authority records without a field 200 are told by their leader: x is an authority entry there, and holdings
/// in MARC 21, which have no heading.
bool has_unimarc_headings(const record_view& record) noexcept {
    return record.is_unimarc() || (record.get_flavour() == flavour::undetermined && record.leader()[6] == 'x');
}

} // namespace

heading_form::record_kind heading_form::kind_of(const record_view& record) noexcept {
    const char type = record.leader()[6];
    if (has_unimarc_headings(record)) {
        return {flavour::unimarc, type == 'x' || type == 'y' || type == 'z'};
    }
    return {flavour::marc21, type == 'z'};
}

bool heading_form::append_marc21_key(const field_view& f, std::string_view tag, std::string_view kind,
                                     bool in_authority, extent part, std::pmr::string& out) {
    bool subdivided = false;
    const std::size_t start = out.size();
    out.append(kind);
    const std::size_t empty = out.size();
    for (const subfield_view& s : f.subfields()) {
        if (!is_heading_part(tag, s.code, in_authority)) {
            continue;
        }
        const bool is_below = is_subdivision(s.code.front());
        subdivided = subdivided || is_below;
        if (part == extent::whole || !is_below) {
            append_part(s.code.front(), s.value, out);
        }
    }
    if (out.size() == empty) {
        out.resize(start);
    }
    return subdivided;
}

namespace {

/// Appends the key of a heading, or nothing for a field that is none.
/// @return whether the heading has subdivisions
bool append_heading_key(const field_view& f, const record_kind& record, extent part, std::pmr::string& out) {
    if (record.form == flavour::unimarc) {
        return heading_form::append_unimarc_key(f, f.tag(), part, out);
    }
    const std::string_view kind = f.is_control() ? std::string_view() : heading_kind(f.tag(), record.is_authority);
    return !kind.empty() && heading_form::append_marc21_key(f, f.tag(), kind, record.is_authority, part, out);
}

} // namespace

std::pmr::string heading_key(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::string key(memory);
    const record_kind kind = heading_form::kind_of(record);
    for (const field_view f : record) {
        if (f.tag().front() == (kind.form == flavour::unimarc ? '2' : '1')) {
            append_heading_key(f, kind, extent::whole, key);
        }
        if (!key.empty()) {
            break;
        }
    }
    return key;
}

std::pmr::vector<std::pmr::string> heading_keys(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::vector<std::pmr::string> keys(memory);
    poller stop;
    const record_kind kind = heading_form::kind_of(record);
    const std::string_view blocks = kind.form == flavour::unimarc ? "567" : "14678";
    const auto add = [&](const field_view& f, extent part) {
        std::pmr::string key(memory);
        const bool subdivided = append_heading_key(f, kind, part, key);
        if (!key.empty()) {
            keys.push_back(std::move(key));
        }
        return subdivided;
    };
    for (const field_view f : record) {
        const char block = f.tag().front();
        if (blocks.find(block) == std::string_view::npos) {
            continue;
        }
        stop.step(f.content().size());
        const bool subdivided = add(f, extent::whole);
        // Which of the two an authority file has a record for, the bibliographic record does not say.
        if (subdivided && block == '6' && !kind.is_authority) {
            add(f, extent::base);
        }
    }
    // Each once, in the order of the record: sorted positions find the repetitions without comparing all with all.
    std::pmr::vector<std::size_t> order(keys.size(), memory);
    for (std::size_t i = 0; i < order.size(); ++i) {
        order[i] = i;
    }
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
    for (std::size_t i = order.size(); i > 1; --i) {
        if (keys[order[i - 1]] == keys[order[i - 2]]) {
            keys[order[i - 1]].clear();
        }
    }
    keys.erase(std::remove(keys.begin(), keys.end(), std::string_view()), keys.end());
    return keys;
}

} // namespace marc
