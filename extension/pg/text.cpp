#include "text.hpp"

#include "marc/charset.hpp"

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

/// Converts clean UTF-8 to the encoding of the database, which is another one, up to a character that it lacks.
class utf8_converter {
  public:
    /// Appends what could be converted; returns how many bytes of the text that was, 0 at a character that is lacking.
    std::size_t convert(std::string_view utf8, std::string& out) const {
#if PG_VERSION_NUM >= 140000
        constexpr std::size_t most = 1'024;
        unsigned char converted[most * MAX_CONVERSION_GROWTH + 1];
        std::string_view const piece = marc::first_bytes(utf8, most);
        auto* source = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
        int const done = pg_call([&] {
            return pg_do_encoding_conversion_buf(function_, PG_UTF8, GetDatabaseEncoding(), source,
                                                 static_cast<int>(piece.size()), converted, sizeof converted, true);
        });
        out.append(reinterpret_cast<const char*>(converted));
        return static_cast<std::size_t>(done);
#else
        // No conversion without an error before 14. It holds nothing when it raises one, so this may swallow it.
        std::string_view const piece = marc::first_bytes(
            utf8, static_cast<std::size_t>(pg_utf_mblen(reinterpret_cast<const unsigned char*>(utf8.data()))));
        try {
            char* converted =
                pg_call([&] { return pg_any_to_server(piece.data(), static_cast<int>(piece.size()), PG_UTF8); });
            out.append(converted == piece.data() ? piece : std::string_view{converted});
            return piece.size();
        } catch (const pg_error& error) {
            if (error.data->sqlerrcode != ERRCODE_UNTRANSLATABLE_CHARACTER) {
                throw;
            }
            FreeErrorData(error.data);
            return 0;
        }
#endif
    }

  private:
#if PG_VERSION_NUM >= 140000
    Oid function_ = pg_call([] { return FindDefaultConversionProc(PG_UTF8, GetDatabaseEncoding()); });
#endif
};

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
    try {
        char* converted =
            pg_call([&] { return pg_any_to_server(utf8.data(), static_cast<int>(utf8.size()), PG_UTF8); });
        return text_datum(converted == utf8.data() ? utf8 : std::string_view{converted});
    } catch (const pg_error& error) {
        if (error.data->sqlerrcode == ERRCODE_UNTRANSLATABLE_CHARACTER && error.data->hint == nullptr) {
            constexpr std::string_view hint =
                "The record has characters that the encoding of this database lacks; a database with the encoding UTF8 "
                "holds all of them.";
            error.data->hint = static_cast<char*>(allocate(hint.size() + 1, error.data->assoc_context));
            *std::copy(hint.begin(), hint.end(), error.data->hint) = '\0';
        }
        throw;
    }
}

Datum text_datum_replacing(std::string_view utf8) {
    if (database_is_utf8() || GetDatabaseEncoding() == PG_SQL_ASCII) {
        return text_datum_from_utf8(utf8);
    }
    std::string const clean = is_clean_utf8(utf8) ? std::string{} : cleaned_utf8(utf8, "?");
    std::string_view rest = clean.empty() ? utf8 : clean;
    std::string result;
    result.reserve(rest.size());
    utf8_converter const converter;
    while (!rest.empty()) {
        poll_interrupts();
        std::size_t const done = converter.convert(rest, result);
        rest.remove_prefix(done);
        if (done == 0) {
            result.push_back('?');
            auto const* lead = reinterpret_cast<const unsigned char*>(rest.data());
            rest.remove_prefix(std::min(static_cast<std::size_t>(pg_utf_mblen(lead)), rest.size()));
        }
    }
    return text_datum(result);
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
