// The first copy: every row as it was at the beginning of a new slot. The slot's exported snapshot and its consistent
// point fit exactly (snapbuild.c, SnapBuildExportSnapshot): no change is lost and none comes twice.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <vector>

#include "base/log.hpp"
#include "capture/postgresql_catalog.hpp"
#include "capture/postgresql_copy_text.hpp"
#include "capture/postgresql_publication.hpp"
#include "capture/postgresql_readers.hpp"

namespace everarchive::capture::postgresql {

namespace {

/// For all but the rows themselves; a server that takes longer hangs, or waits for a lock of the library's.
constexpr std::chrono::seconds patience{600};

/// So much of a table is one job.
constexpr std::int64_t job_bytes = 64LL << 20U;

/// A table to copy, or a part of one.
struct copy_job {
    std::uint32_t table;
    std::string name; // of the table, for people
    std::string oid;  // of what is read: a table, or one of its partitions
    bool partitions;  // it stands for its partitions
    std::string sql;
    std::vector<std::size_t> columns; // indexes into adapter::table::columns, in the order of the SELECT
    std::size_t width;                // columns of the adapter's table
};

/// What to copy of a table, and where the rows lie.
struct copy_plan {
    std::uint32_t table;
    std::string name;
    std::string select; // up to FROM
    std::vector<std::size_t> columns;
    std::size_t width;
    std::string condition; // which rows belong to what the adapter names; empty: all
};

copy_plan plan_copy(pq::connection& on, const adapter::adapter& adapter, const source_table& from) {
    const adapter::table& table = adapter.tables[from.table];
    copy_plan plan{static_cast<std::uint32_t>(from.table), table.source_name(), "SELECT ", {}, table.columns.size(),
                   adapter.source_condition(table, "t")};
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const adapter::column& column = table.columns[i];
        if (from.find(column.name) == nullptr) {
            if (table.may_lack(i)) {
                continue; // another version of the library system: the cell stays absent, which COPY writes as NULL
            }
            throw error(
                exit_code::source, cause::needs_person,
                fmt::format("{} has no column {}, which the adapter {} needs", from.name, column.name, adapter.name),
                "everarchive source check shows which version of the library system the adapter fits");
        }
        plan.select += plan.columns.empty() ? "" : ", ";
        plan.select += on.identifier(column.name);
        plan.columns.push_back(i);
    }
    return plan;
}

/// What a job reads: a relation with rows of its own, or a partitioned table.
struct copy_relation {
    std::string oid;
    std::string sql; // its name after FROM
    bool partitions = false;
};

/// The jobs of one relation with rows of its own, by ranges of its pages where the server can scan them (14 and newer:
/// nodeTidrangescan.c). The last one is open: rows may lie on pages that came after the table was measured.
void add_jobs(std::vector<copy_job>& jobs, const copy_plan& plan, const copy_relation& relation, std::int64_t pages,
              std::int64_t pages_a_job) {
    const auto add = [&](const std::string& pages_of_it) {
        std::string where = plan.condition;
        where += where.empty() || pages_of_it.empty() ? "" : " AND ";
        where += pages_of_it;
        jobs.push_back({plan.table, plan.name, relation.oid, relation.partitions,
                        fmt::format("COPY ({} FROM {} t{}{}) TO STDOUT", plan.select, relation.sql,
                                    where.empty() ? "" : " WHERE ", where),
                        plan.columns, plan.width});
    };
    if (pages_a_job == 0 || pages <= pages_a_job) {
        add("");
        return;
    }
    std::int64_t begin = 0;
    for (; begin + pages_a_job < pages; begin += pages_a_job) {
        add(fmt::format("t.ctid >= '({},0)' AND t.ctid < '({},0)'", begin, begin + pages_a_job));
    }
    add(fmt::format("t.ctid >= '({},0)'", begin));
}

/// ONLY: a child table is a relation of its own in the stream as well. A partitioned table has no rows but its
/// partitions', which are copied one by one where we may read them; it is published as a whole.
std::vector<copy_job> make_jobs(pq::connection& on, const adapter::adapter& adapter, const source_table& from) {
    const copy_plan plan = plan_copy(on, adapter, from);
    std::vector<copy_job> jobs;
    const pq::result parts = on.run(
        "WITH RECURSIVE part AS (SELECT $1::oid AS oid UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN part ON "
        "i.inhparent = part.oid WHERE $2) SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), "
        "CASE WHEN c.relkind = 'r' THEN pg_relation_size(c.oid) / current_setting('block_size')::bigint ELSE 0 END, "
        "has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE'), "
        "has_column_privilege(c.oid, 'ctid', 'SELECT'), c.oid "
        "FROM part JOIN pg_class c ON c.oid = part.oid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind <> 'p' ORDER BY 1",
        {from.oid, from.partitioned ? "true" : "false"});
    bool readable = true;
    for (int row = 0; row < parts.rows(); ++row) {
        readable = readable && parts.truth(row, 2);
    }
    if (from.partitioned && !readable) {
        add_jobs(jobs, plan, {from.oid, from.name, true}, 0, 0);
        return jobs;
    }
    const std::int64_t pages_a_job = PQserverVersion(on.raw()) < 140000
                                         ? 0
                                         : job_bytes / on.run("SELECT current_setting('block_size')").number(0, 0);
    for (int row = 0; row < parts.rows(); ++row) {
        // Who was granted columns alone may not name a page: GRANT SELECT (ctid) lets him.
        add_jobs(jobs, plan, {std::string(parts.text(row, 4)), fmt::format("ONLY {}", parts.text(row, 0))},
                 parts.number(row, 1), parts.truth(row, 3) ? pages_a_job : 0);
    }
    return jobs;
}

/// One connection that reads jobs in the snapshot.
class part_reader {
  public:
    part_reader(pq::connection on, const std::string& snapshot_id, const std::atomic<bool>& called_off)
        : on_(std::move(on)), called_off_(called_off) {
        on_.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        on_.run("SET TRANSACTION SNAPSHOT " + on_.literal(snapshot_id));
    }

