// Editing. None of these functions is strict: an argument that is null, other than the record, leaves the record as it
// is. A strict function would make the record null, and an UPDATE lose it, because some value was missing.
#include "argument.hpp"
#include "marc/ascii.hpp"
#include "path_cache.hpp"
#include "sqlstate.hpp"
#include "value.hpp"

#include "marc/edit.hpp"
#include "marc/error.hpp"
#include "marc/mrk.hpp"

namespace marc_pg {
namespace {

/// The result of an edit as SQL sees it: `edit` fills the builder. Throws sql_error for what cannot be done.
template <class Edit>
Datum edited(FunctionCallInfo fcinfo, struct varlena* value, bool complete, Edit&& edit) {
    if (value == nullptr) {
        fcinfo->isnull = true;
        return Datum{0};
    }
    if (!complete) {
        return PointerGetDatum(value);
    }
    palloc_resource memory;
    marc::builder builder{&memory};
    switch (edit(record_of(value), builder)) {
    case marc::edit_outcome::changed:
        return marc_datum(builder);
    case marc::edit_outcome::unchanged:
        return PointerGetDatum(value);
    case marc::edit_outcome::no_place:
        throw sql_error{ERRCODE_FEATURE_NOT_SUPPORTED, "the path names something that cannot be edited in this way",
                        "Values can be set in control fields, subfields, indicators and characters of these or of the "
                        "leader; fields and subfields can be deleted.",
                        "Name a subfield, such as 245$a; or delete the field and add another one with marc_add()."};
    case marc::edit_outcome::wrong_length:
        throw sql_error{ERRCODE_STRING_DATA_LENGTH_MISMATCH,
                        "the value has the wrong length",
                        "The leader has 24 ASCII characters, and characters of a control field or of the leader are "
                        "replaced by as many others.",
                        {}};
    case marc::edit_outcome::delimiter:
        throw sql_error{
            ERRCODE_INVALID_PARAMETER_VALUE, "the value holds a delimiter",
            "The characters 1D, 1E and 1F separate records, fields and subfields, and can be no part of them.",
            "Add subfields with marc_set() or marc_add(), each with its own code."};
    case marc::edit_outcome::wildcard:
        throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                        "no field has the tag that the path names, and X stands for no other character there",
                        {},
                        "In a path use . for any character: 9.. is what marc_keep() and merge rules call 9XX."};
    case marc::edit_outcome::indicator:
        throw sql_error{sqlstate::bad_indicator,
                        marc::text_of(marc::errc::bad_indicator),
                        {},
                        "A blank indicator is ' ', '' or '\\'."};
    }
    return Datum{0};
}

/// The fields of mnemonic lines. Throws parse_error, and sql_error for a leader.
marc::stored_record fields_of(std::string_view lines, std::pmr::memory_resource* memory) {
    marc::builder builder{memory};
    marc::read_mrk(lines, builder);
    if (builder.has_leader()) {
        throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "a leader is no field", {}, "Set it with marc_set_leader()."};
    }
    return builder.finish();
}

Datum with_lines(FunctionCallInfo fcinfo, struct varlena* value, struct varlena* lines, marc::field_place place) {
    return edited(fcinfo, value, lines != nullptr, [&](const marc::record_view& record, marc::builder& builder) {
        marc::stored_record const more = fields_of(utf8_of(text_view(lines)), builder.memory());
        return marc::add_fields(record, more.view(), place, builder);
    });
}

/// A text[] argument, taken apart. Trivially destructible.
struct text_elements {
    Datum* values = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    bool present = false;

