// What the marc tests share: records written as text, and the data that stands beside the source.
#pragma once

#include "marc/builder.hpp"
#include "marc/digest.hpp"
#include "marc/iso2709.hpp"
#include "marc/leader.hpp"
#include "marc/marcxml.hpp"
#include "marc/mrk.hpp"
#include "one_in.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory_resource>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zlib.h>

namespace marc_test {

using everarchive::one_in;

/// $EVERARCHIVE_SHARED/data, or ../shared/data beside the source; nothing when it is not there.
inline std::optional<std::filesystem::path> shared_data() {
    const char* shared = std::getenv("EVERARCHIVE_SHARED");
    const std::filesystem::path root =
        shared != nullptr ? std::filesystem::path(shared) : std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "../shared";
    const std::filesystem::path data = root / "data";
    return std::filesystem::is_directory(data) ? std::optional(data) : std::nullopt;
}

inline std::string read_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
}

inline std::string read_gzip(const std::filesystem::path& file) {
    gzFile in = gzopen(file.c_str(), "rb");
    if (in == nullptr) {
        throw std::runtime_error("cannot open " + file.string());
    }
    std::string all;
    char buffer[65536];
    int n = 0;
    while ((n = gzread(in, buffer, sizeof buffer)) > 0) {
        all.append(buffer, static_cast<std::size_t>(n));
    }
    gzclose(in);
    return all;
}

inline marc::stored_record from_iso(std::string_view text, marc::report* notes = nullptr) {
    marc::builder b;
    marc::read_iso2709(marc::as_bytes(text), b, notes);
    return b.finish();
}

inline marc::stored_record from_xml(std::string_view text, marc::report* notes = nullptr,
                                    marc::xml_parser parser = marc::xml_parser::automatic) {
    marc::builder b;
    marc::read_marcxml(text, b, notes, parser);
    return b.finish();
}

inline marc::stored_record from_mrk(std::string_view text, marc::report* notes = nullptr) {
    marc::builder b;
    marc::read_mrk(text, b, notes);
    return b.finish();
}

inline std::string to_iso(const marc::record_view& r) {
    std::pmr::string out;
    marc::write_iso2709(r, out);
    return std::string(out);
}

inline std::string to_xml(const marc::record_view& r,
                          marc::inexpressible_content policy = marc::inexpressible_content::error) {
    std::pmr::string out;
    marc::write_marcxml(r, out, policy);
    return std::string(out);
}

inline std::string to_mrk(const marc::record_view& r, bool ascii_only = false) {
    std::pmr::string out;
    marc::write_mrk(r, out, {ascii_only});
    return std::string(out);
}

/// The exact input of a record from ISO 2709.
inline std::string to_raw(const marc::record_view& r) {
    std::pmr::string out;
    return marc::append_raw(r, out) ? std::string(out) : std::string("not from ISO 2709");
}

/// The text form of the type: with provenance.
inline std::string to_mrk_of_type(const marc::record_view& r) {
    std::pmr::string out;
    marc::write_mrk(r, out, {.ascii_only = false, .provenance = true});
    return std::string(out);
}

/// A record in ISO 2709 with right numbers, out of tags and contents.
inline std::string make_iso(const std::vector<std::pair<std::string, std::string>>& fields,
                            std::string leader = "00000nam a2200000 a 4500") {
    const auto number = [](std::size_t n, std::size_t digits) {
        const std::string text = std::string(digits, '0') + std::to_string(n);
        return text.substr(text.size() - digits);
    };
    std::string directory;
    std::string data;
    for (const auto& [tag, content] : fields) {
        directory += tag + number(content.size() + 1, 4) + number(data.size(), 5);
        data += content + '\x1E';
    }
    const std::size_t base = leader.size() + directory.size() + 1;
    leader.replace(0, 5, number(base + data.size() + 1, 5));
    leader.replace(12, 5, number(base, 5));
    return leader + directory + '\x1E' + data + '\x1D';
}

/// Leader and fields, without what the header says about the origin.
inline std::string content(const marc::record_view& r) {
    std::string all(r.leader());
    for (const marc::field_view f : r) {
        all += '|';
        all += f.tag();
        all += ' ';
        all += f.content();
    }
    return all;
}

/// The same as a form whose text is Unicode says it: leader/09 is set.
inline std::string content_in_unicode(const marc::record_view& r) {
    return std::string(marc::unicode_leader(r).view()) + content(r).substr(r.leader().size());
}

} // namespace marc_test
