// Holdings and items: marc_holdings_text, marc_items, marc_with_items, marc_items_unheld, marc_holdings_records,
// marc_item_layouts.
#include "argument.hpp"
#include "rows.hpp"
#include "value.hpp"

#include "crosswalk/holdings.hpp"
#include "crosswalk/items.hpp"

namespace marc_pg {
namespace {

constexpr const char* layout_hint = "SELECT DISTINCT layout FROM marc_item_layouts() lists them.";

/// Throws sql_error 22023.
crosswalk::item_layout layout_of(const struct varlena* name) {
    std::optional<crosswalk::item_layout> const found = crosswalk::find_layout(text_view(name));
    if (!found) {
        throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                        "there is no layout of items \"" + std::string{text_view(name)} + "\"",
                        {},
                        layout_hint};
    }
    return *found;
}

/// The same, and "auto" for the layout that the record has; nothing when it has no items.
std::optional<crosswalk::item_layout> layout_of(const struct varlena* name, const marc::record_view& record) {
    return text_view(name) == "auto" ? crosswalk::detect_layout(record) : layout_of(name);
}

/// Throws sql_error 22023.
crosswalk::item_list items_of(Datum json, std::pmr::memory_resource* memory) {
    try {
        return crosswalk::items_from_json(json_text(json), memory);
    } catch (const crosswalk::items_error& error) {
        throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "items cannot be understood", std::string{error.what()} + ".",
                        "SELECT jsonb_agg(i) FROM marc_items(record) i makes them out of a record."};
    }
}

Datum other_datum(const crosswalk::item& one, std::pmr::memory_resource* memory) {
    std::pmr::string json{memory};
    crosswalk::write_rest(one, json, !database_is_utf8());
    return pg_call([&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.c_str())); });
}

} // namespace

MARC_SQL_FUNCTION(marc_holdings_text) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::record_view const record = record_of(value);
        std::int32_t number = 0;
        for (const crosswalk::holdings_statement& one : crosswalk::holdings_text(record, &memory)) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            std::array<Datum, 7> values{Int32GetDatum(++number),
                                        Int32GetDatum(static_cast<std::int32_t>(one.location + 1)),
                                        text_datum(crosswalk::name_of(one.kind))};
            std::array<bool, 7> nulls{false, one.location == crosswalk::holdings_statement::nowhere};
            const std::string_view texts[] = {one.link, one.text, one.note, one.problem};
            for (std::size_t i = 0; i < std::size(texts); ++i) {
                nulls[3 + i] = texts[i].empty();
                if (!texts[i].empty()) {
                    values[3 + i] = text_datum_replacing(texts[i]);
                }
            }
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_items) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* layout = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        marc::record_view const record = record_of(value);
        auto const from = layout_of(layout, record);
        if (!from) {
            return Datum{0};
        }
        palloc_resource memory;
        std::int32_t number = 0;
        for (const crosswalk::item& one : crosswalk::read_items(record, *from, &memory)) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            constexpr std::size_t before = 2;
            std::array<Datum, before + crosswalk::item_column_count + 1> values{
                Int32GetDatum(++number), text_datum(crosswalk::name_of(one.layout))};
            std::array<bool, before + crosswalk::item_column_count + 1> nulls{};
            for (std::size_t i = 0; i < crosswalk::item_column_count; ++i) {
                nulls[before + i] = !one.columns[i];
                if (one.columns[i]) {
                    values[before + i] = text_datum_replacing(*one.columns[i]);
                }
            }
            palloc_resource row;
            nulls.back() = one.rest.empty();
            if (!one.rest.empty()) {
                values.back() = other_datum(one, &row);
            }
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_with_items) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* layout = varlena_argument(fcinfo, 2);
    return boundary(fcinfo, [&] {
        crosswalk::item_layout const into = layout_of(layout);
        palloc_resource memory;
        crosswalk::item_list const items = items_of(fcinfo->args[1].value, &memory);
        return built([&](marc::builder& builder) { crosswalk::write_items(record_of(value), items, into, builder); });
    });
}

MARC_SQL_FUNCTION(marc_items_unheld) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* layout = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        crosswalk::item_layout const into = layout_of(layout);
        palloc_resource memory;
        crosswalk::item_list const items = items_of(fcinfo->args[0].value, &memory);
        for (const crosswalk::item_unheld& one : crosswalk::find_unheld(items, into, &memory)) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            std::array<Datum, 3> values{Int32GetDatum(static_cast<std::int32_t>(one.item + 1)),
                                        text_datum_replacing(one.place), text_datum_replacing(one.value)};
            std::array<bool, 3> nulls{};
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_holdings_records) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* layout = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        marc::record_view const record = record_of(value);
        auto const from = layout_of(layout, record);
        if (!from) {
            return Datum{0};
        }
        palloc_resource memory;
        std::int32_t number = 0;
        crosswalk::write_holdings_records(
            record, *from,
            [&](marc::builder& one) {
                poll_interrupts();
                marc::stored_record finished = one.finish(VARHDRSZ);
                row_memory const values_of_row{rows};
                std::array<Datum, 2> values{Int32GetDatum(++number), borrowed_datum(finished)};
                std::array<bool, 2> nulls{};
                rows.put(values, nulls);
            },
            &memory);
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_item_layouts) {
    row_set rows = row_set::begin(fcinfo);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        for (const crosswalk::item_subfield& one : crosswalk::item_subfields(&memory)) {
            row_memory const values_of_row{rows};
            std::array<Datum, 3> values{text_datum(crosswalk::name_of(one.layout)), text_datum(one.place),
                                        text_datum(one.meaning)};
            std::array<bool, 3> nulls{};
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

} // namespace marc_pg
