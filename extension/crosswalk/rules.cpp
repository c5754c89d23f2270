// Puts texts of rules together: headings at the left edge, of which later ones take the place of earlier ones.
#include "crosswalk/rules.hpp"
#include "parser.hpp"

#include "marc/poll.hpp"

#include "marc/charset.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace crosswalk {
namespace detail {
namespace {

struct definition {
    std::string_view name;
    source_block block;
};

class assembler {
  public:
    explicit assembler(program& into) : known_(into) {}

    void add(const rule_text& text, bool first) {
        bytes_ += text.text.size();
        if (bytes_ > most_bytes) {
            throw rule_error(text.name, 0, "rules of more than " + std::to_string(most_bytes) + " bytes");
        }
        if (const std::size_t at = marc::find_invalid_utf8(text.text); at < text.text.size()) {
            const auto lines = std::count(text.text.begin(), text.text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
            throw rule_error(text.name, static_cast<std::size_t>(lines) + 1, "bytes that are not UTF-8");
        }
        for (source_block& block : read_blocks(text, &known_.into.arena)) {
            polling_.step(256);
            lexer tokens(block.lines[0].text, block.lines[0].where);
            const token heading = tokens.expect(token_kind::word, "a heading");
            if (heading.text == "table") {
                add_table(tokens, block);
            } else if (heading.text == "let") {
                replace(globals_, tokens, block, {}, false);
            } else if (heading.text == "template") {
                replace(templates_, tokens, block, {}, false);
            } else if (heading.text == "rule") {
                add_rule(tokens, block);
            } else if (heading.text == "drop") {
                drop(tokens);
            } else if (heading.text == "include") {
                include(tokens);
            } else if (heading.text == "set") {
                set(tokens, block);
            } else if (first || heading.text == "output" || heading.text == "version") {
                header(heading.text, tokens, block, first);
            } else {
                tokens.fail("not a heading that changes rules: include, table, let, set, template, rule, drop, output, "
                            "version");
            }
        }
    }

    void finish() {
        program& p = known_.into;
        if (p.root == nullptr && p.output == output_form::marc) {
            auto* const root = known_.make<statement>();
            root->name = "record";
            p.root = root;
        }
        if (p.format.empty() || p.root == nullptr) {
            throw rule_error("rules", 0, "the headings \"format\" and \"root\" are missing");
        }
        if (p.output == output_form::jsonld && p.root->name != "rdf:RDF") {
            throw rule_error("rules", 0, "output jsonld is for rules whose root is rdf:RDF");
        }
        for (raw_table& t : raw_tables_) {
            finish_table(t);
        }
        auto* const tables = known_.make<const table*>(known_.tables.size());
        std::copy(known_.tables.begin(), known_.tables.end(), tables);
        p.tables = tables;
        p.table_count = known_.tables.size();
        for (definition& d : globals_) {
            lexer tokens(d.block.lines[0].text, d.block.lines[0].where);
            tokens.take();
            parse_variable_name(tokens, known_);
            tokens.expect("=");
            const expression* const value = parse_expression(tokens, known_, {});
            end_of_line(tokens);
            known_.globals.push_back({known_.keep(d.name), value});
        }
        auto* const globals = known_.make<global>(known_.globals.size());
        std::copy(known_.globals.begin(), known_.globals.end(), globals);
        p.globals = globals;
        p.global_count = static_cast<std::uint32_t>(known_.globals.size());
        for (const definition& d : templates_) {
            auto* const made = known_.make<template_body>();
            made->name = known_.keep(d.name);
            known_.templates.push_back(made);
            made->about = known_.keep(d.block.about);
            parameters(d, *made);
        }
        for (std::size_t i = 0; i < templates_.size(); ++i) {
            body(templates_[i].block, *known_.templates[i]);
        }
        rule* last = nullptr;
        for (const definition& d : rules_) {
            auto* const made = known_.make<rule>();
            made->name = known_.keep(d.name);
            made->about = known_.keep(d.block.about);
            made->body.name = made->name;
            body(d.block, made->body);
            made->only_notes = writes_nothing(made->body.body);
            if (last == nullptr) {
                p.rules = made;
            } else {
                last->next = made;
            }
            last = made;
        }
        check_calls();
        if (p.output == output_form::marc) {
            check_record(p);
        } else if (p.output == output_form::xml || p.output == output_form::jsonld) {
            check_names(p, known_.templates);
        }
    }

  private:
    // Names are looked for one by one, and no rules that somebody wrote have as many.
    static constexpr std::size_t most_bytes = 8U << 20U;
    static constexpr std::size_t most_definitions = 5'000;
    static constexpr std::uint32_t deepest_use = 60; ///< of templates in each other: the stack grows with it

    struct raw_table {
        std::string_view name;
        std::vector<table_row> rows;
    };

    static void end_of_line(const lexer& tokens) {
        if (!tokens.at_end()) {
            tokens.fail("more than belongs on this line: " + std::string(tokens.peek().text));
        }
    }

    void header(std::string_view heading, lexer& tokens, const source_block& block, bool first) {
        program& p = known_.into;
        if (block.lines.size() > 1) {
            tokens.fail("nothing may be indented below this heading");
        }
        if (heading == "format") {
            p.format = parse_name(tokens, known_, "a name");
        } else if (heading == "version") {
            const std::string_view version = parse_name(tokens, known_, "a version");
            constexpr std::size_t longest = 1'000;
            if (p.version.size() + version.size() > longest) {
                tokens.fail("a version that is too long, with those before it");
            }
            p.version = first ? version : known_.keep(std::string(p.version) + "+" + std::string(version));
        } else if (heading == "output") {
            const std::string_view form = parse_name(tokens, known_, "xml, json, lines, csv, jsonld or marc");
            const auto* const found = std::find(output_form_names.begin(), output_form_names.end(), form);
            if (found == output_form_names.end()) {
                tokens.fail("expected xml, json, lines, csv, jsonld or marc");
            }
            p.output = static_cast<output_form>(found - output_form_names.begin());
        } else if (heading == "source") {
            source(tokens);
        } else if (heading == "namespace") {
            auto* const made = known_.make<xml_namespace>();
            if (tokens.peek().kind == token_kind::word) {
                made->prefix = parse_name(tokens, known_, "a prefix");
            }
            made->uri = known_.text_of(tokens.expect(token_kind::string, "the address of a namespace"));
            made->next = nullptr;
            const xml_namespace** end = &p.namespaces;
            while (*end != nullptr) {
                end = const_cast<const xml_namespace**>(&(*end)->next);
            }
            *end = made;
        } else if (heading == "distinct") {
            p.distinct = true;
        } else if (heading == "root") {
            p.root = parse_element(tokens, known_, {});
        } else {
            tokens.fail("not a heading: " + std::string(heading));
        }
        end_of_line(tokens);
    }

    void include(lexer& tokens) {
        const std::string_view name = parse_name(tokens, known_, "the name of rules");
        const auto found = find_part(name);
        if (!found || included_.contains(name)) {
            tokens.fail((found ? "included twice: " : "there are no rules of this name to include: ") +
                        std::string(name));
        }
        end_of_line(tokens);
        included_.insert(name);
        add({name, *found}, false);
    }

    /// A `let` of the rules gets another value; a name that they do not have would change nothing.
    void set(lexer& tokens, source_block& block) {
        lexer ahead = tokens;
        const std::string_view name = parse_name(ahead, known_, "a name");
        if (std::none_of(globals_.begin(), globals_.end(), [&](const definition& d) { return d.name == name; })) {
            ahead.fail("there is no let of this name to set: " + std::string(name));
        }
        replace(globals_, tokens, block, {}, false);
    }

    /// source xml mods, dc: a form, and which elements are records.
    void source(lexer& tokens) {
        program& p = known_.into;
        const std::string_view form = parse_name(tokens, known_, "marc, xml or json");
        const auto* const found = std::find(source_form_names.begin(), source_form_names.end(), form);
        if (found == source_form_names.end()) {
            tokens.fail("expected marc, xml or json");
        }
        p.source = static_cast<source_form>(found - source_form_names.begin());
        const record_name** end = &p.records;
        while (p.source == source_form::xml && !tokens.at_end()) {
            if (p.records != nullptr) {
                tokens.expect(",");
            }
            auto* const made = known_.make<record_name>();
            made->name = parse_name(tokens, known_, "the name of an element");
            *end = made;
            end = &made->next;
        }
    }

    void add_table(lexer& tokens, const source_block& block) {
        const std::string_view name = parse_name(tokens, known_, "the name of a table");
        end_of_line(tokens);
        auto found =
            std::find_if(raw_tables_.begin(), raw_tables_.end(), [&](const raw_table& t) { return t.name == name; });
        if (found == raw_tables_.end()) {
            if (raw_tables_.size() == most_definitions) {
                tokens.fail("more than " + std::to_string(most_definitions) + " tables");
            }
            raw_tables_.push_back({name, {}});
            found = raw_tables_.end() - 1;
        }
        for (std::size_t i = 1; i < block.lines.size(); ++i) {
            lexer row(block.lines[i].text, block.lines[i].where);
            const std::string_view key = parse_name(row, known_, "a code");
            row.expect("=");
            const std::string_view value = parse_name(row, known_, "what the code means");
            end_of_line(row);
            found->rows.push_back({key, value});
        }
    }

    void finish_table(raw_table& raw) {
        // The last row of a key counts: it is the site's.
        std::stable_sort(raw.rows.begin(), raw.rows.end(),
                         [](const table_row& a, const table_row& b) { return a.key < b.key; });
        std::vector<table_row> rows;
        for (const table_row& row : raw.rows) {
            if (!rows.empty() && rows.back().key == row.key) {
                rows.pop_back();
            }
            rows.push_back(row);
        }
        auto* const kept = known_.make<table_row>(rows.size());
        std::copy(rows.begin(), rows.end(), kept);
        auto* const made = known_.make<table>();
        *made = {raw.name, kept, rows.size()};
        known_.tables.push_back(made);
    }

    void add_rule(lexer& tokens, source_block& block) {
        std::string_view beside;
        bool behind = false;
        lexer ahead = tokens;
        parse_name(ahead, known_, "the name of a rule");
        if (ahead.is_word("before") || ahead.is_word("after")) {
            behind = ahead.take().text == "after";
            beside = parse_name(ahead, known_, "the name of a rule");
        }
        end_of_line(ahead);
        replace(rules_, tokens, block, beside, behind);
    }

    void replace(std::vector<definition>& all, lexer& tokens, source_block& block, std::string_view beside,
                 bool behind) {
        const std::string_view name = parse_name(tokens, known_, "a name");
        const auto find = [&](std::string_view wanted) {
            return std::find_if(all.begin(), all.end(), [&](const definition& d) { return d.name == wanted; });
        };
        const auto found = find(name);
        if (found != all.end() && beside.empty()) {
            found->block = std::move(block);
            return;
        }
        if (found != all.end()) {
            all.erase(found);
        }
        if (all.size() == most_definitions) {
            tokens.fail("more than " + std::to_string(most_definitions) + " rules, templates or values");
        }
        auto at = all.end();
        if (!beside.empty()) {
            at = find(beside);
            if (at == all.end()) {
                tokens.fail("a rule that there is not: " + std::string(beside));
            }
            at += behind ? 1 : 0;
        }
        all.insert(at, {name, std::move(block)});
    }

    void drop(lexer& tokens) {
        const std::string_view name = parse_name(tokens, known_, "the name of a rule");
        const auto found =
            std::find_if(rules_.begin(), rules_.end(), [&](const definition& d) { return d.name == name; });
        if (found == rules_.end()) {
            tokens.fail("a rule that there is not: " + std::string(name));
        }
        rules_.erase(found);
        end_of_line(tokens);
    }

    void parameters(const definition& d, template_body& into) {
        lexer tokens(d.block.lines[0].text, d.block.lines[0].where);
        tokens.take();
        tokens.take();
        into.line = tokens.where().line;
        if (tokens.accept("(") && !tokens.accept(")")) {
            do {
                parameters_[&into].push_back(parse_variable_name(tokens, known_));
            } while (tokens.accept(","));
            tokens.expect(")");
        }
        const std::vector<std::string_view>& names = parameters_[&into];
        auto* const kept = known_.make<std::string_view>(names.size());
        std::copy(names.begin(), names.end(), kept);
        into.parameters = kept;
        into.parameter_count = static_cast<std::uint32_t>(names.size());
        end_of_line(tokens);
    }

    void body(const source_block& block, template_body& into) {
        scope local;
        if (const auto found = parameters_.find(&into); found != parameters_.end()) {
            local.slots = found->second;
        }
        std::size_t at = 1;
        into.body = parse_statements(block.lines, at, 0, known_, local);
        into.slot_count = static_cast<std::uint32_t>(local.slots.size());
        into.line = block.lines[0].where.line;
    }

    /// True for rules that only look for odd content: they need not run where nobody asks for notes.
    static bool writes_nothing(const statement* s) {
        for (; s != nullptr; s = s->next) {
            const bool writes = s->kind == statement_kind::element || s->kind == statement_kind::attribute ||
                                s->kind == statement_kind::text || s->kind == statement_kind::use;
            if (writes || !writes_nothing(s->children)) {
                return false;
            }
        }
        return true;
    }

    /// Templates that use themselves would never end on some record.
    void check_calls() {
        std::map<const template_body*, std::uint32_t> depths;
        for (const template_body* t : known_.templates) {
            depth(*t, 1, depths);
        }
    }
    /// How deep templates are in each other, this one included.
    /// @param around how many use this one, one in the other
    std::uint32_t depth(const template_body& t, std::uint32_t around,
                        std::map<const template_body*, std::uint32_t>& depths) {
        constexpr std::uint32_t running = 0xFFFF'FFFF;
        const auto [found, is_new] = depths.emplace(&t, running);
        if (!is_new) {
            if (found->second == running) {
                throw rule_error("rules", t.line, "the template " + std::string(t.name) + " uses itself");
            }
            return found->second;
        }
        const std::uint32_t most = around > deepest_use ? around : 1 + deepest_call(t.body, around, depths);
        if (most > deepest_use) {
            throw rule_error("rules", t.line, "templates use each other too deeply: " + std::string(t.name));
        }
        depths[&t] = most;
        return most;
    }
    std::uint32_t deepest_call(const statement* s, std::uint32_t around,
                               std::map<const template_body*, std::uint32_t>& depths) {
        std::uint32_t most = 0;
        for (; s != nullptr; s = s->next) {
            most = std::max(most, deepest_call(s->children, around, depths));
            if (s->called != nullptr) {
                most = std::max(most, depth(*s->called, around + 1, depths));
            }
        }
        return most;
    }

    names known_;
    marc::poller polling_;
    std::size_t bytes_ = 0;
    std::set<std::string_view> included_;
    std::vector<raw_table> raw_tables_;
    std::vector<definition> globals_;
    std::vector<definition> templates_;
    std::vector<definition> rules_;
    std::map<const template_body*, std::vector<std::string_view>> parameters_;
};

} // namespace
} // namespace detail

rule_error::rule_error(std::string_view text_name, std::size_t line, std::string_view what) noexcept : line_(line) {
    char* at = message_.data();
    char* const end = message_.data() + message_.size() - 1;
    const auto put = [&](std::string_view text) {
        for (const char c : text) {
            if (at < end) {
                *at++ = c == '\n' || c == '\0' ? ' ' : c;
            }
        }
    };
    put(text_name);
    if (line > 0) {
        put(", line ");
        put(std::to_string(line));
    }
    put(": ");
    put(what);
    *at = '\0';
}

rule_set::rule_set(std::span<const rule_text> texts, std::pmr::memory_resource* memory) : memory_(memory) {
    std::pmr::polymorphic_allocator<detail::program> allocator(memory);
    program_ = allocator.allocate(1);
    new (program_) detail::program(memory);
    try {
        detail::assembler all(*program_);
        for (const rule_text& text : texts) {
            all.add(text, &text == texts.data());
        }
        all.finish();
    } catch (...) {
        program_->~program();
        allocator.deallocate(program_, 1);
        throw;
    }
}

rule_set::~rule_set() {
    program_->~program();
    std::pmr::polymorphic_allocator<detail::program>(memory_).deallocate(program_, 1);
}

std::string_view rule_set::format() const noexcept {
    return program_->format;
}
std::string_view rule_set::version() const noexcept {
    return program_->version;
}
source_form rule_set::source() const noexcept {
    return program_->source;
}
output_form rule_set::output() const noexcept {
    return program_->output;
}

std::vector<table_code> rule_set::codes() const {
    std::vector<table_code> all;
    for (const detail::table* t : std::span(program_->tables, program_->table_count)) {
        for (const detail::table_row& row : std::span(t->rows, t->count)) {
            all.push_back({t->name, row.key, row.value});
        }
    }
    return all;
}

} // namespace crosswalk
