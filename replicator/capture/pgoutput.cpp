#include "capture/pgoutput.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace everarchive::capture::postgresql {

namespace {

/// Microseconds from 1970-01-01 to PostgreSQL's epoch, 2000-01-01.
constexpr std::int64_t postgresql_epoch_us = 946'684'800'000'000;

[[noreturn]] void refuse(const std::string& what) {
    throw error(exit_code::source, cause::needs_person, "cannot understand the replication stream: " + what,
                "check that the server is PostgreSQL 13 to 18 and nothing between it and us alters the connection; if "
                "so, this is a fault of everarchive: report it with the message above");
}

} // namespace

/// Reads big-endian values from a message and never past its end.
class pgoutput_decoder::reader {
  public:
    explicit reader(std::string_view bytes) : rest_(bytes) {}

    template <typename Unsigned>
    Unsigned number() {
        const std::string_view raw = take(sizeof(Unsigned));
        Unsigned value = 0;
        for (const char byte : raw) {
            value = static_cast<Unsigned>((static_cast<std::uint64_t>(value) << 8) | static_cast<unsigned char>(byte));
        }
        return value;
    }

    char byte() { return take(1).front(); }

    std::string_view string() {
        const std::size_t end = rest_.find('\0');
        if (end == std::string_view::npos) {
            refuse("a name without end");
        }
        const std::string_view text = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return text;
    }

    std::string_view take(std::size_t length) {
        if (length > rest_.size()) {
            refuse(fmt::format("a message that ends {} bytes early", length - rest_.size()));
        }
        const std::string_view part = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return part;
    }

    /// The time of a commit, microseconds since 1970.
    std::int64_t time() {
        const auto since_2000 = static_cast<std::int64_t>(number<std::uint64_t>());
        std::int64_t since_1970 = 0;
        if (__builtin_add_overflow(since_2000, postgresql_epoch_us, &since_1970)) {
            refuse("a commit time out of range");
        }
        return since_1970;
    }

    void skip_rest() { rest_ = {}; }

    void demand_end(char kind) const {
        if (!rest_.empty()) {
            refuse(fmt::format("{} bytes after the end of a message '{}'", rest_.size(), kind));
        }
    }

  private:
    std::string_view rest_;
};

pgoutput_decoder::pgoutput_decoder(const adapter::adapter& adapter) : adapter_(adapter) {}

message pgoutput_decoder::read(std::string_view bytes, batch& into, bool skip) {
    reader in(bytes);
    const char kind = in.byte();
    message what = message::other;
    switch (kind) {
    case 'B':
        if (in_transaction_) {
            refuse("a transaction that begins inside another");
        }
        mark_ = {};
        mark_.commit_start = in.number<std::uint64_t>();
        mark_.commit_time_us = in.time();
        mark_.xid = in.number<std::uint32_t>();
        in_transaction_ = true;
        what = message::begin;
        break;
    case 'C': {
        if (!in_transaction_) {
            refuse("a commit without a begin");
        }
        const std::uint8_t flags = in.number<std::uint8_t>();
        const lsn start = in.number<std::uint64_t>();
        mark_.commit_end = in.number<std::uint64_t>();
        mark_.commit_time_us = in.time();
        if (flags != 0 || start != mark_.commit_start || mark_.commit_end <= start) {
            refuse(fmt::format("a commit at {} that does not fit its begin at {}", format_lsn(start),
                               format_lsn(mark_.commit_start)));
        }
        in_transaction_ = false;
        what = message::commit;
        break;
    }
    case 'R':
        read_relation(in);
        break;
    case 'I':
    case 'U':
    case 'D':
    case 'T':
        if (!in_transaction_) {
            refuse("a change outside a transaction");
        }
        read_row_message(kind, in, into, skip);
        what = message::change;
        break;
    case 'O':
        in.number<std::uint64_t>();
        in.string();
        break;
    case 'Y': // the text form needs no type
        in.number<std::uint32_t>();
        in.string();
        in.string();
        break;
    case 'M': { // pg_logical_emit_message(): no row of any table
        in.number<std::uint8_t>();
        in.number<std::uint64_t>();
        in.string();
        in.take(in.number<std::uint32_t>());
        break;
    }
    default:
        refuse(fmt::format("a message of the unknown kind {:#04x}", static_cast<unsigned char>(kind)));
    }
    in.demand_end(kind);
    return what;
}

void pgoutput_decoder::read_relation(reader& in) {
    const auto oid = in.number<std::uint32_t>();
    std::string_view schema = in.string();
    if (schema.empty()) {
        schema = "pg_catalog"; // proto.c, logicalrep_write_namespace
    }
    const std::string_view table_name = in.string();
    in.byte(); // replica identity: the column flags say all that is needed
    const auto count = in.number<std::uint16_t>();

    relation now;
    now.name = fmt::format("{}.{}", schema, table_name);
    for (std::size_t i = 0; i < adapter_.tables.size(); ++i) {
        const adapter::table& table = adapter_.tables[i];
        if (table.name == table_name && (table.schema.empty() ? "public" : table.schema) == schema) {
            now.table = static_cast<std::uint32_t>(i);
            now.width = table.columns.size();
        }
    }
    std::vector<bool> seen(now.width);
    for (std::uint16_t i = 0; i < count; ++i) {
        relation::source_column column{std::nullopt, (in.number<std::uint8_t>() & 1U) != 0};
        const std::string_view column_name = in.string();
        in.number<std::uint32_t>(); // type
        in.number<std::uint32_t>(); // type modifier
        for (std::size_t c = 0; c < now.width; ++c) {
            if (adapter_.tables[*now.table].columns[c].name == column_name) {
                if (seen[c]) {
                    refuse(fmt::format("the column {} of {} twice", column_name, now.name));
                }
                seen[c] = true;
                column.to = c;
            }
        }
        now.columns.push_back(column);
    }
    for (std::size_t c = 0; c < now.width; ++c) {
        const adapter::table& table = adapter_.tables[*now.table];
        if (!seen[c] && table.may_lack(c)) {
            now.lacking.push_back(c);
        } else if (!seen[c]) {
            throw error(exit_code::source, cause::needs_person,
                        fmt::format("the source does not send the column {} of {}, which the adapter {} needs: it was "
                                    "dropped or renamed, or the publication does not list it",
                                    table.columns[c].name, now.name, adapter_.name),
                        "everarchive source check shows what differs and the ALTER PUBLICATION that mends it");
        }
    }
    relations_[oid] = std::move(now);
}

