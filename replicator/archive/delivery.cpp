#include "archive/delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "archive/entity_object.hpp"
#include "archive/ocfl_root.hpp"
#include "archive/package_rows.hpp"
#include "archive/read_back.hpp"
#include "archive/segment.hpp"
#include "base/error.hpp"
#include "base/fault_point.hpp"
#include "base/log.hpp"
#include "base/retry.hpp"
#include "base/stop.hpp"

namespace everarchive::archive {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds idle{500};
/// A lease lasts five minutes (everarchive.archive_object_renew()).
constexpr std::chrono::seconds renew_after{30};
/// What needs a person is still tried now and then: the person may not tell us.
constexpr double needs_person_seconds = 300;

/// Another worker has the archive object now.
struct lease_lost {};

class worker {
  public:
    worker(const std::string& conninfo, const target& to, const std::function<bool()>& stop)
        : to_(to), stop_(stop), control_(conninfo, pq::connection::side::sink, "everarchive deliver " + to.name),
          reader_(conninfo, pq::connection::side::sink, "everarchive package " + to.name) {
        // A package touches a few thousand of perhaps many million versions: by the indexes, whatever stale statistics
        // say.
        reader_.run("SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off");
    }

    /// Returns when asked to stop. Throws pq::error when a connection is lost.
    void run() {
        while (!stopped()) {
            if (!open_root()) {
                continue;
            }
            const pq::result claimed =
                control_.run_prepared("SELECT everarchive.claim_packages($1::integer)", {std::to_string(to_.id)});
            if (claimed.is_null(0, 0)) {
                if (root_problem_) {
                    report(*root_problem_);
                }
                // Not kept while idle, so that the archive can be unmounted.
                root_.reset();
                pause(idle);
                continue;
            }
            deliver_one(claimed.number(0, 0));
        }
    }

  private:
    bool stopped() const { return stop_requested() || (stop_ && stop_()); }

    void pause(milliseconds time) const {
        const auto end = steady_clock::now() + time;
        while (!stopped() && steady_clock::now() < end) {
            std::this_thread::sleep_for(milliseconds{50});
        }
    }

    /// Opens and locks the storage root. False: another program writes to it, try again. When it cannot be opened, what
    /// is claimed next fails with the reason, so that the reason can be seen in the database.
    bool open_root() {
        root_problem_.reset();
        try {
            if (!root_) {
                root_.emplace(directory_of(to_.uri));
            }
            if (!root_->try_lock()) {
                root_.reset();
                if (!waiting_) {
                    waiting_ = true;
                    log::write(log::severity::notice, "archive",
                               "another program writes to the archive: waiting until it ends",
                               {{"target", to_.name}, {"uri", to_.uri}});
                }
                pause(milliseconds{1000});
                return false;
            }
            waiting_ = false;
        } catch (const error& e) {
            root_.reset();
            root_problem_ = e;
        } catch (const std::exception& e) {
            root_.reset();
            root_problem_ = error(exit_code::sink, cause::retry, e.what());
        }
        return true;
    }

    /// Logs a problem of the whole archive, once for as long as it stays the same.
    void report(const error& problem) {
        if (reported_ != problem.what()) {
            reported_ = problem.what();
            log::write(log::severity::error, "archive", problem.what(),
                       {{"target", to_.name}, {"hint", problem.hint()}});
        }
    }

    void deliver_one(std::int64_t id) {
        renewed_ = steady_clock::now();
        try {
            if (root_problem_) {
                throw error(*root_problem_);
            }
            write_and_verify(id);
            backoff_.reset();
            reported_.clear();
        } catch (const lease_lost&) {
            report_lost(id);
        } catch (const pq::error& e) {
            if (e.sqlstate() == "55P03") { // archive_object_fence()
                report_lost(id);
            } else if (e.why() == cause::retry) {
                throw; // the connection: the claim ends with it, and the object is handed out again
            } else {
                fail(id, e);
            }
        } catch (const error& e) {
            fail(id, e);
        } catch (const std::exception& e) {
            fail(id, error(exit_code::sink, cause::retry, e.what()));
        }
    }

    void report_lost(std::int64_t id) const {
        log::write(log::severity::warning, "archive", "another worker has taken the archive object: leaving it to it",
                   {{"target", to_.name}, {"archive_object", std::to_string(id)}});
    }

    void fail(std::int64_t id, const error& e) {
        // A full disk or a lost mount would fail the next object too: wait. What needs a person is this object's
        // matter.
        const bool whole_archive = root_problem_ || e.why() == cause::retry;
        const milliseconds wait = backoff_.next();
        const double retry_seconds =
            whole_archive ? std::max(1.0, static_cast<double>(wait.count()) / 1000.0) : needs_person_seconds;
        try {
            control_.run_prepared(
                "SELECT everarchive.archive_object_fail($1::bigint, $2, $3, $4::double precision)",
                {std::to_string(id), std::string(e.what()), e.hint(), fmt::format("{:.3f}", retry_seconds)});
        } catch (const pq::error& refused) {
            if (refused.sqlstate() != "55P03") { // archive_object_fence()
                throw;
            }
            report_lost(id);
        }
        report(e);
        root_.reset();
        if (whole_archive) {
            pause(wait);
        }
    }

