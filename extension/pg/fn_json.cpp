// MARC-in-JSON, as jsonb and as text.
#include "argument.hpp"
#include "value.hpp"

#include "marc/error.hpp"
#include "marc/json.hpp"

namespace marc_pg {
namespace {

/// @param argument null for the default
marc::json_form form_of(const struct varlena* argument) {
    static constexpr std::pair<std::string_view, marc::json_form> words[] = {{"list", marc::json_form::list},
                                                                             {"keyed", marc::json_form::keyed}};
    return choose(text_or(argument, "list"), "form", words,
                  "'list' has one object for each field, 'keyed' one member for each tag.");
}

Datum read(std::string_view utf8) {
    return built([&](marc::builder& builder) { marc::read_json(utf8, builder); });
}

Datum write_jsonb(const struct varlena* value, marc::json_form form, marc::inexpressible_content policy) {
    palloc_resource memory;
    std::pmr::string json{&memory};
    // In ASCII where the database is not UTF-8: the server's parser then converts the characters.
    marc::write_json(record_of(value), json,
                     {.form = form, .ascii_only = !database_is_utf8(), .without_nul = true, .policy = policy});
    return pg_call([&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.c_str())); });
}

} // namespace

MARC_SQL_FUNCTION(marc_from_jsonb) {
    return boundary(fcinfo, [&] { return read(json_text(fcinfo->args[0].value)); });
}

MARC_SQL_FUNCTION(marc_from_json_text) {
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] { return read(utf8_of(text_view(text))); });
}

MARC_SQL_FUNCTION(marc_to_jsonb) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo,
                    [&] { return write_jsonb(value, marc::json_form::list, marc::inexpressible_content::error); });
}

MARC_SQL_FUNCTION(marc_to_jsonb_form) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* form = argument_or_null(fcinfo, 1);
    struct varlena* inexpressible = argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        if (value == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        return write_jsonb(value, form_of(form), policy_of(inexpressible));
    });
}

MARC_SQL_FUNCTION(marc_to_json_text) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* form = argument_or_null(fcinfo, 1);
    return boundary(fcinfo, [&] {
        if (value == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        palloc_resource memory;
        std::pmr::string json{&memory};
        marc::write_json(record_of(value), json, {.form = form_of(form), .ascii_only = !database_is_utf8()});
        return text_datum(json);
    });
}

} // namespace marc_pg
