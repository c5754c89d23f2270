// `everarchive import FILE`: the records of an ISO 2709 file become entities of a source of their own. The program only
// cuts the file at record terminators; what a record is, the database says (marc_split).
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "apply/lease.hpp"
#include "apply/source_state.hpp"
#include "base/installation.hpp"
#include "base/progress_bar.hpp"
#include "base/stop.hpp"
#include "cli/command.hpp"
#include "cli/import_rows.hpp"
#include "cli/source_add.hpp"

namespace everarchive::cli {

namespace {

constexpr char record_terminator = 0x1D; // ISO 2709, section 4.2
constexpr std::size_t chunk_bytes = 1024 * 1024;
/// A record has at most 99,999 bytes (ISO 2709, section 4.3); a file that goes on for so long without a terminator is
/// something else.
constexpr std::size_t longest_without_terminator = 16 * 1024 * 1024;

struct arguments {
    std::filesystem::path file;
    std::string source;
};

/// The source's id; adds the source at its first use.
int source_for_files(pq::connection& on, const adapter::adapter& adapter, const std::string& name) {
    const pq::result row =
        on.run("SELECT source_id, adapter FROM everarchive.source WHERE name = $1 AND state <> 'removed'", {name});
    if (row.rows() == 0) {
        const int id = add_source_rows(on, adapter, {name, "file:import", name, false});
        std::cout << "added source " << name << '\n';
        return id;
    }
    if (row.text(0, 1) != adapter.name) {
        throw error(exit_code::state, cause::needs_person,
                    fmt::format("source {} has the adapter {}, not {}", name, row.text(0, 1), adapter.name),
                    "everarchive import FILE --source ANOTHER_NAME");
    }
    return row.number<int>(0, 0);
}

/// Calls `use` with whole records, about a megabyte at a time, and with what is left at the end.
void read_chunks(const std::filesystem::path& file, std::int64_t size,
                 const std::function<void(std::string_view)>& use) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        throw error(exit_code::arguments, cause::needs_person, "cannot read " + file.string(),
                    "check its name and rights: ls -l '" + file.string() + "'");
    }
    progress_bar bar("importing " + file.filename().string(), "bytes");
    std::string buffer;
    std::int64_t done = 0;
    while (in && !stop_requested()) {
        const std::size_t kept = buffer.size();
        buffer.resize(kept + chunk_bytes);
        in.read(buffer.data() + kept, static_cast<std::streamsize>(chunk_bytes));
        buffer.resize(kept + static_cast<std::size_t>(in.gcount()));
        if (in.bad()) {
            throw error(exit_code::arguments, cause::needs_person, "cannot read all of " + file.string(),
                        "check the disk; importing the file again takes up what is missing");
        }
        const std::size_t end = in ? buffer.rfind(record_terminator) : buffer.size() - 1;
        if (end == std::string::npos) {
            if (buffer.size() > longest_without_terminator) {
                throw error(exit_code::refused, cause::needs_person, file.string() + " is not an ISO 2709 file",
                            "convert it first, for example: yaz-marcdump -i marcxml -o marc FILE > FILE.mrc");
            }
            continue;
        }
        if (!buffer.empty()) {
            use(std::string_view(buffer).substr(0, end + 1));
            done += static_cast<std::int64_t>(end + 1);
            buffer.erase(0, end + 1);
        }
        bar.show(done, size);
    }
}

exit_code run_import(const context& context, const arguments& asked) {
    std::error_code failed;
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(asked.file, failed));
    if (failed) {
        throw error(exit_code::arguments, cause::needs_person,
                    "cannot read " + asked.file.string() + ": " + failed.message(),
                    "give the name of an ISO 2709 file");
    }
    char first = 0;
    if (std::ifstream in(asked.file, std::ios::binary); in.get(first) && (first == '<' || first == '{')) {
        throw error(exit_code::refused, cause::needs_person, asked.file.string() + " is not an ISO 2709 file",
                    "convert it first, for example: yaz-marcdump -i marcxml -o marc FILE > FILE.mrc");
    }
    catch_stop_signals();
    const adapter::adapter adapter = adapter::load(adapters_directory(), "marcfile");
    pq::connection control = open_database(context);
    const int id = source_for_files(control, adapter, asked.source);
    pq::connection on = apply::open_applier_connection(context.database, asked.source);
    apply::lease lease(on, id, asked.source);
    if (!lease.try_take()) {
        throw error(exit_code::state, cause::fenced,
                    fmt::format("another program imports into source {}: {}", asked.source, lease.holder()),
                    "wait until it has ended, and give the command again");
    }
    const apply::taken_source taken = apply::take(on, lease, asked.source);

    import_rows rows(on, taken, asked.file.filename().string());
    auto renewed = std::chrono::steady_clock::now();
    read_chunks(asked.file, size, [&](std::string_view chunk) {
        rows.add(chunk);
        if (const auto now = std::chrono::steady_clock::now(); now - renewed >= apply::lease_renewal) {
            apply::renew_leases(control);
            renewed = now;
        }
    });
    const import_counts counts = rows.finish();
    std::cout << fmt::format(
        "{} records read: {} new, {} changed, {} unchanged, {} further states in the file, {} in quarantine\n",
        grouped(counts.read), grouped(counts.added), grouped(counts.changed), grouped(counts.unchanged),
        grouped(counts.repeated), grouped(counts.quarantined));
    if (counts.quarantined > 0) {
        std::cout << "SELECT * FROM report.quarantine shows why; the bytes are kept\n";
    }
    if (stop_requested()) {
        std::cout << "stopped: import the file again to take up the rest\n";
    }
    return exit_code::ok;
}

} // namespace

void add_import(CLI::App& app, context& context) {
    CLI::App* command = app.add_subcommand("import", "take the records of an ISO 2709 file");
    auto asked = std::make_shared<arguments>();
    command->add_option("FILE", asked->file, "the file")->required();
    command->add_option("--source", asked->source, "name of the source that its records belong to; made at first use")
        ->required();
    command->callback(
        [&context, asked] { context.chosen = [&context, asked] { return run_import(context, *asked); }; });
}

} // namespace everarchive::cli
