#include "capture/pgoutput.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "capture/postgresql_type.hpp"

namespace everarchive::capture::postgresql {

pgoutput_decoder::pgoutput_decoder(const adapter::adapter& adapter, std::string source)
    : adapter_(adapter), source_(std::move(source)) {}

message pgoutput_decoder::read(std::string_view bytes, batch& into, bool skip) {
    message_bytes in(bytes);
    const char kind = in.byte();
    const message what = read_kind(kind, in, into, skip);
    in.demand_end(kind);
    return what;
}

message pgoutput_decoder::read_kind(char kind, message_bytes& in, batch& into, bool skip) {
    switch (kind) {
    case 'B':
        read_begin(in);
        return message::begin;
    case 'C':
        read_commit(in);
        return message::commit;
    case 'S':
        read_block_begin(in);
        return message::block_begin;
    case 'E':
        if (!in_block_) {
            refuse_message("the end of a block that did not begin");
        }
        in_block_ = false;
        return message::block_end;
    case 'c':
        read_block_commit(in);
        return message::block_commit;
    case 'A':
        read_block_abort(in);
        return message::block_abort;
    case 'O':
        in.number<std::uint64_t>();
        in.string();
        return message::other;
    case 'R':
    case 'Y':
    case 'M':
    case 'I':
    case 'U':
    case 'D':
    case 'T':
        break;
    default:
        refuse_message(fmt::format("a message of the unknown kind {:#04x}", static_cast<unsigned char>(kind)));
    }
    if (in_block_) {
        mark_.part = in.number<std::uint32_t>();
    }
    switch (kind) {
    case 'R':
        read_relation(in, into);
        return message::change;
    case 'Y':
        read_type(in);
        return message::other;
    case 'M': // pg_logical_emit_message(): no row of any table
        in.number<std::uint8_t>();
        in.number<std::uint64_t>();
        in.string();
        in.take(in.number<std::uint32_t>());
        return message::other;
    default:
        break;
    }
    if (!in_transaction_ && !in_block_) {
        refuse_message("a change outside a transaction");
    }
    if (kind == 'T') {
        read_truncate(in, into, skip);
    } else {
        read_row_message(kind, in, into, skip);
    }
    return message::change;
}

void pgoutput_decoder::read_begin(message_bytes& in) {
    if (in_transaction_ || in_block_) {
        refuse_message("a transaction that begins inside another");
    }
    mark_ = {};
    mark_.commit_start = in.number<std::uint64_t>();
    mark_.commit_time_us = in.time();
    mark_.xid = in.number<std::uint32_t>();
    in_transaction_ = true;
}

void pgoutput_decoder::read_commit(message_bytes& in) {
    if (!in_transaction_) {
        refuse_message("a commit without a begin");
    }
    const std::uint8_t flags = in.number<std::uint8_t>();
    const lsn start = in.number<std::uint64_t>();
    mark_.commit_end = in.number<std::uint64_t>();
    mark_.commit_time_us = in.time();
    if (flags != 0 || start != mark_.commit_start || mark_.commit_end <= start) {
        refuse_message(fmt::format("a commit at {} that does not fit its begin at {}", format_lsn(start),
                                   format_lsn(mark_.commit_start)));
    }
    in_transaction_ = false;
}

void pgoutput_decoder::read_block_begin(message_bytes& in) {
    if (in_transaction_ || in_block_) {
        refuse_message("a block that begins inside another or inside a transaction");
    }
    mark_ = {};
    mark_.xid = in.number<std::uint32_t>();
    const bool first = in.number<std::uint8_t>() == 1;
    if (first == block_relations_.contains(mark_.xid)) {
        refuse_message(fmt::format("a {} block of the transaction {}", first ? "second first" : "later", mark_.xid));
    }
    block_relations_.try_emplace(mark_.xid);
    in_block_ = true;
}

void pgoutput_decoder::read_block_commit(message_bytes& in) {
    if (in_transaction_ || in_block_) {
        refuse_message("a commit of blocks inside another transaction");
    }
    mark_ = {};
    mark_.xid = in.number<std::uint32_t>();
    const std::uint8_t flags = in.number<std::uint8_t>();
    mark_.commit_start = in.number<std::uint64_t>();
    mark_.commit_end = in.number<std::uint64_t>();
    mark_.commit_time_us = in.time();
    const auto found = block_relations_.find(mark_.xid);
    if (flags != 0 || mark_.commit_end <= mark_.commit_start || found == block_relations_.end()) {
        refuse_message(
            fmt::format("a commit at {} of blocks of the transaction {}", format_lsn(mark_.commit_start), mark_.xid));
    }
    // From now on what they say holds for all, unless something newer was said meanwhile.
    for (auto& [oid, now] : found->second) {
        relation& known = relations_[oid];
        if (known.arrival < now.arrival) {
            known = std::move(now);
        }
    }
    block_relations_.erase(found);
}

void pgoutput_decoder::read_block_abort(message_bytes& in) {
    if (in_transaction_ || in_block_) {
        refuse_message("an abort of blocks inside another transaction");
    }
    mark_ = {};
    mark_.xid = in.number<std::uint32_t>();
    mark_.part = in.number<std::uint32_t>();
    const auto found = block_relations_.find(mark_.xid);
    if (found == block_relations_.end()) {
        return; // nothing of it was sent
    }
    if (mark_.part == mark_.xid) {
        block_relations_.erase(found);
    } else {
        found->second.clear(); // they may be of the part that was rolled back; all are sent again
    }
}

void pgoutput_decoder::read_type(message_bytes& in) {
    const auto oid = in.number<std::uint32_t>();
    const std::string_view schema = in.string();
    const std::string_view name = in.string(); // of a domain: what it is made of
    if (schema.empty() || schema == "pg_catalog") {
        types_[oid] = builtin_type(name);
    } else {
        types_[oid] = name;
    }
}

/// Where relation messages of now belong.
pgoutput_decoder::relation_map& pgoutput_decoder::relations() {
    return in_block_ ? block_relations_[mark_.xid] : relations_;
}

void pgoutput_decoder::read_relation(message_bytes& in, batch& into) {
    const auto oid = in.number<std::uint32_t>();
    std::string_view schema = in.string();
    if (schema.empty()) {
        schema = "pg_catalog"; // proto.c, logicalrep_write_namespace
    }
    const std::string_view table_name = in.string();

    relation now;
    now.arrival = ++arrivals_;
    now.replica_identity = in.byte();
    now.name = fmt::format("{}.{}", schema, table_name);
    for (std::size_t i = 0; i < adapter_.tables.size(); ++i) {
        const adapter::table& table = adapter_.tables[i];
        if (table.name == table_name && (table.schema.empty() ? "public" : table.schema) == schema) {
            now.table = static_cast<std::uint32_t>(i);
            now.width = table.columns.size();
        }
    }
    std::string problem;
    std::vector<bool> seen(now.width);
    const auto count = in.number<std::uint16_t>();
    for (std::uint16_t i = 0; i < count; ++i) {
        read_column(in, now, seen, problem);
    }
    if (now.table) {
        const adapter::table& table = adapter_.tables[*now.table];
        for (std::size_t c = 0; c < now.width; ++c) {
            if (!seen[c] && table.may_lack(c)) {
                now.lacking.push_back(c);
            } else if (!seen[c]) {
                problem = fmt::format("the source does not send the column {} of {}, which the adapter {} needs: it "
                                      "was dropped or renamed, or the publication does not list it",
                                      table.columns[c].name, now.name, adapter_.name);
            }
        }
        bool more = false; // the identity has columns that are not in the key
        for (const std::string& column : now.identity) {
            more = more || std::none_of(table.key.begin(), table.key.end(),
                                        [&](std::size_t part) { return table.columns[part].name == column; });
        }
        for (const std::size_t part : table.key) {
            if (problem.empty() && !now.identity.contains(table.columns[part].name)) {
                problem = fmt::format("the replica identity of {} does not hold {}, the adapter's key: the primary key "
                                      "or REPLICA IDENTITY was changed",
                                      now.name, table.columns[part].name);
            }
        }
        // Rows that differ only in a column that was added to the key would be one row here.
        const auto before = relations().find(oid);
        if (problem.empty() && more && now.replica_identity == 'd' && before != relations().end() &&
            before->second.replica_identity == 'd' && before->second.identity != now.identity) {
            problem = fmt::format("the primary key of {} was changed: it has columns that the adapter's key does not",
                                  now.name);
        }
    }
    for (std::size_t c = 0; c < now.width && problem.empty(); ++c) {
        if (seen[c]) {
            note_column_that_came(oid, now, c, into);
        }
    }
    now.problem = std::move(problem);
    relations()[oid] = std::move(now);
}

/// Rows that were there before an optional column got its values by a DEFAULT or, before the publication listed it, by
/// updates without it.
void pgoutput_decoder::note_column_that_came(std::uint32_t oid, const relation& now, std::size_t column,
                                             batch& into) const {
    const relation* before = nullptr;
    if (const auto block = block_relations_.find(mark_.xid); in_block_ && block != block_relations_.end()) {
        const auto found = block->second.find(oid);
        before = found == block->second.end() ? nullptr : &found->second;
    }
    if (const auto found = relations_.find(oid); before == nullptr && found != relations_.end()) {
        before = &found->second;
    }
    if (before == nullptr || before->table != now.table ||
        std::find(before->lacking.begin(), before->lacking.end(), column) == before->lacking.end()) {
        return;
    }
    const adapter::table& table = adapter_.tables[*now.table];
    into.troubles.push_back({*now.table,
                             fmt::format("{} has got the column {}: what it holds in rows that were there before is in "
                                         "no message",
                                         now.name, table.columns[column].name),
                             fmt::format("everarchive source resync {} --table {}", source_, table.source_name())});
}

void pgoutput_decoder::read_column(message_bytes& in, relation& of, std::vector<bool>& seen, std::string& problem) {
    relation::source_column column{std::nullopt, (in.number<std::uint8_t>() & 1U) != 0};
    const std::string_view name = in.string();
    const auto type = in.number<std::uint32_t>();
    in.number<std::uint32_t>(); // type modifier
    if (column.identity) {
        of.identity.emplace(name);
    }
    for (std::size_t c = 0; c < of.width; ++c) {
        const adapter::column& wanted = adapter_.tables[*of.table].columns[c];
        if (wanted.name != name) {
            continue;
        }
        if (seen[c]) {
            refuse_message(fmt::format("the column {} of {} twice", name, of.name));
        }
        seen[c] = true;
        column.to = c;
        std::string_view from = builtin_type(type);
        if (const auto named = types_.find(type); from.empty() && named != types_.end()) {
            from = named->second;
        }
        if (!from.empty() && !fits(from, without_length(wanted.type))) {
            problem = fmt::format("the column {} of {} is {} now, which does not fit the adapter's {}", name, of.name,
                                  from, wanted.type);
        }
    }
    of.columns.push_back(column);
}

/// Says once that the table's changes are left out from here on.
void pgoutput_decoder::leave_out(relation& of, batch& into) const {
    if (!of.told) {
        of.told = true;
        into.troubles.push_back({*of.table, of.problem,
                                 fmt::format("everarchive source check shows what differs and the statement that mends "
                                             "it; then everarchive source resync {} --table {}",
                                             source_, adapter_.tables[*of.table].source_name())});
    }
}

pgoutput_decoder::relation& pgoutput_decoder::relation_of(std::uint32_t oid) {
    const auto found = relations().find(oid);
    if (found == relations().end()) {
        refuse_message(fmt::format("a change of relation {}, which was not described before", oid));
    }
    return found->second;
}

std::span<cell> pgoutput_decoder::read_tuple(message_bytes& in, const relation& of, char kind, batch& into) const {
    const auto count = in.number<std::uint16_t>();
    if (count != of.columns.size()) {
        refuse_message(fmt::format("a row of {} with {} columns instead of {}", of.name, count, of.columns.size()));
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
            refuse_message(fmt::format("a value of the unknown form {:#04x} in a row of {}",
                                       static_cast<unsigned char>(state), of.name));
        }
        if (column.to) {
            row[*column.to] = value;
        }
    }
    return row;
}

