// One field 863-865 in words, as its caption field says: v.1:no.1(1990:Jan.)-v.12:no.4(2001:Dec.)
//
// Enumeration stands in $a-$f, an alternative one in $g and $h, chronology in $i-$l, an alternative one in $m. A
// caption in parentheses is not displayed; one that starts with + asks for ordinal numbers. In a compressed field
// (second indicator 0 or 2) each value may be a range, and an open one has nothing behind its hyphen (MARC 21 Holdings,
// 853-855 and 863-865). Punctuation between levels, = before alternative numbers: ANSI/NISO Z39.71.
#include "holdings_fields.hpp"

#include "marc/ascii.hpp"

#include <array>

namespace crosswalk::detail {
namespace {

enum class level_kind : std::uint8_t { plain, year, month, season, week, day };

struct level_word {
    std::string_view word;
    level_kind kind;
};
/// What captions in parentheses are called in the languages of catalogues; compared without regard to ASCII case.
constexpr level_word level_words[] = {
    {"year", level_kind::year},
    {"yr", level_kind::year},
    {"ann\xC3\xA9"
     "e",
     level_kind::year},
    {"annee", level_kind::year},
    {"jahr", level_kind::year},
    {"a\xC3\xB1o", level_kind::year},
    {"anno", level_kind::year},
    {"ano", level_kind::year},
    {"month", level_kind::month},
    {"mo", level_kind::month},
    {"mois", level_kind::month},
    {"monat", level_kind::month},
    {"mes", level_kind::month},
    {"mese", level_kind::month},
    {"m\xC3\xAAs", level_kind::month},
    {"season", level_kind::season},
    {"saison", level_kind::season},
    {"estaci\xC3\xB3n", level_kind::season},
    {"stagione", level_kind::season},
    {"jahreszeit", level_kind::season},
    {"week", level_kind::week},
    {"semaine", level_kind::week},
    {"woche", level_kind::week},
    {"semana", level_kind::week},
    {"day", level_kind::day},
    {"jour", level_kind::day},
    {"tag", level_kind::day},
    {"d\xC3\xAD"
     "a",
     level_kind::day},
};

/// Month names as AACR2 appendix B.14 abbreviates them.
constexpr std::string_view months[] = {"Jan.", "Feb.", "Mar.",  "Apr.", "May",  "June",
                                       "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec."};
constexpr std::string_view seasons[] = {"Spring", "Summer", "Autumn", "Winter"}; // 21-24

constexpr std::string_view levels = "abcdefghijklm";
constexpr std::size_t level_count = levels.size();
constexpr std::size_t alternative = 6;             // $g
constexpr std::size_t chronology = 8;              // $i
constexpr std::size_t alternative_chronology = 12; // $m

std::string_view trimmed(std::string_view text, std::string_view what = " ") noexcept {
    const std::size_t start = text.find_first_not_of(what);
    return start == std::string_view::npos ? std::string_view{}
                                           : text.substr(start, text.find_last_not_of(what) - start + 1);
}

level_kind kind_of(std::string_view caption) noexcept {
    const std::string_view word = trimmed(caption, " ()[]*.");
    for (const level_word& known : level_words) {
        if (known.word.size() == word.size() && marc::starts_with_ignoring_case(word, known.word)) {
            return known.kind;
        }
    }
    return level_kind::plain;
}

struct level_caption {
    std::string_view text; ///< what is displayed
    level_kind kind = level_kind::plain;
    bool ordinal = false;
    bool known = false; ///< the caption field has one
};

struct levels_of {
    std::array<std::string_view, level_count> values;
    std::string_view gregorian; ///< $n, the year of $i in the Gregorian calendar
};

class enumeration_writer {
  public:
    enumeration_writer(const marc::field_view* caption, enumeration_text& into) : into_(into) {
        if (caption == nullptr) {
            return;
        }
        for (const marc::subfield_view& s : caption->subfields()) {
            const std::size_t level = s.code.size() == 1 ? levels.find(s.code[0]) : std::string_view::npos;
            if (level == std::string_view::npos || captions_[level].known) {
                continue;
            }
            level_caption& found = captions_[level];
            found.known = true;
            found.kind = kind_of(s.value);
            std::string_view text = trimmed(s.value);
            if (text.starts_with('+')) {
                found.ordinal = true;
                text = trimmed(text.substr(1));
            }
            found.text = text.starts_with('(') ? std::string_view{} : text;
        }
    }

    void problem(std::string_view what, char code, std::string_view value = {}) {
        if (into_.problem.empty()) {
            into_.problem.append(what).push_back(code);
            into_.problem.append(value.empty() ? "" : ": ").append(value);
        }
    }
    bool has_caption(std::size_t level) const noexcept { return captions_[level].known; }

