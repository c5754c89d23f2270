// Validation by Avram schema: marc_validate, marc_is_valid, marc_schema, marc_schema_check.
#include "rows.hpp"
#include "schema_cache.hpp"
#include "value.hpp"

namespace marc_pg {
namespace {

/// Makes rows of problems.
class problem_rows final : public marc::problem_sink {
  public:
    problem_rows(const row_set& rows, const marc::avram_schema* schema, std::pmr::memory_resource* memory)
        : rows_{rows}, schema_{schema}, message_{memory} {}

    bool put(const marc::problem& found) override {
        poll_interrupts();
        message_.clear();
        marc::write_message(found, schema_, message_);
        row_memory const values_of_row{rows_};
        std::array<Datum, 8> values{};
        std::array<bool, 8> nulls{};
        nulls.fill(true);
        auto const set = [&](std::size_t column, Datum value) {
            values[column] = value;
            nulls[column] = false;
        };
        set(0, text_datum(marc::name_of(found.level)));
        set(1, text_datum(marc::name_of(found.what)));
        if (!found.tag.empty()) {
            set(2, text_datum(marc::printable_tag{found.tag}.view()));
        }
        if (found.ordinal != 0) {
            set(3, Int32GetDatum(static_cast<std::int32_t>(found.ordinal)));
        }
        if (found.indicator != 0) {
            set(4, text_datum(found.indicator == 1 ? "ind1" : "ind2"));
        } else if (!found.position.empty()) {
            set(4, text_datum_replacing(found.position));
        }
        if (!found.subfield.empty()) {
            set(5, text_datum_replacing(found.subfield));
        }
        if (found.value.data() != nullptr) {
            set(6, text_datum_replacing(found.value));
        }
        set(7, text_datum_replacing(message_));
        rows_.put(values, nulls);
        return true;
    }

  private:
    const row_set& rows_;
    const marc::avram_schema* schema_;
    std::pmr::string message_;
};

/// Stops at the first error.
class first_error final : public marc::problem_sink {
  public:
    bool put(const marc::problem& found) override {
        found_ = found_ || found.level == marc::severity::error;
        return !found_;
    }
    bool found() const { return found_; }

  private:
    bool found_ = false;
};

/// The schema of a call: the argument, or the built-in one for the record; null when there is none for it.
const marc::avram_schema* schema_of(FunctionCallInfo fcinfo, validation_site& site, const marc::record_view& record) {
    if (!fcinfo->args[1].isnull) {
        return &site.schema(fcinfo->args[1].value);
    }
    std::optional<std::size_t> const index = marc::builtin_schema_for(record);
    return index ? &builtin_schema_at(*index) : nullptr;
}

class check_rows final : public marc::schema_problem_sink {
  public:
    explicit check_rows(const row_set& rows) : rows_{rows} {}
    void put(const marc::schema_problem& found) override {
        poll_interrupts();
        row_memory const values_of_row{rows_};
        std::array<Datum, 3> values{text_datum(found.is_error ? "error" : "warning"), text_datum_from_utf8(found.path),
                                    text_datum_from_utf8(found.message)};
        std::array<bool, 3> nulls{};
        rows_.put(values, nulls);
    }

  private:
    const row_set& rows_;
};

} // namespace

MARC_SQL_FUNCTION(marc_validate) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = fcinfo->args[0].isnull ? nullptr : varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        if (value == nullptr) {
            return Datum{0};
        }
        palloc_resource memory;
        marc::record_view const record = record_of(value);
        validation_site& site = validation_site::of(fcinfo);
        const marc::validation_options& options = site.options(fcinfo->args[2]);
        const marc::avram_schema* schema = schema_of(fcinfo, site, record);
        problem_rows sink{rows, schema, &memory};
        if (schema != nullptr) {
            marc::validate(record, *schema, options, sink, &memory);
        } else if (options.on(marc::rule::unknown_format)) {
            sink.put(marc::unknown_format_of(record, options));
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_is_valid) {
    struct varlena* value = fcinfo->args[0].isnull ? nullptr : varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        if (value == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        palloc_resource memory;
        marc::record_view const record = record_of(value);
        validation_site& site = validation_site::of(fcinfo);
        const marc::validation_options& options = site.options(fcinfo->args[2]);
        const marc::avram_schema* schema = schema_of(fcinfo, site, record);
        if (schema == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        first_error sink;
        marc::validate(record, *schema, options, sink, &memory);
        return BoolGetDatum(!sink.found());
    });
}

MARC_SQL_FUNCTION(marc_schema) {
    struct varlena* name = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        for (const marc::builtin_schema& schema : marc::builtin_schemas()) {
            if (schema.name == text_view(name)) { // its JSON is ASCII, and so are its bytes in every encoding
                return pg_call([&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(schema.json.data())); });
            }
        }
        throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                        "there is no built-in schema \"" + std::string{text_view(name)} + "\"",
                        {},
                        "The built-in schemas are bibliographic, authority and holdings."};
    });
}

MARC_SQL_FUNCTION(marc_schema_check) {
    row_set rows = row_set::begin(fcinfo);
    return boundary(fcinfo, [&] {
        check_rows sink{rows};
        marc::check_schema(json_text(fcinfo->args[0].value), sink);
        return Datum{0};
    });
}

} // namespace marc_pg
