#include "archive/segment.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "archive/premis.hpp"
#include "archive/safe_path.hpp"
#include "archive/zip_writer.hpp"
#include "base/installation.hpp"

namespace everarchive::archive {

namespace {

constexpr std::string_view index_header = "path\tversion_id\tsource\tkind\tkey\tn\tdigest\tsha512\tbytes\n";

/// Collects small writes into pieces that are worth a system call.
class buffered {
  public:
    explicit buffered(object_writer::content& to) : to_(to) {}
    void write(std::string_view data) {
        pending_ += data;
        if (pending_.size() >= 256U << 10U) {
            flush();
        }
    }
    void flush() {
        if (!pending_.empty()) {
            to_.write(pending_);
            pending_.clear();
        }
    }

  private:
    object_writer::content& to_;
    std::string pending_;
};

/// The fields of one line of index.tsv.
std::vector<std::string_view> split_tabs(std::string_view line) {
    std::vector<std::string_view> fields;
    for (;;) {
        const std::size_t tab = line.find('\t');
        fields.push_back(line.substr(0, tab));
        if (tab == std::string_view::npos) {
            return fields;
        }
        line.remove_prefix(tab + 1);
    }
}

} // namespace

std::string tsv_field(std::string_view text) {
    std::string field;
    for (const char c : text) {
        switch (c) {
        case '\t':
            field += "\\t";
            break;
        case '\n':
            field += "\\n";
            break;
        case '\r':
            field += "\\r";
            break;
        case '\\':
            field += "\\\\";
            break;
        default:
            field += c;
        }
    }
    return field;
}

written_version write_segment(const ocfl_root& root, const archive_object& about, const package_files& files,
                              publish how) {
    object_writer object(root, about.ocfl_id, about.ocfl_version,
                         {about.created, "segment of catalogue records", "everarchive", "https://everarchive.org/"},
                         how);
    object_writer::content zip_file = object.begin("records.zip");
    object_writer::content index_file = object.begin("index.tsv");
    buffered zip_out(zip_file);
    buffered index_out(index_file);
    zip_writer zip([&](std::string_view part) { zip_out.write(part); });
    index_out.write(index_header);

    premis_segment premis{about.ocfl_id, about.created, 0, 0, 0, {}, std::string(version())};
    std::uint64_t content_bytes = 0;
    std::int64_t last_version = 0;
    files([&](const package_file& one) {
        const std::string path(one.path);
        zip.add(path, one.content);
        index_out.write(fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", path, one.version_id, tsv_field(one.source),
                                    tsv_field(one.kind), tsv_field(one.key), one.n, one.digest,
                                    digest_of("sha512", one.content), one.content.size()));
        ++premis.files;
        premis.versions += one.version_id != last_version ? 1 : 0;
        last_version = one.version_id;
        content_bytes += one.content.size();
    });
    require_complete(about, static_cast<std::int64_t>(premis.versions));
    zip.finish();
    zip_out.flush();
    index_out.flush();
    premis.zip_sha512 = zip_file.finish();
    premis.zip_bytes = zip_file.bytes();
    const std::string index_sha512 = index_file.finish();

    object.add("premis.xml", premis_xml(premis));
    nlohmann::json policies = nlohmann::json::array();
    for (std::size_t begin = 0; begin < about.policies.size();) {
        const std::size_t end = std::min(about.policies.find(',', begin), about.policies.size());
        policies.push_back(about.policies.substr(begin, end - begin));
        begin = end + 1;
    }
    const nlohmann::json summary = {{"id", about.ocfl_id},
                                    {"created", about.created},
                                    {"versions", premis.versions},
                                    {"files", premis.files},
                                    {"contentBytes", content_bytes},
                                    {"recordsZipSha512", premis.zip_sha512},
                                    {"indexSha512", index_sha512},
                                    {"policies", std::move(policies)},
                                    {"software", "everarchive " + std::string(version())}};
    object.add("segment.json", summary.dump(2) + "\n");
    // The index holds the digest of every file, so the same index means the same content, even when a newer program or
    // zlib writes the other files in another way.
    return object.commit("index.tsv");
}

std::optional<std::string> check_segment_content(const std::filesystem::path& content) {
    std::ifstream index(content / "index.tsv", std::ios::binary);
    std::string line;
    if (!std::getline(index, line) || line + "\n" != index_header) {
        return "index.tsv has no header line";
    }
    std::optional<std::string> wrong;
    // The index lists the files in the order of the ZIP file, so one pass over both is enough.
    read_zip((content / "records.zip").string(), 1ULL << 30U, [&](std::string_view name, std::string_view data) {
        if (wrong) {
            return;
        }
        if (!std::getline(index, line)) {
            wrong = "records.zip holds a file that index.tsv does not name: " + std::string(name);
            return;
        }
        const std::vector<std::string_view> fields = split_tabs(line);
        if (fields.size() != 9 || fields[0] != name) {
            wrong = "records.zip and index.tsv disagree at " + std::string(name);
        } else if (fields[7] != digest_of("sha512", data) || fields[8] != std::to_string(data.size())) {
            wrong = "the content of " + std::string(name) + " in records.zip is not what index.tsv says";
        }
    });
    if (!wrong && std::getline(index, line)) {
        wrong = "records.zip lacks a file that index.tsv names: " + line.substr(0, line.find('\t'));
    }
    return wrong;
}

} // namespace everarchive::archive
