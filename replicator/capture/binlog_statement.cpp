#include "capture/binlog_statement.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>

namespace everarchive::capture {

namespace {

struct token {
    std::string text; // words in upper case, quoted names as they are
    bool quoted = false;
    bool string = false;  // '…': no name
    bool is_word = false; // written without quotes
    bool back_quoted = false;
    std::string original; // words as they were written
};

// Tokens that a statement's beginning can need; a TRUNCATE or DROP of more tables than fit is looked at as `rows`.
constexpr std::size_t most_tokens = 4096;

/// Cuts a statement into words, names, strings and single characters. The text of executable comments (/*! … */ and
/// /*M! … */) counts, other comments do not.
class scanner {
  public:
    explicit scanner(std::string_view text) : text_(text) {}

    bool next(token& out) {
        skip_space();
        if (at_ >= text_.size()) {
            return false;
        }
        out = {};
        const char first = text_[at_];
        if (first == '`' || first == '"' || first == '\'') {
            read_quoted(first, out);
        } else if (is_word(first)) {
            out.is_word = true;
            const std::size_t start = at_;
            while (at_ < text_.size() && is_word(text_[at_])) {
                ++at_;
            }
            out.original = text_.substr(start, at_ - start);
            out.text = out.original;
            std::transform(out.text.begin(), out.text.end(), out.text.begin(),
                           [](unsigned char each) { return static_cast<char>(std::toupper(each)); });
        } else {
            out.text = first;
            out.original = first;
            ++at_;
        }
        return true;
    }

  private:
    static bool is_word(char each) {
        return std::isalnum(static_cast<unsigned char>(each)) != 0 || each == '_' || each == '$' ||
               static_cast<unsigned char>(each) >= 0x80;
    }

    bool at(std::string_view what) const { return text_.substr(at_, what.size()) == what; }