const pgoutput_decoder::relation& pgoutput_decoder::relation_of(std::uint32_t oid) const {
    const auto found = relations_.find(oid);
    if (found == relations_.end()) {
        refuse(fmt::format("a change of relation {}, which was not described before", oid));
    }
    return found->second;
}

std::span<cell> pgoutput_decoder::read_tuple(reader& in, const relation& of, char kind, batch& into) const {
    const auto count = in.number<std::uint16_t>();
    if (count != of.columns.size()) {
        refuse(fmt::format("a row of {} with {} columns instead of {}", of.name, count, of.columns.size()));
    }
    const std::span<cell> row = into.cells(of.width);
    if (kind != 'K') {
        for (const std::size_t column : of.lacking) {
            row[column] = cell::null();
        }
    }
    for (const relation::source_column& column : of.columns) {
        cell value;
        switch (const char state = in.byte()) {
        case 'n':
            value = kind == 'K' && !column.identity ? cell::absent() : cell::null();
            break;
        case 'u':
            break; // absent: the mirrored value stays
        case 't': {
            const std::string_view text = in.take(in.number<std::uint32_t>());
            if (column.to) {
                value = cell::of(into.keep(text));
            }
            break;
        }
        default:
            refuse(fmt::format("a value of the unknown form {:#04x} in a row of {}", static_cast<unsigned char>(state),
                               of.name));
        }
        if (column.to) {
            row[*column.to] = value;
        }
    }
    return row;
}

void pgoutput_decoder::demand_key(const relation& of, std::span<const cell> row) const {
    const adapter::table& table = adapter_.tables[*of.table];
    for (const std::size_t part : table.key) {
        if (row[part].is != cell::state::value) {
            throw error(exit_code::source, cause::needs_person,
                        fmt::format("a change of {} comes without its key column {}: the replica identity of the table "
                                    "does not hold it",
                                    of.name, table.columns[part].name),
                        fmt::format("ALTER TABLE {} REPLICA IDENTITY DEFAULT; with the primary key that the adapter {} "
                                    "names",
                                    of.name, adapter_.name));
        }
    }
}

void pgoutput_decoder::read_row_message(char kind, reader& in, batch& into, bool skip) {
    if (kind == 'T') {
        const auto count = in.number<std::uint32_t>();
        in.number<std::uint8_t>(); // CASCADE lists its tables by itself; sequences are not mirrored
        for (std::uint32_t i = 0; i < count; ++i) {
            const relation& of = relation_of(in.number<std::uint32_t>());
            if (of.table && !skip) {
                change gone;
                gone.table = *of.table;
                gone.what = operation::truncate;
                into.changes.push_back(gone);
            }
        }
        return;
    }

    const relation& of = relation_of(in.number<std::uint32_t>());
    if (!of.table || skip) {
        in.skip_rest();
        return;
    }
    change now;
    now.table = *of.table;
    char part = in.byte();
    if (kind == 'D') {
        if (part != 'K' && part != 'O') {
            refuse(fmt::format("a delete of {} without its old row", of.name));
        }
        now.what = operation::remove;
        now.row = read_tuple(in, of, part, into);
        demand_key(of, now.row);
        into.changes.push_back(now);
        return;
    }
    if (kind == 'U' && (part == 'K' || part == 'O')) {
        now.old = read_tuple(in, of, part, into);
        demand_key(of, now.old);
        part = in.byte();
    }
    if (part != 'N') {
        refuse(fmt::format("a change of {} without its new row", of.name));
    }
    now.what = kind == 'I' ? operation::insert : operation::update;
    const std::span<cell> row = read_tuple(in, of, part, into);
    for (const std::size_t key : adapter_.tables[*of.table].key) {
        // A key value so long that it is kept in the TOAST table is not sent again, but the old identity has it.
        if (row[key].is == cell::state::absent && !now.old.empty()) {
            row[key] = now.old[key];
        }
    }
    now.row = row;
    demand_key(of, now.row);
    if (kind == 'I') {
        // Only a row filter turns an update into an insert, and then an unchanged TOAST value is lost (cdc.md, fact 3).
        for (const relation::source_column& column : of.columns) {
            if (column.to && now.row[*column.to].is == cell::state::absent) {
                throw error(exit_code::source, cause::needs_person,
                            fmt::format("an inserted row of {} comes without its column {}: the publication has a row "
                                        "filter, which loses values",
                                        of.name, adapter_.tables[*of.table].columns[*column.to].name),
                            "everarchive source check prints the ALTER PUBLICATION without the filter");
            }
        }
    }
    into.changes.push_back(now);
}

} // namespace everarchive::capture::postgresql
