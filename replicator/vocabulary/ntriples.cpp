#include "vocabulary/ntriples.hpp"

namespace everarchive::vocabulary {

namespace {

constexpr std::size_t chunk_bytes = 256 * 1024;
constexpr std::size_t longest_line = 1024 * 1024;

/// A character that is not what the grammar asks for, at this byte of the line.
struct unexpected {
    std::size_t at;
    const char* what;
};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

void append_utf8(std::uint32_t c, std::string& out) {
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0U | (c >> 6U));
        out += static_cast<char>(0x80U | (c & 0x3FU));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0U | (c >> 12U));
        out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (c & 0x3FU));
    } else {
        out += static_cast<char>(0xF0U | (c >> 18U));
        out += static_cast<char>(0x80U | ((c >> 12U) & 0x3FU));
        out += static_cast<char>(0x80U | ((c >> 6U) & 0x3FU));
        out += static_cast<char>(0x80U | (c & 0x3FU));
    }
}

/// PN_CHARS_U of the grammar, and with `inside` PN_CHARS. `c` is a code point.
bool is_label_character(std::uint32_t c, bool inside) {
    const auto in = [c](std::uint32_t from, std::uint32_t to) { return c >= from && c <= to; };
    const bool base = in('A', 'Z') || in('a', 'z') || c == '_' || c == ':' || in(0xC0, 0xD6) || in(0xD8, 0xF6) ||
                      in(0xF8, 0x2FF) || in(0x370, 0x37D) || in(0x37F, 0x1FFF) || in(0x200C, 0x200D) ||
                      in(0x2070, 0x218F) || in(0x2C00, 0x2FEF) || in(0x3001, 0xD7FF) || in(0xF900, 0xFDCF) ||
                      in(0xFDF0, 0xFFFD) || in(0x10000, 0xEFFFF);
    return base || in('0', '9') || (inside && (c == '-' || c == 0xB7 || in(0x300, 0x36F) || in(0x203F, 0x2040)));
}

/// The characters of one line, which is_text().
class line_reader {
  public:
    explicit line_reader(std::string_view line) : line_(line) {}

    void skip_blanks() {
        while (!done() && (peek() == ' ' || peek() == '\t')) {
            ++at_;
        }
    }
    bool done() const { return at_ == line_.size(); }
    char peek() const { return done() ? '\0' : line_[at_]; }
    void expect(char c, const char* what) {
        if (peek() != c || done()) {
            throw unexpected{at_, what};
        }
        ++at_;
    }

    void read_iri(std::string& out) {
        expect('<', "an IRI in < >");
        const std::size_t start = at_;
        out.clear();
        while (peek() != '>') {
            const char c = peek();
            if (done() || static_cast<unsigned char>(c) <= 0x20 ||
                std::string_view("<\"{}|^`").find(c) != std::string_view::npos) {
                throw unexpected{at_, done() ? "> at the end of an IRI" : "a character that an IRI may hold"};
            }
            if (c == '\\') {
                ++at_;
                if (peek() != 'u' && peek() != 'U') {
                    throw unexpected{at_, "u or U behind \\ in an IRI"};
                }
                read_code(out);
            } else {
                out += c;
                ++at_;
            }
        }
        ++at_;
        // Relative IRIs are not allowed (section 2.2): a scheme comes first.
        std::size_t scheme = 0;
        while (scheme < out.size() &&
               (is_letter(out[scheme]) || (scheme > 0 && (is_digit(out[scheme]) || out[scheme] == '+' ||
                                                          out[scheme] == '-' || out[scheme] == '.')))) {
            ++scheme;
        }
        if (scheme == 0 || scheme == out.size() || out[scheme] != ':') {
            throw unexpected{start, "an absolute IRI"};
        }
    }

    void read_blank_node(std::string& out) {
        expect('_', "a blank node");
        expect(':', ": behind _");
        const std::size_t start = at_;
        std::size_t end = at_; // a full stop belongs to the label only when more of it follows
        while (!done()) {
            std::size_t next = at_;
            const std::uint32_t c = code_point(next);
            if (c != '.' && !is_label_character(c, at_ > start)) {
                break;
            }
            if (c == '.' && at_ == start) {
                break;
            }
            at_ = next;
            end = c == '.' ? end : next;
        }
        at_ = end;
        if (end == start) {
            throw unexpected{at_, "the label of a blank node"};
        }
        out.assign("_:").append(line_, start, end - start);
    }

    void read_literal(triple& out) {
        expect('"', "an IRI, a blank node or a literal");
        out.object.clear();
        while (peek() != '"') {
            if (done()) {
                throw unexpected{at_, "\" at the end of a literal"};
            }
            if (peek() != '\\') {
                out.object += peek();
                ++at_;
                continue;
            }
            ++at_;
            constexpr std::string_view letters = "tbnrf\"'\\";
            constexpr std::string_view meant = "\t\b\n\r\f\"'\\";
            const std::size_t which = done() ? std::string_view::npos : letters.find(peek());
            if (which != std::string_view::npos) {
                out.object += meant[which];
                ++at_;
            } else if (peek() == 'u' || peek() == 'U') {
                read_code(out.object);
            } else {
                throw unexpected{at_, "one of t b n r f \" ' \\ u U behind \\"};
            }
        }
        ++at_;
        out.is_literal = true;
        if (peek() == '@') {
            ++at_;
            read_language(out.language);
        } else if (peek() == '^') {
            ++at_;
            expect('^', "^^ in front of a datatype");
            std::string datatype;
            read_iri(datatype);
        }
    }

    std::size_t at() const { return at_; }