/// Empty if every part of the key is there; else what is wrong.
std::string pgoutput_decoder::missing_key(const relation& of, std::span<const cell> row) const {
    const adapter::table& table = adapter_.tables[*of.table];
    for (const std::size_t part : table.key) {
        if (row[part].is != cell::state::value) {
            return fmt::format("a change of {} comes without its key column {}: the replica identity of the table does "
                               "not hold it",
                               of.name, table.columns[part].name);
        }
    }
    return {};
}

void pgoutput_decoder::read_truncate(message_bytes& in, batch& into, bool skip) {
    const auto count = in.number<std::uint32_t>();
    in.number<std::uint8_t>(); // CASCADE lists its tables by itself; sequences are not mirrored
    for (std::uint32_t i = 0; i < count; ++i) {
        relation& of = relation_of(in.number<std::uint32_t>());
        if (!of.table || skip) {
            continue;
        }
        if (!of.problem.empty()) {
            leave_out(of, into);
        } else {
            change gone;
            gone.table = *of.table;
            gone.what = operation::truncate;
            into.changes.push_back(gone);
        }
    }
}

void pgoutput_decoder::read_row_message(char kind, message_bytes& in, batch& into, bool skip) {
    relation& of = relation_of(in.number<std::uint32_t>());
    if (!of.table || skip) {
        in.skip_rest();
        return;
    }
    if (!of.problem.empty()) {
        leave_out(of, into);
        in.skip_rest();
        return;
    }
    change now;
    now.table = *of.table;
    char part = in.byte();
    std::string problem;
    if (kind == 'D') {
        if (part != 'K' && part != 'O') {
            refuse_message(fmt::format("a delete of {} without its old row", of.name));
        }
        now.what = operation::remove;
        now.row = read_tuple(in, of, part, into);
        problem = missing_key(of, now.row);
    } else {
        if (kind == 'U' && (part == 'K' || part == 'O')) {
            now.old = read_tuple(in, of, part, into);
            problem = missing_key(of, now.old);
            part = in.byte();
        }
        if (part != 'N') {
            refuse_message(fmt::format("a change of {} without its new row", of.name));
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
        if (problem.empty()) {
            problem = missing_key(of, now.row);
        }
    }
    if (kind == 'I' && problem.empty()) {
        // Only a row filter turns an update into an insert, and then an unchanged TOAST value is lost (cdc.md, fact 3).
        for (const relation::source_column& column : of.columns) {
            if (column.to && now.row[*column.to].is == cell::state::absent) {
                problem = fmt::format("an inserted row of {} comes without its column {}: the publication has a row "
                                      "filter, which loses values",
                                      of.name, adapter_.tables[*of.table].columns[*column.to].name);
            }
        }
    }
    if (problem.empty()) {
        into.changes.push_back(now);
    } else {
        of.problem = std::move(problem);
        leave_out(of, into);
    }
}

} // namespace everarchive::capture::postgresql
