#include "marc/naco.hpp"

#include "fold_table.hpp"
#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/fold.hpp"
#include "marc/poll.hpp"

#include <algorithm>

namespace marc {
namespace {

constexpr std::string_view non_sorting_begin = "\xC2\x98";
constexpr std::string_view non_sorting_end = "\xC2\x9C";

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

/// Appends the text without what stands between the marks; an open mark hides nothing.
void append_sorting_text(std::string_view text, std::pmr::string& out) {
    while (!text.empty()) {
        const std::size_t begin = text.find(non_sorting_begin);
        const std::size_t end = begin == std::string_view::npos ? begin : text.find(non_sorting_end, begin);
        out.append(text.substr(0, end == std::string_view::npos ? end : begin));
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + non_sorting_end.size());
    }
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
    if (utf8.find(non_sorting_begin) != std::string_view::npos) {
        append_sorting_text(utf8, sorting);
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

void append_heading_key(const field_view& f, std::pmr::string& out) {
    const std::string_view tag = f.tag();
    if (f.is_control() || !is_heading_kind(tag.substr(1))) {
        return;
    }
    const std::size_t start = out.size();
    out.append(tag.substr(1));
    const std::size_t empty = out.size();
    for (const subfield_view& s : f.subfields()) {
        if (!is_heading_part(tag, s.code)) {
            continue;
        }
        const std::size_t part = out.size();
        out.push_back('$');
        out.append(s.code);
        const std::size_t text = out.size();
        s.code == "a" ? naco(s.value, out) : append_sorted(s.value, out);
        if (out.size() == text) {
            out.resize(part);
        }
    }
    if (out.size() == empty) {
        out.resize(start);
    }
}

std::pmr::string heading_key(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::string key(memory);
    for (const field_view f : record) {
        if (f.tag().front() == '1') {
            append_heading_key(f, key);
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
    for (const field_view f : record) {
        if (std::string_view("1678").find(f.tag().front()) == std::string_view::npos) {
            continue;
        }
        stop.step(f.content().size());
        std::pmr::string key(memory);
        append_heading_key(f, key);
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
