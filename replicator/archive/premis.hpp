// PREMIS 3.0 of a segment: what it is, that and when it was made, by which program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace everarchive::archive {

struct premis_segment {
    std::string ocfl_id;
    std::string created; // RFC 3339
    std::uint64_t files = 0;
    std::uint64_t versions = 0;
    std::uint64_t zip_bytes = 0;
    std::string zip_sha512;
    std::string software_version;
};

/// A document that is valid against the schema of the Library of Congress (premis.xsd 3.0).
std::string premis_xml(const premis_segment& about);

/// `text` with the five characters that XML 1.0 needs escaped; characters that XML forbids become U+FFFD.
std::string xml_escape(std::string_view text);

} // namespace everarchive::archive
