#include "text.hpp"

namespace marc_pg {
namespace {

Datum varlena_of(const void* bytes, std::size_t size) {
    auto* value = static_cast<struct varlena*>(allocate(VARHDRSZ + size));
    SET_VARSIZE(value, VARHDRSZ + size);
    if (size != 0) {
        std::memcpy(VARDATA(value), bytes, size);
    }
    return PointerGetDatum(value);
}

/// True when the bytes are UTF-8 without a zero byte. With noError pg_verify_mbstr() never raises.
bool is_clean_utf8(std::string_view text) {
    return pg_verify_mbstr(PG_UTF8, text.data(), static_cast<int>(text.size()), true);
}

/// The text with the replacement for each zero byte and each byte that does not belong to a valid UTF-8 sequence.
std::string cleaned_utf8(std::string_view text, std::string_view replacement) {
    std::string clean;
    clean.reserve(text.size() + 16);
    while (!text.empty()) {
        auto const* lead = reinterpret_cast<const unsigned char*>(text.data());
        auto const length = static_cast<std::size_t>(pg_utf_mblen(lead));
        if (*lead != 0 && length <= text.size() && pg_utf8_islegal(lead, static_cast<int>(length))) {
            clean.append(text.substr(0, length));
            text.remove_prefix(length);
        } else {
            clean.append(replacement);
            text.remove_prefix(1);
        }
    }
    return clean;
}

} // namespace

Datum bytea_datum(std::span<const std::byte> bytes) {
    return varlena_of(bytes.data(), bytes.size());
}

Datum text_datum(std::string_view bytes) {
    return varlena_of(bytes.data(), bytes.size());
}

Datum text_datum_from_utf8(std::string_view utf8) {
    std::string clean;
    if (!is_clean_utf8(utf8)) {
        clean = cleaned_utf8(utf8, database_is_utf8() ? "\xEF\xBF\xBD" : "?");
        utf8 = clean;
    }
    if (database_is_utf8()) {
        return text_datum(utf8);
    }
    char* converted = pg_call([&] { return pg_any_to_server(utf8.data(), static_cast<int>(utf8.size()), PG_UTF8); });
    return text_datum(converted == utf8.data() ? utf8 : std::string_view{converted});
}

Datum text_array(std::pmr::vector<Datum>& texts) {
    return pg_call([&] {
        ArrayType* array = texts.empty() ? construct_empty_array(TEXTOID)
                                         : construct_array(texts.data(), static_cast<int>(texts.size()), TEXTOID, -1,
                                                           false, TYPALIGN_INT);
        return PointerGetDatum(array);
    });
}

Datum cstring_datum(std::string_view bytes) {
    auto* value = static_cast<char*>(allocate(bytes.size() + 1));
    std::memcpy(value, bytes.data(), bytes.size());
    value[bytes.size()] = '\0';
    return CStringGetDatum(value);
}

std::string_view utf8_of(std::string_view database_text) {
    if (database_is_utf8()) {
        return database_text;
    }
    char* converted = pg_call(
        [&] { return pg_server_to_any(database_text.data(), static_cast<int>(database_text.size()), PG_UTF8); });
    return converted == database_text.data() ? database_text : std::string_view{converted};
}

} // namespace marc_pg
