// The first copy: every row as it was at the beginning of a new slot. The slot's exported snapshot and its consistent
// point fit exactly (snapbuild.c, SnapBuildExportSnapshot): no change is lost and none comes twice.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/log.hpp"
#include "capture/postgresql_catalog.hpp"
#include "capture/postgresql_copy_text.hpp"
#include "capture/postgresql_publication.hpp"
#include "capture/postgresql_readers.hpp"

namespace everarchive::capture::postgresql {

namespace {

/// One table to copy.
struct copy_job {
    std::uint32_t table;
    std::string sql;
    std::vector<std::size_t> columns; // indexes into adapter::table::columns, in the order of the SELECT
};

copy_job make_job(pq::connection& on, const adapter::adapter& adapter, const source_table& from) {
    const adapter::table& table = adapter.tables[from.table];
    copy_job job{static_cast<std::uint32_t>(from.table), "COPY (SELECT ", {}};
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
        job.sql += job.columns.empty() ? "" : ", ";
        job.sql += on.identifier(column.name);
        job.columns.push_back(i);
    }
    // ONLY: a child table is a relation of its own in the stream as well. A partitioned table has no rows but its
    // partitions', and is published as a whole.
    const std::string condition = adapter.source_condition(table, "t");
    job.sql += fmt::format(" FROM {}{} t{}{}) TO STDOUT", from.partitioned ? "" : "ONLY ", from.name,
                           condition.empty() ? "" : " WHERE ", condition);
    return job;
}

class slot_snapshot final : public snapshot {
  public:
    slot_snapshot(const std::string& conninfo, const source_names& names, const adapter::adapter& adapter)
        : conninfo_(conninfo), names_(names), adapter_(adapter), reader_(connect(conninfo)) {
        const std::vector<source_table> tables = look_up(reader_, adapter);
        for (const source_table& table : tables) {
            add(table);
        }
        // The slot is younger than the publication, else decoding fails on changes between the two: pgoutput looks the
        // publication up in the catalog as it was when the change was made.
        ensure_publication(reader_, names_, adapter, tables);
        drop_slot(reader_, names_);

        pq::connection maker = connect_replication(conninfo);
        const bool newer = PQserverVersion(maker.raw()) >= 150000;
        const pq::result made =
            run_patiently(maker,
                          fmt::format("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput {}", maker.identifier(names_.slot),
                                      newer ? "(SNAPSHOT 'export')" : "EXPORT_SNAPSHOT"),
                          names_.source);
        slot_made_ = true;
        try {
            position_ = format_lsn(parse_lsn(made.text(0, 1)));
            reader_.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
            reader_.run("SET TRANSACTION SNAPSHOT " + reader_.literal(made.text(0, 2)));
            // From here on the reader holds the snapshot, and `maker` may go.
        } catch (...) {
            abandon();
            throw;
        }
    }

    ~slot_snapshot() override {
        if (!finished_) {
            abandon();
        }
    }
    slot_snapshot(const slot_snapshot&) = delete;
    slot_snapshot& operator=(const slot_snapshot&) = delete;

    const std::string& position() const override { return position_; }
    std::int64_t estimated_rows() const override { return estimated_rows_; }

    std::optional<batch> next() override {
        while (current_ < jobs_.size()) {
            if (!copying_) {
                const pq::result begun(PQexec(reader_.raw(), jobs_[current_].sql.c_str()));
                if (PQresultStatus(begun.raw()) != PGRES_COPY_OUT) {
                    throw reader_.error_of(begun.raw(), "reading " + source_name());
                }
                copying_ = true;
            }
            batch rows = read_rows();
            if (!rows.changes.empty()) {
                rows.position = position_;
                return rows;
            }
        }
        if (!finished_) {
            finished_ = true;
            reader_.run("COMMIT");
        }
        return std::nullopt;
    }

  private:
    void add(const source_table& table) {
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
        estimated_rows_ += table.estimated_rows;
        jobs_.push_back(make_job(reader_, adapter_, table));
    }

    std::string source_name() const { return adapter_.tables[jobs_[current_].table].source_name(); }

    /// Rows of the current table up to the limits; at the table's end goes on to the next.
    batch read_rows() {
        const copy_job& job = jobs_[current_];
        const std::size_t width = adapter_.tables[job.table].columns.size();
        batch rows;
        std::vector<cell> line(job.columns.size());
        while (rows.changes.size() < limits_.changes && rows.bytes < limits_.bytes) {
            char* data = nullptr;
            const int length = PQgetCopyData(reader_.raw(), &data, 0);
            const std::unique_ptr<char, decltype(&PQfreemem)> owner(data, &PQfreemem);
            if (length < 0) {
                end_table();
                break;
            }
            if (!read_copy_line({data, static_cast<std::size_t>(length)}, line, rows)) {
                throw error(exit_code::source, cause::needs_person,
                            "cannot understand a row of " + source_name() + " that COPY sent",
                            "this is a fault of everarchive: report it with the server's version");
            }
            const std::span<cell> row = rows.cells(width);
            for (std::size_t i = 0; i < line.size(); ++i) {
                row[job.columns[i]] = line[i];
            }
            change inserted;
            inserted.table = job.table;
            inserted.row = row;
            rows.changes.push_back(inserted);
        }
        return rows;
    }

    void end_table() {
        const pq::result end(PQgetResult(reader_.raw()));
        while (PGresult* rest = PQgetResult(reader_.raw())) {
            PQclear(rest);
        }
        if (PQresultStatus(end.raw()) != PGRES_COMMAND_OK) {
            throw reader_.error_of(end.raw(), "reading " + source_name());
        }
        copying_ = false;
        ++current_;
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
    pq::connection reader_;
    batch_limits limits_;
    std::vector<copy_job> jobs_;
    std::size_t current_ = 0;
    bool copying_ = false;
    bool finished_ = false;
    bool slot_made_ = false;
    std::string position_;
    std::int64_t estimated_rows_ = 0;
};

} // namespace

std::unique_ptr<snapshot> open_snapshot(const std::string& conninfo, const source_names& names,
                                        const adapter::adapter& adapter) {
    return std::make_unique<slot_snapshot>(conninfo, names, adapter);
}

} // namespace everarchive::capture::postgresql
