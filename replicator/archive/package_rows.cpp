#include "archive/package_rows.hpp"

#include <array>

namespace everarchive::archive {

namespace {

// The inner query sorts small rows; LATERAL then calls package() version by version in that order, so that neither side
// ever holds a whole segment. Everything comes in binary, which for text is the text and for bytea is half of hex.
constexpr const char* files_sql =
    "SELECT v.version_id::text, v.source, v.kind, v.key, v.n::text, v.newest::text, v.digest,"
    "       p.path, p.media_type, p.content"
    "  FROM (SELECT s.version_id, o.name AS source, e.kind, e.key, w.n, pg_catalog.encode(w.digest, 'hex') AS digest,"
    "               w.n = pg_catalog.max(w.n) OVER (PARTITION BY w.entity_id) AS newest"
    "          FROM everarchive.submission s"
    "          JOIN everarchive.version w ON w.version_id = s.version_id"
    "          JOIN everarchive.entity e ON e.entity_id = w.entity_id"
    "          JOIN everarchive.source o ON o.source_id = e.source_id"
    "         WHERE s.archive_object_id = $1"
    "         ORDER BY s.version_id) v"
    " CROSS JOIN LATERAL (SELECT q.path, q.media_type, q.content FROM everarchive.package(v.version_id) q"
    "                      ORDER BY q.path COLLATE \"C\") p";

std::int64_t to_number(std::string_view digits) {
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

/// However reading ends, the connection can be used again afterwards; a reader that gives up tells the server to stop.
class drain {
  public:
    explicit drain(PGconn* raw) : raw_(raw) {}
    ~drain() {
        if (running) {
            if (PGcancel* cancel = PQgetCancel(raw_); cancel != nullptr) {
                std::array<char, 256> ignored{};
                PQcancel(cancel, ignored.data(), static_cast<int>(ignored.size()));
                PQfreeCancel(cancel);
            }
        }
        while (PGresult* rest = PQgetResult(raw_)) {
            PQclear(rest);
        }
    }
    drain(const drain&) = delete;
    drain& operator=(const drain&) = delete;

    bool running = true; // the server may still be sending rows

  private:
    PGconn* raw_;
};

} // namespace

archive_object read_archive_object(pq::connection& database, std::int64_t id) {
    const pq::result row = database.run_prepared(
        "SELECT a.ocfl_id, a.ocfl_version, a.packing, a.state,"
        "       pg_catalog.to_char(a.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
        "       (SELECT pg_catalog.string_agg(DISTINCT p.name, ',' ORDER BY p.name) FROM everarchive.submission s"
        "          JOIN everarchive.policy p ON p.policy_id = s.policy_id WHERE s.archive_object_id = "
        "a.archive_object_id),"
        "       r.sha512, r.location"
        "  FROM everarchive.archive_object a"
        "  LEFT JOIN LATERAL (SELECT t.sha512, t.location FROM everarchive.receipt t"
        "                      WHERE t.archive_object_id = a.archive_object_id ORDER BY t.receipt_id DESC LIMIT 1) r "
        "ON true"
        " WHERE a.archive_object_id = $1",
        {std::to_string(id)});
    if (row.rows() != 1) {
        throw error(exit_code::state, cause::needs_person, "there is no archive object " + std::to_string(id));
    }
    archive_object o;
    o.id = id;
    o.ocfl_id = row.text(0, 0);
    o.ocfl_version = row.number<unsigned>(0, 1);
    o.packing = row.text(0, 2);
    o.state = row.text(0, 3);
    o.created = row.text(0, 4);
    o.policies = row.text(0, 5);
    o.sha512 = row.text(0, 6);
    o.location = row.text(0, 7);
    return o;
}

void stream_package_files(pq::connection& database, std::int64_t archive_object_id,
                          const std::function<void(const package_file&)>& file) {
    PGconn* raw = database.raw();
    const std::string id = std::to_string(archive_object_id);
    const std::array<const char*, 1> values{id.c_str()};
    const std::array<Oid, 1> types{20}; // int8
    if (PQsendQueryParams(raw, files_sql, 1, types.data(), values.data(), nullptr, nullptr, 1) != 1) {
        throw database.last_error("cannot read the package");
    }
    PQsetSingleRowMode(raw);
    drain drained{raw};
    std::int64_t last = 0;
    for (;;) {
        const pq::result row(PQgetResult(raw));
        if (row.raw() == nullptr) {
            break;
        }
        const ExecStatusType status = PQresultStatus(row.raw());
        if (status == PGRES_TUPLES_OK) {
            continue; // the end
        }
        if (status != PGRES_SINGLE_TUPLE) {
            drained.running = false;
            throw database.error_of(row.raw(), "everarchive.package()");
        }
        package_file one;
        one.version_id = to_number(row.text(0, 0));
        one.source = row.text(0, 1);
        one.kind = row.text(0, 2);
        one.key = row.text(0, 3);
        one.n = to_number(row.text(0, 4));
        one.newest = row.text(0, 5) == "true";
        one.digest = row.text(0, 6);
        one.path = row.text(0, 7);
        one.media_type = row.text(0, 8);
        one.content = row.text(0, 9);
        if (one.version_id < last) {
            throw error(exit_code::bug, cause::needs_person,
                        "the files of an archive object did not come in the order of versions");
        }
        last = one.version_id;
        file(one);
    }
    drained.running = false;
}

} // namespace everarchive::archive
