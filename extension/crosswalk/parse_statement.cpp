#include "parser.hpp"
#include "select.hpp"
#include "tree_path.hpp"

#include "marc/ascii.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace crosswalk::detail {
namespace {

/// 245, 245+ (with its 880s), 880[245], 501-586, 6..
class selector_parser {
  public:
    selector_parser(lexer& tokens, names& known) : tokens_(tokens), known_(known) {}

    const field_selection* read() {
        auto* const made = known_.make<field_selection>();
        if (tokens_.is_word("its")) {
            tokens_.take();
            const std::string_view which = take();
            if (which != "880" && which != "field") {
                tokens_.fail("expected \"its 880\" or \"its field\": those that go with the field at hand");
            }
            (which == "880" ? made->its_880 : made->its_field) = true;
            return made;
        }
        do {
            one();
        } while (tokens_.accept(","));
        auto* const all = known_.make<field_selector>(found_.size());
        std::copy(found_.begin(), found_.end(), all);
        made->selectors = all;
        made->count = static_cast<std::uint32_t>(found_.size());
        for (const field_selector& s : found_) {
            note_numbers(s, *made);
        }
        return made;
    }

  private:
    void one() {
        field_selector s = tags(take());
        if (s.from.view() == "880" && tokens_.accept("[")) {
            do {
                field_selector linked = tags(take());
                linked.linked = true;
                found_.push_back(linked);
            } while (tokens_.accept(","));
            tokens_.expect("]");
            return;
        }
        found_.push_back(s);
        if (tokens_.accept("+")) {
            s.linked = true;
            found_.push_back(s);
        }
    }

    static void note_numbers(const field_selector& s, field_selection& into) {
        tag_numbers& numbers = s.linked ? into.linked : into.plain;
        const int only = tag_numbers::of(s.from.view());
        if (s.from.text == s.to.text && only >= 0) {
            return numbers.add(only);
        }
        into.other = true;
        for (int n = 0; n < 1000; ++n) {
            const std::array<char, 3> tag{static_cast<char>('0' + n / 100), static_cast<char>('0' + n / 10 % 10),
                                          static_cast<char>('0' + n % 10)};
            if (has_tag(s, {tag.data(), tag.size()})) {
                numbers.add(n);
            }
        }
    }

    std::string_view take() {
        if (tokens_.peek().kind != token_kind::word && tokens_.peek().kind != token_kind::number) {
            tokens_.fail("expected a tag like 245, 6.. or 501-586 behind \"for\"");
        }
        return tokens_.take().text;
    }

    field_selector tags(std::string_view text) {
        field_selector s;
        const bool range = text.size() == 7 && text[3] == '-';
        if (!marc::read_tag_pattern(text.substr(0, 3), s.from) || (text.size() != 3 && !range) ||
            (range && !marc::read_tag_pattern(text.substr(4), s.to))) {
            tokens_.fail("not a tag: " + std::string(text));
        }
        if (!range) {
            s.to = s.from;
        } else if (s.from.has_wildcard() || s.to.has_wildcard() || s.to.view() < s.from.view()) {
            tokens_.fail("a range of tags that is none: " + std::string(text));
        }
        return s;
    }

    lexer& tokens_;
    names& known_;
    std::vector<field_selector> found_;
};

class statement_parser {
    static constexpr std::size_t most_variables = 1'000; // each name is looked for among them

  public:
    statement_parser(const std::pmr::vector<source_line>& lines, std::size_t& at, names& known, scope& local)
        : lines_(lines), at_(at), known_(known), local_(local) {}

    const statement* block(std::uint32_t above) {
        if (++depth_ > 40) {
            throw rule_error(lines_[at_].where.text_name, lines_[at_].where.line, "lines nested too deeply");
        }
        statement* first = nullptr;
        statement* last = nullptr;
        const std::size_t visible = local_.slots.size();
        std::uint32_t indentation = 0;
        while (at_ < lines_.size() && lines_[at_].indentation > above) {
            if (indentation == 0) {
                indentation = lines_[at_].indentation;
            }
            if (lines_[at_].indentation != indentation) {
                throw rule_error(lines_[at_].where.text_name, lines_[at_].where.line,
                                 "a line that is indented neither like the one above nor deeper");
            }
            statement* const made = one();
            if (last == nullptr) {
                first = made;
            } else {
                last->next = made;
            }
            last = made;
        }
        // What a block names is not seen outside of it, but keeps its slot.
        for (std::size_t i = visible; i < local_.slots.size(); ++i) {
            local_.slots[i] = {};
        }
        --depth_;
        return first;
    }

  private:
    statement* one() {
        const source_line& line = lines_[at_++];
        polling_.step(256);
        lexer tokens(line.text, line.where);
        statement* const made = head(tokens, line.indentation);
        if (!tokens.at_end()) {
            tokens.fail("more than belongs on this line: " + std::string(tokens.peek().text));
        }
        return made;
    }

