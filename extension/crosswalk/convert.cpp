// Runs the statements of rules and grows the document.
#include "crosswalk/convert.hpp"
#include "evaluate.hpp"
#include "tree.hpp"
#include "write_marc.hpp"

#include "marc/error.hpp"
#include "marc/marcxml.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <unordered_set>

namespace crosswalk {
namespace detail {
namespace {

bool is_same(const node& a, const node& b) noexcept {
    if (a.name != b.name || a.text != b.text) {
        return false;
    }
    const attribute* p = a.attributes;
    const attribute* q = b.attributes;
    for (; p != nullptr && q != nullptr && p->name == q->name && p->value == q->value; p = p->next) {
        q = q->next;
    }
    const node* c = a.first;
    const node* d = b.first;
    for (; c != nullptr && d != nullptr && is_same(*c, *d); c = c->next) { // as deep as the rules nest elements
        d = d->next;
    }
    return p == nullptr && q == nullptr && c == nullptr && d == nullptr;
}

/// Elements that others have in them.
class known_elements {
  public:
    explicit known_elements(std::pmr::memory_resource& memory) : all_(&memory) {}
    /// False when the element around has the same already.
    bool add(const node& around, const node& inner) { return all_.insert({&around, &inner}).second; }

  private:
    struct entry {
        const node* around;
        const node* inner;
    };
    struct hash {
        static std::size_t of(const node& n) noexcept {
            std::size_t all = std::hash<std::string_view>{}(n.name) * 31 + std::hash<std::string_view>{}(n.text);
            if (n.first != nullptr) {
                all = all * 31 + of(*n.first);
            }
            if (n.last != n.first) {
                all = all * 31 + of(*n.last);
            }
            return all;
        }
        std::size_t operator()(const entry& e) const noexcept {
            return of(*e.inner) * 31 + std::hash<const node*>{}(e.around);
        }
    };
    struct same {
        bool operator()(const entry& a, const entry& b) const noexcept {
            return a.around == b.around && is_same(*a.inner, *b.inner);
        }
    };
    std::pmr::unordered_set<entry, hash, same> all_;
};

class runner {
  public:
    runner(const program& rules, detail::arena& arena, std::pmr::memory_resource* memory)
        : rules_(rules), arena_(arena), at_(rules, arena, memory) {}

    node& run(const marc::record_view& record, std::pmr::vector<conversion_note>* notes, bool count_use) {
        at_.start(record);
        if (count_use) {
            at_.used.start(record.field_count());
        } else {
            at_.used.stop();
        }
        return run_rules(notes);
    }

    node& run(const tree& document, std::pmr::vector<conversion_note>* notes) {
        at_.start(document);
        at_.used.stop();
        return run_rules(notes);
    }

    /// Before the memory of the last document goes.
    void forget() noexcept { known_.reset(); }

    const usage& used() {
        at_.used.finish();
        return at_.used;
    }

  private:
    node& run_rules(std::pmr::vector<conversion_note>* notes) {
        notes_ = notes;
        if (rules_.distinct) {
            known_.emplace(arena_);
        }
        node& root = *make(rules_.root->name);
        open_ = &root;
        attributes(rules_.root->attributes);
        for (const rule* r = rules_.rules; r != nullptr; r = r->next) {
            if (r->only_notes && notes_ == nullptr) {
                continue;
            }
            rule_ = r->name;
            at_.leave();
            body(r->body, {}, 0);
        }
        return root;
    }

    node* make(std::string_view name) {
        auto* const made = new (arena_.allocate(sizeof(node), alignof(node))) node;
        made->name = name;
        return made;
    }
    void append(node* child) {
        if (known_ && !known_->add(*open_, *child)) {
            return;
        }
        (open_->last == nullptr ? open_->first : open_->last->next) = child;
        open_->last = child;
    }

    /// Runs statements in a frame of their own.
    void body(const template_body& b, const expression* const* arguments, std::uint32_t count) {
        auto* const frame = static_cast<std::string_view*>(
            arena_.allocate(sizeof(std::string_view) * (b.slot_count + 1), alignof(std::string_view)));
        std::uninitialized_value_construct_n(frame, b.slot_count + 1);
        for (std::uint32_t i = 0; i < count; ++i) {
            frame[i] = used_text(*arguments[i]);
        }
        std::string_view* const outer = at_.frame;
        at_.frame = frame;
        all(b.body);
        at_.frame = outer;
    }

