#include "capture/binlog_decoder.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "capture/binlog_bytes.hpp"
#include "capture/binlog_statement.hpp"

namespace everarchive::capture {

namespace {

const std::string resync = "everarchive source resync NAME takes the tables anew and goes on from there";

std::string shortened(std::string_view text) {
    constexpr std::size_t most = 120;
    return text.size() <= most ? std::string(text) : std::string(text.substr(0, most)) + "...";
}

} // namespace

binlog_decoder::binlog_decoder(const adapter::adapter& adapter, binlog_schema schema, binlog_position start,
                               event_checksum checksum)
    : adapter_(adapter), schema_(std::move(schema)), position_(std::move(start)), checksum_(checksum),
      file_(position_.file), offset_(position_.offset) {}

std::string binlog_decoder::where() const {
    return in_group_ ? fmt::format("{}:{}, transaction {}", file_, offset_, group_.id.text())
                     : fmt::format("{}:{}", file_, offset_);
}

void binlog_decoder::fail(const std::string& what, std::string hint) const {
    throw error(exit_code::source, cause::needs_person, fmt::format("binary log at {}: {}", where(), what),
                std::move(hint));
}

std::optional<std::uint32_t> binlog_decoder::captured(std::string_view database, std::string_view table) const {
    for (std::uint32_t at = 0; at < adapter_.tables.size(); ++at) {
        const adapter::table& each = adapter_.tables[at];
        if (each.name == table && (each.schema.empty() ? schema_.database : each.schema) == database) {
            return at;
        }
    }
    return std::nullopt;
}

bool binlog_decoder::captured_database(std::string_view database) const {
    if (database == schema_.database) {
        return true;
    }
    for (const adapter::table& each : adapter_.tables) {
        if (each.schema == database && !each.schema.empty()) {
            return true;
        }
    }
    return false;
}

binlog_decoder::outcome binlog_decoder::read(std::string_view bytes, batch& into) {
    try {
        // The format description is the one event that says itself whether it has a checksum.
        if (bytes.size() > 4 && static_cast<event_type>(bytes[4]) == event_type::format_description) {
            checksum_ = parse_format_description(bytes).checksum;
            tables_.clear();
            drop_torn_group(into);
            return outcome::goes_on;
        }
        const binlog_event event = parse_event(bytes, checksum_);
        const outcome result = dispatch(event, into);
        if (event.end != 0 && event.type != event_type::rotate && event.type != event_type::heartbeat) {
            // Offsets in event headers have 32 bits; a file may be larger.
            const std::uint64_t high = offset_ & ~std::uint64_t{0xffffffff};
            offset_ = high + event.end < offset_ ? high + (std::uint64_t{1} << 32U) + event.end : high + event.end;
            if (result == outcome::transaction_ended) {
                position_.file = file_;
                position_.offset = offset_;
            }
        }
        return result;
    } catch (const not_capturable& reason) {
        fail(reason.what(), reason.hint());
    } catch (const malformed& reason) {
        fail(fmt::format("an event of type {} {}", bytes.size() > 4 ? static_cast<unsigned char>(bytes[4]) : 0,
                         reason.what()),
             "mariadb-binlog --verify-binlog-checksum shows whether the file is damaged; " + resync);
    }
}

binlog_decoder::outcome binlog_decoder::dispatch(const binlog_event& event, batch& into) {
    switch (event.type) {
    case event_type::gtid:
        return begin_group(event, into);
    case event_type::query:
    case event_type::query_compressed:
        return read_query(event, into);
    case event_type::xid:
        return end_group(event, into, false);
    case event_type::table_map:
        read_table_map(event);
        return outcome::goes_on;
    case event_type::xa_prepare:
        if (group_has_changes_) {
            fail("an XA transaction changed captured tables; whether it was committed is said only later in the log",
                 "let the library system use plain transactions; " + resync);
        }
        return end_group(event, into, false);
    case event_type::rotate: {
        const rotate_event next = parse_rotate(event);
        file_ = next.file;
        offset_ = next.offset;
        return outcome::goes_on;
    }
    case event_type::incident:
        fail("the server reports an incident: changes may be missing from its binary log", resync);
    case event_type::execute_load_query:
    case event_type::begin_load_query:
    case event_type::load:
    case event_type::new_load:
    case event_type::create_file:
    case event_type::append_block:
    case event_type::exec_load:
    case event_type::delete_file:
        fail("LOAD DATA was logged as a statement, not as rows",
             "SET GLOBAL binlog_format = 'ROW'; also in my.cnf under [mysqld]: binlog_format = ROW; " + resync);
    case event_type::stop:
    case event_type::heartbeat:
    case event_type::annotate_rows:
    case event_type::binlog_checkpoint:
    case event_type::gtid_list:
    case event_type::start_encryption: // of the file: the server sends the events after it decrypted (measured)
    case event_type::intvar:           // these three only go before a statement, and that one is looked at
    case event_type::rand:
    case event_type::user_var:
    case event_type::format_description:
        return outcome::goes_on;
    default:
        break;
    }
    if (is_rows(event.type)) {
        read_rows(event, into);
        return outcome::goes_on;
    }
    if ((event.flags & binlog_event::ignorable) == 0) {
        fail(
            fmt::format("events of type {} are not known to this version of everarchive", static_cast<int>(event.type)),
            "use a server up to MariaDB 11, or a newer everarchive");
    }
    return outcome::goes_on;
}

binlog_decoder::outcome binlog_decoder::begin_group(const binlog_event& event, const batch& into) {
    if (in_group_) {
        fail("a transaction begins before the one at hand has ended", resync);
    }
    group_ = parse_gtid(event);
    in_group_ = true;
    handed_out_ = false;
    group_has_changes_ = false;
    group_start_ = into.changes.size();
    group_place_ = fmt::format("{}:{} {}", file_, event.end, group_.id.text());
    dropping_ = torn_.contains(group_place_);
    savepoints_.clear();
    return outcome::goes_on;
}

// Transactions never reach from one file to the next. So a file that begins within one says that the server died while
// it wrote the last one: it was never committed, and a replica rolls it back there as well.
void binlog_decoder::drop_torn_group(batch& into) {
    if (!in_group_) {
        return;
    }
    if (handed_out_ && !dropping_) {
        throw torn_transaction(
            fmt::format("binary log at {}: the server died while it wrote this transaction, which is rolled back",
                        where()),
            group_place_);
    }
    if (!dropping_) {
        into.changes.resize(group_start_);
    }
    in_group_ = false;
    dropping_ = false;
    log::write(log::severity::notice, "capture",
               "the server died while it wrote a transaction: what the binary log has of it is passed over",
               {{"position", group_place_}});
}

binlog_decoder::outcome binlog_decoder::end_group(const binlog_event& event, batch& into, bool rolled_back) {
    if (!in_group_) {
        fail("a transaction ends that has no GTID", "MariaDB 10.5 to 11 write one for each; " + resync);
    }
    if (rolled_back) {
        cut_back(into, group_start_);
    }
    if (dropping_) {
        fail("a transaction that the server had not ended before has an end now", resync);
    }
    const bool changed = into.changes.size() > group_start_ || (handed_out_ && group_has_changes_);
    if (changed) {
        ++into.transactions;
        into.ends.push_back({into.changes.size(), 0, std::int64_t{event.time} * 1'000'000});
    }
    position_.gtids.advance(group_.id);
    commit_time_ = event.time;
    in_group_ = false;
    return outcome::transaction_ended;
}

void binlog_decoder::handed_out() {
    handed_out_ = in_group_;
    group_start_ = 0;
    savepoints_.clear();
}

void binlog_decoder::cut_back(batch& into, std::size_t changes) const {
    if (handed_out_) {
        fail("a transaction too large for one batch was rolled back in part", resync);
    }
    into.changes.resize(changes);
}

void binlog_decoder::read_table_map(const binlog_event& event) {
    const table_map_name name = parse_table_map_name(event.body);
    bound_table& bound = tables_[name.id];
    if (!bound.raw.empty() && bound.raw == event.body) {
        return; // the usual case: each transaction repeats the table maps it needs
    }
    const auto table = captured(name.database, name.table);
    bound = table ? bind_table(parse_table_map(event.body), adapter_, *table, schema_) : bound_table{};
    bound.raw = event.body;
}

void binlog_decoder::read_rows(const binlog_event& event, batch& into) {
    if (!in_group_) {
        fail("rows come outside a transaction", resync);
    }
    const std::uint64_t id = rows_table_id(event);
    const auto found = tables_.find(id);
    if (found == tables_.end()) {
        // The server ends a statement of which no rows are left with such an event (dummy table id).
        if (id == 0xffffff) {
            return;
        }
        fail("rows come before the table map that explains them", resync);
    }
    if (!found->second.table || dropping_) {
        return;
    }
    const rows_event rows = parse_rows(event, unpacked_);
    const std::size_t before = into.changes.size();
    append_changes(rows, found->second, adapter_.tables[*found->second.table], room_, into);
    group_has_changes_ = group_has_changes_ || into.changes.size() > before;
}

void binlog_decoder::refuse_statement(const query_event& query, const std::string& what) const {
    fail(fmt::format("{}: {}", what, shortened(query.statement)), resync);
}

binlog_decoder::outcome binlog_decoder::read_query(const binlog_event& event, batch& into) {
    const query_event query = parse_query(event, unpacked_);
    if (!in_group_) {
        fail(fmt::format("a statement has no GTID: {}", shortened(query.statement)), resync);
    }
    const statement what = classify_statement(query.statement, (group_.flags & gtid_event::ddl) != 0);
    const auto ours = [&](const table_name& name) {
        return captured(name.database.empty() ? query.database : std::string_view(name.database), name.table);
    };
    using kind = statement::kind;
    switch (what.is) {
    case kind::begin:
        return outcome::goes_on;
    case kind::commit:
        return end_group(event, into, false);
    case kind::rollback:
        return end_group(event, into, true);
    case kind::savepoint:
        savepoints_.emplace_back(what.name, into.changes.size());
        return outcome::goes_on;
    case kind::rollback_to_savepoint:
        for (auto at = savepoints_.rbegin(); at != savepoints_.rend(); ++at) {
            if (at->first == what.name) {
                cut_back(into, at->second);
                return outcome::goes_on;
            }
        }
        fail(fmt::format("the savepoint {} is not known", what.name), resync);
    case kind::xa:
        if (group_has_changes_) {
            fail("an XA transaction changed captured tables", resync);
        }
        break;
    case kind::truncate:
        for (const table_name& name : what.tables) {
            if (const auto table = ours(name)) {
                change all;
                all.table = *table;
                all.what = operation::truncate;
                all.keeps_children = true; // TRUNCATE runs no foreign key's action
                into.changes.push_back(all);
                group_has_changes_ = true;
            }
        }
        break;
    case kind::drop_table:
    case kind::change_partition:
        for (const table_name& name : what.tables) {
            if (ours(name)) {
                refuse_statement(query, what.is == kind::drop_table
                                            ? "a captured table was dropped"
                                            : "a partition of a captured table changed its rows");
            }
        }
        break;
    case kind::drop_database:
        if (captured_database(what.name)) {
            refuse_statement(query, "a captured database was dropped");
        }
        break;
    case kind::rename:
        // Tools that change a schema online (gh-ost, pt-online-schema-change) fill another table and swap the names.
        for (const table_name& name : what.tables) {
            if (ours(name)) {
                refuse_statement(query, "a captured table was renamed, or another table took its name");
            }
        }
        break;
    case kind::alter_table:
        for (const table_name& name : what.tables) {
            if (ours(name)) {
                log::write(log::severity::notice, "capture", "the schema of a captured table changes",
                           {{"position", where()}, {"statement", shortened(query.statement)}});
                break;
            }
        }
        break;
    case kind::rows: {
        const bool elsewhere = what.tables.size() == 1 && !ours(what.tables[0]);
        bool concerns = captured_database(query.database) || names_identifier(query.statement, schema_.database);
        for (const adapter::table& each : adapter_.tables) {
            concerns = concerns || (!each.schema.empty() && names_identifier(query.statement, each.schema));
        }
        if (!elsewhere && concerns) {
            fail(fmt::format(
                     "a statement, not its rows, was logged: some session has binlog_format = STATEMENT or MIXED: {}",
                     shortened(query.statement)),
                 "SET GLOBAL binlog_format = 'ROW'; also in my.cnf under [mysqld]: binlog_format = ROW; find the "
                 "session "
                 "that sets its own; " +
                     resync);
        }
        break;
    }
    case kind::other:
        break;
    }
    return (group_.flags & gtid_event::standalone) != 0 ? end_group(event, into, false) : outcome::goes_on;
}

} // namespace everarchive::capture
