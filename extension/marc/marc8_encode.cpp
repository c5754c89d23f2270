#include "hexadecimal.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/marc8.hpp"
#include "marc/nfc.hpp"
#include "marc8_tables.hpp"

#include <algorithm>

namespace marc {
namespace {

using marc8::set_table;

/// The sets a character may be in, in the order in which they are looked through. The Greek symbols are missing: all
/// three are in the Greek set, where the Library of Congress sends them.
enum class graphic_set : std::uint8_t {
    none,
    basic_latin,
    extended_latin,
    subscripts,
    superscripts,
    hebrew,
    cyrillic,
    extended_cyrillic,
    arabic,
    extended_arabic,
    greek,
    eacc,
    control, ///< needs no designation
};

constexpr const set_table* tables[] = {
    nullptr,        &marc8::basic_latin, &marc8::extended_latin,    &marc8::subscripts, &marc8::superscripts,
    &marc8::hebrew, &marc8::cyrillic,    &marc8::extended_cyrillic, &marc8::arabic,     &marc8::extended_arabic,
    &marc8::greek,
};

/// How files name the sets: those in use for scripts in G0, extended Arabic beside the basic one in G1.
constexpr std::string_view designations[] = {
    "",       "\x1B(B", "\x1B)!E", "\x1B\x62", "\x1Bp",  "\x1B(2", "\x1B(N",
    "\x1B(Q", "\x1B(3", "\x1B)4",  "\x1B(S",   "\x1B$1", "",
};

constexpr bool is_high(graphic_set set) noexcept {
    return set == graphic_set::extended_latin || set == graphic_set::extended_arabic;
}

/// Sets that are left at once: the Library of Congress's technique 1.
constexpr bool is_custom(graphic_set set) noexcept {
    return set == graphic_set::subscripts || set == graphic_set::superscripts;
}

/// A character's place: the set in bits 24 to 30, the code below (three bytes in EACC), and marc8::mark.
constexpr std::uint32_t place(graphic_set set, std::uint32_t code, bool mark = false) noexcept {
    return (mark ? marc8::mark : 0U) | (static_cast<std::uint32_t>(set) << 24U) | code;
}
constexpr graphic_set set_of(std::uint32_t place) noexcept {
    return static_cast<graphic_set>((place >> 24U) & 0x7FU);
}
constexpr bool is_mark(std::uint32_t place) noexcept {
    return (place & marc8::mark) != 0;
}

/// Calls the function with each code of a group, in ascending order. (Bit by bit, compilers would give up.)
template <typename Function>
constexpr void for_each_code(const marc8::code_group& group, Function function) {
    for (std::uint64_t bits = group.low; bits != 0; bits &= bits - 1) {
        function(0x20U + static_cast<std::uint32_t>(std::countr_zero(bits)));
    }
    for (std::uint64_t bits = group.high; bits != 0; bits &= bits - 1) {
        function(0x50U + static_cast<std::uint32_t>(std::countr_zero(bits)));
    }
}

template <typename Function>
constexpr void for_each_eacc(Function function) {
    std::size_t row = 0;
    std::size_t cell = 0;
    for (std::uint32_t plane = 0; plane < marc8::eacc_planes.size(); ++plane) {
        for_each_code(marc8::eacc_planes[plane], [&](std::uint32_t second) {
            for_each_code(marc8::eacc_rows[row++], [&](std::uint32_t third) {
                function(((plane + 0x21) << 16U) | (second << 8U) | third, marc8::eacc_cells[cell++]);
            });
        });
    }
}

constexpr std::size_t block_characters = 128;
constexpr std::size_t block_count = 0x10000 / block_characters;

constexpr std::size_t count_blocks() {
    std::array<bool, block_count> used{};
    // By number: with -fsanitize=undefined gcc 14 takes no comparison with nullptr for a constant.
    for (std::size_t s = 1; s < std::size(tables); ++s) {
        for (const std::uint32_t entry : *tables[s]) {
            used[(entry & 0xFFFFU) / block_characters] = true;
        }
    }
    for (const char16_t c : marc8::eacc_cells) {
        used[c / block_characters] = true;
    }
    return static_cast<std::size_t>(std::count(used.begin(), used.end(), true));
}

/// From characters up to U+FFFF to places, in blocks; block 0 is empty.
struct reverse_table {
    std::array<std::uint16_t, block_count> block{};
    std::array<std::uint32_t, (count_blocks() + 4) * block_characters> places{};
    std::size_t blocks = 1;

