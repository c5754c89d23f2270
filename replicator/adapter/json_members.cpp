#include "adapter/json_members.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace everarchive::adapter {

namespace {

constexpr std::size_t most_names_in_path = 4;

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           c == '-';
}

/// Walks over JSON text (RFC 8259) and copies what is kept. It checks no more of the text than it needs to find where
/// each value ends: what is kept is parsed by PostgreSQL.
class scanner {
  public:
    explicit scanner(std::string_view text) : text_(text) {}

    std::optional<std::string> run(const json_members& kept) {
        skip_space();
        std::string out;
        if (!filter(kept, out)) {
            out = "null";
        }
        skip_space();
        if (broken_ || at_ != text_.size()) {
            return std::nullopt;
        }
        return out;
    }

  private:
    char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (here() != c) {
            return false;
        }
        ++at_;
        return true;
    }
    void skip_space() {
        while (here() == ' ' || here() == '\t' || here() == '\n' || here() == '\r') {
            ++at_;
        }
    }

    /// Past the string at the cursor; its text without the quotes, escapes as they are.
    std::string_view string() {
        if (!take('"')) {
            broken_ = true;
            return {};
        }
        const std::size_t begin = at_;
        while (at_ < text_.size() && text_[at_] != '"') {
            at_ += text_[at_] == '\\' ? 2 : 1;
        }
        if (at_ >= text_.size()) {
            broken_ = true;
            return {};
        }
        return text_.substr(begin, at_++ - begin);
    }

    /// Past the value at the cursor. Does not recurse: a document may be as deep as it likes.
    void skip_value() {
        std::string open; // the brackets that are open
        do {
            skip_space();
            const char c = here();
            if (c == '"') {
                string();
            } else if (c == '{' || c == '[') {
                open += c;
                ++at_;
            } else if (c == '}' || c == ']') {
                if (open.empty() || open.back() != (c == '}' ? '{' : '[')) {
                    broken_ = true;
                    return;
                }
                open.pop_back();
                ++at_;
            } else if ((c == ',' || c == ':') && !open.empty()) {
                ++at_;
            } else {
                const std::size_t begin = at_;
                while (at_ < text_.size() &&
                       std::string_view(" \t\r\n,:{}[]\"").find(text_[at_]) == std::string_view::npos) {
                    ++at_;
                }
                broken_ = broken_ || at_ == begin;
            }
        } while (!broken_ && !open.empty());
    }

    /// Writes what is kept of the value at the cursor. False if it is neither object nor array: then nothing is.
    bool filter(const json_members& kept, std::string& out) {
        if (here() == '{') {
            object(kept, out);
            return true;
        }
        if (here() != '[') {
            skip_value();
            return false;
        }
        ++at_;
        out += '[';
        bool first = true;
        skip_space();
        while (!broken_ && !take(']')) {
            if (here() == '{') {
                out += first ? "" : ", ";
                first = false;
                object(kept, out);
            } else {
                skip_value();
            }
            end_of_element(']');
        }
        out += ']';
        return true;
    }

    void object(const json_members& kept, std::string& out) {
        ++at_;
        out += '{';
        bool first = true;
        skip_space();
        while (!broken_ && !take('}')) {
            const std::string_view name = string();
            skip_space();
            if (!take(':')) {
                broken_ = true;
                return;
            }
            skip_space();
            const auto found = kept.named.find(name);
            const std::size_t begin = out.size();
            bool written = false;
            if (found == kept.named.end()) {
                skip_value();
            } else {
                out += fmt::format("{}\"{}\": ", first ? "" : ", ", name);
                if (found->second.empty()) {
                    const std::size_t value = at_;
                    skip_value();
                    out += text_.substr(value, at_ - value);
                    written = true;
                } else {
                    written = filter(found->second, out);
                }
            }
            if (written) {
                first = false;
            } else {
                out.resize(begin);
            }
            end_of_element('}');
        }
        out += '}';
    }

    /// After an element: a comma and then another one, or the closing bracket, which is left.
    void end_of_element(char closing) {
        skip_space();
        if (take(',')) {
            skip_space();
            broken_ = broken_ || here() == closing;
        } else {
            broken_ = broken_ || here() != closing;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool broken_ = false;
};

/// As scanner::object(), for the jsonb expression `value`. `depth` makes the aliases differ.
std::string object_sql(const std::string& value, const json_members& kept, int depth);

std::string container_sql(const std::string& value, const json_members& kept, int depth) {
    const std::string element = fmt::format("e{}", depth);
    return fmt::format("CASE pg_catalog.jsonb_typeof({0}) WHEN 'object' THEN {1} WHEN 'array' THEN (SELECT "
                       "coalesce(pg_catalog.jsonb_agg({2} ORDER BY {3}.n), '[]') FROM "
                       "pg_catalog.jsonb_array_elements({0}) WITH ORDINALITY {3} (v, n) WHERE "
                       "pg_catalog.jsonb_typeof({3}.v) = 'object') ELSE 'null'::jsonb END",
                       value, object_sql(value, kept, depth + 1), object_sql(element + ".v", kept, depth + 1), element);
}

std::string object_sql(const std::string& value, const json_members& kept, int depth) {
    const std::string member = fmt::format("m{}", depth);
    std::string whole;
    std::string parts;
    std::string parts_where;
    for (const auto& [name, below] : kept.named) {
        if (below.empty()) {
            whole += fmt::format("{}'{}'", whole.empty() ? "" : ", ", name);
        } else {
            parts += fmt::format(" WHEN '{}' THEN {}", name, container_sql(member + ".value", below, depth + 1));
            parts_where += fmt::format("{}'{}'", parts_where.empty() ? "" : ", ", name);
        }
    }
    std::string where = whole.empty() ? "" : fmt::format("{}.key IN ({})", member, whole);
    if (!parts.empty()) {
        where += fmt::format("{}({}.key IN ({}) AND pg_catalog.jsonb_typeof({}.value) IN ('object', 'array'))",
                             where.empty() ? "" : " OR ", member, parts_where, member);
    }
    const std::string kept_value =
        parts.empty() ? member + ".value" : fmt::format("CASE {0}.key{1} ELSE {0}.value END", member, parts);
    return fmt::format("(SELECT coalesce(pg_catalog.jsonb_object_agg({0}.key, {1}), '{{}}') FROM "
                       "pg_catalog.jsonb_each({2}) {0} WHERE {3})",
                       member, kept_value, value, where);
}

} // namespace

