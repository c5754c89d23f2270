#include "marc/naco.hpp"

#include "fold_table.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/fold.hpp"
#include "marc/poll.hpp"
#include "non_sorting.hpp"
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

bool is_heading_part(std::string_view tag, std::string_view code) noexcept {
    if (code.size() != 1 || is_digit(code.front())) {
        return false;
    }
    const char c = code.front();
    const bool meeting = tag[1] == '1' && tag[2] == '1';
    // In meetings $e is a subordinate unit and $j the relator; elsewhere $e is the relator.
    return c != 'i' && c != 'u' && c != 'w' && c != (meeting ? 'j' : 'e');
}

bool is_heading_kind(std::string_view kind) noexcept {
    for (const std::string_view known : {"00", "10", "11", "30", "48", "50", "51", "55"}) {
        if (kind == known) {
            return true;
        }
    }
    return false;
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

/// The same key of a UNIMARC field, by the subfields that MARC 21 would have.
void append_unimarc_key(const field_view& f, std::pmr::string& out) {
    const unimarc_heading heading = unimarc_heading_of(f);
    if (heading.kind.empty()) {
        return;
    }
    const std::size_t start = out.size();
    out.append(heading.kind);
    const std::size_t empty = out.size();
    std::pmr::string text(out.get_allocator());
    char code = '\0';
    for (const subfield_view& s : f.subfields()) {
        const char mapped = s.code.size() == 1 ? heading.code_of(s.code.front()) : '\0';
        if (mapped == '\0') {
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
}

/// UNIMARC authority records without a field 200 are told by their leader: x is an authority entry there, and holdings
/// in MARC 21, which have no heading.
bool is_unimarc(const record_view& record) noexcept {
    return record.get_flavour() == flavour::unimarc ||
           (record.get_flavour() == flavour::undetermined && record.leader()[6] == 'x');
}

} // namespace

void append_heading_key(const field_view& f, flavour form, std::pmr::string& out) {
    if (form == flavour::unimarc) {
        append_unimarc_key(f, out);
        return;
    }
    const std::string_view tag = f.tag();
    if (f.is_control() || !is_heading_kind(tag.substr(1))) {
        return;
    }
    const std::size_t start = out.size();
    out.append(tag.substr(1));
    const std::size_t empty = out.size();
    for (const subfield_view& s : f.subfields()) {
        if (is_heading_part(tag, s.code)) {
            append_part(s.code.front(), s.value, out);
        }
    }
    if (out.size() == empty) {
        out.resize(start);
    }
}

std::pmr::string heading_key(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::string key(memory);
    const flavour form = is_unimarc(record) ? flavour::unimarc : flavour::marc21;
    for (const field_view f : record) {
        if (f.tag().front() == (form == flavour::unimarc ? '2' : '1')) {
            append_heading_key(f, form, key);
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
    const flavour form = is_unimarc(record) ? flavour::unimarc : flavour::marc21;
    const std::string_view blocks = form == flavour::unimarc ? "567" : "1678";
    for (const field_view f : record) {
        if (blocks.find(f.tag().front()) == std::string_view::npos) {
            continue;
        }
        stop.step(f.content().size());
        std::pmr::string key(memory);
        append_heading_key(f, form, key);
        if (!key.empty()) {
            keys.push_back(std::move(key));
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