    void skip_space() {
        while (at_ < text_.size()) {
            if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0 || at("*/")) {
                at_ += at("*/") ? 2 : 1;
            } else if (at("/*!") || at("/*M!")) {
                at_ += at("/*!") ? 3 : 4;
                while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_])) != 0) {
                    ++at_;
                }
            } else if (at("/*")) {
                const auto end = text_.find("*/", at_ + 2);
                at_ = end == std::string_view::npos ? text_.size() : end + 2;
            } else if (text_[at_] == '#' || at("-- ") || at("--\t") || at("--\n")) {
                const auto end = text_.find('\n', at_);
                at_ = end == std::string_view::npos ? text_.size() : end + 1;
            } else {
                return;
            }
        }
    }

    void read_quoted(char quote, token& out) {
        out.quoted = quote != '\'';
        out.string = quote == '\'';
        out.back_quoted = quote == '`';
        for (++at_; at_ < text_.size(); ++at_) {
            if (quote != '`' && text_[at_] == '\\' && at_ + 1 < text_.size()) {
                ++at_;
            } else if (text_[at_] == quote) {
                if (at_ + 1 >= text_.size() || text_[at_ + 1] != quote) {
                    ++at_;
                    break;
                }
                ++at_;
            }
            out.text += text_[at_];
        }
        out.original = out.text;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

class reader {
  public:
    explicit reader(std::string_view text) {
        scanner scan(text);
        token each;
        while (tokens_.size() < most_tokens && scan.next(each)) {
            tokens_.push_back(each);
        }
    }

    bool done() const { return at_ >= tokens_.size(); }
    void back_to(std::size_t at) { at_ = at; }
    std::size_t where() const { return at_; }

    bool is(std::string_view word) const {
        return !done() && !tokens_[at_].quoted && !tokens_[at_].string && tokens_[at_].text == word;
    }

    bool take(std::string_view word) {
        if (!is(word)) {
            return false;
        }
        ++at_;
        return true;
    }

    bool take_all(std::initializer_list<std::string_view> words) {
        const std::size_t start = at_;
        for (const std::string_view word : words) {
            if (!take(word)) {
                at_ = start;
                return false;
            }
        }
        return true;
    }

    void skip() { ++at_; }

    const token* here() const { return done() ? nullptr : &tokens_[at_]; }

    std::string name() { return done() ? std::string{} : tokens_[at_++].original; }

    /// `table` or `database.table`.
    table_name table() {
        table_name found{{}, name()};
        if (take(".")) {
            found.database = found.table;
            found.table = name();
        }
        return found;
    }

    bool ends_with(std::initializer_list<std::string_view> words) const {
        if (tokens_.size() < at_ + words.size()) {
            return false;
        }
        return std::equal(
            words.begin(), words.end(), tokens_.end() - static_cast<std::ptrdiff_t>(words.size()),
            [](std::string_view word, const token& each) { return !each.quoted && !each.string && each.text == word; });
    }

    bool has_word(std::string_view word) const {
        return std::any_of(tokens_.begin() + static_cast<std::ptrdiff_t>(std::min(at_, tokens_.size())), tokens_.end(),
                           [&](const token& each) { return !each.quoted && !each.string && each.text == word; });
    }

  private:
    std::vector<token> tokens_;
    std::size_t at_ = 0;
};

std::vector<table_name> table_list(reader& in) {
    std::vector<table_name> tables;
    do {
        tables.push_back(in.table());
    } while (in.take(","));
    return tables;
}

statement read_drop(reader& in) {
    const bool temporary = in.take("TEMPORARY");
    if (in.take("DATABASE") || in.take("SCHEMA")) {
        in.take_all({"IF", "EXISTS"});
        return {statement::kind::drop_database, in.name(), {}};
    }
    if (!temporary && (in.take("TABLE") || in.take("TABLES"))) {
        in.take_all({"IF", "EXISTS"});
        return {statement::kind::drop_table, {}, table_list(in)};
    }
    return {};
}

statement read_create(reader& in) {
    if (!in.take_all({"OR", "REPLACE"})) {
        // As MySQL 8.0.21 and later log CREATE TABLE … SELECT.
        return in.is("TABLE") && in.ends_with({"START", "TRANSACTION"})
                   ? statement{statement::kind::create_and_fill, {}, {}}
                   : statement{};
    }
    if (in.take("DATABASE") || in.take("SCHEMA")) {
        return {statement::kind::drop_database, in.name(), {}};
    }
    return in.take("TABLE") ? statement{statement::kind::drop_table, {}, {in.table()}} : statement{};
}

/// The columns that ADD makes: ADD [COLUMN] [IF NOT EXISTS] name …, or ADD [COLUMN] (name …, name …).
void read_added(reader& in, statement& into) {
    constexpr std::array<std::string_view, 14> no_column = {"INDEX",   "KEY",     "UNIQUE", "FULLTEXT",   "SPATIAL",
                                                            "PRIMARY", "FOREIGN", "CHECK",  "CONSTRAINT", "PARTITION",
                                                            "SYSTEM",  "PERIOD",  "VECTOR", "VERSIONING"};
    const auto take_name = [&] {
        if (!in.done() &&
            std::none_of(no_column.begin(), no_column.end(), [&](std::string_view word) { return in.is(word); })) {
            into.added.push_back(in.name());
        }
    };
    in.take("COLUMN");
    in.take_all({"IF", "NOT", "EXISTS"});
    if (!in.take("(")) {
        take_name();
        return;
    }
    take_name();
    for (int depth = 1; depth > 0 && !in.done(); in.skip()) {
        depth += in.is("(") ? 1 : in.is(")") ? -1 : 0;
        if (depth == 1 && in.take(",")) {
            take_name();
        }
    }
}

/// What stands at one place of ALTER TABLE, if it is of interest; the reader is left at or behind it.
void read_alteration(reader& in, statement& into) {
    if (in.take("ADD")) {
        read_added(in, into);
    } else if (in.take("CHANGE")) {
        in.take("COLUMN");
        in.take_all({"IF", "EXISTS"});
        const std::string before = in.name();
        const std::string after = in.name();
        if (before != after) {
            into.renamed.push_back(after);
        }
    } else if (in.take("RENAME")) {
        // RENAME [TO | AS | =] name; RENAME is a reserved word, so a bare one is no column.
        if (in.take("COLUMN")) {
            in.take_all({"IF", "EXISTS"});
            in.name();
            in.take("TO");
            into.renamed.push_back(in.name());
        } else if (!in.is("INDEX") && !in.is("KEY")) {
            if (!in.take("TO") && !in.take("AS")) {
                in.take("=");
            }
            into.is = statement::kind::rename;
            into.tables.push_back(in.table());
        }
    }
}

statement read_alter(reader& in) {
    in.take("ONLINE");
    in.take("IGNORE");
    if (!in.take("TABLE")) {
        return {};
    }
    in.take_all({"IF", "EXISTS"});
    statement found{statement::kind::alter_table, {}, {in.table()}};
    const bool partition = in.has_word("PARTITION");
    if (partition &&
        (in.has_word("TRUNCATE") || in.has_word("DROP") || in.has_word("EXCHANGE") || in.has_word("CONVERT"))) {
        found.is = statement::kind::change_partition;
        return found;
    }
    for (; !in.done(); in.skip()) {
        read_alteration(in, found);
    }
    return found;
}

statement read_rename(reader& in) {
    if (!in.take("TABLE") && !in.take("TABLES")) {
        return {};
    }
    in.take_all({"IF", "EXISTS"});
    statement found{statement::kind::rename, {}, {}};
    do {
        found.tables.push_back(in.table());
        while (!in.done() && !in.is("TO")) {
            in.skip(); // WAIT n, NOWAIT
        }
        in.take("TO");
        found.tables.push_back(in.table());
    } while (in.take(","));
    return found;
}

statement read_rows(reader& in) {
    // The server itself writes this one for each MEMORY table when it starts anew, whatever binlog_format is.
    if (in.take_all({"DELETE", "FROM"})) {
        const table_name only = in.table();
        if (in.done()) {
            return {statement::kind::rows, {}, {only}};
        }
    }
    return {statement::kind::rows, {}, {}};
}

} // namespace

