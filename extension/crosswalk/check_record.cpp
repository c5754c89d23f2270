// Rules that make MARC name tags, indicators and subfield codes: what cannot be one is an error before any record is
// read.
#include "parser.hpp"
#include "write_marc.hpp"

#include "crosswalk/rules.hpp"

#include <set>
#include <string>
#include <utility>

namespace crosswalk::detail {
namespace {

enum class level : std::uint8_t { record, field, control_field, subfield };

class record_checker {
  public:
    void all(const statement* s, level at) {
        for (; s != nullptr; s = s->next) {
            one(*s, at);
        }
    }

  private:
    [[noreturn]] static void fail(const statement& s, const std::string& what) {
        throw rule_error("rules", s.line, what);
    }

    void one(const statement& s, level at) {
        switch (s.kind) {
        case statement_kind::element:
            return element(s, at);
        case statement_kind::attribute:
            if (at == level::record || at == level::subfield) {
                fail(s, "an indicator belongs to a field: @" + std::string(s.name));
            }
            return attribute(s, at, false);
        case statement_kind::text:
            if (at == level::record || at == level::field) {
                fail(s, at == level::record ? "text outside of a field" : "text outside of a subfield");
            }
            return;
        case statement_kind::use:
            if (done_.insert({s.called, at}).second) {
                all(s.called->body, at);
            }
            return;
        default:
            all(s.children, at);
        }
    }

    void element(const statement& s, level at) {
        if (at == level::record) {
            return field(s);
        }
        if (at == level::control_field || at == level::subfield) {
            fail(s, "nothing can be in a " + std::string(at == level::subfield ? "subfield" : "control field") + ": " +
                        std::string(s.name));
        }
        const bool named = s.name != "subfield";
        if (named && (s.name.size() != 1 || s.name[0] <= ' ' || s.name[0] >= 0x7F)) {
            fail(s, "not a subfield code: " + std::string(s.name));
        }
        for (const statement* a = s.attributes; a != nullptr; a = a->next) {
            if (named || a->name != "code") {
                fail(s, "a subfield has no " + std::string(a->name));
            }
        }
        all(s.children, level::subfield);
    }

    void field(const statement& s) {
        const bool named = s.name != "field";
        const bool text = s.name == "leader" || is_control_tag(s.name);
        if (named && s.name != "leader" && !is_tag(s.name)) {
            fail(s, "not a tag: " + std::string(s.name));
        }
        if (named && !text && s.value != nullptr) {
            fail(s, "a value belongs in a subfield of " + std::string(s.name));
        }
        for (const statement* a = s.attributes; a != nullptr; a = a->next) {
            attribute(*a, text ? level::control_field : level::field, !named);
        }
        all(s.children, text ? level::control_field : level::field);
    }

    static void attribute(const statement& s, level at, bool may_be_tag) {
        if (at == level::control_field || ((s.name != "tag" || !may_be_tag) && s.name != "ind1" && s.name != "ind2")) {
            fail(s, "a field has ind1 and ind2, and a control field none: " + std::string(s.name));
        }
        if (s.name != "tag" && s.value->kind == expression_kind::text && s.value->text.size() > 1) {
            fail(s, "an indicator is one character: " + std::string(s.value->text));
        }
    }

    std::set<std::pair<const template_body*, level>> done_;
};

} // namespace

void check_record(const program& rules) {
    record_checker checker{};
    for (const rule* r = rules.rules; r != nullptr; r = r->next) {
        checker.all(r->body.body, level::record);
    }
}

} // namespace crosswalk::detail
