// SQL text as libpg_query's parse tree, with what an adapter file needs of it: statements, their places, refusals.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace everarchive::adapter {

using node = nlohmann::json;

/// What the parser says against a text, and at which byte.
struct syntax_fault {
    std::size_t offset = 0;
    std::string message;
};

/// One statement: {"SelectStmt": {…}} and the bytes it stands on, without white space, comments and the semicolon.
struct statement {
    std::string kind; // SelectStmt, CreateStmt, …
    node body;
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// Parses `text`, which outline() found harmless. Throws syntax_fault.
std::vector<statement> parse(std::string_view text);

/// An adapter file: names file and line in its refusals.
class sql_file {
  public:
    /// Reads and parses `path`. Throws error (settings) when it cannot be read or is no SQL.
    explicit sql_file(std::string path);

    const std::string& text() const noexcept { return text_; }
    const std::vector<statement>& statements() const noexcept { return statements_; }
    std::string_view text_of(const statement& s) const {
        return std::string_view(text_).substr(s.begin, s.end - s.begin);
    }

    /// The refusal `PATH:LINE: reason` for what stands at byte `offset`.
    error refusal(std::size_t offset, const std::string& reason) const;

  private:
    std::string path_;
    std::string text_;
    std::vector<statement> statements_;
};

/// The byte that a node says it stands on; `otherwise` when it says none.
std::size_t location(const node& n, std::size_t otherwise);

/// The strings of a list of String nodes, such as a qualified name.
std::vector<std::string> strings(const node& list);

/// What stands at `field`, null when there is none. By reference: copying a tree recurses as deep as the tree is.
const node& child(const node& n, const char* field);

/// The string at `field`, empty when there is none.
std::string text_at(const node& n, const char* field);

/// True if `field` is there and true.
bool flag_at(const node& n, const char* field);

/// A type name as format_type() writes it: `integer`, `timestamp with time zone`, `text[]`. Empty when the type is none
/// that a mirror column may have; `reason` then says why.
std::string type_name(const node& type, std::string& reason);

/// Calls `see(key, value, place)` for every field of `root` and of what is below it. Keys with a capital are node
/// kinds, the others fields. Does not recurse, so depth is no danger.
void walk(const node& root, std::size_t place,
          const std::function<void(const std::string&, const node&, std::size_t)>& see);

} // namespace everarchive::adapter