    /// May raise an error.
    text_elements(FunctionCallInfo fcinfo, int number) : present{!PG_ARGISNULL(number)} {
        if (present) {
            deconstruct_array(PG_GETARG_ARRAYTYPE_P(number), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
        }
    }
    std::string_view operator[](int i) const {
        return utf8_of(text_view(reinterpret_cast<const struct varlena*>(DatumGetPointer(values[i]))));
    }
};

/// Starts the one field that a builder is to hold. Throws sql_error bad_tag: readers keep any tag, but new ones are
/// visible ASCII.
void begin_field(marc::builder& builder, std::string_view tag) {
    if (tag.size() != 3 || !std::all_of(tag.begin(), tag.end(), marc::is_visible)) {
        throw sql_error{sqlstate::bad_tag,
                        std::string{marc::text_of(marc::errc::bad_tag)} + ": \"" + std::string{tag} + "\"",
                        {},
                        "A tag has three letters or digits, such as 650."};
    }
    builder.begin_field(tag);
}

} // namespace

MARC_SQL_FUNCTION(marc_new) {
    struct varlena* kind = argument_or_null(fcinfo, 0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::builder builder{&memory};
        std::string_view const name = kind != nullptr ? text_view(kind) : std::string_view{"bibliographic"};
        std::string_view const leader = marc::leader_for(name);
        if (leader.empty()) {
            throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                            "unknown kind of record: \"" + std::string{name} + "\"",
                            {},
                            "There are bibliographic, authority, holdings, classification, community."};
        }
        builder.set_leader(leader);
        return marc_datum(builder);
    });
}

MARC_SQL_FUNCTION(marc_set) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* path = argument_or_null(fcinfo, 1);
    struct varlena* text = argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        return edited(fcinfo, value, path != nullptr && text != nullptr,
                      [&](const marc::record_view& record, marc::builder& builder) {
                          return marc::set_values(record, compiled_path(fcinfo, text_view(path)),
                                                  utf8_of(text_view(text)), builder);
                      });
    });
}

MARC_SQL_FUNCTION(marc_set_leader) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* leader = argument_or_null(fcinfo, 1);
    return boundary(fcinfo, [&] {
        return edited(fcinfo, value, leader != nullptr, [&](const marc::record_view& record, marc::builder& builder) {
            return marc::set_leader(record, utf8_of(text_view(leader)), builder);
        });
    });
}

MARC_SQL_FUNCTION(marc_replace) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* path = argument_or_null(fcinfo, 1);
    struct varlena* pattern = argument_or_null(fcinfo, 2);
    struct varlena* replacement = argument_or_null(fcinfo, 3);
    return boundary(fcinfo, [&] {
        return edited(fcinfo, value, path != nullptr && pattern != nullptr && replacement != nullptr,
                      [&](const marc::record_view& record, marc::builder& builder) {
                          return marc::replace_in_values(record, compiled_path(fcinfo, text_view(path)),
                                                         utf8_of(text_view(pattern)), utf8_of(text_view(replacement)),
                                                         builder);
                      });
    });
}

MARC_SQL_FUNCTION(marc_delete) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* path = argument_or_null(fcinfo, 1);
    return boundary(fcinfo, [&] {
        return edited(fcinfo, value, path != nullptr, [&](const marc::record_view& record, marc::builder& builder) {
            return marc::delete_values(record, compiled_path(fcinfo, text_view(path)), builder);
        });
    });
}

MARC_SQL_FUNCTION(marc_add) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* lines = argument_or_null(fcinfo, 1);
    return boundary(fcinfo, [&] { return with_lines(fcinfo, value, lines, marc::field_place::by_tag); });
}

MARC_SQL_FUNCTION(marc_append) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* lines = argument_or_null(fcinfo, 1);
    return boundary(fcinfo, [&] { return with_lines(fcinfo, value, lines, marc::field_place::end); });
}

MARC_SQL_FUNCTION(marc_add_control) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* tag = argument_or_null(fcinfo, 1);
    struct varlena* text = argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        return edited(fcinfo, value, tag != nullptr && text != nullptr,
                      [&](const marc::record_view& record, marc::builder& builder) {
                          marc::builder one{builder.memory()};
                          begin_field(one, utf8_of(text_view(tag)));
                          std::string_view const content = utf8_of(text_view(text));
                          if (marc::has_delimiter(content)) {
                              return marc::edit_outcome::delimiter;
                          }
                          one.append(content);
                          one.end_field();
                          marc::stored_record const more = one.finish();
                          if (!more.view().field(0).is_control()) {
                              throw sql_error{
                                  ERRCODE_INVALID_PARAMETER_VALUE,
                                  "this is the tag of a data field",
                                  {},
                                  "Give indicators and subfields: marc_add(record, '245', '1', '0', 'a', 'Title')."};
                          }
                          return marc::add_fields(record, more.view(), marc::field_place::by_tag, builder);
                      });
    });
}

