#include "archive/package_rows.hpp"

#include <array>

namespace everarchive::archive {

namespace {

/// What is wrong with the package of a version, and how a person can see it.
error refused(const archive_object& about, std::string_view version_id, const std::string& what) {
    const std::string version(version_id);
    const std::string target = std::to_string(about.target_id);
    return {exit_code::refused, cause::needs_person,
            "the package of version " + version + " (archive object " + std::to_string(about.id) + ") " + what,
            "look at it: SELECT * FROM everarchive.package(" + version +
                "); if the target has a package_view of its own (SELECT settings FROM everarchive.target WHERE "
                "target_id = " +
                target + "), mend that view: each version needs at least one file, each file a path and content"};
}

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
        "       r.sha512, r.location, a.target_id,"
        "       (SELECT pg_catalog.count(*) FROM everarchive.submission s"
        "         WHERE s.archive_object_id = a.archive_object_id)"
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
    o.target_id = row.number<int>(0, 8);
    o.versions = row.number(0, 9);
    return o;
}

void stream_package_files(pq::connection& database, const archive_object& about,
                          const std::function<void(const package_file&)>& file) {
    // Read each time: a person may have changed the setting, and the view is checked.
    const std::string statement(
        database.run_prepared("SELECT everarchive.package_statement($1::integer)", {std::to_string(about.target_id)})
            .text(0, 0));
    PGconn* raw = database.raw();
    const std::string id = std::to_string(about.id);
    const std::array<const char*, 1> values{id.c_str()};
    const std::array<Oid, 1> types{20}; // int8
    // Everything comes in binary, which for text is the text and for bytea is half of hex.
    if (PQsendQueryParams(raw, statement.c_str(), 1, types.data(), values.data(), nullptr, nullptr, 1) != 1) {
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
            throw database.error_of(row.raw(), "everarchive.package_statement()");
        }
        if (row.is_null(0, 7)) {
            throw refused(about, row.text(0, 0), "has no files");
        }
        if (row.is_null(0, 9)) {
            throw refused(about, row.text(0, 0), "has a file without content: " + std::string(row.text(0, 7)));
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

void require_complete(const archive_object& about, std::int64_t packed) {
    if (packed == about.versions && packed > 0) {
        return;
    }
    throw error(exit_code::refused, cause::needs_person,
                "the archive object " + std::to_string(about.id) + " was submitted with " +
                    std::to_string(about.versions) + " versions, and files came of " + std::to_string(packed),
                "find what is missing: SELECT s.version_id FROM everarchive.submission s WHERE s.archive_object_id = " +
                    std::to_string(about.id) +
                    " AND NOT EXISTS (SELECT 1 FROM everarchive.package(s.version_id)); then mend the package view");
}

} // namespace everarchive::archive