statement classify_statement(std::string_view text, bool is_ddl) {
    using kind = statement::kind;
    // The two that end most groups, before anything is cut up.
    if (text == "COMMIT") {
        return {kind::commit, {}, {}};
    }
    if (text == "BEGIN") {
        return {kind::begin, {}, {}};
    }
    reader in(text);
    if (in.done()) {
        return {}; // a comment: what the server sends in place of an event that we asked it to leave out
    }
    if (in.take_all({"SET", "STATEMENT"})) {
        while (!in.done() && !in.is("FOR")) {
            in.skip();
        }
        in.take("FOR");
    }
    if (in.take("BEGIN") || in.take_all({"START", "TRANSACTION"})) {
        return {kind::begin, {}, {}};
    }
    if (in.take("COMMIT")) {
        return {kind::commit, {}, {}};
    }
    if (in.take("SAVEPOINT")) {
        return {kind::savepoint, in.name(), {}};
    }
    if (in.take("ROLLBACK")) {
        in.take("WORK");
        if (in.take("TO")) {
            in.take("SAVEPOINT");
            return {kind::rollback_to_savepoint, in.name(), {}};
        }
        return {kind::rollback, {}, {}};
    }
    if (in.take("RELEASE")) {
        return {};
    }
    if (in.take("XA")) {
        return {in.is("START") || in.is("BEGIN") ? kind::xa_start : kind::xa, {}, {}};
    }
    if (in.take("TRUNCATE")) {
        in.take("TABLE");
        return {kind::truncate, {}, table_list(in)};
    }
    if (in.take("DROP")) {
        return read_drop(in);
    }
    if (in.take("CREATE")) {
        return read_create(in);
    }
    if (in.take("ALTER")) {
        return read_alter(in);
    }
    if (in.take("RENAME")) {
        return read_rename(in);
    }
    constexpr std::array<std::string_view, 17> harmless = {
        "GRANT",   "REVOKE",    "ANALYZE", "OPTIMIZE", "REPAIR", "CHECK",  "FLUSH", "SET",  "COMMENT",
        "INSTALL", "UNINSTALL", "PURGE",   "RESET",    "USE",    "CHANGE", "KILL",  "CACHE"};
    for (const std::string_view word : harmless) {
        if (in.is(word)) {
            return {};
        }
    }
    constexpr std::array<std::string_view, 9> changes = {"INSERT", "UPDATE", "DELETE",  "REPLACE", "LOAD",
                                                         "CALL",   "DO",     "EXECUTE", "WITH"};
    const bool known = std::any_of(changes.begin(), changes.end(), [&](std::string_view word) { return in.is(word); });
    return known || !is_ddl ? read_rows(in) : statement{};
}

std::string outline(std::string_view text) {
    constexpr std::array<std::string_view, 28> verbs = {
        "INSERT", "UPDATE",   "DELETE",  "REPLACE", "LOAD",   "CALL",  "DO",       "EXECUTE", "WITH",    "CREATE",
        "ALTER",  "DROP",     "RENAME",  "GRANT",   "REVOKE", "SET",   "TRUNCATE", "ANALYZE", "INSTALL", "UNINSTALL",
        "REPAIR", "OPTIMIZE", "COMMENT", "FLUSH",   "XA",     "BEGIN", "COMMIT",   "ROLLBACK"};
    constexpr std::array<std::string_view, 21> between = {
        "LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK",    "IGNORE", "INTO",  "FROM",
        "OR",           "REPLACE",       "TABLE",   "TABLES",   "ONLINE", "IF",    "EXISTS",
        "NOT",          "TEMPORARY",     "VIEW",    "DATABASE", "SCHEMA", "INDEX", "UNIQUE"};
    constexpr std::size_t longest_name = 64; // of MariaDB and MySQL, in characters
    const auto is_one_of = [](const auto& words, const token& each) {
        return each.is_word && std::find(words.begin(), words.end(), each.text) != words.end();
    };
    const auto is_name = [](const token* each) {
        return each != nullptr && (each->back_quoted || each->is_word) && !each->original.empty() &&
               each->original.size() <= longest_name * 4 &&
               std::isdigit(static_cast<unsigned char>(each->original.front())) == 0;
    };
    reader in(text);
    if (in.take_all({"SET", "STATEMENT"})) {
        while (!in.done() && !in.take("FOR")) {
            in.skip();
        }
    }
    if (in.done() || !is_one_of(verbs, *in.here())) {
        return "a statement";
    }
    std::string out = in.here()->text;
    for (in.skip(); !in.done() && is_one_of(between, *in.here()); in.skip()) {
        out += ' ' + in.here()->text;
    }
    if (is_name(in.here())) {
        out += ' ' + in.name();
        if (in.take(".") && is_name(in.here())) {
            out += '.' + in.name();
        }
    }
    return out;
}

bool names_identifier(std::string_view text, std::string_view name) {
    scanner scan(text);
    token each;
    while (scan.next(each)) {
        if (!each.string && each.original == name) {
            return true;
        }
    }
    return false;
}

} // namespace everarchive::capture