    void all(const statement* s) {
        for (; s != nullptr; s = s->next) {
            one(*s);
        }
    }

    void one(const statement& s) {
        at_.poll();
        switch (s.kind) {
        case statement_kind::element:
            return element(s);
        case statement_kind::attribute:
            return attribute_of(s);
        case statement_kind::text:
            return text_of(s);
        case statement_kind::choose:
            for (const statement* branch = s.children; branch != nullptr; branch = branch->next) {
                if (branch->value == nullptr || at_.holds(*branch->value)) {
                    return all(branch->children);
                }
            }
            return;
        case statement_kind::fields:
            return at_.each_field(*s.selected, s.value, [&] {
                all(s.children);
                return true;
            });
        case statement_kind::elements:
            return at_.each_node(*s.nodes, s.value, [&] {
                all(s.children);
                return true;
            });
        case statement_kind::subfields:
            at_.each_subfield(*s.value, [&](const marc::subfield_view&) {
                all(s.children);
                return true;
            });
            return;
        case statement_kind::parts:
            return at_.each_part(s.value->codes, [&] { all(s.children); });
        case statement_kind::use:
            return body(*s.called, s.arguments, s.argument_count);
        case statement_kind::let:
            at_.frame[s.slot] = used_text(*s.value);
            return;
        case statement_kind::note:
            if (notes_ != nullptr) {
                notes_->push_back({rule_, std::pmr::string(at_.text(*s.value), notes_->get_allocator())});
            }
            return;
        case statement_kind::branch:
            return;
        }
    }

    std::string_view used_text(const expression& e) {
        at_.use_counts = true;
        const std::string_view text = at_.text(e);
        at_.use_counts = false;
        return text;
    }

    void element(const statement& s) {
        node* const made = make(s.name);
        made->list = s.list;
        if (s.value != nullptr) {
            made->text = used_text(*s.value);
            if (s.value->kind == expression_kind::call &&
                (s.value->called == function::number || s.value->called == function::boolean)) {
                made->value = node::value_kind::literal;
            }
            if (made->text.empty() && s.children == nullptr && !s.keep_empty) {
                return;
            }
        }
        node* const outer = open_;
        open_ = made;
        attributes(s.attributes);
        all(s.children);
        open_ = outer;
        if (made->first != nullptr || !made->text.empty() || s.keep_empty) {
            append(made);
        }
    }

    void attributes(const statement* s) {
        for (; s != nullptr; s = s->next) {
            attribute_of(*s);
        }
    }

    /// The last value of an attribute counts, as in XSLT.
    void attribute_of(const statement& s) {
        const std::string_view value = used_text(*s.value);
        if (value.empty()) {
            return;
        }
        attribute** end = &open_->attributes;
        for (; *end != nullptr; end = &(*end)->next) {
            if ((*end)->name == s.name) {
                (*end)->value = value;
                return;
            }
        }
        *end = new (arena_.allocate(sizeof(attribute), alignof(attribute))) attribute{s.name, value, nullptr};
    }

    void text_of(const statement& s) {
        const std::string_view text = used_text(*s.value);
        if (text.empty()) {
            return;
        }
        if (open_->first == nullptr && open_->text.empty()) {
            open_->text = text;
        } else {
            node* const made = make({});
            made->text = text;
            append(made);
        }
    }

    const program& rules_;
    detail::arena& arena_;
    evaluator at_;
    std::optional<known_elements> known_; ///< only where the rules want it
    node* open_ = nullptr;
    std::string_view rule_;
    std::pmr::vector<conversion_note>* notes_ = nullptr;
};

} // namespace
} // namespace detail

struct converter::state {
    state(const rule_set& set, std::pmr::memory_resource* memory)
        : rules(set.compiled()), arena(memory), run(rules, arena, memory), spaces(memory) {
        for (const detail::xml_namespace* n = rules.namespaces; n != nullptr; n = n->next) {
            spaces.push_back({n->prefix, n->uri});
        }
    }

    void check_source(bool is_marc) const {
        if ((rules.source == source_form::marc) != is_marc) {
            throw marc::parse_error(marc::errc::bad_document, 0, {},
                                    is_marc ? "these rules read no MARC records" : "these rules read MARC records");
        }
    }

    void release() noexcept {
        run.forget();
        arena.release();
    }
    /// Gives memory back when an error ends what needed it: a session may keep the converter for long.
    template <class Action>
    decltype(auto) releasing_after_error(Action action) {
        try {
            return action();
        } catch (...) {
            release();
            throw;
        }
    }

