#include "adapter/touches.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace everarchive::adapter {

namespace {

constexpr std::array<std::string_view, 6> kinds{"bib", "authority", "holding", "item", "order", "object"};

/// Walks over the text after `Touches:`.
struct reader {
    std::string_view rest;

    void skip() {
        while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\n' || rest.front() == '\t')) {
            rest.remove_prefix(1);
        }
    }
    bool take(char c) {
        skip();
        if (rest.empty() || rest.front() != c) {
            return false;
        }
        rest.remove_prefix(1);
        return true;
    }
    std::string word() {
        skip();
        const auto inside = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        };
        const auto end = std::find_if_not(rest.begin(), rest.end(), inside);
        std::string found(rest.begin(), end);
        rest.remove_prefix(found.size());
        return found;
    }
};

/// Reads one part into `part`; returns why it cannot.
std::string read_part(reader& in, const table& t, touch_part& part) {
    if (in.take('\'')) {
        const std::size_t end = in.rest.find('\'');
        part.is_constant = true;
        part.constant = std::string(in.rest.substr(0, end));
        if (end == std::string_view::npos || part.constant.empty() || part.constant.find(':') != std::string::npos) {
            return "a constant of Touches: stands in quotes and holds no colon";
        }
        in.rest.remove_prefix(end + 1);
        return {};
    }
    const std::string name = in.word();
    const auto column = t.find(name);
    if (name.empty() || !column) {
        return fmt::format("Touches: names the column \"{}\", which {} does not have", name, t.source_name());
    }
    part.column = *column;
    return {};
}

/// Reads `COLUMN of TABLE where COLUMN = … = COLUMN)` if that is what follows. Returns false if it is something else.
bool read_through(reader& in, pending_through& made) {
    reader ahead = in;
    std::string name = ahead.word();
    for (;;) {
        reader of = ahead;
        if (of.word() != "of") {
            break;
        }
        pending_through::step step;
        step.key = std::move(name);
        step.table = of.word();
        if (of.word() != "where") {
            return false;
        }
        step.where = of.word();
        if (!of.take('=')) {
            return false;
        }
        made.steps.push_back(std::move(step));
        name = of.word();
        ahead = of;
    }
    made.value = std::move(name);
    if (made.steps.empty() || !ahead.take(')')) {
        return false;
    }
    in = ahead;
    return true;
}

/// Reads `kind (part, …)` into `made`; returns why it cannot.
std::string read_touch(reader& in, const table& t, touch& made, std::vector<pending_through>& pending) {
    made.kind = in.word();
    if (!is_kind(made.kind)) {
        return fmt::format("Touches: names the kind \"{}\"; kinds are {}", made.kind, fmt::join(kinds, ", "));
    }
    if (!in.take('(')) {
        return fmt::format("Touches: {} needs its key columns in parentheses", made.kind);
    }
    if (pending_through through; read_through(in, through)) {
        through.from = t.source_name();
        through.kind = made.kind;
        pending.push_back(std::move(through));
        return {};
    }
    do {
        touch_part part;
        if (std::string why = read_part(in, t, part); !why.empty()) {
            return why;
        }
        made.parts.push_back(std::move(part));
    } while (in.take(','));
    if (!in.take(')')) {
        return fmt::format("Touches: the key of {} is not closed by a parenthesis", made.kind);
    }
    if (reader ahead = in; ahead.word() == "when") {
        const std::string name = ahead.word();
        made.when = t.find(name);
        if (!made.when || t.columns[*made.when].type != "text" || !ahead.take('=') || !ahead.take('\'')) {
            return fmt::format("Touches: after when stands a text column of {}, = and a constant in quotes",
                               t.source_name());
        }
        const std::size_t end = ahead.rest.find('\'');
        if (end == std::string_view::npos) {
            return "Touches: the constant after when is not closed by a quote";
        }
        made.when_is = std::string(ahead.rest.substr(0, end));
        ahead.rest.remove_prefix(end + 1);
        in = ahead;
    }
    if (made.parts.size() > 3) {
        return fmt::format("Touches: the key of {} has more than three parts", made.kind);
    }
    // The parts are joined by ':', so only the last may hold one.
    for (std::size_t i = 0; i < made.parts.size(); ++i) {
        const std::string type = part_type(t, made.parts[i]);
        const bool number = type == "smallint" || type == "integer" || type == "bigint" || type == "uuid";
        const bool last = i + 1 == made.parts.size();
        if (!number && !(type == "text" && (last || made.parts[i].is_constant))) {
            return fmt::format("Touches: part {} of the key of {} is {}; parts are smallint, integer, bigint or uuid, "
                               "the last one may be text",
                               i + 1, made.kind, type);
        }
    }
    return {};
}

} // namespace

bool is_kind(std::string_view name) {
    return std::find(kinds.begin(), kinds.end(), name) != kinds.end();
}

std::string part_type(const table& t, const touch_part& part) {
    return part.is_constant ? "text" : t.columns[part.column].type;
}

std::string read_touches(table& t, const std::string& comment, std::vector<pending_through>& pending) {
    constexpr std::string_view word = "Touches:";
    const std::size_t at = comment.find(word);
    if (at == std::string::npos) {
        return fmt::format("the comment of {} does not say which entities its rows touch: end it with "
                           "Touches: KIND (COLUMN). or Touches: nothing.",
                           t.source_name());
    }
    t.comment = comment;
    t.optional = comment.substr(0, at).find("Optional.") != std::string::npos;
    reader in{std::string_view(comment).substr(at + word.size())};
    reader ahead = in;
    if (ahead.word() == "nothing") {
        in = ahead;
    } else {
        do {
            touch made;
            if (std::string why = read_touch(in, t, made, pending); !why.empty()) {
                return why;
            }
            if (!made.parts.empty()) {
                t.touches.push_back(std::move(made));
            }
        } while (in.take(','));
    }
    if (!in.take('.')) {
        return fmt::format("the Touches: of {} does not end with a full stop", t.source_name());
    }
    in.skip();
    if (in.rest.starts_with("Optional.")) {
        t.optional = true;
        in.rest.remove_prefix(std::string_view("Optional.").size());
        in.skip();
    }
    if (!in.rest.empty()) {
        return fmt::format("only Optional. may follow the Touches: of {}, not \"{}\"", t.source_name(), in.rest);
    }
    return {};
}

} // namespace everarchive::adapter