    /// Appends enumeration and chronology of one end of a range.
    void part(const levels_of& all, std::pmr::string& enumeration, std::pmr::string& chronology_text) const {
        levels_between(all, 0, alternative, enumeration);
        levels_between(all, chronology, alternative_chronology, chronology_text);
        if (!all.gregorian.empty()) {
            chronology_text.append(chronology_text.empty() ? "[" : " [").append(all.gregorian).append("]");
        }
        const std::size_t before = enumeration.size();
        const std::string_view other_chronology = all.values[alternative_chronology];
        levels_between(all, alternative, chronology, enumeration);
        if (enumeration.size() > before) {
            enumeration.insert(before, before == 0 ? 0 : 1, '=');
            if (!other_chronology.empty()) {
                enumeration.append("(").append(other_chronology).append(")");
            }
        } else if (!other_chronology.empty()) {
            chronology_text.append(chronology_text.empty() ? "" : "=").append(other_chronology);
        }
    }

    /// The same in one text. The alternative enumeration goes behind the chronology of the first.
    void part(const levels_of& all, std::pmr::string& out) const {
        levels_of first = all;
        levels_of other;
        for (std::size_t i = alternative; i < chronology; ++i) {
            std::swap(other.values[i], first.values[i]);
        }
        std::pmr::string enumeration(out.get_allocator());
        std::pmr::string chronology_text(out.get_allocator());
        const bool has_other = !other.values[alternative].empty() || !other.values[alternative + 1].empty();
        if (has_other) {
            std::swap(other.values[alternative_chronology], first.values[alternative_chronology]);
        }
        part(first, enumeration, chronology_text);
        join(enumeration, chronology_text, out);
        if (has_other) {
            enumeration.clear();
            chronology_text.clear();
            part(other, enumeration, chronology_text);
            out.append(out.empty() ? "" : "=").append(enumeration);
        }
    }

    /// Chronology alone stands without parentheses.
    static void join(std::string_view enumeration, std::string_view chronology_text, std::pmr::string& out) {
        out.append(enumeration);
        if (!chronology_text.empty()) {
            const bool both = !enumeration.empty();
            out.append(both ? "(" : "").append(chronology_text).append(both ? ")" : "");
        }
    }

  private:
    void levels_between(const levels_of& all, std::size_t from, std::size_t to, std::pmr::string& out) const {
        bool first = true;
        level_kind before = level_kind::plain;
        for (std::size_t i = from; i < to; ++i) {
            const std::string_view value = all.values[i];
            if (value.empty()) {
                continue;
            }
            const level_kind kind = kind_at(i, value);
            if (!first) {
                const bool is_date = kind == level_kind::day && before == level_kind::month;
                out.push_back(is_date ? ' ' : ':');
            }
            level(captions_[i], kind, value, out);
            first = false;
            before = kind;
        }
    }

    /// Where no caption says so, the second level of chronology is a month or season when it looks like a code of one.
    level_kind kind_at(std::size_t level, std::string_view value) const noexcept {
        const level_caption& c = captions_[level];
        return level == chronology + 1 && !c.known && value.size() >= 2 ? level_kind::month : c.kind;
    }

    static void level(const level_caption& caption, level_kind kind, std::string_view value, std::pmr::string& out) {
        if (caption.ordinal) {
            each_part(value, out, [&](std::string_view part) { ordinal(part, out); });
            out.append(caption.text.empty() ? "" : " ").append(caption.text);
            return;
        }
        out.append(caption.text);
        if (!caption.text.empty() && is_word(caption.text.back()) && is_word(value.front())) {
            out.push_back(' ');
        }
        switch (kind) {
        case level_kind::month:
        case level_kind::season:
            each_part(value, out, [&](std::string_view part) { month_or_season(kind, part, out); });
            break;
        case level_kind::day:
            each_part(value, out, [&](std::string_view part) {
                out.append(part.size() == 2 && part[0] == '0' ? part.substr(1) : part);
            });
            break;
        default:
            out.append(value);
        }
    }

    static bool is_word(char c) noexcept { return marc::is_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80; }

    /// Combined numbers and dates have a slash between them: 01/02.
    template <class Write>
    static void each_part(std::string_view value, std::pmr::string& out, const Write& write) {
        for (;;) {
            const std::size_t slash = value.find('/');
            write(value.substr(0, slash));
            if (slash == std::string_view::npos) {
                return;
            }
            out.push_back('/');
            value.remove_prefix(slash + 1);
        }
    }

