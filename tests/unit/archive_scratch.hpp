// What the archive tests share: a scratch directory, sample packages, and commands run by a shell.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "archive/ocfl_validator.hpp"
#include "archive/package_rows.hpp"
#include "archive/segment.hpp"

namespace archive_test {

namespace fs = std::filesystem;
using everarchive::archive::archive_object;
using everarchive::archive::package_file;
using everarchive::archive::package_files;
using everarchive::archive::problem;
using everarchive::archive::problems;

class scratch {
  public:
    scratch() {
        // Memory where there is some: these tests call fsync thousands of times, and none of them cuts the power.
        const fs::path above = ::access("/dev/shm", W_OK) == 0 ? fs::path("/dev/shm") : fs::temp_directory_path();
        std::string name = (above / "everarchive-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("mkdtemp");
        }
        path_ = name;
    }
    ~scratch() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;

    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

/// The folder of data that others made, or empty when it is missing.
inline fs::path shared_data() {
    const char* named = std::getenv("EVERARCHIVE_SHARED");
    const fs::path folder =
        named != nullptr ? fs::path(named) : fs::path(EVERARCHIVE_SOURCEDIR).parent_path() / "shared";
    return fs::is_directory(folder / "data") ? folder / "data" : fs::path();
}

/// Exit status of a shell command whose output is thrown away.
inline int shell(const std::string& command) {
    const int status = std::system((command + " >/dev/null 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

inline bool has_program(const std::string& name) {
    return shell("command -v " + name) == 0;
}

inline std::string list(const problems& found) {
    std::string text;
    for (const problem& one : found) {
        text += one.code + " " + one.path + ": " + one.message + "\n";
    }
    return text;
}

/// The errors among them: a copy that is kept in extensions/everarchive-bad is only a warning.
inline std::string errors(const problems& found) {
    problems all;
    for (const problem& one : found) {
        if (one.is_error()) {
            all.push_back(one);
        }
    }
    return list(all);
}

/// The object as it was submitted: with as many versions as `files` holds.
inline archive_object submitted(archive_object about, const package_files& files) {
    std::int64_t last = 0;
    about.versions = 0;
    files([&](const package_file& one) {
        about.versions += one.version_id != last ? 1 : 0;
        last = one.version_id;
    });
    return about;
}

inline std::string slurp(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline archive_object segment_object(const std::string& name = "segment/1") {
    archive_object o;
    o.id = 1;
    o.ocfl_id = "tag:everarchive,2026:00000000-0000-0000-0000-000000000000/" + name;
    o.packing = "segment";
    o.state = "packaged";
    o.created = "2026-01-31T12:00:00.123456Z";
    o.policies = "all,others";
    return o;
}

inline archive_object entity_object(unsigned version) {
    archive_object o = segment_object("koha_main/bib/12");
    o.packing = "object";
    o.ocfl_version = version;
    return o;
}

/// `count` versions of as many records, two files each, the record of about `bytes` bytes of text that hardly repeats.
inline package_files sample(int count, std::size_t bytes = 300) {
    return [count, bytes](const std::function<void(const package_file&)>& each) {
        const std::string digest(64, 'a');
        for (int i = 1; i <= count; ++i) {
            const std::string key = std::to_string(1000 + i);
            std::string content = "<record>" + key;
            std::uint64_t state = static_cast<std::uint64_t>(i) * 0x9E3779B97F4A7C15ULL;
            while (content.size() < bytes) {
                state = state * 6364136223846793005ULL + 1442695040888963407ULL;
                content += "<subfield code=\"a\">" + std::to_string(state >> 40U) + "</subfield>\n";
            }
            const std::string folder = "koha_main/bib/" + key + "/v1/";
            package_file one;
            one.version_id = i;
            one.source = "koha_main";
            one.kind = "bib";
            one.key = key;
            one.n = 1;
            one.newest = true;
            one.digest = digest;
            const std::string json = "{\"key\": \"" + key + "\"}\n";
            const std::string entity_path = folder + "entity.json";
            one.path = entity_path;
            one.media_type = "application/json";
            one.content = json;
            each(one);
            const std::string record_path = folder + "record.xml";
            one.path = record_path;
            one.media_type = "application/marcxml+xml";
            one.content = content;
            each(one);
        }
    };
}

/// One version of one entity: path below the version folder -> content.
inline package_files entity_files(std::int64_t n, std::vector<std::pair<std::string, std::string>> files) {
    return [n, files = std::move(files)](const std::function<void(const package_file&)>& each) {
        for (const auto& [name, content] : files) {
            package_file one;
            one.version_id = n;
            one.source = "koha_main";
            one.kind = "bib";
            one.key = "12";
            one.n = n;
            one.newest = true;
            const std::string path = "koha_main/bib/12/v" + std::to_string(n) + "/" + name;
            one.path = path;
            one.content = content;
            each(one);
        }
    };
}

} // namespace archive_test
