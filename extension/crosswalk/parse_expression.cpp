#include "functions.hpp"
#include "parser.hpp"
#include "tree_path.hpp"

#include "marc/ascii.hpp"
#include "marc/error.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace crosswalk::detail {
namespace {

constexpr int deepest = 60;

// Of what is compiled: `a or b or c` nests without parentheses, and one let refers to another. Whoever computes or
// shows an expression goes as deep on the stack.
constexpr std::uint16_t deepest_compiled = 250;

class expression_parser {
  public:
    expression_parser(lexer& tokens, names& known, const scope& local)
        : tokens_(tokens), known_(known), local_(local) {}

    const expression* either() {
        if (++depth_ > deepest) {
            tokens_.fail("an expression nested too deeply");
        }
        const expression* left = both();
        while (tokens_.is_word("or")) {
            tokens_.take();
            left = pair(expression_kind::either, left, both());
        }
        --depth_;
        return left;
    }

  private:
    const expression* both() {
        const expression* left = opposite();
        while (tokens_.is_word("and")) {
            tokens_.take();
            left = pair(expression_kind::both, left, opposite());
        }
        return left;
    }

    const expression* opposite() {
        if (!tokens_.is_word("not")) {
            return comparison();
        }
        tokens_.take();
        if (++depth_ > deepest) {
            tokens_.fail("an expression nested too deeply");
        }
        const expression* const what = opposite();
        --depth_;
        return list(expression_kind::opposite, {what});
    }

    const expression* comparison() {
        const expression* const left = joined();
        const auto rest = [&](expression_kind kind) {
            tokens_.take();
            return pair(kind, left, joined());
        };
        const auto swapped = [&](expression_kind kind) {
            tokens_.take();
            const expression* const right = joined();
            return pair(kind, right, left);
        };
        if (tokens_.is_sign("==")) {
            return rest(expression_kind::equal);
        }
        if (tokens_.is_sign("!=")) {
            return rest(expression_kind::unequal);
        }
        if (tokens_.is_sign("<")) {
            return rest(expression_kind::less);
        }
        if (tokens_.is_sign("<=")) {
            return rest(expression_kind::at_most);
        }
        if (tokens_.is_sign(">")) {
            return swapped(expression_kind::less);
        }
        if (tokens_.is_sign(">=")) {
            return swapped(expression_kind::at_most);
        }
        if (tokens_.is_word("starts")) {
            return rest(expression_kind::starts);
        }
        if (tokens_.is_word("ends")) {
            return rest(expression_kind::ends);
        }
        if (tokens_.is_word("contains")) {
            return rest(expression_kind::contains);
        }
        if (tokens_.is_word("like")) {
            return rest(expression_kind::like);
        }
        if (tokens_.is_word("in")) {
            tokens_.take();
            if (!tokens_.accept("(")) {
                return pair(expression_kind::is_in, left, joined());
            }
            std::vector<const expression*> all{left};
            do {
                all.push_back(either());
            } while (tokens_.accept(","));
            tokens_.expect(")");
            return list(expression_kind::is_one_of, all);
        }
        return left;
    }

    const expression* joined() {
        const expression* const first = sliced();
        if (!tokens_.is_sign("~")) {
            return first;
        }
        std::vector<const expression*> all{first};
        while (tokens_.accept("~")) {
            all.push_back(sliced());
        }
        return list(expression_kind::join, all);
    }

    /// x/6 and x/6-7: positions counted from 0, as MARC 21 counts them.
    const expression* sliced() {
        const expression* what = primary();
        while (tokens_.accept("/")) {
            if (tokens_.peek().kind != token_kind::number && tokens_.peek().kind != token_kind::word) {
                tokens_.fail("expected a position behind /");
            }
            const std::string_view text = tokens_.take().text;
            auto* const made = make(expression_kind::slice, {what});
            const std::size_t dash = text.find('-');
            if (!read_number(text.substr(0, dash), made->number) ||
                !read_number(dash == std::string_view::npos ? text : text.substr(dash + 1), made->last) ||
                made->last < made->number) {
                tokens_.fail("expected positions like 6 or 6-7 behind /");
            }
            what = made;
        }
        return what;
    }

    const expression* primary() {
        if (tokens_.accept("(")) {
            const expression* const inner = either();
            tokens_.expect(")");
            return inner;
        }
        if (tokens_.accept(".")) {
            return make(expression_kind::current, {});
        }
        const token first = tokens_.take();
        switch (first.kind) {
        case token_kind::string: {
            auto* const made = make(expression_kind::text, {});
            made->text = known_.text_of(first);
            return made;
        }
        case token_kind::number: {
            auto* const made = make(expression_kind::number, {});
            made->text = known_.keep(first.text);
            if (!read_number(first.text, made->number)) {
                tokens_.fail("a number that is too large");
            }
            return made;
        }
        case token_kind::codes:
            return subfields(first.text);
        case token_kind::path:
            return path(first.text);
        case token_kind::word:
            return tokens_.is_sign("(") && !tokens_.peek().space_before ? call(first.text) : name(first.text);
        default:
            break;
        }
        tokens_.fail(std::string("expected a value") +
                     (first.kind == token_kind::end ? "" : " here: " + std::string(first.text)));
    }