  private:
    void read_language(std::string& out) {
        out.clear();
        for (bool first = true;; first = false) {
            const std::size_t start = at_;
            while (!done() && (is_letter(peek()) || (!first && is_digit(peek())))) {
                out += line_[at_++];
            }
            if (at_ == start) {
                throw unexpected{at_, "a language tag"};
            }
            if (peek() != '-') {
                return;
            }
            out += line_[at_++];
        }
    }

    /// \uXXXX or \UXXXXXXXX, from the letter on.
    void read_code(std::string& out) {
        const std::size_t start = at_;
        std::size_t digits = peek() == 'u' ? 4 : 8;
        ++at_;
        std::uint32_t c = 0;
        for (; digits > 0; --digits, ++at_) {
            const char d = peek();
            const int value = is_digit(d)            ? d - '0'
                              : d >= 'a' && d <= 'f' ? d - 'a' + 10
                              : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                                     : -1;
            if (value < 0 || c > 0x10FFFF) {
                throw unexpected{at_, "hexadecimal digits of a character"};
            }
            c = c * 16 + static_cast<std::uint32_t>(value);
        }
        if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) {
            throw unexpected{start, "the number of a character"};
        }
        append_utf8(c, out);
    }

    /// The character at `next`, which is moved behind it.
    std::uint32_t code_point(std::size_t& next) const {
        const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(line_[i]); };
        const unsigned char first = byte(next);
        const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        std::uint32_t c = length == 1 ? first : first & (0xFFU >> (length + 1));
        for (std::size_t i = 1; i < length; ++i) {
            c = (c << 6U) | (byte(next + i) & 0x3FU);
        }
        next += length;
        return c;
    }

    std::string_view line_;
    std::size_t at_ = 0;
};

} // namespace

bool is_text(std::string_view bytes) noexcept {
    for (std::size_t i = 0; i < bytes.size();) {
        const auto first = static_cast<unsigned char>(bytes[i]);
        const std::size_t length = first < 0x80   ? 1
                                   : first < 0xC2 ? 0
                                   : first < 0xE0 ? 2
                                   : first < 0xF0 ? 3
                                   : first < 0xF5 ? 4
                                                  : 0;
        if (first == 0 || length == 0 || length > bytes.size() - i) {
            return false;
        }
        for (std::size_t k = 1; k < length; ++k) {
            const auto next = static_cast<unsigned char>(bytes[i + k]);
            const unsigned char least = k > 1 ? 0x80 : first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
            const unsigned char most = k > 1 ? 0xBF : first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
            if (next < least || next > most) {
                return false;
            }
        }
        i += length;
    }
    return true;
}

line_kind read_ntriples_line(std::string_view line, triple& found, std::string& problem) {
    if (!is_text(line)) {
        problem = "not UTF-8";
        return line_kind::bad;
    }
    line_reader in(line);
    try {
        in.skip_blanks();
        if (in.done() || in.peek() == '#') {
            return line_kind::nothing;
        }
        found.is_literal = false;
        found.language.clear();
        in.peek() == '_' ? in.read_blank_node(found.subject) : in.read_iri(found.subject);
        in.skip_blanks();
        in.read_iri(found.predicate);
        in.skip_blanks();
        if (in.peek() == '<') {
            in.read_iri(found.object);
        } else if (in.peek() == '_') {
            in.read_blank_node(found.object);
        } else {
            in.read_literal(found);
        }
        in.skip_blanks();
        in.expect('.', ". at the end of a statement");
        in.skip_blanks();
        if (!in.done() && in.peek() != '#') {
            throw unexpected{in.at(), "nothing but a comment behind a statement"};
        }
        return line_kind::statement;
    } catch (const unexpected& wrong) {
        problem = std::string("expected ") + wrong.what + " at byte " + std::to_string(wrong.at + 1);
        return line_kind::bad;
    }
}

void read_ntriples(const byte_source& in, const std::function<void(const triple&)>& use, const bad_line& bad) {
    std::string chunk(chunk_bytes, '\0');
    std::string buffer; // a line that is not whole, and what came after it
    triple found;
    std::string problem;
    std::int64_t number = 0;
    bool after_return = false; // \r\n is one end of line
    bool skipping = false;     // in a line that is too long
    const auto line = [&](std::string_view text) {
        switch (read_ntriples_line(text, found, problem)) {
        case line_kind::statement:
            use(found);
            break;
        case line_kind::bad:
            bad(number, problem);
            break;
        case line_kind::nothing:
            break;
        }
    };
    for (bool more = true; more;) {
        const std::size_t kept = buffer.size();
        const std::size_t got = in(chunk.data(), chunk.size());
        buffer.append(chunk, 0, got);
        more = got > 0;
        std::size_t start = 0;
        for (std::size_t at = kept; at < buffer.size(); ++at) {
            const char c = buffer[at];
            if (c != '\n' && c != '\r') {
                after_return = false;
                continue;
            }
            if (c == '\n' && after_return) {
                after_return = false;
                start = at + 1;
                continue;
            }
            after_return = c == '\r';
            ++number;
            if (!skipping) {
                line(std::string_view(buffer).substr(start, at - start));
            }
            skipping = false;
            start = at + 1;
        }
        buffer.erase(0, start);
        if (!more && !buffer.empty() && !skipping) {
            ++number;
            line(buffer);
        } else if (buffer.size() > longest_line) {
            if (!skipping) {
                bad(number + 1, "longer than a megabyte");
            }
            skipping = true;
            buffer.clear();
        }
    }
}

} // namespace everarchive::vocabulary