    pq::connection& on() { return on_; }
    bool is_busy() const { return job_ != nullptr; }
    bool is_finished() const { return finished_; }

    void begin(const copy_job& job) {
        // The table may be locked by the library's DDL for as long as that takes.
        if (PQsendQuery(on_.raw(), job.sql.c_str()) != 1) {
            throw on_.last_error("reading " + job.name);
        }
        while (PQisBusy(on_.raw()) != 0) {
            await_input(on_, "reading " + job.name, &called_off_);
        }
        const pq::result begun(PQgetResult(on_.raw()));
        if (PQresultStatus(begun.raw()) != PGRES_COPY_OUT) {
            throw on_.error_of(begun.raw(), "reading " + job.name);
        }
        job_ = &job;
    }

    /// Rows of the job up to the limits; at its end the reader is free again.
    batch rows(const batch_limits& limits) {
        const copy_job& job = *job_;
        batch rows;
        line_.resize(job.columns.size());
        while (!limits.are_reached(rows)) {
            char* data = nullptr;
            const int length = PQgetCopyData(on_.raw(), &data, 1);
            const std::unique_ptr<char, decltype(&PQfreemem)> owner(data, &PQfreemem);
            if (length == 0) {
                await_input(on_, "reading " + job.name, &called_off_);
                continue;
            }
            if (length < 0) {
                end_job(job);
                break;
            }
            if (!read_copy_line({data, static_cast<std::size_t>(length)}, line_, rows)) {
                throw error(exit_code::source, cause::needs_person,
                            "cannot understand a row of " + job.name + " that COPY sent",
                            "this is a fault of everarchive: report it with the server's version");
            }
            const std::span<cell> row = rows.cells(job.width);
            for (std::size_t i = 0; i < line_.size(); ++i) {
                row[job.columns[i]] = line_[i];
            }
            change inserted;
            inserted.table = job.table;
            inserted.row = row;
            rows.changes.push_back(inserted);
        }
        return rows;
    }

    void finish() {
        if (!finished_) {
            finished_ = true;
            on_.run("COMMIT");
        }
    }

  private:
    void end_job(const copy_job& job) {
        const pq::result end(PQgetResult(on_.raw()));
        while (PGresult* rest = PQgetResult(on_.raw())) {
            PQclear(rest);
        }
        if (PQresultStatus(end.raw()) != PGRES_COMMAND_OK) {
            throw on_.error_of(end.raw(), "reading " + job.name);
        }
        // Better than to lock the tables when the snapshot begins: a copy of hours would block the library's DDL.
        if (was_rewritten(on_, job.oid, job.partitions)) {
            throw error(exit_code::source, cause::retry,
                        job.name + " was rewritten (ALTER TABLE, TRUNCATE, VACUUM FULL) or dropped after the copy had "
                                   "begun and before it was read: the copy begins again");
        }
        job_ = nullptr;
    }

