// Parse and write: ISO 2709, MARCXML, mnemonic text.
#include "argument.hpp"
#include "value.hpp"

#include "marc/detect.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"
#include "marc/marcxml.hpp"
#include "marc/mrk.hpp"

namespace marc_pg {
namespace {

/// Runs a reader of bytea; what is no record is then bad binary (22P03), not bad text.
template <class Read>
Datum read_binary(const Read& read) {
    try {
        return built(read);
    } catch (const marc::parse_error& error) {
        if (error.code() != marc::errc::not_marc) {
            throw;
        }
        throw sql_error{
            ERRCODE_INVALID_BINARY_REPRESENTATION,
            error.what(),
            {},
            "Give one whole record, from its leader on. marc_try() shows what is wrong instead of raising an "
            "error, and marc_split() cuts a file into records."};
    }
}

/// The encoding of this name. Takes it as people write it: UTF-8, utf8, marc-8.
marc::iso2709_encoding encoding_of(std::string_view name) {
    std::optional<marc::iso2709_encoding> const encoding = marc::find_encoding(name);
    if (!encoding) {
        throw sql_error{ERRCODE_FEATURE_NOT_SUPPORTED,
                        "character set \"" + std::string{name} + "\" is not supported",
                        {},
                        "Give 'utf-8', 'marc-8', 'latin-1' or 'iso-5426', or convert the file to UTF-8 first."};
    }
    return *encoding;
}

/// What to do with a character that the encoding lacks, as the caller names it; null: an error.
marc::unencodable_character unencodable_of(const struct varlena* name) {
    static constexpr std::pair<std::string_view, marc::unencodable_character> words[] = {
        {"error", marc::unencodable_character::error}, {"ncr", marc::unencodable_character::reference}};
    return choose(text_or(name, "error"), "unencodable", words,
                  "'ncr' writes a character that MARC-8 lacks as a numeric character reference such as &#x0416;.");
}

} // namespace

MARC_SQL_FUNCTION(marc_from_iso2709) {
    // Not strict, since the encoding may be null: a null record gives null.
    struct varlena* bytes = argument_or_null(fcinfo, 0);
    struct varlena* encoding = argument_or_null(fcinfo, 1);
    return boundary(fcinfo, [&] {
        if (bytes == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        marc::iso2709_encoding const named =
            encoding == nullptr ? marc::iso2709_encoding::automatic : encoding_of(text_view(encoding));
        return read_binary(
            [&](marc::builder& builder) { marc::read_iso2709(varlena_bytes(bytes), builder, nullptr, named); });
    });
}

MARC_SQL_FUNCTION(marc_from_bytes) {
    struct varlena* bytes = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        return read_binary([&](marc::builder& builder) { marc::read_bytes(varlena_bytes(bytes), builder); });
    });
}

MARC_SQL_FUNCTION(marc_from_xml) {
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        return built([&](marc::builder& builder) { marc::read_marcxml(utf8_of(text_view(text)), builder); });
    });
}

MARC_SQL_FUNCTION(marc_from_mrk) {
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        return built([&](marc::builder& builder) { marc::read_mrk(utf8_of(text_view(text)), builder); });
    });
}

MARC_SQL_FUNCTION(marc_to_iso2709_encoded) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* encoding = argument_or_null(fcinfo, 1);
    struct varlena* unencodable = argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        if (value == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        marc::iso2709_encoding const named = encoding_of(text_or(encoding, "utf-8"));
        if (named != marc::iso2709_encoding::utf8 && named != marc::iso2709_encoding::marc8) {
            throw sql_error{ERRCODE_FEATURE_NOT_SUPPORTED,
                            "records are written in UTF-8 or MARC-8 only",
                            {},
                            "Give 'utf-8' or 'marc-8'."};
        }
        palloc_resource memory;
        std::pmr::string bytes{&memory};
        marc::write_iso2709(record_of(value), bytes, named, unencodable_of(unencodable));
        return bytea_datum(marc::as_bytes(bytes));
    });
}

// In 0.1.0 this was marc_to_iso2709(marc). A symbol of a release keeps its arguments: until ALTER EXTENSION UPDATE the
// functions of the old script call the new library.
MARC_SQL_FUNCTION(marc_to_iso2709) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::string bytes{&memory};
        marc::write_iso2709(record_of(value), bytes);
        return bytea_datum(marc::as_bytes(bytes));
    });
}

MARC_SQL_FUNCTION(marc_to_xml) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* inexpressible = argument_or_null(fcinfo, 1);
    return boundary(fcinfo, [&] {
        if (value == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        palloc_resource memory;
        std::pmr::string xml{&memory};
        marc::write_marcxml(record_of(value), xml, policy_of(inexpressible));
        return database_is_utf8() ? text_datum(xml) : text_datum(with_character_references(xml));
    });
}

MARC_SQL_FUNCTION(marc_to_mrk) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::string text{&memory};
        marc::write_mrk(record_of(value), text, {.ascii_only = !database_is_utf8()});
        return text_datum(text);
    });
}

} // namespace marc_pg
