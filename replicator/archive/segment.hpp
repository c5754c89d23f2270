// A segment: one sealed OCFL object that holds many versions of many records, as records.zip, index.tsv, premis.xml and
// segment.json. One object for each record would make seven files a record.
#pragma once

#include <filesystem>
#include <optional>

#include "archive/ocfl_object.hpp"
#include "archive/package_rows.hpp"

namespace everarchive::archive {

/// Writes the segment `about`, whose files come from `files`, and publishes it. Memory does not grow with its content,
/// but for the names of its files.
/// Throws everarchive::error (refused) before anything is published when a submitted version has no files.
written_version write_segment(const ocfl_root& root, const archive_object& about, const package_files& files,
                              publish how = publish::once);

/// Unpacks records.zip and compares each file with index.tsv. Returns what is wrong, or nothing.
std::optional<std::string> check_segment_content(const std::filesystem::path& content);

/// `text` as a field of a TSV file: tab, newline, return and backslash as \t, \n, \r and \\ (as PostgreSQL's COPY
/// does).
std::string tsv_field(std::string_view text);

} // namespace everarchive::archive
