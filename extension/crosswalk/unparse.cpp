#include "unparse.hpp"
#include "functions.hpp"
#include "tree_path.hpp"

#include <charconv>

namespace crosswalk::detail {
namespace {

/// How closely an operator binds; parentheses stand around what binds less than its place wants.
enum binding : int { of_or = 1, of_and, of_not, of_comparison, of_join, of_slice, of_value };

class writer {
  public:
    explicit writer(std::pmr::string& into) : into_(into) {}

    void write(const expression& e, int wanted) { // as deep as the parser lets expressions nest
        const bool parentheses = binds(e) < wanted;
        into_ += parentheses ? "(" : "";
        bare(e);
        into_ += parentheses ? ")" : "";
    }

  private:
    static int binds(const expression& e) noexcept {
        switch (e.kind) {
        case expression_kind::either:
            return of_or;
        case expression_kind::both:
            return of_and;
        case expression_kind::opposite:
            return of_not;
        case expression_kind::equal:
        case expression_kind::unequal:
        case expression_kind::less:
        case expression_kind::at_most:
        case expression_kind::is_one_of:
        case expression_kind::is_in:
        case expression_kind::starts:
        case expression_kind::ends:
        case expression_kind::contains:
        case expression_kind::like:
            return of_comparison;
        case expression_kind::join:
            return of_join;
        case expression_kind::slice:
            return of_slice;
        default:
            return of_value;
        }
    }

    void bare(const expression& e) {
        switch (e.kind) {
        case expression_kind::text:
            return quoted(e.text);
        case expression_kind::number:
        case expression_kind::variable:
        case expression_kind::global:
            into_ += e.text;
            return;
        case expression_kind::subfields:
            into_ += '$';
            into_ += e.text;
            if (e.condition != nullptr) {
                into_ += '[';
                write(*e.condition, of_or);
                into_ += ']';
            }
            return;
        case expression_kind::current:
            into_ += '.';
            return;
        case expression_kind::code:
            into_ += "code";
            return;
        case expression_kind::tag:
            into_ += "tag";
            return;
        case expression_kind::indicator:
            into_ += e.number == 1 ? "ind1" : "ind2";
            return;
        case expression_kind::leader:
            into_ += "leader";
            return;
        case expression_kind::path:
            into_ += '{';
            into_ += e.text;
            into_ += '}';
            return;
        case expression_kind::nodes:
            return path(*e.nodes);
        case expression_kind::slice:
            write(*e.arguments[0], of_slice);
            into_ += '/';
            number(e.number);
            if (e.last != e.number) {
                into_ += '-';
                number(e.last);
            }
            return;
        case expression_kind::join:
            return chain(e, " ~ ", of_slice);
        case expression_kind::equal:
            return chain(e, " == ", of_join);
        case expression_kind::unequal:
            return chain(e, " != ", of_join);
        case expression_kind::less:
            return chain(e, " < ", of_join);
        case expression_kind::at_most:
            return chain(e, " <= ", of_join);
        case expression_kind::is_in:
            return chain(e, " in ", of_join);
        case expression_kind::starts:
            return chain(e, " starts ", of_join);
        case expression_kind::ends:
            return chain(e, " ends ", of_join);
        case expression_kind::contains:
            return chain(e, " contains ", of_join);
        case expression_kind::like:
            return chain(e, " like ", of_join);
        case expression_kind::both:
            write(*e.arguments[0], of_and);
            into_ += " and ";
            return write(*e.arguments[1], of_not);
        case expression_kind::either:
            write(*e.arguments[0], of_or);
            into_ += " or ";
            return write(*e.arguments[1], of_and);
        case expression_kind::opposite:
            into_ += "not ";
            return write(*e.arguments[0], of_not);
        case expression_kind::is_one_of:
            write(*e.arguments[0], of_join);
            into_ += " in (";
            list(e, 1);
            into_ += ')';
            return;
        case expression_kind::before:
        case expression_kind::after:
            into_ += e.kind == expression_kind::before ? "before $" : "after $";
            return codes(e.codes);
        case expression_kind::exists:
            into_ += e.number == 1 ? "exists_before(" : e.number == 2 ? "exists_after(" : "exists(";
            if (e.nodes != nullptr) {
                path(*e.nodes);
            } else {
                unparse(*e.fields, into_);
            }
            if (e.condition != nullptr) {
                into_ += " where ";
                write(*e.condition, of_or);
            }
            into_ += ')';
            return;
        case expression_kind::paired:
            into_ += "paired";
            return;
        case expression_kind::call:
            into_ += find_function(e.called).name;
            into_ += '(';
            if (e.rows != nullptr) {
                into_ += e.rows->name;
                into_ += e.argument_count > 0 ? ", " : "";
            }
            list(e, 0);
            into_ += ')';
            return;
        }
    }

    void path(const tree_path& p) {
        into_ += '{';
        into_ += p.text;
        into_ += '}';
    }

    void chain(const expression& e, const char* sign, int wanted) {
        for (std::size_t i = 0; i < e.argument_count; ++i) {
            into_ += i > 0 ? sign : "";
            write(*e.arguments[i], wanted);
        }
    }

    void list(const expression& e, std::size_t first) {
        for (std::size_t i = first; i < e.argument_count; ++i) {
            into_ += i > first ? ", " : "";
            write(*e.arguments[i], of_or);
        }
    }

    void number(std::uint32_t n) {
        char digits[12];
        into_.append(digits, std::to_chars(digits, digits + sizeof digits, n).ptr);
    }

    void codes(const code_set& set) {
        if (set.all) {
            into_ += '*';
        }
        for (char c = '!'; c < '\x7F' && !set.all; ++c) {
            if (set.has({&c, 1})) {
                into_ += c;
            }
        }
    }

    void quoted(std::string_view text) {
        into_ += '"';
        for (const char c : text) {
            if (c == '"' || c == '\\') {
                into_ += '\\';
                into_ += c;
            } else if (c == '\n' || c == '\x1F') {
                into_ += c == '\n' ? "\\n" : "\\d";
            } else {
                into_ += c;
            }
        }
        into_ += '"';
    }

    std::pmr::string& into_;
};

} // namespace

void unparse(const expression& e, std::pmr::string& into) {
    writer(into).write(e, of_or);
}

void unparse(const field_selection& fields, std::pmr::string& into) {
    if (fields.its_880 || fields.its_field) {
        into += fields.its_880 ? "its 880" : "its field";
        return;
    }
    const auto tags = [&](const field_selector& s) {
        into += s.from.view();
        if (s.from.text != s.to.text) {
            into += '-';
            into += s.to.view();
        }
    };
    for (std::uint32_t i = 0; i < fields.count; ++i) {
        const field_selector& s = fields.selectors[i];
        into += i > 0 ? ", " : "";
        if (s.linked) {
            into += "880[";
            tags(s);
            into += ']';
            continue;
        }
        tags(s);
        const field_selector* const next = i + 1 < fields.count ? fields.selectors + i + 1 : nullptr;
        if (next != nullptr && next->linked && next->from.text == s.from.text && next->to.text == s.to.text) {
            into += '+'; // the field and its 880s are one word
            ++i;
        }
    }
}

} // namespace crosswalk::detail