    bool reads_tree() const noexcept { return known_.into.source != source_form::marc; }
    /// What only MARC has.
    void refuse_in_tree(std::string_view what) const {
        if (reads_tree()) {
            tokens_.fail(std::string(what) + " is of MARC fields; these rules read " +
                         (known_.into.source == source_form::xml ? "XML" : "JSON") + ": {path/of/elements}");
        }
    }

    const expression* subfields(std::string_view codes) {
        refuse_in_tree("$" + std::string(codes));
        auto* const made = make(expression_kind::subfields, {});
        made->codes = code_set_of(codes);
        made->text = known_.keep(codes);
        if (tokens_.is_sign("[") && !tokens_.peek().space_before) {
            tokens_.take();
            made->condition = either();
            nest(*made, *made->condition);
            tokens_.expect("]");
        }
        return made;
    }

    const expression* path(std::string_view text) {
        auto* const made = make(expression_kind::path, {});
        made->text = known_.keep(text);
        if (reads_tree()) {
            made->kind = expression_kind::nodes;
            made->nodes = parse_tree_path(made->text, tokens_, known_);
            return made;
        }
        try {
            auto* const memory = known_.into.arena.allocate(sizeof(marc::path), alignof(marc::path));
            made->path = new (memory) marc::path(marc::parse_path(made->text, &known_.into.arena));
        } catch (const marc::parse_error& error) {
            tokens_.fail(std::string(error.what()));
        }
        return made;
    }

    const expression* name(std::string_view word) {
        for (const std::string_view of_marc : {"ind1", "ind2", "before", "after", "code", "leader", "paired"}) {
            if (word == of_marc) {
                refuse_in_tree(word);
            }
        }
        if (word == "ind1" || word == "ind2") {
            auto* const made = make(expression_kind::indicator, {});
            made->number = word == "ind1" ? 1 : 2;
            return made;
        }
        if (word == "before" || word == "after") {
            const token codes = tokens_.expect(token_kind::codes, "subfield codes like $np");
            auto* const made = make(word == "before" ? expression_kind::before : expression_kind::after, {});
            made->codes = code_set_of(codes.text);
            return made;
        }
        if (word == "version") { // of these rules
            auto* const made = make(expression_kind::text, {});
            made->text = known_.into.version;
            return made;
        }
        constexpr std::pair<std::string_view, expression_kind> fixed[] = {{"tag", expression_kind::tag},
                                                                          {"code", expression_kind::code},
                                                                          {"leader", expression_kind::leader},
                                                                          {"paired", expression_kind::paired}};
        for (const auto& [text, kind] : fixed) {
            if (word == text) {
                return make(kind, {});
            }
        }
        for (std::size_t i = local_.slots.size(); i > 0; --i) {
            if (local_.slots[i - 1] == word) {
                expression* const made = variable(expression_kind::variable, i - 1, word);
                made->varies = true;
                return made;
            }
        }
        for (std::size_t i = 0; i < known_.globals.size(); ++i) {
            if (known_.globals[i].name == word) {
                expression* const made = variable(expression_kind::global, i, word);
                nest(*made, *known_.globals[i].value);
                return made;
            }
        }
        tokens_.fail("a name that nothing has: " + std::string(word) + " (text stands in \"…\")");
    }

    expression* variable(expression_kind kind, std::size_t slot, std::string_view word) {
        auto* const made = make(kind, {});
        made->number = static_cast<std::uint32_t>(slot);
        made->text = known_.keep(word);
        return made;
    }

    /// exists(856 where ind2 == "0"); exists_before(…), exists_after(…): among the fields in front of the one at hand,
    /// behind it.
    const expression* exists(std::string_view word) {
        tokens_.expect("(");
        auto* const made = make(expression_kind::exists, {});
        made->number = word == "exists_before" ? 1 : word == "exists_after" ? 2 : 0;
        if (reads_tree()) {
            if (word != "exists") {
                refuse_in_tree(word);
            }
            made->nodes = parse_tree_path(tokens_.expect(token_kind::path, "a path like {name}").text, tokens_, known_);
        } else {
            made->fields = parse_fields(tokens_, known_);
        }
        if (tokens_.is_word("where")) {
            tokens_.take();
            made->condition = either();
            nest(*made, *made->condition);
        }
        if (made->fields != nullptr && !made->fields->its_880 && !made->fields->its_field && !made->varies) {
            made->known_slot = ++known_.into.known_count;
        }
        tokens_.expect(")");
        return made;
    }

