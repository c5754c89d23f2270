// Values: codes, flags, patterns, positions, and the lengths of fixed fields.
#include "avram_lookup.hpp"
#include "marc/charset.hpp"
#include "marc/poll.hpp"
#include "marc/validate.hpp"

#include <algorithm>
#include <utility>

namespace marc {
namespace {

using avram::answer;
using avram::look_up;
using avram::none;

/// Finds characters of a value by number: with one walk over it, however many positions a schema has.
class character_places {
  public:
    character_places(std::string_view value, std::pmr::memory_resource* memory)
        : value_(value), ascii_(find_non_ascii(value) == std::string_view::npos), marks_(memory) {
        poller polling;
        for (std::size_t at = 0; !ascii_ && at < value.size(); ++count_) {
            if (count_ % step == 0) {
                marks_.push_back(at);
                polling.step(step);
            }
            at += character_bytes(value.substr(at));
        }
        count_ = ascii_ ? value.size() : count_;
    }

    /// The part of the value between two positions; nothing where the value ends before.
    std::optional<std::string_view> part(std::size_t start, std::size_t end) const noexcept {
        if (end >= count_ || start > end) {
            return std::nullopt;
        }
        const std::size_t from = byte_of(start);
        const std::size_t last = byte_of(end);
        return value_.substr(from, last + character_bytes(value_.substr(last)) - from);
    }

  private:
    static constexpr std::size_t step = 64;

    std::size_t byte_of(std::size_t number) const noexcept {
        if (ascii_) {
            return number;
        }
        std::size_t at = marks_[number / step];
        for (std::size_t n = number % step; n > 0; --n) {
            at += character_bytes(value_.substr(at));
        }
        return at;
    }