std::string read_members(std::string_view list, json_members& made) {
    while (true) {
        const std::size_t comma = std::min(list.find(','), list.size());
        std::string_view path = list.substr(0, comma);
        while (!path.empty() && (path.front() == ' ' || path.front() == '\n')) {
            path.remove_prefix(1);
        }
        while (!path.empty() && (path.back() == ' ' || path.back() == '\n')) {
            path.remove_suffix(1);
        }
        json_members* at = &made;
        std::size_t names = 0;
        std::string_view rest = path;
        do {
            const std::size_t dot = std::min(rest.find('.'), rest.size());
            const std::string_view name = rest.substr(0, dot);
            if (name.empty() || !std::all_of(name.begin(), name.end(), is_name_character) ||
                ++names > most_names_in_path) {
                return fmt::format("\"{}\" is no path of a member: names of letters, digits, _, $ and -, at most {} of "
                                   "them joined by a full stop",
                                   path, most_names_in_path);
            }
            const auto [place, is_new] = at->named.try_emplace(std::string(name));
            if (!is_new && (place->second.empty() || dot == rest.size())) {
                return fmt::format("\"{}\" is there twice, or as a whole and in parts", path);
            }
            at = &place->second;
            rest.remove_prefix(std::min(dot + 1, rest.size()));
            if (dot < path.size() && rest.empty() && path.ends_with('.')) {
                return fmt::format("\"{}\" ends with a full stop", path);
            }
        } while (!rest.empty());
        if (comma == list.size()) {
            return {};
        }
        list.remove_prefix(comma + 1);
    }
}

std::optional<std::string> keep_members(std::string_view json, const json_members& kept) {
    return scanner(json).run(kept);
}

std::string keep_members_sql(const std::string& value, const json_members& kept) {
    return fmt::format("CASE WHEN {} IS NOT NULL THEN {} END", value, container_sql(value, kept, 0));
}

} // namespace everarchive::adapter