    constexpr void add(char32_t c, std::uint32_t where) {
        std::uint16_t& number = block[c / block_characters];
        if (number == 0) {
            number = static_cast<std::uint16_t>(blocks++);
        }
        std::uint32_t& entry = places[number * block_characters + c % block_characters];
        entry = entry == 0 ? where : entry; // the first set and the lowest code
    }
};

constexpr reverse_table make_reverse() {
    reverse_table r;
    for (std::size_t s = 1; s < std::size(tables); ++s) {
        const auto set = static_cast<graphic_set>(s);
        for (std::uint32_t i = 0; i < tables[s]->size(); ++i) {
            const std::uint32_t entry = (*tables[s])[i];
            const std::uint32_t c = entry & ~marc8::mark;
            if (c > 3) {
                r.add(c, place(set, i + (is_high(set) ? 0xA1 : 0x21), (entry & marc8::mark) != 0));
            }
        }
    }
    for_each_eacc([&](std::uint32_t code, char16_t c) {
        if (c < 0xD800 || c > 0xDFFF) {
            r.add(c, place(graphic_set::eacc, code));
        }
    });
    // The halves that Unicode also has, and the controls of C1.
    r.add(0xFE20, place(graphic_set::extended_latin, 0xEB, true));
    r.add(0xFE21, place(graphic_set::extended_latin, 0xEC, true));
    r.add(0xFE22, place(graphic_set::extended_latin, 0xFA, true));
    r.add(0xFE23, place(graphic_set::extended_latin, 0xFB, true));
    r.add(0x98, place(graphic_set::control, 0x88));
    r.add(0x9C, place(graphic_set::control, 0x89));
    r.add(0x200D, place(graphic_set::control, 0x8D));
    r.add(0x200C, place(graphic_set::control, 0x8E));
    return r;
}

constexpr reverse_table reverse = make_reverse();

/// Where MARC-8 has the character, or 0.
std::uint32_t find_marc8(char32_t c) noexcept {
    if (c < 0x10000) {
        return reverse.places[reverse.block[c / block_characters] * block_characters + c % block_characters];
    }
    std::uint32_t found = 0;
    if (std::find(marc8::eacc_wide.begin(), marc8::eacc_wide.end(), c) != marc8::eacc_wide.end()) {
        for_each_eacc([&](std::uint32_t code, char16_t cell) {
            if (cell >= 0xD800 && cell < 0xD800 + marc8::eacc_wide.size() && marc8::eacc_wide[cell - 0xD800] == c) {
                found = place(graphic_set::eacc, code);
            }
        });
    }
    return found;
}

/// Where ISO 646 and ISO 5426 have the character, or 0. Only for comparing with what came in: no need to be fast.
std::uint32_t find_iso5426(char32_t c) noexcept {
    if (c > 0x20 && c < 0x7F) {
        return place(graphic_set::basic_latin, static_cast<std::uint32_t>(c));
    }
    switch (c) {
    case 0x98:
        return place(graphic_set::control, 0x88);
    case 0x9C:
        return place(graphic_set::control, 0x89);
    case 0x361:
    case 0x360:
        return place(graphic_set::extended_latin, 0xDD, true);
    default:
        break;
    }
    // Of the two codes of U+0308 the second, umlaut, occurs more.
    for (std::size_t i = marc8::iso5426.size(); i > 0; --i) {
        const std::uint32_t entry = marc8::iso5426[i - 1];
        if ((entry & ~marc8::mark) == c && c > 3) {
            return place(graphic_set::extended_latin, static_cast<std::uint32_t>(0xA0 + i), (entry & marc8::mark) != 0);
        }
    }
    return 0;
}

class encoder {
  public:
    using find_function = std::uint32_t (*)(char32_t);
    encoder(std::string_view text, std::pmr::string& out, find_function find, unencodable_character policy)
        : text_(text), out_(out), find_(find), policy_(policy) {}