    statement* make(statement_kind kind, const lexer& tokens) {
        statement* const made = known_.make<statement>();
        made->kind = kind;
        made->line = tokens.where().line;
        return made;
    }

    /// The deeper lines below.
    const statement* children(const lexer& tokens, std::uint32_t indentation, bool needed) {
        if (at_ < lines_.size() && lines_[at_].indentation > indentation) {
            return block(indentation);
        }
        if (needed) {
            tokens.fail("nothing is indented below this line");
        }
        return nullptr;
    }

    statement* head(lexer& tokens, std::uint32_t indentation) {
        if (tokens.accept("@")) {
            statement* const made = make(statement_kind::attribute, tokens);
            made->name = parse_name(tokens, known_, "the name of an attribute");
            tokens.expect("=");
            made->value = parse_expression(tokens, known_, local_);
            return made;
        }
        if (tokens.accept("=")) {
            statement* const made = make(statement_kind::text, tokens);
            made->value = parse_expression(tokens, known_, local_);
            return made;
        }
        const std::string_view word = tokens.peek().kind == token_kind::word ? tokens.peek().text : std::string_view{};
        if (word == "if") {
            return choose(tokens, indentation);
        }
        if (word == "for") {
            return loop(tokens, indentation);
        }
        if (word == "use") {
            return use(tokens);
        }
        if (word == "let") {
            tokens.take();
            statement* const made = make(statement_kind::let, tokens);
            made->name = parse_variable_name(tokens, known_);
            tokens.expect("=");
            made->value = parse_expression(tokens, known_, local_);
            if (local_.slots.size() == most_variables) {
                tokens.fail("too many variables in one rule");
            }
            made->slot = static_cast<std::uint32_t>(local_.slots.size());
            local_.slots.push_back(made->name);
            return made;
        }
        if (word == "note" && is_remark(tokens)) {
            tokens.take();
            statement* const made = make(statement_kind::note, tokens);
            made->value = parse_expression(tokens, known_, local_);
            return made;
        }
        if (word == "elif" || word == "else") {
            tokens.fail("no \"if\" stands right above");
        }
        statement* const made = parse_element(tokens, known_, local_);
        made->children = children(tokens, indentation, false);
        return made;
    }

    /// `note "…"` is a remark; `note = $a` and `note(type="x")` are elements.
    static bool is_remark(lexer ahead) {
        ahead.take();
        return !ahead.at_end() && !ahead.is_sign("=") && !(ahead.is_sign("(") && !ahead.peek().space_before);
    }

    statement* choose(lexer& tokens, std::uint32_t indentation) {
        statement* const made = make(statement_kind::choose, tokens);
        statement* branch = make(statement_kind::branch, tokens);
        made->children = branch;
        tokens.take();
        branch->value = parse_expression(tokens, known_, local_);
        if (!tokens.at_end()) {
            tokens.fail("more than belongs on this line: " + std::string(tokens.peek().text));
        }
        branch->children = children(tokens, indentation, true);
        while (at_ < lines_.size() && lines_[at_].indentation == indentation) {
            lexer next(lines_[at_].text, lines_[at_].where);
            const bool is_else = next.is_word("else");
            if (!is_else && !next.is_word("elif")) {
                break;
            }
            next.take();
            ++at_;
            statement* const other = make(statement_kind::branch, next);
            branch->next = other;
            branch = other;
            if (!is_else) {
                other->value = parse_expression(next, known_, local_);
            }
            if (!next.at_end()) {
                next.fail("more than belongs on this line: " + std::string(next.peek().text));
            }
            other->children = children(next, indentation, true);
            if (is_else) {
                break;
            }
        }
        return made;
    }

    statement* loop(lexer& tokens, std::uint32_t indentation) {
        tokens.take();
        const bool over_parts = tokens.is_word("part");
        if (over_parts) {
            tokens.take();
        }
        const bool over_subfields = over_parts || tokens.peek().kind == token_kind::codes;
        const bool over_elements = tokens.peek().kind == token_kind::path;
        const bool reads_tree = known_.into.source != source_form::marc;
        if (over_elements && !reads_tree) {
            tokens.fail("a path behind \"for\" is of elements; these rules read MARC: for 245");
        }
        if (!over_elements && reads_tree) {
            tokens.fail("fields behind \"for\" are of MARC; these rules read a tree: for {name}");
        }
        statement* const made = make(over_parts       ? statement_kind::parts
                                     : over_elements  ? statement_kind::elements
                                     : over_subfields ? statement_kind::subfields
                                                      : statement_kind::fields,
                                     tokens);
        if (over_subfields) {
            made->value = parse_expression(tokens, known_, local_);
            if (made->value->kind != expression_kind::subfields) {
                tokens.fail("expected subfields like $abc behind \"for\"");
            }
        } else if (over_elements) {
            made->nodes = parse_tree_path(tokens.take().text, tokens, known_);
        } else {
            made->selected = parse_fields(tokens, known_);
        }
        if (tokens.is_word("where")) {
            if (over_subfields) {
                tokens.fail("conditions of subfields stand in brackets: for $abc[code != \"b\"]");
            }
            tokens.take();
            made->value = parse_expression(tokens, known_, local_);
        }
        if (!tokens.at_end()) {
            tokens.fail("more than belongs on this line: " + std::string(tokens.peek().text));
        }
        made->children = children(tokens, indentation, true);
        return made;
    }