    node& build(const marc::record_view& record, std::pmr::vector<conversion_note>* notes, bool count_use) {
        check_source(true);
        release();
        return releasing_after_error([&]() -> node& { return run.run(record, notes, count_use); });
    }
    node& build(std::string_view text, std::pmr::vector<conversion_note>* notes) {
        check_source(false);
        release();
        return releasing_after_error([&]() -> node& {
            document = rules.source == source_form::xml ? detail::read_xml_tree(text, rules.records, arena)
                                                        : detail::read_json_tree(text, arena);
            return run.run(document, notes);
        });
    }

    /// Writes what was built, and gives its memory back.
    template <class Into>
    void finish(const node& root, Into& into, std::pmr::vector<conversion_note>* notes) {
        releasing_after_error([&] { write(root, into, notes); });
        release();
    }

    void write(const node& root, std::pmr::string& out, std::pmr::vector<conversion_note>* notes) {
        switch (rules.output) {
        case output_form::xml:
            return write_xml(root, spaces.data(), spaces.size(), out);
        case output_form::json:
            return write_json(root, out, &arena);
        case output_form::lines:
            return write_lines(root, out);
        case output_form::csv:
            return write_csv(root, out);
        case output_form::jsonld:
            return write_jsonld(root, spaces.data(), spaces.size(), out, &arena);
        case output_form::marc: {
            marc::builder made(&arena);
            write(root, made, notes);
            const marc::stored_record record = made.finish();
            return marc::write_marcxml(record.view(), out, marc::inexpressible_content::replace);
        }
        }
    }
    void write(const node& root, marc::builder& into, std::pmr::vector<conversion_note>* notes) {
        if (rules.output != output_form::marc) {
            throw marc::parse_error(marc::errc::bad_document, 0, {}, "these rules make no MARC record");
        }
        detail::write_marc(root, rules.format, into, notes, arena);
    }

    const detail::program& rules;
    detail::arena arena;
    detail::runner run;
    detail::tree document;
    std::pmr::vector<xml_name_space> spaces;
};

converter::converter(const rule_set& rules, std::pmr::memory_resource* memory) : memory_(memory) {
    std::pmr::polymorphic_allocator<state> allocator(memory);
    state_ = allocator.allocate(1);
    try {
        new (state_) state(rules, memory);
    } catch (...) {
        allocator.deallocate(state_, 1);
        throw;
    }
}

converter::~converter() {
    state_->~state();
    std::pmr::polymorphic_allocator<state>(memory_).deallocate(state_, 1);
}

const node& converter::build(const marc::record_view& record, std::pmr::vector<conversion_note>* notes) {
    return state_->build(record, notes, false);
}

const node& converter::build_document(std::string_view document, std::pmr::vector<conversion_note>* notes) {
    return state_->build(document, notes);
}

void converter::convert(const marc::record_view& record, std::pmr::string& out,
                        std::pmr::vector<conversion_note>* notes) {
    state_->finish(state_->build(record, notes, false), out, notes);
}

void converter::convert_document(std::string_view document, std::pmr::string& out,
                                 std::pmr::vector<conversion_note>* notes) {
    state_->finish(state_->build(document, notes), out, notes);
}

void converter::to_marc(const marc::record_view& record, marc::builder& into,
                        std::pmr::vector<conversion_note>* notes) {
    state_->finish(state_->build(record, notes, false), into, notes);
}

void converter::document_to_marc(std::string_view document, marc::builder& into,
                                 std::pmr::vector<conversion_note>* notes) {
    state_->finish(state_->build(document, notes), into, notes);
}

void converter::find_unmapped_texts(std::string_view document, std::pmr::vector<unmapped_text>& into) {
    state_->build(document, nullptr);
    detail::find_unused(state_->document, into, state_->arena);
}

void converter::find_unmapped(const marc::record_view& record, std::pmr::vector<unmapped_subfield>& into) {
    state_->build(record, nullptr, true);
    const detail::usage& used = state_->run.used();
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        if (used.has_all(i)) {
            continue;
        }
        const marc::field_view f = record.field(i);
        bool any = false;
        const std::size_t first = into.size();
        for (const marc::subfield_view& s : f.subfields()) {
            if (used.has(s.value)) {
                any = true;
            } else {
                into.push_back({i, s.code, s.value});
            }
        }
        if (!any) {
            into.resize(first);
            into.push_back({i, {}, f.content()});
        }
    }
}

} // namespace crosswalk