    void run() {
        std::size_t at = 0;
        while (at < text_.size()) {
            if (g0_ == graphic_set::basic_latin && second_half_ == 0) {
                const std::size_t end = plain_end(at);
                out_.append(text_.substr(at, end - at));
                if (end > at) {
                    base_ = nowhere;
                    at = end;
                    continue;
                }
            }
            at = put_next(at);
        }
        return_to_defaults();
    }

  private:
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    /// ASCII can be copied up to here; the last one before another character may get a mark.
    std::size_t plain_end(std::size_t at) const noexcept {
        const std::size_t ascii = std::min(find_non_ascii(text_.substr(at)), text_.size() - at);
        std::size_t end = at + ascii;
        if (g1_ != graphic_set::extended_latin) {
            end = std::min(end, text_.find('\x1F', at)); // where the default set must come back
        }
        if (policy_ == unencodable_character::error) {
            end = std::min(end, text_.find('\x1B', at));
        }
        const bool keep_last = end < text_.size() && end > at;
        const bool is_code = end > at + 1 && text_[end - 2] == 0x1F;
        return keep_last && !is_code ? end - 1 : end;
    }

    std::size_t put_next(std::size_t at) {
        const char32_t c = decode_character(text_.substr(at));
        std::size_t next = at + character_bytes(text_.substr(at));
        if (c < 0x20) {
            if (c == 0x1B && policy_ == unencodable_character::error) {
                throw parse_error(errc::unencodable, at); // it would start an escape sequence
            }
            return_to_defaults();
            out_.push_back(static_cast<char>(c));
            base_ = nowhere;
            if (c == 0x1F && next < text_.size() && static_cast<unsigned char>(text_[next]) < 0x80 &&
                text_[next] > 0x20) {
                out_.push_back(text_[next++]); // the subfield code
            }
            return next;
        }
        const std::uint32_t found = find_(c);
        // A character whose mark MARC-8 has only together with it, such as O with horn.
        if (next < text_.size() && static_cast<unsigned char>(text_[next]) >= 0x80 && !is_mark(found)) {
            const char32_t mark = decode_character(text_.substr(next));
            const char32_t both = find_(mark) == 0 ? compose(c, mark) : 0;
            if (both != 0 && find_(both) != 0) {
                put_base(find_(both), both);
                return next + character_bytes(text_.substr(next));
            }
        }
        put(c, found, at);
        return next;
    }

    void put(char32_t c, std::uint32_t found, std::size_t at) {
        if (c == ' ' || c == 0x7F) {
            put_space(c);
        } else if (found != 0 && !is_mark(found)) {
            put_base(found, c);
        } else if (found != 0 && base_ != nowhere && !(second_half_ != 0 && (c == 0xFE21 || c == 0xFE23))) {
            put_mark(found, c);
        } else if (found != 0 || !put_parts(c)) {
            put_reference(c, at); // also a mark that would go to what comes next, and a half that would end another one
        }
    }

    bool is_encodable(char32_t c) const noexcept {
        if (find_(c) != 0) {
            return true;
        }
        const decomposition parts = decompose(c);
        return parts.first != 0 && is_encodable(parts.first) && (parts.second == 0 || is_encodable(parts.second));
    }

    bool put_parts(char32_t c) {
        if (!is_encodable(c)) {
            return false;
        }
        const decomposition parts = decompose(c);
        put(parts.first, find_(parts.first), 0);
        if (parts.second != 0) {
            put(parts.second, find_(parts.second), 0);
        }
        return true;
    }

    void put_reference(char32_t c, std::size_t at) {
        if (policy_ == unencodable_character::error) {
            throw parse_error(errc::unencodable, at);
        }
        put_second_half();
        designate_for_latin();
        begin_base();
        out_ += "&#x";
        write_hexadecimal(c, out_);
        out_ += ';';
    }

