// Headings of a record as rows, and how they name authority records.
#include "rows.hpp"
#include "value.hpp"

#include "marc/heading.hpp"

namespace marc_pg {
namespace {

template <class Strings>
Datum texts_datum(const Strings& strings, std::pmr::memory_resource* memory) {
    std::pmr::vector<Datum> texts{memory};
    for (auto const& text : strings) {
        texts.push_back(text_datum_from_utf8(text));
    }
    return text_array(texts);
}

/// What a heading says about its authority record, as authority_references() has it for all of them.
std::pmr::vector<std::pmr::string> references_of(const marc::heading& found, std::pmr::memory_resource* memory) {
    std::pmr::vector<std::pmr::string> references{memory};
    for (std::string_view const number : found.control_numbers) {
        marc::append_references(number, false, references);
    }
    for (std::string_view const uri : found.uris) {
        marc::append_references(uri, false, references);
    }
    marc::append_references(found.local_id, true, references);
    return references;
}

Datum keys_datum(const std::pmr::vector<std::pmr::string>& references, std::pmr::memory_resource* memory) {
    std::pmr::vector<Datum> keys{memory};
    for (std::pmr::string const& reference : references) {
        keys.push_back(Int64GetDatum(marc::reference_key(reference)));
    }
    return pg_call([&] {
        ArrayType* array = keys.empty() ? construct_empty_array(INT8OID)
                                        : construct_array(keys.data(), static_cast<int>(keys.size()), INT8OID, 8,
                                                          FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
        return PointerGetDatum(array);
    });
}

} // namespace

MARC_SQL_FUNCTION(marc_headings) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::record_view const record = record_of(value);
        marc::heading_reader reader{record, &memory};
        marc::heading found{&memory};
        while (reader.next(found)) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            palloc_resource row;
            marc::printable_tag const tag{found.tag};
            std::array<std::string_view, 9> const texts{tag.view(),     found.kind,     found.role,
                                                        found.relation, found.text,     found.key,
                                                        found.scheme,   found.local_id, found.alternate};
            constexpr std::array<std::size_t, 9> columns{1, 2, 3, 4, 5, 6, 7, 10, 11};
            std::array<Datum, 13> values{};
            std::array<bool, 13> nulls{};
            values[0] = Int32GetDatum(static_cast<std::int32_t>(found.field + 1));
            for (std::size_t i = 0; i < texts.size(); ++i) {
                nulls[columns[i]] = texts[i].empty();
                if (!texts[i].empty()) {
                    values[columns[i]] = text_datum_from_utf8(texts[i]);
                }
            }
            values[8] = texts_datum(found.control_numbers, &row);
            values[9] = texts_datum(found.uris, &row);
            values[12] = texts_datum(references_of(found, &row), &row);
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_subject_key) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::string key{&memory};
        marc::append_subject_key(utf8_of(text_view(value)), key);
        return text_datum_from_utf8(key);
    });
}

MARC_SQL_FUNCTION(marc_authority_reference) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::pmr::vector<std::pmr::string> forms{&memory};
        marc::append_references(utf8_of(text_view(value)), false, forms);
        return texts_datum(forms, &memory);
    });
}

MARC_SQL_FUNCTION(marc_authority_references) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        return texts_datum(marc::authority_references(record_of(value), &memory), &memory);
    });
}

MARC_SQL_FUNCTION(marc_authority_numbers) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        return texts_datum(marc::authority_numbers(record_of(value), &memory), &memory);
    });
}

MARC_SQL_FUNCTION(marc_authority_reference_keys) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        return keys_datum(marc::authority_references(record_of(value), &memory), &memory);
    });
}

MARC_SQL_FUNCTION(marc_authority_number_keys) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        return keys_datum(marc::authority_numbers(record_of(value), &memory), &memory);
    });
}

MARC_SQL_FUNCTION(marc_authority_key) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] { return Int64GetDatum(marc::reference_key(utf8_of(text_view(value)))); });
}

} // namespace marc_pg