    /// Keeps the lease; called from every long loop.
    void alive(std::int64_t id) {
        if (steady_clock::now() - renewed_ < renew_after) {
            return;
        }
        const pq::result kept =
            control_.run_prepared("SELECT everarchive.archive_object_renew($1::bigint)", {std::to_string(id)});
        if (!kept.truth(0, 0)) {
            throw lease_lost();
        }
        renewed_ = steady_clock::now();
    }

    std::optional<std::string> read_again(const archive_object& about) {
        return read_back(*root_, about.ocfl_id, about.ocfl_version, about.sha512, about.packing == "segment",
                         [&] { alive(about.id); });
    }

    written_version write(const archive_object& about, publish how) {
        const package_files files = [&](const std::function<void(const package_file&)>& each) {
            stream_package_files(reader_, about, [&](const package_file& one) {
                alive(about.id);
                each(one);
            });
        };
        return about.packing == "segment" ? write_segment(*root_, about, files, how)
                                          : write_entity_version(*root_, about, files, how);
    }

    void write_and_verify(std::int64_t id) {
        const auto begin = steady_clock::now();
        fault_point("deliver.claimed");
        archive_object about = read_archive_object(control_, id);
        // Accepted before, then found bad when it was read back: read once more, and if it is still bad, written anew.
        const bool bad = about.state == "failed" && !about.sha512.empty() && read_again(about);
        if (about.state != "accepted") {
            const written_version written = write(about, bad ? publish::replace : publish::once);
            fault_point("deliver.written");
            about.sha512 = written.sha512;
            if (!written.set_aside.empty()) {
                control_.run_prepared("INSERT INTO everarchive.event (type, outcome, detail, agent, archive_object_id) "
                                      "VALUES ('replacement', 'success', $2, everarchive.agent(), $1::bigint)",
                                      {std::to_string(id), "a whole copy was written; the bad one is kept at " +
                                                               written.set_aside.string()});
            }
            control_.run_prepared(
                "SELECT everarchive.archive_object_accept($1::bigint, $2, $3, $4::bigint)",
                {std::to_string(id), written.location, written.sha512, std::to_string(written.bytes)});
            log::write(log::severity::info, "archive",
                       written.was_there ? "found in the archive" : "written to the archive",
                       {{"target", to_.name},
                        {"archive_object", std::to_string(id)},
                        {"location", written.location},
                        {"bytes", std::to_string(written.bytes)}});
        }
        const auto accepted = steady_clock::now();
        fault_point("deliver.accepted");
        const std::optional<std::string> wrong = read_again(about);
        fault_point("deliver.before_verify");
        control_.run_prepared(
            "SELECT everarchive.archive_object_verify($1::bigint, $2::boolean, $3)",
            {std::to_string(id), wrong ? "false" : "true", wrong.value_or("every file was read again")});
        if (wrong) {
            log::write(log::severity::error, "archive", "read back, and it is not what was written: " + *wrong,
                       {{"target", to_.name}, {"archive_object", std::to_string(id)}});
            return;
        }
        const auto seconds = [](auto from, auto until) {
            return fmt::format("{:.3f}", std::chrono::duration<double>(until - from).count());
        };
        log::write(log::severity::info, "archive", "read back: verified",
                   {{"target", to_.name},
                    {"archive_object", std::to_string(id)},
                    {"write_seconds", seconds(begin, accepted)},
                    {"read_seconds", seconds(accepted, steady_clock::now())}});
    }

    const target& to_;
    const std::function<bool()>& stop_;
    pq::connection control_; // claims, and keeps the lease while reader_ streams
    pq::connection reader_;
    std::optional<ocfl_root> root_;
    std::optional<error> root_problem_;
    std::string reported_;
    bool waiting_ = false;
    backoff backoff_;
    steady_clock::time_point renewed_;
};

} // namespace

void deliver(const std::string& database_conninfo, const target& to, const std::function<bool()>& stop) {
    backoff database;
    std::string reported;
    while (!stop_requested() && !(stop && stop())) {
        const auto begin = steady_clock::now();
        try {
            worker(database_conninfo, to, stop).run();
        } catch (const error& e) {
            if (reported != e.what()) {
                reported = e.what();
                log::write(log::severity::error, "archive", e.what(), {{"target", to.name}, {"hint", e.hint()}});
            }
        } catch (const std::exception& e) {
            log::write(log::severity::error, "archive", e.what(), {{"target", to.name}});
        }
        if (steady_clock::now() - begin > std::chrono::seconds{60}) {
            database.reset();
            reported.clear();
        }
        const auto end = steady_clock::now() + database.next();
        while (steady_clock::now() < end && !stop_requested() && !(stop && stop())) {
            std::this_thread::sleep_for(milliseconds{50});
        }
    }
}

} // namespace everarchive::archive