    /// Blank and DEL are in every set; files leave the East Asian set before a blank nevertheless.
    void put_space(char32_t c) {
        put_second_half();
        if (g0_ == graphic_set::eacc) {
            designate_for_latin();
        }
        begin_base();
        out_.push_back(static_cast<char>(c));
    }

    void put_base(std::uint32_t found, char32_t c) {
        const graphic_set set = set_of(found);
        put_second_half();
        // Digits and punctuation are in the scripts' sets, too, under the same code.
        const bool here = c < 0x80 && g0_ != graphic_set::basic_latin && g0_ != graphic_set::eacc && !is_custom(g0_) &&
                          (*tables[static_cast<std::size_t>(g0_)])[c - 0x21] == c;
        if (!here && set != graphic_set::control) {
            if (is_custom(g0_) && set != g0_) {
                designate_for_latin();
            }
            designate(set);
        }
        begin_base();
        append_code(found);
    }

    /// The second letter of a ligature has the second half before it.
    void put_second_half() {
        if (second_half_ != 0) {
            designate(graphic_set::extended_latin);
            out_.push_back(static_cast<char>(second_half_));
            second_half_ = 0;
        }
    }

    /// From here on marks go before what comes now.
    void begin_base() {
        base_ = out_.size();
        base_set_ = g0_;
        base_high_set_ = g1_;
    }

    /// Goes before the base character and its marks so far.
    void put_mark(std::uint32_t found, char32_t c) {
        const graphic_set set = set_of(found);
        const graphic_set now = is_high(set) ? base_high_set_ : base_set_;
        const std::size_t before = out_.size();
        if (now != set) {
            out_ += designation(set);
        }
        append_code(found);
        if (now != set) {
            out_ += designation(now);
        }
        // Written at the end, then turned to its place: a base has ten bytes at most.
        std::rotate(out_.begin() + static_cast<std::ptrdiff_t>(base_),
                    out_.begin() + static_cast<std::ptrdiff_t>(before), out_.end());
        base_ += out_.size() - before;
        const std::uint32_t code = found & 0xFFU;
        if (find_ == find_marc8 && (c == 0x361 || c == 0x360)) {
            second_half_ = code + 1; // EC and FB
        } else if (c == 0x361 || c == 0x360) {
            second_half_ = c == 0x361 ? 0xDE : 0xDF;
        }
    }

    void append_code(std::uint32_t found) {
        if (set_of(found) == graphic_set::eacc) {
            out_.push_back(static_cast<char>((found >> 16U) & 0xFFU));
            out_.push_back(static_cast<char>((found >> 8U) & 0xFFU));
        }
        out_.push_back(static_cast<char>(found & 0xFFU));
    }

    static std::string_view designation(graphic_set set) noexcept {
        return designations[static_cast<std::size_t>(set)];
    }

    void designate(graphic_set set) {
        graphic_set& half = is_high(set) ? g1_ : g0_;
        if (half != set) {
            half = set;
            out_ += designation(set);
        }
    }

    void designate_for_latin() {
        if (is_custom(g0_)) {
            out_ += "\x1Bs";
            g0_ = graphic_set::basic_latin;
        }
        designate(graphic_set::basic_latin);
    }

    void return_to_defaults() {
        designate_for_latin();
        designate(graphic_set::extended_latin);
        second_half_ = 0;
    }

    std::string_view text_;
    std::pmr::string& out_;
    find_function find_;
    unencodable_character policy_;
    graphic_set g0_ = graphic_set::basic_latin;
    graphic_set g1_ = graphic_set::extended_latin;
    std::size_t base_ = nowhere; ///< in out_: where the base character's code starts
    graphic_set base_set_ = graphic_set::basic_latin;
    graphic_set base_high_set_ = graphic_set::extended_latin;
    std::uint32_t second_half_ = 0; ///< to be written before the next base character
};

} // namespace

void encode_marc8(std::string_view utf8, std::pmr::string& out, unencodable_character policy) {
    encoder(utf8, out, find_marc8, policy).run();
}

void encode_iso5426(std::string_view utf8, std::pmr::string& out) {
    encoder(utf8, out, find_iso5426, unencodable_character::reference).run();
}

} // namespace marc
