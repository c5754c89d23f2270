#include "marc/validate.hpp"

#include "avram_lookup.hpp"

#include <algorithm>
#include <utility>

namespace marc {
namespace {

using avram::answer;
using avram::look_up;
using avram::none;

/// Tags with a 9 are for local use (MARC 21, "Local definition"), and so is every tag that is not a number.
bool is_local_tag(std::string_view tag) noexcept {
    return std::any_of(tag.begin(), tag.end(), [](char c) { return c == '9' || c < '0' || c > '9'; });
}

} // namespace

validation::validation(const avram_schema& schema, const validation_options& options, problem_sink& sink,
                       std::pmr::memory_resource* memory)
    : schema_(schema), options_(options), sink_(sink), memory_(memory), seen_fields_(memory), seen_subfields_(memory),
      field_counts_(memory), subfield_counts_(memory),
      counting_(options.on(rule::count_record) || options.on(rule::count_field) || options.on(rule::count_subfield)) {
    seen_fields_.resize(schema.get().fields.size());
    seen_subfields_.resize(schema.get().most_subfields);
    if (counting_) {
        field_counts_.resize(schema.get().fields.size());
        subfield_counts_.resize(schema.get().subfields.size());
    }
}

void validation::report(const problem& found) {
    if (stopped_ || !options_.on(found.what)) {
        return;
    }
    problem told = found;
    told.level = options_.level(found.what);
    if (found.level != severity::off && found.level < told.level) {
        told.level = found.level; // the rule knows that it is less serious here
    }
    stopped_ = !sink_.put(told);
}

bool validation::defines(std::string_view tag) const noexcept {
    return schema_.get().fields_of(tag).count != 0;
}

void validation::begin_record(std::span<const std::string_view> types) {
    std::fill(seen_fields_.begin(), seen_fields_.end(), 0U);
    types_ = types;
    ++records_;
}

std::uint32_t validation::definition_of(const generic_field& field) const {
    const avram::model& model = schema_.get();
    const avram::slice candidates = model.fields_of(field.tag);
    const auto in_range = [](const avram::field& f, std::string_view digits) {
        std::uint32_t number = 0;
        for (const char c : digits) {
            if (c < '0' || c > '9' || digits.size() != f.digits) {
                return false;
            }
            number = number * 10 + static_cast<std::uint32_t>(c - '0');
        }
        return !digits.empty() && number >= f.from && number <= f.to;
    };
    for (std::uint32_t n = candidates.first; n < candidates.first + candidates.count; ++n) {
        const avram::field& f = model.fields[n];
        switch (f.by) {
        case avram::qualifier::nothing:
            if (field.occurrence.empty() || field.occurrence == "00") {
                return n;
            }
            break;
        case avram::qualifier::occurrence:
            if (in_range(f, field.occurrence)) {
                return n;
            }
            break;
        case avram::qualifier::counter: {
            const auto x = std::find_if(field.subfields.begin(), field.subfields.end(),
                                        [](const subfield_view& s) { return s.code == "x"; });
            if (x != field.subfields.end() && in_range(f, x->value)) {
                return n;
            }
            break;
        }
        }
    }
    return none;
}

void validation::undefined(const generic_field& field, problem& at) {
    at.what = local_rules_ && is_local_tag(field.tag) ? rule::local_field : rule::undefined_field;
    at.occurrence = field.occurrence;
    report(at);
}

void validation::field(const generic_field& field, std::uint32_t ordinal,
                       const std::span<const std::string_view>* types, std::string_view as) {
    if (stopped_) {
        return;
    }
    const avram::model& model = schema_.get();
    const std::uint32_t found = definition_of(field);
    problem at{};
    at.tag = field.tag;
    at.ordinal = ordinal;
    if (counting_ && found != none) {
        count(field, found);
    }
    if (!options_.on(rule::invalid_record)) {
        return;
    }
    if (found == none) {
        return undefined(field, at);
    }
    const avram::field& own = model.fields[found];
    at.id = model.text(own.id);
    at.occurrence = field.occurrence;
    at.label = model.text(own.label);
    ++seen_fields_[found];
    if (own.deprecated && options_.on(rule::deprecated_field)) {
        at.what = rule::deprecated_field;
        return report(at);
    }
    const avram::field* definition = &own;
    if (!as.empty()) { // an 880 has the indicators and subfields of the field that it stands for
        const avram::slice other = model.fields_of(as);
        definition = other.count != 0 && model.fields[other.first].variable ? &model.fields[other.first] : &own;
    }
    content(field, *definition, types == nullptr ? types_ : *types, at);
    if (seen_fields_[found] > 1 && !own.repeatable) {
        at.what = rule::nonrepeatable_field;
        report(at);
    }
    field_rules(field, own, at);
}

void validation::content(const generic_field& field, const avram::field& definition,
                         std::span<const std::string_view> types, problem& at) {
    if (field.variable) {
        if (definition.variable && options_.on(rule::invalid_subfield)) {
            subfields(field, definition, at);
        }
    } else if (options_.on(rule::invalid_field_value)) {
        flat(field.value, definition, types, at);
    }
    if (options_.on(rule::invalid_indicator)) {
        indicators(field, definition, at);
    }
}

void validation::indicators(const generic_field& field, const avram::field& definition, problem& at) {
    for (std::uint8_t n = 0; n < 2; ++n) {
        const avram::indicator& wanted = definition.indicators[n];
        const std::optional<std::string_view>& found = field.indicators[n];
        if (wanted.is == avram::indicator::presence::absent) {
            continue; // the specification compares values with definitions; there is none
        }
        problem here = at;
        here.what = rule::invalid_indicator;
        here.indicator = static_cast<std::uint8_t>(n + 1);
        here.label = schema_.get().text(wanted.label);
        if (!found) {
            here.detail = "missing";
            report(here);
            continue;
        }
        if (local_rules_ && *found == "9" && wanted.is == avram::indicator::presence::defined &&
            wanted.value.pattern == none) {
            here.what = rule::local_field;
            here.value = *found;
            if (wanted.value.codes == none ||
                look_up(schema_.get(), schema_.get().codelists[wanted.value.codes], *found) == answer::undefined) {
                report(here);
            }
            continue;
        }
        if (wanted.is == avram::indicator::presence::blank) {
            if (*found != " ") {
                here.value = *found;
                report(here);
            }
            continue;
        }
        if (wanted.value.codes != none) {
            code(*found, wanted.value.codes, here);
        }
        if (wanted.value.pattern != none) {
            match(*found, wanted.value.pattern, here);
        }
    }
}

void validation::subfields(const generic_field& field, const avram::field& definition, problem& at) {
    const avram::model& model = schema_.get();
    const avram::subfield* const first = model.subfields.data() + definition.subfields.first;
    std::fill_n(seen_subfields_.begin(), definition.subfields.count, 0U);
    problem here = at;
    for (const subfield_view& s : field.subfields) {
        std::uint32_t index = 0; // from 1
        if (s.code.size() == 1 && static_cast<unsigned char>(s.code[0]) < 128) {
            index = definition.by_code[static_cast<unsigned char>(s.code[0])];
        } else {
            const auto* const end = first + definition.subfields.count;
            const auto* const found =
                std::lower_bound(first, end, s.code,
                                 [&](const avram::subfield& d, std::string_view c) { return model.text(d.code) < c; });
            index =
                found != end && model.text(found->code) == s.code ? static_cast<std::uint32_t>(found - first) + 1 : 0;
        }
        here.subfield = s.code;
        here.value = {};
        if (index == 0) {
            here.what = local_rules_ && s.code == "9" ? rule::local_field : rule::undefined_subfield;
            here.value = s.value;
            here.label = at.label;
            report(here);
            continue;
        }
        const avram::subfield& d = first[index - 1];
        here.label = model.text(d.label);
        if (d.deprecated && options_.on(rule::deprecated_subfield)) {
            here.what = rule::deprecated_subfield;
            report(here);
            continue;
        }
        if (++seen_subfields_[index - 1] > 1 && !d.repeatable) {
            here.what = rule::nonrepeatable_subfield;
            report(here);
        }
        if (options_.on(rule::invalid_subfield_value)) {
            if (!d.value.empty()) {
                value(s.value, d.value, here, false);
            }
            if (d.rules.count != 0) {
                subfield_rules(s.value, d, here);
            }
        }
    }
    if (!definition.requires_subfields || !options_.on(rule::missing_subfield)) {
        return;
    }
    for (std::uint32_t n = 0; n < definition.subfields.count; ++n) {
        if (first[n].required && seen_subfields_[n] == 0) {
            here.what = rule::missing_subfield;
            here.subfield = model.text(first[n].code);
            here.label = model.text(first[n].label);
            here.value = {};
            report(here);
        }
    }
}

void validation::end_record() {
    const avram::model& model = schema_.get();
    if (stopped_ || !options_.on(rule::invalid_record)) {
        return;
    }
    for (const std::uint32_t n : model.required) {
        if (seen_fields_[n] == 0) {
            problem at{};
            at.what = rule::missing_field;
            at.tag = model.text(model.fields[n].tag);
            at.id = model.text(model.fields[n].id);
            at.label = model.text(model.fields[n].label);
            report(at);
        }
    }
    for (std::uint32_t n = model.root_rules.first; n < model.root_rules.first + model.root_rules.count; ++n) {
        if (!model.rules[n].known) {
            problem at{};
            unknown_rule(model.text(model.rules[n].name), at);
        }
    }
}

void validation::count(const generic_field& field, std::uint32_t definition) {
    const auto add = [this](counter& c) {
        ++c.total;
        c.records += c.last_record == records_ ? 0U : 1U;
        c.last_record = records_;
    };
    add(field_counts_[definition]);
    const avram::model& model = schema_.get();
    const avram::field& d = model.fields[definition];
    for (const subfield_view& s : field.subfields) {
        for (std::uint32_t n = d.subfields.first; n < d.subfields.first + d.subfields.count; ++n) {
            if (model.text(model.subfields[n].code) == s.code) {
                add(subfield_counts_[n]);
            }
        }
    }
}

void validation::end() {
    const avram::model& model = schema_.get();
    const auto compare = [&](rule what, std::string_view kind, std::uint64_t expected, std::uint64_t found,
                             problem at) {
        if (expected != none && expected != found) {
            at.what = what;
            at.detail = kind;
            at.expected = expected;
            at.found = found;
            report(at);
        }
    };
    if (options_.on(rule::count_record)) {
        compare(rule::count_record, "records", model.records, records_, {});
    }
    const auto both = [&](rule what, std::uint64_t total, std::uint64_t records, const counter& c, const problem& at) {
        compare(what, "total", total, c.total, at);
        if (options_.on(rule::count_record)) {
            compare(what, "records", records, c.records, at);
        }
    };
    for (std::uint32_t n = 0; counting_ && n < model.fields.size(); ++n) {
        const avram::field& f = model.fields[n];
        problem at{};
        at.tag = model.text(f.tag);
        at.id = model.text(f.id);
        if (options_.on(rule::count_field)) {
            both(rule::count_field, f.total, f.records, field_counts_[n], at);
        }
        if (options_.on(rule::count_subfield)) {
            for (std::uint32_t s = f.subfields.first; s < f.subfields.first + f.subfields.count; ++s) {
                at.subfield = model.text(model.subfields[s].code);
                both(rule::count_subfield, model.subfields[s].total, model.subfields[s].records, subfield_counts_[s],
                     at);
            }
        }
    }
}

} // namespace marc