MARC_SQL_FUNCTION(marc_add_data) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    struct varlena* tag = argument_or_null(fcinfo, 1);
    struct varlena* first = argument_or_null(fcinfo, 2);
    struct varlena* second = argument_or_null(fcinfo, 3);
    text_elements const subfields{fcinfo, 4};
    return boundary(fcinfo, [&] {
        bool const complete = tag != nullptr && first != nullptr && second != nullptr && subfields.present;
        return edited(fcinfo, value, complete, [&](const marc::record_view& record, marc::builder& builder) {
            if (subfields.count % 2 != 0) {
                throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                                "a subfield code has no value",
                                "Subfields are given as code, value, code, value and so on.",
                                {}};
            }
            marc::builder one{builder.memory()};
            begin_field(one, utf8_of(text_view(tag)));
            for (struct varlena* indicator : {first, second}) {
                char const character = marc::indicator_of(utf8_of(text_view(indicator)));
                if (character == 0) {
                    return marc::edit_outcome::indicator;
                }
                one.append(character);
            }
            bool any = false;
            for (int i = 0; i < subfields.count; i += 2) {
                if (subfields.nulls[i] || subfields.nulls[i + 1]) {
                    continue; // no value, no subfield
                }
                std::string_view const code = subfields[i];
                std::string_view const text = subfields[i + 1];
                if (code.size() != 1 || static_cast<unsigned char>(code[0]) < 0x20 || code[0] == 0x7F) {
                    throw sql_error{sqlstate::bad_subfield_code,
                                    std::string{marc::text_of(marc::errc::bad_subfield_code)} + ": \"" +
                                        std::string{code} + "\"",
                                    "Subfields are given as code, value, code, value and so on.",
                                    {}};
                }
                if (marc::has_delimiter(text)) {
                    return marc::edit_outcome::delimiter;
                }
                one.begin_subfield(code);
                one.append(text);
                any = true;
            }
            if (!any) {
                return marc::edit_outcome::unchanged;
            }
            one.end_field();
            marc::stored_record const more = one.finish();
            if (more.view().field(0).is_control()) {
                throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                                "this is the tag of a control field",
                                {},
                                "Give its value: marc_add(record, '003', 'DLC')."};
            }
            return marc::add_fields(record, more.view(), marc::field_place::by_tag, builder);
        });
    });
}

MARC_SQL_FUNCTION(marc_sort) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    return boundary(fcinfo, [&] {
        return edited(fcinfo, value, true, [](const marc::record_view& record, marc::builder& builder) {
            return marc::sort_fields(record, builder);
        });
    });
}

MARC_SQL_FUNCTION(marc_keep) {
    struct varlena* value = argument_or_null(fcinfo, 0);
    text_elements const tags{fcinfo, 1};
    return boundary(fcinfo, [&] {
        return edited(fcinfo, value, tags.present, [&](const marc::record_view& record, marc::builder& builder) {
            std::pmr::vector<marc::tag_pattern> patterns{builder.memory()};
            for (int i = 0; i < tags.count; ++i) {
                if (tags.nulls[i]) {
                    continue;
                }
                if (!marc::read_tag_pattern(tags[i], patterns.emplace_back())) {
                    throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                                    "this is no tag: \"" + std::string{tags[i]} + "\"",
                                    {},
                                    "A tag has three letters or digits; . or X stands for any of them: 650, 6.., 9XX."};
                }
            }
            return marc::keep_fields(record, patterns, builder);
        });
    });
}

} // namespace marc_pg
