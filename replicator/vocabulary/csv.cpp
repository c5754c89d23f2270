#include "vocabulary/csv.hpp"

#include <array>
#include <vector>

#include "base/error.hpp"

namespace everarchive::vocabulary {

namespace {

constexpr std::size_t chunk_bytes = 64 * 1024;
constexpr std::size_t longest_row = 1024 * 1024;
constexpr std::array<std::string_view, 7> names{"from_scheme", "from_term", "from_uri", "relation",
                                                "to_scheme",   "to_term",   "to_uri"};

/// Reads rows: fields in quotes may hold commas, line ends, and quotes twice.
class row_reader {
  public:
    row_reader(const byte_source& in, const std::string& name) : in_(in), name_(name) {}

    /// False at the end. `line` is where the row begins; `problem` is set when it does not keep to the format. Throws
    /// everarchive::error (refused) when quotation marks do not say where the row ends: the rows behind it would be
    /// lost in it.
    bool next(std::vector<std::string>& fields, std::int64_t& line, std::string& problem) {
        fields.assign(1, {});
        problem.clear();
        line = line_;
        bool quoted = false;
        bool closed = false; // behind the quote that ends a field
        std::size_t size = 0;
        for (int c = get(); c >= 0; c = get()) {
            if (++size > longest_row) {
                problem = "longer than a megabyte";
                fields.assign(1, {});
                size = 0;
            }
            if (quoted) {
                if (c != '"') {
                    fields.back() += static_cast<char>(c);
                } else if (peek() == '"') {
                    fields.back() += static_cast<char>(get());
                } else {
                    quoted = false;
                    closed = true;
                }
            } else if (c == ',') {
                fields.emplace_back();
                closed = false;
            } else if (c == '\n' || c == '\r') {
                const bool over_lines = line_ - (c == '\n' ? 1 : 0) > line;
                if (c == '\r' && peek() == '\n') {
                    get();
                }
                if (over_lines && !problem.empty()) {
                    throw lost_in_quotes(line);
                }
                return true;
            } else if (c == '"' && fields.back().empty() && !closed) {
                quoted = true;
            } else {
                if (closed || c == '"') {
                    problem = "a quotation mark inside of a field";
                }
                fields.back() += static_cast<char>(c);
            }
        }
        if (quoted) {
            throw lost_in_quotes(line);
        }
        return size > 0;
    }

  private:
    error lost_in_quotes(std::int64_t line) const {
        return {exit_code::refused, cause::needs_person,
                name_ + " line " + std::to_string(line) + ": a field in quotes does not end in its row",
                "a quotation mark in a field is written twice; was the file fetched whole? Nothing was loaded"};
    }
    int peek() {
        if (at_ == buffer_.size()) {
            buffer_.resize(chunk_bytes);
            buffer_.resize(in_(buffer_.data(), chunk_bytes));
            at_ = 0;
        }
        return buffer_.empty() ? -1 : static_cast<unsigned char>(buffer_[at_]);
    }
    int get() {
        const int c = peek();
        if (c >= 0) {
            ++at_;
            line_ += c == '\n' ? 1 : 0;
        }
        return c;
    }

    const byte_source& in_;
    const std::string& name_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::int64_t line_ = 1;
};

std::string trimmed(std::string text) {
    text.erase(0, std::min(text.find_first_not_of(" \t"), text.size()));
    text.erase(text.find_last_not_of(" \t") + 1);
    return text;
}

/// Where each of `names` stands; npos for a missing one.
std::array<std::size_t, names.size()> columns_of(const std::vector<std::string>& header, const std::string& file) {
    std::array<std::size_t, names.size()> columns{};
    for (std::size_t i = 0; i < names.size(); ++i) {
        columns[i] = std::string::npos;
        for (std::size_t k = 0; k < header.size(); ++k) {
            columns[i] = trimmed(header[k]) == names[i] ? k : columns[i];
        }
    }
    const auto has = [&](std::size_t i) { return columns[i] != std::string::npos; };
    if (!(has(1) || has(2)) || !(has(5) || has(6))) {
        throw error(exit_code::refused, cause::needs_person,
                    "the first row of " + file + " does not name columns from_term or from_uri, and to_term or to_uri",
                    "name them: from_scheme,from_term,from_uri,relation,to_scheme,to_term,to_uri, with commas between");
    }
    return columns;
}

} // namespace

void read_csv(const byte_source& in, const std::string& name, const std::function<void(const statement&)>& use,
              const bad_line& bad) {
    row_reader rows(in, name);
    std::vector<std::string> fields;
    std::int64_t line = 0;
    std::string problem;
    if (!rows.next(fields, line, problem)) {
        throw error(exit_code::refused, cause::needs_person, name + " is empty", "");
    }
    if (fields[0].substr(0, 3) == "\xEF\xBB\xBF") {
        fields[0].erase(0, 3);
    }
    const auto columns = columns_of(fields, name);
    const std::size_t width = fields.size();
    while (rows.next(fields, line, problem)) {
        if (fields.size() == 1 && fields[0].empty() && problem.empty()) {
            continue; // a blank line
        }
        const auto value = [&](std::size_t i) {
            return columns[i] < fields.size() ? trimmed(std::move(fields[columns[i]])) : std::string();
        };
        if (problem.empty() && fields.size() != width) {
            problem = std::to_string(fields.size()) + " fields instead of " + std::to_string(width);
        }
        for (const std::string& field : fields) {
            problem = problem.empty() && !is_text(field) ? "not UTF-8" : problem;
        }
        statement row;
        row.what = 'c';
        row.scheme = value(0);
        row.term = value(1);
        row.subject = value(2);
        const std::string relation = value(3);
        row.relation = relation.empty() ? "exact" : relation_of(relation);
        row.object_scheme = value(4);
        row.object_term = value(5);
        row.object = value(6);
        if (problem.empty() && row.relation.empty()) {
            problem = "the relation is none of exact, close, broad, narrow, related: " + relation;
        }
        if (problem.empty() &&
            ((row.term.empty() && row.subject.empty()) || (row.object_term.empty() && row.object.empty()))) {
            problem = "a row needs from_term or from_uri, and to_term or to_uri";
        }
        if (problem.empty() && (row.subject.size() > longest_address || row.object.size() > longest_address ||
                                row.term.size() > 1000 || row.object_term.size() > 1000)) {
            problem = "a term of over 1,000 bytes, or an address of over 200";
        }
        if (!problem.empty()) {
            bad(line, problem);
            continue;
        }
        use(row);
    }
}

} // namespace everarchive::vocabulary
