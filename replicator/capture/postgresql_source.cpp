// A library system's PostgreSQL database as a source: everything that is asked of it goes to the file of its subject.
#include <fmt/format.h>

#include <thread>

#include "base/log.hpp"
#include "capture/postgresql_catalog.hpp"
#include "capture/postgresql_check.hpp"
#include "capture/postgresql_readers.hpp"
#include "capture/postgresql_session.hpp"
#include "capture/postgresql_timeline.hpp"
#include "capture/source.hpp"

namespace everarchive::capture {

namespace {

class postgresql_source final : public source {
  public:
    postgresql_source(const std::string& conninfo, const std::string& name, const adapter::adapter& adapter)
        : conninfo_(conninfo), names_(name), adapter_(adapter) {}

    std::vector<finding> check() override { return postgresql::check_source(conninfo_, names_, adapter_); }

    void configure(const source_settings& settings) override {
        options_.spool_limit = static_cast<std::uint64_t>(settings.number("spool_limit_bytes"));
        options_.snapshot_workers = static_cast<std::size_t>(settings.number("snapshot_workers"));
        options_.guard.warn = settings.number("wal_warn_bytes");
        options_.guard.limit = settings.number("wal_limit_bytes");
        options_.guard.drop = settings.text("on_wal_limit") == "drop";
    }

    std::string identity() override { return postgresql::identify(conninfo_).text(); }

    std::string recognize(const std::string& known, const std::string& position) override {
        return postgresql::recognize(conninfo_, names_, known, position);
    }

    std::optional<std::vector<capture::optional_columns>> optional_columns() override {
        std::vector<capture::optional_columns> found;
        pq::connection on = postgresql::connect(conninfo_, postgresql::stream_patience);
        for (const postgresql::source_table& table : postgresql::look_up(on, adapter_)) {
            const adapter::table& wanted = adapter_.tables[table.table];
            capture::optional_columns& of = found.emplace_back();
            for (std::size_t i = 0; table.exists && i < wanted.columns.size(); ++i) {
                const std::string& name = wanted.columns[i].name;
                if (wanted.may_lack(i)) {
                    (table.find(name) == nullptr ? of.absent : of.present).push_back(name);
                }
            }
        }
        return found;
    }

    std::unique_ptr<snapshot> open_snapshot() override {
        return postgresql::open_snapshot(conninfo_, names_, adapter_, options_);
    }

    std::unique_ptr<stream> open_stream(const std::string& position) override {
        return postgresql::open_stream(conninfo_, names_, adapter_, position, options_);
    }

    void end_reader() override {
        pq::connection on = postgresql::connect(conninfo_, postgresql::stream_patience);
        for (int attempt = 0; attempt < 20; ++attempt) {
            const std::optional<postgresql::slot_state> slot = postgresql::find_slot(on, names_);
            if (!slot || slot->active_pid.empty()) {
                return;
            }
            if (attempt == 0) {
                log::write(log::severity::notice, "capture", "ending the reader of a program that has lost the source",
                           {{"source", names_.source}, {"pid", slot->active_pid}});
                on.run("SELECT pg_terminate_backend($1::integer)", {slot->active_pid}); // a session of our own role
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{100});
        }
    }

    std::unique_ptr<chunk_reader> open_chunks() override { return postgresql::open_chunks(conninfo_, adapter_); }

    bool has_passed(const std::string& position, const std::string& point) const override {
        return postgresql::parse_lsn(position) >= postgresql::parse_lsn(point);
    }

    std::string renew_position() override { return postgresql::renew_position(conninfo_, names_, adapter_); }

    void remove() override {
        pq::connection on = postgresql::connect(conninfo_);
        postgresql::drop_slot(on, names_);
        const pq::result ours = on.run("SELECT pg_has_role(pubowner, 'USAGE') FROM pg_publication WHERE pubname = $1",
                                       {names_.publication});
        if (ours.rows() == 0) {
            return;
        }
        const std::string statement = "DROP PUBLICATION " + postgresql::quoted(on, names_.publication);
        if (ours.truth(0, 0)) {
            on.run(statement);
        } else {
            log::write(log::severity::notice, "capture", "the publication stays: it is not owned by our role",
                       {{"source", names_.source}, {"mend", statement}});
        }
    }

  private:
    std::string conninfo_;
    postgresql::source_names names_;
    adapter::adapter adapter_;
    postgresql::source_options options_;
};

} // namespace

std::unique_ptr<source> open_postgresql(const std::string& conninfo, const std::string& name,
                                        const adapter::adapter& adapter) {
    return std::make_unique<postgresql_source>(conninfo, name, adapter);
}

} // namespace everarchive::capture
