#include "capture/binlog_decoder.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/log.hpp"
#include "capture/binlog_bytes.hpp"

namespace everarchive::capture {

const std::string binlog_decoder::resync =
    "everarchive source resync NAME takes the tables anew and goes on from there";

binlog_decoder::binlog_decoder(const adapter::adapter& adapter, binlog_schema schema, binlog_position start,
                               event_checksum checksum)
    : adapter_(adapter), schema_(std::move(schema)), position_(std::move(start)), checksum_(checksum),
      file_(position_.place.file), offset_(position_.place.offset), overlapping_(position_.overlaps()),
      layout_used_(adapter.tables.size()) {
    if (!overlapping_) {
        position_.end_overlap();
    }
}

std::string binlog_decoder::group_text() const {
    return of_mysql_ ? mysql_group_ ? mysql_group_->text() : "without a GTID" : group_.id.text();
}

std::string binlog_decoder::where() const {
    return in_group_ ? fmt::format("{}:{}, transaction {}", file_, offset_, group_text())
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

std::optional<std::uint32_t> binlog_decoder::captured(const query_event& query, const table_name& name) const {
    return captured(name.database.empty() ? query.database : std::string_view(name.database), name.table);
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

template <typename Read>
binlog_decoder::outcome binlog_decoder::guarded(std::string_view bytes, Read read) {
    try {
        return read();
    } catch (const not_capturable& reason) {
        fail(reason.what(), reason.hint());
    } catch (const malformed& reason) {
        fail(fmt::format("an event of type {} {}", bytes.size() > 4 ? static_cast<unsigned char>(bytes[4]) : 0,
                         reason.what()),
             fmt::format("{} --verify-binlog-checksum shows whether the file is damaged; {}",
                         of_mysql_ ? "mysqlbinlog" : "mariadb-binlog", resync));
    }
}

binlog_decoder::outcome binlog_decoder::read(std::string_view bytes, batch& into) {
    return guarded(bytes, [&] {
        // The format description is the one event that says itself whether it has a checksum.
        if (bytes.size() > 4 && static_cast<event_type>(bytes[4]) == event_type::format_description) {
            checksum_ = parse_format_description(bytes).checksum;
            tables_.clear();
            passed_over_.clear();
            drop_torn_group(into);
            return outcome::goes_on;
        }
        const binlog_event event = parse_event(bytes, checksum_);
        return pass(event, dispatch(event, into), into);
    });
}

binlog_decoder::outcome binlog_decoder::read_more(batch& into) {
    return guarded("\0\0\0\0\x28", [&] {
        const std::string_view bytes = payload_->next();
        if (bytes.empty()) {
            payload_.reset();
            if (in_group_) {
                throw malformed("ends before its transaction");
            }
            return outcome::goes_on;
        }
        const binlog_event event = parse_event(bytes, event_checksum::none);
        if (event.type == event_type::transaction_payload || event.type == event_type::format_description) {
            throw malformed(
                fmt::format("has an event of type {} in its compressed part", static_cast<int>(event.type)));
        }
        return finish(dispatch(event, into), into);
    });
}

/// Moves on to the end of the event.
binlog_decoder::outcome binlog_decoder::pass(const binlog_event& event, outcome result, batch& into) {
    if (event.end != 0 && event.type != event_type::rotate && event.type != event_type::heartbeat) {
        // Offsets in event headers have 32 bits; a file may be larger.
        const std::uint64_t high = offset_ & ~std::uint64_t{0xffffffff};
        offset_ = high + event.end < offset_ ? high + (std::uint64_t{1} << 32U) + event.end : high + event.end;
    }
    return finish(result, into);
}

/// Takes the place of a transaction's end into the position. Until the end of the snapshot's overlap is reached, a
/// transaction that ended goes on in the next one.
binlog_decoder::outcome binlog_decoder::finish(outcome result, batch& into) {
    const bool between = !in_group_ && overlapping_ && position_.by == binlog_position::kind::file;
    if (result != outcome::transaction_ended && !between) {
        return result;
    }
    position_.place.file = file_;
    position_.place.offset = offset_;
    if (!overlapping_) {
        return outcome::transaction_ended;
    }
    if (position_.overlaps()) {
        return outcome::goes_on;
    }
    overlapping_ = false;
    position_.end_overlap();
    if (overlapped_ > 0) {
        into.transactions = 1;
        into.ends.push_back({into.changes.size()});
    }
    return outcome::transaction_ended;
}

binlog_decoder::outcome binlog_decoder::dispatch(const binlog_event& event, batch& into) {
    switch (event.type) {
    case event_type::gtid:
        return begin_group(event, into);
    case event_type::mysql_gtid:
    case event_type::anonymous_gtid:
    case event_type::tagged_gtid:
        return begin_mysql_group(event, into);
    case event_type::transaction_payload:
        if (!in_group_) {
            fail("a compressed transaction has no GTID event", resync);
        }
        payload_.emplace(event.body);
        return outcome::goes_on;
    case event_type::query:
    case event_type::query_compressed:
        return read_query(event, into);
    case event_type::xid:
        return end_group(event, into, false);
    case event_type::table_map:
        read_table_map(event, into);
        return outcome::goes_on;
    case event_type::xa_prepare:
        return read_xa_prepare(event, into);
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
    case event_type::heartbeat_v2:
    case event_type::rows_query:
    case event_type::ignorable_event:
    case event_type::previous_gtids:
    case event_type::transaction_context: // these two of group replication
    case event_type::view_change:
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
            "use a server that source check does not warn of, or a newer everarchive");
    }
    return outcome::goes_on;
}

void binlog_decoder::open_group(const binlog_event& event, const batch& into) {
    in_group_ = true;
    begun_ = false;
    handed_out_ = false;
    group_has_changes_ = false;
    group_start_ = into.changes.size();
    group_place_ = fmt::format("{}:{} {}", file_, event.end, group_text());
    dropping_ = torn_.contains(group_place_);
    savepoints_.clear();
    passed_over_.clear();
}

binlog_decoder::outcome binlog_decoder::begin_group(const binlog_event& event, const batch& into) {
    if (in_group_) {
        fail("a transaction begins before the one at hand has ended", resync);
    }
    of_mysql_ = false;
    group_ = parse_gtid(event);
    open_group(event, into);
    return outcome::goes_on;
}

binlog_decoder::outcome binlog_decoder::begin_mysql_group(const binlog_event& event, const batch& into) {
    if (in_group_) {
        fail("a transaction begins before the one at hand has ended", resync);
    }
    of_mysql_ = true;
    mysql_group_.reset();
    if (event.type != event_type::anonymous_gtid) {
        mysql_group_ = parse_mysql_gtid(event);
    } else if (position_.by == binlog_position::kind::mysql) {
        fail("a transaction has no GTID: gtid_mode is not ON any more",
             "SET GLOBAL gtid_mode = ON_PERMISSIVE; SET GLOBAL gtid_mode = ON; also in my.cnf; then, or to go on "
             "without GTIDs: everarchive source resync NAME");
    }
    open_group(event, into);
    return outcome::goes_on;
}

binlog_decoder::outcome binlog_decoder::read_xa_prepare(const binlog_event& event, batch& into) {
    if (group_has_changes_ && !is_one_phase(event)) {
        fail("an XA transaction changed captured tables; whether it was committed is said only later in the log",
             "let the library system use plain transactions; " + resync);
    }
    return end_group(event, into, false);
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
        fail("a transaction ends that has no GTID event",
             "MariaDB since 10.0 and MySQL since 5.7 write one for each; " + resync);
    }
    if (rolled_back) {
        cut_back(into, group_start_);
    }
    if (dropping_) {
        fail("a transaction that the server had not ended before has an end now", resync);
    }
    const bool changed = into.changes.size() > group_start_ || (handed_out_ && group_has_changes_);
    if (overlapping_) {
        overlapped_ += changed ? 1U : 0U; // it ends where the overlap does
    } else if (changed) {
        ++into.transactions;
        into.ends.push_back({into.changes.size(), 0, std::int64_t{event.time} * 1'000'000});
    }
    if (position_.by == binlog_position::kind::mariadb) {
        if (of_mysql_) {
            fail("the position is of a MariaDB server, and the stream of a MySQL server", resync);
        }
        position_.gtids.advance(group_.id);
    } else if (position_.by == binlog_position::kind::mysql) {
        if (!mysql_group_) {
            fail("the position is of a MySQL server, and the stream of a MariaDB server", resync);
        }
        position_.executed.add(*mysql_group_);
    }
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

/// Tells once that a table cannot be followed.
void binlog_decoder::report(std::uint32_t table, const std::string& what, const std::string& mend, batch& into) {
    std::string& last = reported_[table];
    if (last == what) {
        return;
    }
    last = what;
    into.troubles.push_back({table, fmt::format("binary log at {}: {}", where(), what), mend});
    log::write(log::severity::warning, "capture", what, {{"position", where()}, {"hint", mend}});
}

/// Whether what information_schema said was read when the transaction at hand was in the past already.
bool binlog_decoder::was_read_later() const {
    const binlog_position& read = schema_.read_at;
    switch (read.by) {
    case binlog_position::kind::mysql:
        return mysql_group_ && read.executed.contains(*mysql_group_);
    case binlog_position::kind::file:
        return read.place.file.empty() || reaches(read.place, {file_, offset_, 0});
    case binlog_position::kind::mariadb:
        break;
    }
    for (const gtid& last : read.gtids.domains()) {
        if (last.domain == group_.id.domain) {
            return last.sequence >= group_.id.sequence;
        }
    }
    return false;
}

/// The schema of a captured table changes here. What was taken from information_schema (names and defaults that the
/// binary log does not have) is read anew; if it had been read after this point, it may have been wrong before it.
void binlog_decoder::note_alter(std::uint32_t table, batch& into) {
    log::write(log::severity::notice, "capture", "the schema of a captured table changes",
               {{"position", where()}, {"table", adapter_.tables[table].source_name()}});
    if (layout_used_[table] && was_read_later()) {
        report(table,
               fmt::format("{} was altered, and the binary log does not say all that rows before that need",
                           adapter_.tables[table].source_name()),
               fmt::format("everarchive source resync NAME --table {}", adapter_.tables[table].source_name()), into);
    }
    schema_stale_ = true;
}

/// Reads the schema anew after an ALTER: not within the rows of a statement, but before the first of a captured table.
void binlog_decoder::read_schema() {
    if (read_schema_) {
        schema_ = read_schema_();
        layout_used_.assign(adapter_.tables.size(), false);
        tables_.clear(); // each of them has a table map before its next rows
    }
    schema_stale_ = false;
}

void binlog_decoder::read_table_map(const binlog_event& event, batch& into) {
    const table_map_name name = parse_table_map_name(event.body);
    const auto table = captured(name.database, name.table);
    if (!table) {
        passed_over_.insert(name.id);
        tables_.erase(name.id);
        return;
    }
    if (schema_stale_) {
        read_schema();
    }
    if (const auto known = tables_.find(name.id); known != tables_.end() && known->second.raw == event.body) {
        return; // the usual case: each transaction repeats the table maps it needs
    }
    // A table that was altered or flushed has another number.
    std::erase_if(tables_, [&](const auto& each) { return each.second.table == table; });
    bound_table& bound = tables_[name.id];
    bound = {};
    try {
        bound = bind_table(parse_table_map(event.body, of_mysql_), adapter_, *table, schema_);
    } catch (const not_followable& reason) {
        report(*table, reason.what(), reason.hint(), into);
    }
    bound.raw = event.body;
}

void binlog_decoder::read_rows(const binlog_event& event, batch& into) {
    if (!in_group_) {
        fail("rows come outside a transaction", resync);
    }
    // The server ends a statement of which no rows are left with an event of this number (dummy table id).
    constexpr std::uint64_t no_table = 0xffffff;
    const rows_head head = parse_rows_head(event);
    if (const auto found = tables_.find(head.table_id); found != tables_.end()) {
        if (found->second.table && !dropping_) {
            append_rows(event, found->second, into);
        }
    } else if (head.table_id != no_table && !passed_over_.contains(head.table_id)) {
        fail("rows come before the table map that explains them", resync);
    }
    // Table maps are good for one statement (Table_map_log_event, sql/log_event.h), and the next one repeats them.
    if (head.ends_statement) {
        passed_over_.clear();
    }
}

void binlog_decoder::append_rows(const binlog_event& event, const bound_table& bound, batch& into) {
    const rows_event rows = parse_rows(event, unpacked_);
    const std::size_t before = into.changes.size();
    try {
        const bool defaults = append_changes(rows, bound, adapter_.tables[*bound.table], room_, into);
        if (defaults || bound.by_layout) {
            layout_used_[*bound.table] = true;
        }
    } catch (const not_followable& reason) {
        into.changes.resize(before);
        report(*bound.table, reason.what(), reason.hint(), into);
    }
    group_has_changes_ = group_has_changes_ || into.changes.size() > before;
}

} // namespace everarchive::capture
