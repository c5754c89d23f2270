// Character sets of MariaDB and how their text becomes UTF-8.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace everarchive::capture {

/// How the bytes of a column's text are to be read.
struct text_encoding {
    enum class kind : std::uint8_t {
        binary,  // bytes, no text
        utf8,    // utf8mb3, utf8mb4, ascii: checked, taken as they are
        latin1,  // MariaDB's latin1: Windows-1252 with the five unassigned bytes as U+0081 and so on
        iconv,   // converted by the C library
        unknown, // no conversion is known
    };
    kind is = kind::unknown;
    std::string name; // MariaDB's name of the character set, for messages
    const char* iconv_name = nullptr;
};

/// Which character set a collation id belongs to. Ids come with table-map events and with result columns.
class collations {
  public:
    /// Knows the ids that never changed: binary, latin1, ascii, utf8mb3 and utf8mb4 defaults.
    collations();

    /// Teaches an id, from information_schema.
    void add(std::uint32_t id, std::string_view character_set);

    /// The encoding of a collation; unknown with the id as its name if it was never taught.
    text_encoding find(std::uint32_t id) const;

  private:
    std::map<std::uint32_t, std::string> names_;
};

/// The encoding of a character set by MariaDB's name.
text_encoding encoding_of(std::string_view character_set);

/// True if `text` is UTF-8 as PostgreSQL takes it: shortest forms, no surrogates, nothing over U+10FFFF. NUL passes
/// here.
bool is_utf8(std::string_view text) noexcept;

/// Converts `raw` and returns the UTF-8, which lies in `raw` itself or in `room`; nullopt if it cannot be converted.
std::optional<std::string_view> to_utf8(std::string_view raw, const text_encoding& from, std::string& room);

} // namespace everarchive::capture
