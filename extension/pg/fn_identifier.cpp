// Standard numbers, keys and what a record says of itself in a few words.
#include "value.hpp"

#include "marc/fold.hpp"
#include "marc/identifier.hpp"
#include "marc/match_key.hpp"
#include "marc/naco.hpp"
#include "marc/title.hpp"

namespace marc_pg {
namespace {

/// A text, or null when it is empty.
Datum text_or_null(FunctionCallInfo fcinfo, std::string_view utf8) {
    if (utf8.empty()) {
        fcinfo->isnull = true;
        return Datum{0};
    }
    return text_datum_from_utf8(utf8);
}

Datum numbers_datum(const std::pmr::vector<marc::identifier>& numbers, std::pmr::memory_resource* memory) {
    std::pmr::vector<Datum> texts{memory};
    for (marc::identifier const& number : numbers) {
        texts.push_back(text_datum(number.text()));
    }
    return text_array(texts);
}

} // namespace

/// Defines a function of a text. Takes the name and what is appended to `out` from the UTF-8 `text`.
#define MARC_TEXT_FUNCTION(name, append)                                                                               \
    MARC_SQL_FUNCTION(name) {                                                                                          \
        struct varlena* value = varlena_argument(fcinfo, 0);                                                           \
        return boundary(fcinfo, [&] {                                                                                  \
            palloc_resource memory;                                                                                    \
            std::pmr::string out{&memory};                                                                             \
            std::string_view const text = utf8_of(text_view(value));                                                   \
            append;                                                                                                    \
            return text_datum_from_utf8(out);                                                                          \
        });                                                                                                            \
    }                                                                                                                  \
    static_assert(true, "a semicolon follows")

MARC_TEXT_FUNCTION(marc_fold, marc::fold(text, out));
MARC_TEXT_FUNCTION(marc_naco, marc::naco(text, out));

/// Defines a function that finds a standard number in a text, null when there is none.
#define MARC_NUMBER_FUNCTION(name, read)                                                                               \
    MARC_SQL_FUNCTION(name) {                                                                                          \
        struct varlena* value = varlena_argument(fcinfo, 0);                                                           \
        return boundary(fcinfo, [&] { return text_or_null(fcinfo, read(utf8_of(text_view(value))).text()); });         \
    }                                                                                                                  \
    static_assert(true, "a semicolon follows")

MARC_NUMBER_FUNCTION(marc_normalize_isbn, marc::isbn13);
MARC_NUMBER_FUNCTION(marc_normalize_issn, marc::issn);
MARC_NUMBER_FUNCTION(marc_normalize_lccn, marc::lccn);
MARC_NUMBER_FUNCTION(marc_normalize_oclc, marc::oclc_number);

/// Defines a function of a record. Takes the name and the Datum, made of `record` with `memory`.
#define MARC_RECORD_FUNCTION(name, result)                                                                             \
    MARC_SQL_FUNCTION(name) {                                                                                          \
        struct varlena* value = varlena_argument(fcinfo, 0);                                                           \
        return boundary(fcinfo, [&]() -> Datum {                                                                       \
            [[maybe_unused]] palloc_resource memory;                                                                   \
            marc::record_view const record = record_of(value);                                                         \
            return result;                                                                                             \
        });                                                                                                            \
    }                                                                                                                  \
    static_assert(true, "a semicolon follows")

MARC_RECORD_FUNCTION(marc_isbn, numbers_datum(marc::isbns(record, &memory), &memory));
MARC_RECORD_FUNCTION(marc_issn, numbers_datum(marc::issns(record, &memory), &memory));
MARC_RECORD_FUNCTION(marc_oclc, numbers_datum(marc::oclc_numbers(record, &memory), &memory));
MARC_RECORD_FUNCTION(marc_lccn, text_or_null(fcinfo, marc::lccn_of(record).text()));
MARC_RECORD_FUNCTION(marc_title, text_or_null(fcinfo, marc::title(record, &memory)));
MARC_RECORD_FUNCTION(marc_sort_title, text_or_null(fcinfo, marc::sort_title(record, &memory)));
MARC_RECORD_FUNCTION(marc_author, text_or_null(fcinfo, marc::author(record, &memory)));
MARC_RECORD_FUNCTION(marc_language, text_or_null(fcinfo, marc::language(record)));
MARC_RECORD_FUNCTION(marc_kind, text_or_null(fcinfo, marc::kind(record)));
MARC_RECORD_FUNCTION(marc_match_key, text_or_null(fcinfo, marc::match_key(record, &memory)));
MARC_RECORD_FUNCTION(marc_heading_key, text_or_null(fcinfo, marc::heading_key(record, &memory)));

MARC_SQL_FUNCTION(marc_date) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        int const year = marc::publication_year(record_of(value));
        fcinfo->isnull = year == 0;
        return Int32GetDatum(year);
    });
}

MARC_SQL_FUNCTION(marc_heading_keys) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::vector<Datum> texts{&memory};
        for (std::pmr::string const& key : marc::heading_keys(record_of(value), &memory)) {
            poll_interrupts();
            texts.push_back(text_datum_from_utf8(key));
        }
        return text_array(texts);
    });
}

} // namespace marc_pg