    pq::connection on_;
    const std::atomic<bool>& called_off_;
    const copy_job* job_ = nullptr;
    std::vector<cell> line_;
    bool finished_ = false;
};

class slot_snapshot final : public snapshot {
  public:
    slot_snapshot(const std::string& conninfo, const source_names& names, const adapter::adapter& adapter,
                  std::size_t workers)
        : conninfo_(conninfo), names_(names), adapter_(adapter) {
        pq::connection first = connect(conninfo, patience);
        const std::vector<source_table> tables = look_up(first, adapter);
        for (const source_table& table : tables) {
            demand(table);
        }
        // The slot is younger than the publication, else decoding fails on changes between the two: pgoutput looks the
        // publication up in the catalog as it was when the change was made.
        ensure_publication(first, names_, adapter, tables);
        drop_slot(first, names_);

        pq::connection maker = connect_replication(conninfo);
        const pq::result made = make_slot(maker, names_);
        slot_made_ = true;
        try {
            position_ = format_lsn(parse_lsn(made.text(0, 1)));
            const std::string id(made.text(0, 2));
            readers_.push_back(std::make_unique<part_reader>(std::move(first), id, called_off_));
            // In the snapshot: a partition that came meanwhile is in it with its rows.
            for (const source_table& table : tables) {
                if (table.exists) {
                    add_jobs_of(table);
                }
            }
            while (readers_.size() < std::min(workers, jobs_.size())) {
                readers_.push_back(std::make_unique<part_reader>(connect(conninfo, patience), id, called_off_));
            }
            // From here on the readers hold the snapshot, and `maker` may go.
        } catch (...) {
            abandon();
            throw;
        }
    }

    ~slot_snapshot() override {
        if (!std::all_of(readers_.begin(), readers_.end(), [](const auto& one) { return one->is_finished(); })) {
            abandon();
        }
    }
    slot_snapshot(const slot_snapshot&) = delete;
    slot_snapshot& operator=(const slot_snapshot&) = delete;

    const std::string& position() const override { return position_; }
    std::int64_t estimated_rows() const override { return estimated_rows_; }
    std::size_t readers() const override { return readers_.size(); }

    std::optional<batch> next() override {
        for (std::size_t reader = 0; reader < readers_.size(); ++reader) {
            if (auto rows = next_of(reader)) {
                return rows;
            }
        }
        return std::nullopt;
    }

    std::optional<batch> next_of(std::size_t reader) override {
        try {
            return read(*readers_[reader]);
        } catch (...) {
            interrupt(); // the copy is of no use any more, and its readers are waited for
            throw;
        }
    }

    void interrupt() noexcept override { called_off_ = true; }

  private:
    std::optional<batch> read(part_reader& from) {
        while (!from.is_finished()) {
            if (!from.is_busy()) {
                const copy_job* job = take_job();
                if (job == nullptr) {
                    from.finish();
                    break;
                }
                from.begin(*job);
            }
            batch rows = from.rows(limits_);
            if (!rows.changes.empty()) {
                rows.position = position_;
                return rows;
            }
        }
        return std::nullopt;
    }

    void demand(const source_table& table) const {
        const adapter::table& wanted = adapter_.tables[table.table];
        if (!table.exists) {
            if (wanted.optional) {
                log::write(log::severity::notice, "capture", "the source has no table " + table.name + ", skipped",
                           {{"source", names_.source}});
                return;
            }
            throw error(exit_code::source, cause::needs_person,
                        fmt::format("there is no table {}, which the adapter {} needs", table.name, adapter_.name),
                        "check that the origin names the library system's database");
        }
        if (!table.has_identity()) {
            throw error(exit_code::source, cause::needs_person,
                        table.name + " has no primary key: publishing it would make its updates fail",
                        fmt::format("ALTER TABLE {} REPLICA IDENTITY FULL", table.name));
        }
    }

    void add_jobs_of(const source_table& table) {
        estimated_rows_ += table.estimated_rows;
        for (copy_job& job : make_jobs(readers_.front()->on(), adapter_, table)) {
            jobs_.push_back(std::move(job));
        }
    }

    const copy_job* take_job() {
        const std::size_t mine = next_job_++;
        return mine < jobs_.size() ? &jobs_[mine] : nullptr;
    }

    /// A snapshot that was not read to its end leaves a slot that nobody can use, and that would hold the server's log.
    void abandon() noexcept {
        if (!slot_made_) {
            return;
        }
        try {
            pq::connection on = connect(conninfo_);
            drop_slot(on, names_);
        } catch (const std::exception& problem) {
            log::write(log::severity::warning, "capture",
                       fmt::format("the slot {} of an unfinished snapshot stays until the next one: {}", names_.slot,
                                   problem.what()),
                       {{"source", names_.source}});
        }
    }

    std::string conninfo_;
    source_names names_;
    const adapter::adapter& adapter_;
    batch_limits limits_;
    std::vector<copy_job> jobs_;
    std::atomic<std::size_t> next_job_{0};
    std::atomic<bool> called_off_{false};
    std::vector<std::unique_ptr<part_reader>> readers_;
    bool slot_made_ = false;
    std::string position_;
    std::int64_t estimated_rows_ = 0;
};

} // namespace

std::unique_ptr<snapshot> open_snapshot(const std::string& conninfo, const source_names& names,
                                        const adapter::adapter& adapter, const source_options& options) {
    return std::make_unique<slot_snapshot>(conninfo, names, adapter, options.snapshot_workers);
}

} // namespace everarchive::capture::postgresql
