#include "crosswalk/describe.hpp"
#include "syntax.hpp"
#include "tree_path.hpp"
#include "unparse.hpp"

#include <algorithm>

namespace crosswalk {
namespace detail {
namespace {

struct condition {
    std::string text;
    bool has_or = false; ///< wants parentheses beside others
};

/// What stands around the statement at hand.
struct surroundings {
    std::string element;
    std::string fields;                ///< of the loops around
    std::string subfields;             ///< of the loop over subfields, else empty
    std::vector<condition> conditions; ///< all of which hold
};

/// Variables of a rule or template, by slot, and what they were last given.
using variables = std::vector<const expression*>;

class mapping_walker {
  public:
    mapping_walker(const program& rules, std::pmr::vector<mapping_row>& into) : rules_(rules), into_(into) {}

    void run() {
        for (std::uint32_t i = 0; i < rules_.global_count; ++i) {
            const global& g = rules_.globals[i];
            start(mapping_row::part::record_value, {}, {});
            row("let " + std::string(g.name), {}, g.value);
        }
        for (const rule* r = rules_.rules; r != nullptr; r = r->next) {
            start(mapping_row::part::rule, r->name, r->about);
            body(r->body);
        }
        for (std::size_t i = 0; i < used_.size(); ++i) { // grows while it is walked
            const template_body& t = *used_[i];
            std::string name(t.name);
            for (std::uint32_t p = 0; p < t.parameter_count; ++p) {
                name.append(p == 0 ? "(" : ", ").append(t.parameters[p]);
            }
            start(mapping_row::part::used_template, name += t.parameter_count > 0 ? ")" : "", t.about);
            body(t);
        }
    }

  private:
    void start(mapping_row::part kind, std::string_view name, std::string_view about) {
        kind_ = kind;
        name_ = name;
        about_ = about;
    }

    void body(const template_body& b) {
        known_.assign(b.slot_count + 1, nullptr);
        all(b.body, {});
    }

    void all(const statement* s, const surroundings& around) { // as deep as the parser lets lines nest
        for (; s != nullptr; s = s->next) {
            one(*s, around);
        }
    }

    void one(const statement& s, const surroundings& around) {
        switch (s.kind) {
        case statement_kind::element:
            return element(s, around);
        case statement_kind::attribute:
            return row(below(around.element, "@" + std::string(s.name)), around, s.value);
        case statement_kind::text:
            return row(around.element, around, s.value);
        case statement_kind::note:
            return row("note", around, s.value);
        case statement_kind::let:
            row("let " + std::string(s.name), around, s.value);
            known_[s.slot] = s.value;
            return;
        case statement_kind::use:
            return use(s, around);
        case statement_kind::choose:
            return choose(s, around);
        case statement_kind::fields: {
            surroundings inner = around;
            inner.subfields.clear();
            const std::string tags = text_of(*s.selected);
            inner.fields = (s.selected->its_880 || s.selected->its_field) && !around.fields.empty()
                               ? tags + " of " + around.fields
                               : tags;
            add_condition(inner, s.value);
            return all(s.children, inner);
        }
        case statement_kind::elements: {
            surroundings inner = around;
            const std::string_view path = s.nodes->text;
            const bool goes_on = !around.fields.empty() && !s.nodes->from_root;
            inner.fields = goes_on ? around.fields + "/" + std::string(path) : std::string(path);
            add_condition(inner, s.value);
            return all(s.children, inner);
        }
        case statement_kind::subfields: {
            surroundings inner = around;
            inner.subfields = "$" + std::string(s.value->text);
            add_condition(inner, s.value->condition);
            return all(s.children, inner);
        }
        case statement_kind::parts: {
            surroundings inner = around;
            inner.fields += " (part $" + std::string(s.value->text) + ")";
            return all(s.children, inner);
        }
        case statement_kind::branch:
            return;
        }
    }

    void element(const statement& s, const surroundings& around) {
        surroundings inner = around;
        std::string step(s.name);
        for (const statement* a = s.attributes; a != nullptr; a = a->next) {
            if (a->value->kind == expression_kind::text) {
                step.append("[@").append(a->name).append("=").append(text_of(*a->value)).append("]");
            }
        }
        inner.element = below(around.element, step);
        const auto is_made = [](const statement& attribute) { return attribute.value->kind != expression_kind::text; };
        bool any_made = false;
        for (const statement* a = s.attributes; a != nullptr; a = a->next) {
            any_made = any_made || is_made(*a);
        }
        if (s.value != nullptr || (s.children == nullptr && s.keep_empty && !any_made)) {
            row(inner.element, around, s.value);
        }
        for (const statement* a = s.attributes; a != nullptr; a = a->next) {
            if (is_made(*a)) {
                one(*a, inner);
            }
        }
        all(s.children, inner);
    }

    void choose(const statement& s, const surroundings& around) {
        for (const statement* branch = s.children; branch != nullptr; branch = branch->next) {
            surroundings inner = around;
            if (branch == s.children) {
                add_condition(inner, branch->value);
            } else {
                inner.conditions.push_back(
                    {branch->value == nullptr ? "otherwise" : "otherwise (" + text_of(*branch->value) + ")"});
            }
            all(branch->children, inner);
        }
    }