    std::string_view value_;
    bool ascii_;
    std::pmr::vector<std::size_t> marks_; ///< where each character stands whose number is a multiple of `step`
    std::size_t count_ = 0;
};

/// A list with nothing but the blank and the fill character: MARC 21 calls such positions undefined.
bool is_blank_or_fill(const avram::codelist& list) noexcept {
    const std::uint64_t blank = std::uint64_t{1} << 32U;
    const std::uint64_t fill = std::uint64_t{1} << ('|' - 64U);
    return list.ascii[0] == blank && (list.ascii[1] & ~fill) == 0;
}

const avram::typed_definition* typed(const avram::model& model, const avram::field& definition,
                                     std::string_view type) noexcept {
    for (std::uint32_t n = definition.types.first; n < definition.types.first + definition.types.count; ++n) {
        if (model.text(model.types[n].type) == type) {
            return &model.types[n];
        }
    }
    return nullptr;
}

} // namespace

bool validation::length(std::string_view text, const avram::field& definition, std::span<const std::string_view> types,
                        problem& at) {
    const avram::model& model = schema_.get();
    avram::slice allowed = definition.lengths;
    problem here = at;
    for (const std::string_view type : types) {
        const avram::typed_definition* by_type = typed(model, definition, type);
        if (by_type != nullptr && by_type->lengths.count != 0) {
            allowed = by_type->lengths;
            here.detail = model.text(by_type->label);
        }
    }
    if (allowed.count == 0) {
        return false;
    }
    here.lengths = {model.lengths.data() + allowed.first, allowed.count};
    here.found = count_characters(text);
    if (std::find(here.lengths.begin(), here.lengths.end(), here.found) == here.lengths.end()) {
        here.what = rule::invalid_length;
        here.value = text;
        report(here);
    }
    return true;
}

void validation::flat(std::string_view text, const avram::field& definition, std::span<const std::string_view> types,
                      problem& at) {
    const bool has_length = length(text, definition, types, at);
    value(text, definition.value, at, has_length);
    if (definition.types.count == 0 || !options_.on(rule::record_types)) {
        return;
    }
    for (const std::string_view type : types) {
        if (const avram::typed_definition* by_type = typed(schema_.get(), definition, type)) {
            value(text, by_type->value, at, has_length);
        }
    }
}

void validation::value(std::string_view text, const avram::value_definition& definition, problem& at,
                       bool skip_absent) {
    if (definition.pattern != none) {
        match(text, definition.pattern, at);
    }
    if (definition.positions.count != 0 && options_.on(rule::invalid_position)) {
        positions(text, definition, at, skip_absent);
    }
    if (definition.codes != none) {
        code(text, definition.codes, at);
    }
}

void validation::positions(std::string_view text, const avram::value_definition& definition, problem& at,
                           bool skip_absent) {
    const avram::model& model = schema_.get();
    const character_places places(text, memory_);
    poller polling;
    for (std::uint32_t n = definition.positions.first; n < definition.positions.first + definition.positions.count;
         ++n) {
        const avram::position& p = model.positions[n];
        polling.step(64);
        if (p.value.empty()) {
            continue;
        }
        problem here = at;
        here.position = model.text(p.range);
        const std::optional<std::string_view> part = places.part(p.start, p.end);
        if (!part) {
            if (!skip_absent) {
                here.what = rule::invalid_position;
                here.value = text;
                here.label = model.text(p.label);
                report(here);
            }
            continue;
        }
        here.label = model.text(p.label);
        const bool has_form = p.value.pattern == none || match(*part, p.value.pattern, here);
        // What has not even the form of a code of an open list is told once.
        if (p.value.codes != none && (has_form || !model.codelists[p.value.codes].open)) {
            code(*part, p.value.codes, here);
        }
        if (p.value.flags != none) {
            flags(*part, p.value.flags, here);
        }
    }
}

/// @return false when it was reported that the value does not match
bool validation::match(std::string_view text, std::uint32_t index, problem& at) {
    if (!options_.on(rule::pattern_mismatch)) {
        return true;
    }
    const avram::model& model = schema_.get();
    const avram::pattern_entry& entry = model.patterns[index];
    const avram::pattern::outcome outcome = entry.compiled.search(text, memory_);
    if (outcome == avram::pattern::outcome::match) {
        return true;
    }
    problem here = at;
    here.what = outcome == avram::pattern::outcome::mismatch ? rule::pattern_mismatch : rule::unchecked_pattern;
    here.pattern = model.text(entry.text);
    here.value = text;
    if (entry.compiled.status() != avram::pattern::state::good) {
        here.detail = "unsupported";
    }
    report(here);
    return outcome != avram::pattern::outcome::mismatch;
}

/// @param text    looked up
/// @param written reported
void validation::code(std::string_view text, std::string_view written, std::uint32_t index, problem& at) {
    const bool is_indicator = at.indicator != 0;
    if (!is_indicator && !options_.on(rule::undefined_code)) {
        return;
    }
    const avram::codelist& list = schema_.get().codelists[index];
    problem here = at;
    here.value = written;
    here.codelist = index;
    if (!list.resolved) {
        here.what = rule::undefined_codelist;
        here.detail = schema_.get().text(list.reference);
        return report(here);
    }
    switch (look_up(schema_.get(), list, text)) {
    case answer::defined:
        return;
    case answer::deprecated:
        here.what = rule::deprecated_code;
        break;
    case answer::undefined:
        here.what = is_indicator ? rule::invalid_indicator : rule::undefined_code;
        if (list.open) {
            here.level = severity::warning;
        }
        if (!here.position.empty() && (is_blank_or_fill(list) || list.codes.count == 1)) {
            here.level = severity::warning; // undefined, or a constant such as leader/10 that writers set anew
        }
        break;
    }
    report(here);
}

void validation::flags(std::string_view text, std::uint32_t index, problem& at) {
    if (!options_.on(rule::invalid_flag) || !options_.on(rule::undefined_code)) {
        return;
    }
    const avram::codelist& list = schema_.get().codelists[index];
    problem here = at;
    here.codelist = index;
    if (!list.resolved) {
        here.what = rule::undefined_codelist;
        here.value = text;
        here.detail = schema_.get().text(list.reference);
        return report(here);
    }
    if (list.code_bytes == 0) {
        return;
    }
    bool told_deprecated = false;
    for (std::size_t n = 0; n < text.size(); n += list.code_bytes) {
        here.value = text.substr(n, list.code_bytes);
        switch (look_up(schema_.get(), list, here.value)) {
        case answer::defined:
            continue;
        case answer::deprecated:
            here.what = rule::deprecated_code;
            if (!std::exchange(told_deprecated, true)) {
                report(here);
            }
            continue;
        case answer::undefined:
            here.what = rule::invalid_flag;
            if (is_blank_or_fill(list)) {
                here.level = severity::warning;
            }
            return report(here); // one row for these positions, as the reference implementation
        }
    }
}

} // namespace marc