    statement* use(lexer& tokens) {
        tokens.take();
        statement* const made = make(statement_kind::use, tokens);
        const std::string_view name = parse_name(tokens, known_, "the name of a template");
        made->called = known_.find_template(name);
        if (made->called == nullptr) {
            tokens.fail("a template that there is not: " + std::string(name));
        }
        std::vector<const expression*> arguments;
        if (tokens.accept("(") && !tokens.accept(")")) {
            do {
                arguments.push_back(parse_expression(tokens, known_, local_));
            } while (tokens.accept(","));
            tokens.expect(")");
        }
        if (arguments.size() != made->called->parameter_count) {
            tokens.fail("the template " + std::string(name) + " takes " +
                        std::to_string(made->called->parameter_count) + " values");
        }
        auto* const all = known_.make<const expression*>(arguments.size());
        std::copy(arguments.begin(), arguments.end(), all);
        made->arguments = all;
        made->argument_count = static_cast<std::uint32_t>(arguments.size());
        return made;
    }

    const std::pmr::vector<source_line>& lines_;
    std::size_t& at_;
    names& known_;
    scope& local_;
    marc::poller polling_;
    int depth_ = 0;
};

} // namespace

const field_selection* parse_fields(lexer& tokens, names& known) {
    return selector_parser(tokens, known).read();
}

const statement* parse_statements(const std::pmr::vector<source_line>& lines, std::size_t& at, std::uint32_t above,
                                  names& known, scope& local) {
    return statement_parser(lines, at, known, local).block(above);
}

statement* parse_element(lexer& tokens, names& known, const scope& local) {
    statement* const made = known.make<statement>();
    made->kind = statement_kind::element;
    made->line = tokens.where().line;
    made->name = parse_name(tokens, known, "an element, or if, for, use, let, note, @attribute, = text");
    if (tokens.accept("!")) {
        made->keep_empty = true;
    }
    if (tokens.is_sign("[") && !tokens.peek().space_before) {
        tokens.take();
        tokens.expect("]");
        made->list = true;
    }
    if (tokens.accept("(") && !tokens.accept(")")) {
        statement* last = nullptr;
        do {
            statement* const attribute = known.make<statement>();
            attribute->kind = statement_kind::attribute;
            attribute->line = made->line;
            attribute->name = parse_name(tokens, known, "the name of an attribute");
            tokens.expect("=");
            attribute->value = parse_expression(tokens, known, local);
            if (last == nullptr) {
                made->attributes = attribute;
            } else {
                last->next = attribute;
            }
            last = attribute;
        } while (tokens.accept(","));
        tokens.expect(")");
    }
    if (tokens.accept("=")) {
        made->value = parse_expression(tokens, known, local);
    }
    return made;
}

std::string_view parse_name(lexer& tokens, names& known, const char* what) {
    const token name = tokens.take();
    if (name.kind == token_kind::string) {
        return known.text_of(name);
    }
    if (name.kind != token_kind::word && name.kind != token_kind::number) {
        tokens.fail(std::string("expected ") + what);
    }
    return known.keep(name.text);
}

std::string_view parse_variable_name(lexer& tokens, names& known) {
    const std::string_view name = tokens.expect(token_kind::word, "a name").text;
    for (const std::string_view taken :
         {"tag", "code", "leader", "ind1", "ind2", "before", "after", "and", "or", "not", "in", "like", "its", "paired",
          "version", "starts", "ends", "contains", "where"}) {
        if (name == taken) {
            tokens.fail("a name that has a meaning of its own: " + std::string(name));
        }
    }
    return known.keep(name);
}

const table* names::find_table(std::string_view name) const noexcept {
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const table* t) { return t->name == name; });
    return found == tables.end() ? nullptr : *found;
}

template_body* names::find_template(std::string_view name) const noexcept {
    const auto found =
        std::find_if(templates.begin(), templates.end(), [&](const template_body* t) { return t->name == name; });
    return found == templates.end() ? nullptr : *found;
}

std::string_view names::keep(std::string_view text) {
    auto* const bytes = static_cast<char*>(into.arena.allocate(text.size() + 1, 1));
    std::memcpy(bytes, text.data(), text.size());
    return {bytes, text.size()};
}

std::string_view names::text_of(const token& string) {
    if (!string.escaped) {
        return keep(string.text);
    }
    std::string text;
    for (std::size_t i = 0; i < string.text.size(); ++i) {
        const bool escape = string.text[i] == '\\' && i + 1 < string.text.size();
        i += escape ? 1U : 0U;
        const char c = string.text[i];
        text += escape && c == 'n' ? '\n' : escape && c == 'd' ? '\x1F' : c;
    }
    return keep(text);
}

} // namespace crosswalk::detail
