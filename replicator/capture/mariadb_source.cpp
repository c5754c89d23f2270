#include <fmt/format.h>

#include "base/log.hpp"
#include "capture/mariadb_connection.hpp"
#include "capture/mariadb_history.hpp"
#include "capture/mariadb_stream.hpp"

namespace everarchive::capture {

namespace {

constexpr std::chrono::seconds side_timeout{20};

class mariadb_source final : public source {
  public:
    explicit mariadb_source(mariadb_settings settings) : settings_(std::move(settings)) {}

    std::vector<finding> check() override { return check_mariadb(settings_); }

    std::string identity() override {
        mariadb_connection connection(settings_.origin, side_timeout);
        return identity_of(connection);
    }

    std::string recognize(const std::string& known, const std::string& position) override {
        mariadb_connection connection(settings_.origin, side_timeout);
        std::string now = identity_of(connection);
        if (now == known) {
            return now;
        }
        const std::string_view system = connection.server().is_mysql ? "mysql " : "mariadb ";
        if (!known.starts_with(system) || !continues_history(connection, binlog_position::parse(position))) {
            throw error(
                exit_code::source, cause::position_lost,
                fmt::format("the source is another server than before: {} instead of {}, and its binary log does not "
                            "hold the transactions up to our position {}",
                            now, known, position),
                "if it should be, and is a replica of that one: log_slave_updates = ON there; else: everarchive source "
                "resync NAME");
        }
        log::write(log::severity::warning, "capture", "another server of the same history has taken over",
                   {{"source", settings_.name}, {"now", now}, {"before", known}, {"position", position}});
        return now;
    }

    std::unique_ptr<snapshot> open_snapshot() override { return open_mariadb_snapshot(settings_); }

    std::unique_ptr<stream> open_stream(const std::string& position) override {
        return open_mariadb_stream(settings_, position);
    }

    std::unique_ptr<chunk_reader> open_chunks() override { return open_mariadb_chunks(settings_); }

    bool has_passed(const std::string& position, const std::string& point) const override {
        return has_passed_binlog(position, point);
    }

    // A snapshot's position is exact, whether its rows are read or not.
    std::string renew_position() override { return open_mariadb_snapshot(settings_)->position(); }

    // Nothing of ours is ever in the source.
    void remove() override {}

  private:
    mariadb_settings settings_;
};

} // namespace

std::unique_ptr<source> open_mariadb(const std::string& options, const std::string& name,
                                     const adapter::adapter& adapter) {
    return std::make_unique<mariadb_source>(
        mariadb_settings{parse_mariadb_origin(options), name, std::make_shared<const adapter::adapter>(adapter)});
}

} // namespace everarchive::capture
