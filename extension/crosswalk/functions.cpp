#include "functions.hpp"
#include "evaluate.hpp"
#include "tidy.hpp"

#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/fold.hpp"
#include "marc/identifier.hpp"
#include "marc/non_sorting.hpp"

#include <algorithm>
#include <charconv>

namespace crosswalk::detail {
namespace {

/// ISBD punctuation and blanks, which catalogues write at the end of a subfield.
constexpr std::string_view punctuation = ".:,;/ ";

std::size_t count_of(std::string_view text) noexcept {
    std::size_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

std::string_view find_row(const table& rows, std::string_view key, std::string_view otherwise) noexcept {
    const table_row* const end = rows.rows + rows.count;
    const table_row* const found = std::lower_bound(
        rows.rows, end, key, [](const table_row& row, std::string_view wanted) { return row.key < wanted; });
    return found != end && found->key == key ? found->value : otherwise;
}

/// Characters to skip in sorting, as indicators of MARC 21 count them: none when the text does not begin with a mark.
std::size_t nonfiling_characters(std::string_view text, std::pmr::memory_resource& memory) {
    if (marc::non_sorting::find_mark(text, marc::non_sorting::is_begin) != 0) {
        return 0;
    }
    std::pmr::string shown(&memory);
    std::pmr::string sorted(&memory);
    marc::non_sorting::append_shown(text, shown);
    marc::non_sorting::append_sorted(text, sorted);
    const std::size_t blanks = std::min(sorted.find_first_not_of(' '), sorted.size());
    return marc::count_characters(shown) - marc::count_characters(sorted) + blanks;
}

void escape(char c, std::pmr::string& into) {
    constexpr std::string_view hexadecimal = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    into += '%';
    into += hexadecimal[byte >> 4U];
    into += hexadecimal[byte & 15U];
}

/// Neither in an address (RFC 3986) nor in one with letters of all scripts (RFC 3987).
bool is_never_in_address(char c) noexcept {
    constexpr std::string_view marks = "<>\"{}|\\^`";
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || marks.find(c) != std::string_view::npos;
}

bool is_unreserved(char c) noexcept { // RFC 3986 section 2.3
    return marc::is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

} // namespace

/// One of several values; npos for the last. Of subfields those that were passed over do not count as used.
std::string_view evaluator::chosen(const expression& list, std::size_t number) {
    const bool counts = use_counts;
    use_counts = counts && list.kind != expression_kind::subfields;
    std::string_view found;
    each(list, [&](std::string_view value) {
        found = number == std::string_view::npos || number == 0 ? value : std::string_view{};
        return number == std::string_view::npos || number-- > 0;
    });
    if (counts && !use_counts && !found.empty()) {
        used.mark(found);
    }
    use_counts = counts;
    return found;
}

std::string_view evaluator::call(const expression& e) {
    const auto argument = [&](std::size_t i) {
        return i < e.argument_count ? text(*e.arguments[i]) : std::string_view{};
    };
    const auto number = [&](std::size_t n) {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, n).ptr;
        return keep({digits, static_cast<std::size_t>(end - digits)});
    };
    const auto each_byte = [&](auto change) {
        std::pmr::string all(argument(0), &arena_);
        change(all);
        return keep(all);
    };
    switch (e.called) {
    case function::join:
        return joined(*e.arguments[0], e.argument_count > 1 ? argument(1) : std::string_view{" "});
    case function::chop: {
        const std::string_view what = argument(0);
        const std::string_view characters = e.argument_count > 1 ? argument(1) : punctuation;
        const std::size_t last = what.find_last_not_of(characters);
        return last == std::string_view::npos ? std::string_view{} : what.substr(0, last + 1);
    }
    case function::chop_front: {
        const std::string_view what = argument(0);
        const std::size_t first = what.find_first_not_of(e.argument_count > 1 ? argument(1) : punctuation);
        return first == std::string_view::npos ? std::string_view{} : what.substr(first);
    }
    case function::trim:
    case function::normalize: {
        constexpr std::string_view blanks = " \t\r\n";
        const std::string_view what = argument(0);
        const std::size_t first = what.find_first_not_of(blanks);
        if (first == std::string_view::npos) {
            return {};
        }
        const std::string_view inner = what.substr(first, what.find_last_not_of(blanks) + 1 - first);
        const auto is_blank = [&](char c) { return blanks.find(c) != std::string_view::npos; };
        bool even = true;
        for (std::size_t i = 0; i < inner.size() && even; ++i) {
            even = !is_blank(inner[i]) || (inner[i] == ' ' && !is_blank(inner[i + 1]));
        }
        if (even || e.called == function::trim) {
            return inner;
        }
        std::pmr::string all(&arena_);
        for (const char c : inner) {
            if (!is_blank(c)) {
                all += c;
            } else if (all.back() != ' ') {
                all += ' ';
            }
        }
        return keep(all);
    }
    case function::lower:
        return each_byte(
            [](std::pmr::string& all) { std::transform(all.begin(), all.end(), all.begin(), marc::to_lower); });
    case function::upper:
        return each_byte([](std::pmr::string& all) {
            std::transform(all.begin(), all.end(), all.begin(),
                           [](char c) { return marc::is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; });
        });
    case function::left: {
        const std::string_view what = argument(0);
        return what.substr(0, marc::byte_of_character(what, count_of(argument(1))));
    }
    case function::shorten: {
        const std::string_view what = argument(0);
        const std::size_t all = marc::count_characters(what);
        return what.substr(0, marc::byte_of_character(what, all - std::min(all, count_of(argument(1)))));
    }
    case function::from: {
        const std::string_view what = argument(0);
        return what.substr(marc::byte_of_character(what, count_of(argument(1))));
    }
    case function::replace: {
        const std::string_view what = argument(0);
        const std::string_view mark = argument(1);
        if (mark.empty() || what.find(mark) == std::string_view::npos) {
            return what;
        }
        std::pmr::string all(&arena_);
        std::size_t at = 0;
        for (std::size_t next = what.find(mark); next != std::string_view::npos; next = what.find(mark, at)) {
            all += what.substr(at, next - at);
            all += argument(2);
            at = next + mark.size();
        }
        all += what.substr(at);
        return keep(all);
    }
    case function::remove: {
        const std::string_view characters = argument(1);
        return each_byte([&](std::pmr::string& all) {
            std::erase_if(all, [&](char c) { return characters.find(c) != std::string_view::npos; });
        });
    }
    case function::translate: {
        const std::string_view from = argument(1);
        const std::string_view to = argument(2);
        return each_byte([&](std::pmr::string& all) {
            for (char& c : all) {
                const std::size_t i = from.find(c);
                c = i < to.size() ? to[i] : c;
            }
        });
    }
    case function::text_before: {
        const std::string_view what = argument(0);
        const std::size_t at = what.find(argument(1));
        return at == std::string_view::npos ? std::string_view{} : what.substr(0, at);
    }
    case function::text_after: {
        const std::string_view what = argument(0);
        const std::string_view mark = argument(1);
        const std::size_t at = what.find(mark);
        return at == std::string_view::npos ? std::string_view{} : what.substr(at + mark.size());
    }
    case function::tidy_name: { // Smith, J., stays; Smith, John. loses its point
        constexpr std::string_view marks = ",:;/ ";
        const auto is_word = [](char c) { return marc::is_alphanumeric(c) || static_cast<unsigned char>(c) > 0x7F; };
        std::string_view what = argument(0);
        for (;;) {
            const std::size_t last = what.find_last_not_of(marks);
            what = last == std::string_view::npos ? std::string_view{} : what.substr(0, last + 1);
            const std::string_view word = what.ends_with('.') ? what.substr(0, what.size() - 1) : std::string_view{};
            const auto other = std::find_if_not(word.rbegin(), word.rend(), is_word);
            const auto length = static_cast<std::size_t>(other - word.rbegin());
            const std::string_view end = word.substr(word.size() - length);
            const bool goes = !word.empty() &&
                              (end.empty() ? *other != '.' : marc::is_number(end) || marc::count_characters(end) > 2);
            if (!goes) {
                return what;
            }
            what = word;
        }
    }
    case function::last_part: {
        const std::string_view what = argument(0);
        const std::string_view mark = argument(1);
        const std::size_t at = what.rfind(mark);
        return at == std::string_view::npos ? what : what.substr(at + mark.size());
    }
    case function::fold:
    case function::slug: {
        std::pmr::string all(&arena_);
        marc::fold(argument(0), all);
        if (e.called == function::slug) {
            std::erase_if(all, [](char c) { return !marc::is_alphanumeric(c); });
        }
        return keep(all);
    }
    case function::latex: {
        std::pmr::string all(&arena_);
        for (const char c : argument(0)) {
            switch (c) {
            case '\\':
                all += "\\textbackslash{}";
                break;
            case '~':
                all += "\\textasciitilde{}";
                break;
            case '^':
                all += "\\textasciicircum{}";
                break;
            case '{': // \{ would not count as closed: BibTeX counts braces and knows no escapes
                all += "\\textbraceleft{}";
                break;
            case '}':
                all += "\\textbraceright{}";
                break;
            case '&':
            case '%':
            case '$':
            case '#':
            case '_':
                all += '\\';
                [[fallthrough]];
            default:
                all += c;
            }
        }
        return keep(all);
    }
    case function::length:
        return number(marc::count_characters(argument(0)));
    case function::count: {
        std::size_t n = 0;
        each(*e.arguments[0], [&](std::string_view) {
            ++n;
            return true;
        });
        return number(n);
    }
    case function::shown: {
        const std::string_view what = argument(0);
        if (marc::non_sorting::find_mark(what, marc::non_sorting::is_mark) == std::string_view::npos) {
            return what;
        }
        std::pmr::string all(&arena_);
        marc::non_sorting::append_shown(what, all);
        return keep(all);
    }
    case function::nonfiling:
        return number(nonfiling_characters(argument(0), arena_));
    case function::nth:
        return chosen(*e.arguments[0], count_of(argument(1)));
    case function::last:
        return chosen(*e.arguments[0], std::string_view::npos);
    case function::first_of:
        for (std::size_t i = 0; i < e.argument_count; ++i) {
            if (const std::string_view value = argument(i); !value.empty()) {
                return value;
            }
        }
        return {};
    case function::codes: {
        std::pmr::string all(&arena_);
        const std::string_view between = argument(1);
        each(*e.arguments[0], [&](std::string_view value) {
            if (const std::string_view code = find_row(*e.rows, value, {}); !code.empty()) {
                all += all.empty() ? std::string_view{} : between;
                all += code;
            }
            return true;
        });
        return keep(all);
    }
    case function::lookup:
        return find_row(*e.rows, argument(0), argument(1));
    case function::number: {
        const std::string_view what = argument(0);
        long long n = 0;
        const auto [end, error] = std::from_chars(what.data(), what.data() + what.size(), n);
        const bool whole = error == std::errc{} && end == what.data() + what.size();
        const std::string_view magnitude = what.substr(what.starts_with('-') ? 1 : 0);
        return whole && (magnitude.size() == 1 || magnitude[0] != '0') ? what : std::string_view{};
    }
    case function::boolean:
        return holds(*e.arguments[0]) ? "true" : "false";
    case function::digits:
        return each_byte([](std::pmr::string& all) { std::erase_if(all, [](char c) { return !marc::is_digit(c); }); });
    case function::url: {
        const std::string_view what = argument(0);
        std::pmr::string all(&arena_);
        for (const char c : what) {
            if (is_unreserved(c)) {
                all += c;
            } else {
                escape(c, all);
            }
        }
        return keep(all);
    }
    case function::address: {
        std::string_view what = argument(0);
        const std::size_t first = what.find_first_not_of(" \t\r\n");
        if (first == std::string_view::npos) {
            return {};
        }
        what = what.substr(first, what.find_last_not_of(" \t\r\n") + 1 - first);
        if (std::none_of(what.begin(), what.end(), is_never_in_address)) {
            return what;
        }
        std::pmr::string all(&arena_);
        for (const char c : what) {
            if (is_never_in_address(c)) {
                escape(c, all);
            } else {
                all += c;
            }
        }
        return keep(all);
    }
    case function::tidy:
    case function::bare:
        return tidied(argument(0), e.argument_count > 1 ? argument(1) : std::string_view{".:;,/="},
                      e.called == function::bare, arena_);
    case function::whole: {
        std::pmr::string all(field_tag, &arena_);
        const std::string_view indicators = content.substr(0, 2);
        all +=
            is_control || !marc::is_ascii(indicators) ? std::string_view{} : indicators; // half a character otherwise
        each_subfield(*e.arguments[0], [&](const marc::subfield_view& s) {
            if (use_counts) {
                used.mark(s.value);
            }
            all += '$';
            all += s.code;
            const std::size_t first = s.value.find_first_not_of(' ');
            if (first != std::string_view::npos) {
                all += s.value.substr(first, s.value.find_last_not_of(' ') + 1 - first);
            }
            return true;
        });
        return keep(all);
    }
    case function::place: {
        if (node == nullptr) {
            return field == nowhere ? std::string_view{} : number(field + 2);
        }
        std::size_t at = e.argument_count == 0 ? node->place : 0;
        if (e.argument_count > 0) {
            each_node(*e.arguments[0]->nodes, nullptr, [&] {
                at = node->place;
                return false;
            });
        }
        return at == 0 ? std::string_view{} : number(at);
    }
    case function::prose:
        return prose(e);
    case function::fixed:
        return fixed(e);
    case function::year:
        return year_in(argument(0), arena_);
    case function::previous:
    case function::next: {
        const code_set& wanted = e.arguments[0]->codes;
        std::string_view before;
        std::size_t i = 0;
        for (const marc::subfield_view& s : subfields) {
            polling_.step(16);
            const std::string_view value = wanted.has(s.code) ? s.value : std::string_view{};
            if (e.called == function::next ? i == subfield + 1 : i == subfield) {
                const std::string_view found = e.called == function::next ? value : before;
                if (use_counts && !found.empty()) {
                    used.mark(found);
                }
                return found;
            }
            before = value;
            ++i;
        }
        return {};
    }
    case function::isbn:
        return keep(marc::isbn13(argument(0)).text());
    case function::issn:
        return keep(marc::issn(argument(0)).text());
    case function::linked: {
        if (field_tag != "880") {
            return field_tag;
        }
        for (const marc::subfield_view& s : subfields) {
            if (s.code == "6") {
                return s.value.substr(0, 3);
            }
        }
        return field_tag;
    }
    }
    return {};
}

} // namespace crosswalk::detail