    const expression* call(std::string_view word) {
        if (word == "exists" || word == "exists_before" || word == "exists_after") {
            return exists(word);
        }
        const function_entry* const entry = find_function(word);
        if (entry == nullptr) {
            tokens_.fail("a function that there is not: " + std::string(word));
        }
        tokens_.expect("(");
        std::vector<const expression*> arguments;
        const table* rows = nullptr;
        if (entry->what == function::lookup || entry->what == function::codes) {
            const std::string_view name = parse_name(tokens_, known_, "the name of a table");
            rows = known_.find_table(name);
            if (rows == nullptr) {
                tokens_.fail("a table that there is not: " + std::string(name));
            }
            if (!tokens_.is_sign(")")) {
                tokens_.expect(",");
            }
        }
        if (!tokens_.is_sign(")")) {
            do {
                arguments.push_back(either());
            } while (tokens_.accept(","));
        }
        tokens_.expect(")");
        if (arguments.size() < entry->fewest || arguments.size() > entry->most) {
            tokens_.fail("another number of arguments than " + std::string(word) +
                         "() takes: " + std::string(entry->synopsis));
        }
        check_arguments(*entry, arguments);
        auto* const made = make(expression_kind::call, arguments);
        made->called = entry->what;
        made->rows = rows;
        return made;
    }

    void check_arguments(const function_entry& entry, const std::vector<const expression*>& arguments) const {
        if (entry.what == function::linked) {
            refuse_in_tree("linked()");
        } else if (entry.what == function::place && !arguments.empty() &&
                   arguments[0]->kind != expression_kind::nodes) {
            tokens_.fail("place() takes a path over elements, if anything");
        } else if (entry.what == function::prose && arguments[0]->kind != expression_kind::nodes) {
            tokens_.fail("prose() takes a path over elements: prose({scopecontent}, \"head\")");
        } else if (entry.what == function::fixed) {
            if (arguments[0]->kind != expression_kind::number) {
                tokens_.fail("the length of fixed() is a number");
            }
            if (arguments.size() % 2 != 0) {
                tokens_.fail("another number of arguments than " + std::string(entry.synopsis));
            }
            const expression* before = nullptr;
            for (std::size_t i = 2; i < arguments.size(); i += 2) {
                if (arguments[i]->kind != expression_kind::number || arguments[i]->number >= arguments[0]->number ||
                    (before != nullptr && arguments[i]->number <= before->number)) {
                    tokens_.fail("positions in fixed() are numbers that ascend and are less than the length");
                }
                before = arguments[i];
            }
        }
    }

    code_set code_set_of(std::string_view codes) {
        code_set set;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            if (codes[i] == '*') {
                set.all = true;
            } else if (i + 2 < codes.size() && codes[i + 1] == '-') {
                if (codes[i + 2] < codes[i]) {
                    tokens_.fail("a range of subfield codes that ends before it starts");
                }
                for (int c = codes[i]; c <= codes[i + 2]; ++c) {
                    set.add(static_cast<unsigned char>(c));
                }
                i += 2;
            } else {
                set.add(static_cast<unsigned char>(codes[i]));
            }
        }
        return set;
    }

    static bool read_number(std::string_view text, std::uint32_t& number) noexcept {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        return error == std::errc{} && end == text.data() + text.size() && number < 1'000'000;
    }

    /// @throws rule_error when there is too much inside
    void nest(expression& outer, const expression& inner) const {
        if (inner.depth >= deepest_compiled) {
            tokens_.fail("an expression nested too deeply");
        }
        outer.varies = outer.varies || inner.varies;
        outer.depth = std::max(outer.depth, static_cast<std::uint16_t>(inner.depth + 1));
    }

    expression* make(expression_kind kind, const std::vector<const expression*>& arguments) {
        if (arguments.size() > 250) {
            tokens_.fail("too many values in one expression");
        }
        auto* const made = known_.make<expression>();
        made->kind = kind;
        made->argument_count = static_cast<std::uint8_t>(arguments.size());
        if (!arguments.empty()) {
            auto* const list = known_.make<const expression*>(arguments.size());
            std::copy(arguments.begin(), arguments.end(), list);
            made->arguments = list;
            for (const expression* argument : arguments) {
                nest(*made, *argument);
            }
        }
        return made;
    }
    const expression* list(expression_kind kind, const std::vector<const expression*>& arguments) {
        return make(kind, arguments);
    }
    const expression* pair(expression_kind kind, const expression* left, const expression* right) {
        return make(kind, {left, right});
    }

    lexer& tokens_;
    names& known_;
    const scope& local_;
    int depth_ = 0;
};

} // namespace

const expression* parse_expression(lexer& tokens, names& known, const scope& local) {
    return expression_parser(tokens, known, local).either();
}

} // namespace crosswalk::detail