    void use(const statement& s, const surroundings& around) {
        if (std::find(used_.begin(), used_.end(), s.called) == used_.end()) {
            used_.push_back(s.called);
        }
        std::string value = "use " + std::string(s.called->name);
        std::vector<std::string> sources;
        left_ = most_looked_at;
        for (std::uint32_t i = 0; i < s.argument_count; ++i) {
            value.append(i == 0 ? "(" : ", ").append(text_of(*s.arguments[i]));
            collect(*s.arguments[i], around, sources);
        }
        put(around.element, around, sources, value += s.argument_count > 0 ? ")" : "");
    }

    void row(const std::string& element, const surroundings& around, const expression* value) {
        std::vector<std::string> sources;
        left_ = most_looked_at;
        if (value != nullptr) {
            collect(*value, around, sources);
        }
        put(element, around, sources, value == nullptr ? std::string() : text_of(*value));
    }

    void put(const std::string& element, const surroundings& around, const std::vector<std::string>& sources,
             const std::string& value) {
        std::string from = around.fields;
        bool any = false;
        const auto is_below = [](const std::string& source) { return source.front() == '$' || source.front() == '{'; };
        for (const std::string& source : sources) { // what is in the field or element at hand right behind it
            if (is_below(source)) {
                from.append(from.empty() ? "" : " ").append(source);
                any = true;
            }
        }
        if (!any && !around.subfields.empty()) {
            from.append(from.empty() ? "" : " ").append(around.subfields);
        }
        for (const std::string& source : sources) {
            if (!is_below(source)) {
                from.append(from.empty() ? "" : ", ").append(source);
            }
        }
        const auto allocator = into_.get_allocator();
        const auto kept = [&](const std::string& text) { return std::pmr::string(text, allocator); };
        into_.push_back({kind_, kept(name_), about_, kept(element.empty() ? "." : element), kept(from), kept(value),
                         kept(all_of(around.conditions))});
    }

    /// The subfields, paths and parts of the leader that a value reads, through the names of values: those that refer
    /// to others twice, and so on, could make it endless.
    void collect(const expression& e, const surroundings& around, std::vector<std::string>& into) {
        if (left_ == 0) {
            return;
        }
        --left_;
        const auto add = [&](std::string source) {
            if (!source.empty() && std::find(into.begin(), into.end(), source) == into.end()) {
                into.push_back(std::move(source));
            }
        };
        switch (e.kind) {
        case expression_kind::subfields:
            return add("$" + std::string(e.text));
        case expression_kind::current:
            return add(around.subfields);
        case expression_kind::path:
            return add(std::string(e.text));
        case expression_kind::nodes:
            return add("{" + std::string(e.nodes->text) + "}");
        case expression_kind::leader:
            return add("leader");
        case expression_kind::indicator:
            return add(e.number == 1 ? "ind1" : "ind2");
        case expression_kind::tag:
            return add("tag");
        case expression_kind::variable:
            if (e.number < known_.size() && known_[e.number] != nullptr) {
                collect(*known_[e.number], around, into);
            }
            return;
        case expression_kind::global:
            return collect(*rules_.globals[e.number].value, around, into);
        case expression_kind::slice: {
            std::vector<std::string> inner;
            collect(*e.arguments[0], around, inner);
            if (inner.size() == 1 && inner[0].find('/') == std::string::npos) {
                inner[0] += "/" + std::to_string(e.number);
                inner[0] += e.last == e.number ? "" : "-" + std::to_string(e.last);
            }
            std::for_each(inner.begin(), inner.end(), add);
            return;
        }
        case expression_kind::exists:
        case expression_kind::before:
        case expression_kind::after:
        case expression_kind::paired:
            return;
        default:
            for (std::size_t i = 0; i < e.argument_count; ++i) {
                collect(*e.arguments[i], around, into);
            }
        }
    }

    static std::string below(const std::string& element, const std::string& step) {
        return element.empty() ? step : element + "/" + step;
    }

    template <class Compiled>
    static std::string text_of(const Compiled& compiled) {
        std::pmr::string text;
        unparse(compiled, text);
        return std::string(text);
    }

    static std::string all_of(const std::vector<condition>& conditions) {
        std::string text;
        for (const condition& one : conditions) {
            const bool parentheses = one.has_or && conditions.size() > 1;
            text.append(text.empty() ? "" : " and ").append(parentheses ? "(" : "").append(one.text);
            text += parentheses ? ")" : "";
        }
        return text;
    }
    static void add_condition(surroundings& around, const expression* e) {
        if (e != nullptr) {
            around.conditions.push_back({text_of(*e), e->kind == expression_kind::either});
        }
    }

    static constexpr std::size_t most_looked_at = 2000;

    const program& rules_;
    std::pmr::vector<mapping_row>& into_;
    std::vector<const template_body*> used_;
    variables known_;
    std::size_t left_ = 0; ///< parts of expressions that collect() still looks at
    mapping_row::part kind_ = mapping_row::part::rule;
    std::string name_;
    std::string_view about_;
};

} // namespace
} // namespace detail

void describe_mapping(const rule_set& rules, std::pmr::vector<mapping_row>& into) {
    detail::mapping_walker(rules.compiled(), into).run();
}

} // namespace crosswalk