    static void month_or_season(level_kind kind, std::string_view code, std::pmr::string& out) {
        // [04] is a month that the cataloguer supplied.
        const bool supplied = code.size() > 2 && code.front() == '[' && code.back() == ']';
        const std::string_view digits = supplied ? code.substr(1, code.size() - 2) : code;
        const bool is_code = marc::is_number(digits) && digits.size() <= 2;
        const unsigned number = !is_code             ? 0U
                                : digits.size() == 1 ? static_cast<unsigned>(digits[0] - '0')
                                                     : static_cast<unsigned>((digits[0] - '0') * 10 + digits[1] - '0');
        std::string_view name;
        if (number >= 21 && number <= 24) {
            name = seasons[number - 21];
        } else if (number >= 1 && number <= 12 && kind == level_kind::month) {
            name = months[number - 1];
        }
        if (name.empty()) {
            out.append(code);
        } else {
            out.append(supplied ? "[" : "").append(name).append(supplied ? "]" : "");
        }
    }

    static void ordinal(std::string_view number, std::pmr::string& out) {
        out.append(number);
        if (!marc::is_number(number)) {
            return;
        }
        const bool teen = number.size() > 1 && number[number.size() - 2] == '1';
        const char last = number.back();
        out.append(teen ? "th" : last == '1' ? "st" : last == '2' ? "nd" : last == '3' ? "rd" : "th");
    }

    enumeration_text& into_;
    std::array<level_caption, level_count> captions_;
};

} // namespace

void write_enumeration(const marc::field_view& field, const marc::field_view* caption, enumeration_text& into) {
    enumeration_writer writer(caption, into);
    levels_of whole;
    std::array<bool, level_count> seen{};
    bool is_range = false;
    bool is_literal = field.indicator2() != '0' && field.indicator2() != '2';
    const auto look_at = [&](std::string_view value) {
        const std::size_t hyphen = value.find('-');
        is_range = is_range || hyphen != std::string_view::npos;
        // Lists and several hyphens are no range that can be taken apart.
        is_literal = is_literal || value.find_first_of(",;") != std::string_view::npos ||
                     (hyphen != std::string_view::npos && value.find('-', hyphen + 1) != std::string_view::npos);
    };
    for (const marc::subfield_view& s : field.subfields()) {
        if (s.code.size() != 1) {
            continue;
        }
        const std::string_view value = trimmed(s.value);
        if (s.code[0] == 'n' && whole.gregorian.empty()) {
            whole.gregorian = value;
            look_at(value);
        }
        const std::size_t level = levels.find(s.code[0]);
        if (level == std::string_view::npos) {
            continue;
        }
        if (seen[level]) {
            writer.problem("more than one $", s.code[0], value);
            continue;
        }
        seen[level] = true;
        whole.values[level] = value;
        look_at(value);
        if (caption != nullptr && !value.empty() && !writer.has_caption(level)) {
            writer.problem("no caption for $", s.code[0]);
        }
    }
    if (is_literal || !is_range) {
        writer.part(whole, into.enumeration, into.chronology);
        writer.part(whole, into.text);
        return;
    }
    levels_of start = whole;
    levels_of end = whole;
    bool some_start = false;
    bool some_end = false;
    const auto split = [&](std::string_view& first, std::string_view& last) {
        const std::size_t hyphen = first.find('-');
        if (hyphen != std::string_view::npos) {
            last = trimmed(first.substr(hyphen + 1));
            first = trimmed(first.substr(0, hyphen));
            some_start = some_start || !first.empty();
            some_end = some_end || !last.empty();
        }
    };
    for (std::size_t i = 0; i < level_count; ++i) {
        split(start.values[i], end.values[i]);
    }
    split(start.gregorian, end.gregorian);
    // Where no level has an end, the range is open: what stands in other levels is said once.
    const bool has_start = some_start || !some_end;
    std::pmr::string enumeration(into.text.get_allocator());
    std::pmr::string chronology_text(into.text.get_allocator());
    if (has_start) {
        writer.part(start, into.text);
        writer.part(start, into.enumeration, into.chronology);
    }
    into.text.push_back('-');
    if (some_end) {
        writer.part(end, into.text);
        writer.part(end, enumeration, chronology_text);
    }
    const auto extend = [&](std::pmr::string& first, const std::pmr::string& last) {
        if (first != last) { // a volume in several years
            first.append("-").append(last);
        }
    };
    extend(into.enumeration, enumeration);
    extend(into.chronology, chronology_text);
}

bool write_linked_enumeration(const marc::record_view& record, const holdings_fields& fields, std::size_t section,
                              holdings_kind kind, const link_number& link, enumeration_text& into) {
    const std::size_t found =
        link.sequence.empty() ? holdings_statement::nowhere : fields.enumeration_of(section, kind, link);
    if (found == holdings_statement::nowhere) {
        return false;
    }
    const holdings_field& one = fields.enumerations()[found];
    const std::size_t caption = fields.caption_of(one).field;
    if (caption == holdings_statement::nowhere) {
        write_enumeration(record.field(one.field), nullptr, into);
    } else {
        const marc::field_view names = record.field(caption);
        write_enumeration(record.field(one.field), &names, into);
    }
    return true;
}

} // namespace crosswalk::detail
