#include <fmt/format.h>

#include "capture/mariadb_connection.hpp"
#include "capture/mariadb_stream.hpp"

namespace everarchive::capture {

namespace {

class mariadb_source final : public source {
  public:
    explicit mariadb_source(mariadb_settings settings) : settings_(std::move(settings)) {}

    std::vector<finding> check() override { return check_mariadb(settings_); }

    std::string identity() override {
        mariadb_connection connection(settings_.origin, std::chrono::seconds{20});
        const mariadb_rows ids = connection.query("SELECT @@GLOBAL.server_id, @@GLOBAL.gtid_domain_id");
        return fmt::format("mariadb server_id={} gtid_domain_id={}", ids.text(0, 0), ids.text(0, 1));
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
