// Rules that make XML: the names of elements and attributes are written as they stand in the rules, so one that XML
// does not have, or whose prefix stands for no namespace, is an error before any record is read.
#include "parser.hpp"

#include "crosswalk/rules.hpp"
#include "marc/ascii.hpp"

#include <algorithm>
#include <string>

namespace crosswalk::detail {
namespace {

/// ASCII alone, which all vocabularies keep to.
bool is_name(std::string_view text) noexcept {
    const auto may_start = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !text.empty() && may_start(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
        return may_start(c) || marc::is_digit(c) || c == '-' || c == '.';
    });
}

class name_checker {
  public:
    explicit name_checker(const program& rules) : rules_(rules) {}

    void all(const statement* s) const {
        for (; s != nullptr; s = s->next) {
            if (s->kind == statement_kind::element || s->kind == statement_kind::attribute) {
                one(*s);
            }
            all(s->attributes);
            all(s->children);
        }
    }
    void one(const statement& s) const {
        const std::size_t colon = s.name.find(':');
        const std::string_view prefix = colon == std::string_view::npos ? std::string_view{} : s.name.substr(0, colon);
        const std::string_view local = colon == std::string_view::npos ? s.name : s.name.substr(colon + 1);
        if (!is_name(local) || (colon != std::string_view::npos && !is_name(prefix))) {
            throw rule_error("rules", s.line, "not a name of XML: " + std::string(s.name));
        }
        if (!prefix.empty() && prefix != "xml" && !is_declared(prefix)) {
            throw rule_error("rules", s.line, "a prefix that there is no namespace for: " + std::string(s.name));
        }
    }

  private:
    bool is_declared(std::string_view prefix) const noexcept {
        const xml_namespace* n = rules_.namespaces;
        while (n != nullptr && n->prefix != prefix) {
            n = n->next;
        }
        return n != nullptr;
    }
    const program& rules_;
};

} // namespace

void check_names(const program& rules, const std::vector<template_body*>& templates) {
    const name_checker checker(rules);
    checker.one(*rules.root);
    checker.all(rules.root->attributes);
    for (const template_body* t : templates) {
        checker.all(t->body);
    }
    for (const rule* r = rules.rules; r != nullptr; r = r->next) {
        checker.all(r->body.body);
    }
}

} // namespace crosswalk::detail
