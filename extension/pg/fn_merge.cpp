// Merging: marc_merge, and marc_merge_explain, which says why.
#include "argument.hpp"
#include "compiled.hpp"
#include "rows.hpp"
#include "value.hpp"

#include "marc/merge.hpp"
#include "marc/mrk.hpp"

namespace marc_pg {
namespace {

/// The compiled form of rules in jsonb: see compiled(). Throws parse_error bad_rules (22023).
const marc::merge_rules& compiled_rules(FunctionCallInfo fcinfo, struct varlena* argument) {
    std::string_view const source = marc::as_text(varlena_bytes(argument));
    return compiled<marc::merge_rules>(fcinfo, source, [&](std::pmr::memory_resource* memory) {
        return marc::parse_merge_rules(json_text(PointerGetDatum(argument)), memory);
    });
}

/// Those of the argument, or without one the built-in rules, which are put into `built_in`.
const marc::merge_rules& rules_of(FunctionCallInfo fcinfo, struct varlena* argument,
                                  std::optional<marc::merge_rules>& built_in, std::pmr::memory_resource* memory) {
    return argument != nullptr ? compiled_rules(fcinfo, argument) : built_in.emplace(memory);
}

} // namespace

// Not strict: without an incoming record nothing changes, and no UPDATE loses a record.
MARC_SQL_FUNCTION(marc_merge) {
    struct varlena* base = argument_or_null(fcinfo, 0);
    struct varlena* incoming = argument_or_null(fcinfo, 1);
    struct varlena* rules = argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        if (base == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        palloc_resource memory;
        std::optional<marc::merge_rules> built_in;
        marc::merge_rules const& used = rules_of(fcinfo, rules, built_in, &memory);
        if (incoming == nullptr) {
            return PointerGetDatum(base);
        }
        marc::builder builder{&memory};
        bool const changed = marc::merge(record_of(base), record_of(incoming), used, builder);
        return changed ? marc_datum(builder) : PointerGetDatum(base);
    });
}

MARC_SQL_FUNCTION(marc_merge_explain) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* base_value = argument_or_null(fcinfo, 0);
    struct varlena* incoming_value = argument_or_null(fcinfo, 1);
    struct varlena* rules = argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        if (base_value == nullptr) {
            return Datum{0};
        }
        palloc_resource memory;
        marc::builder builder{&memory};
        std::optional<marc::merge_rules> built_in;
        marc::merge_rules const& used = rules_of(fcinfo, rules, built_in, &memory);
        marc::record_view const base = record_of(base_value);
        marc::record_view const incoming = record_of(incoming_value != nullptr ? incoming_value : base_value);
        std::pmr::vector<marc::merge_decision> decisions{&memory};
        if (incoming_value != nullptr) {
            marc::merge(base, incoming, used, builder, &decisions);
        } else {
            decisions.resize(1 + base.field_count());
            for (std::size_t i = 0; i < decisions.size(); ++i) {
                decisions[i].in_result = true;
                decisions[i].field = i == 0 ? marc::merge_decision::none : static_cast<std::uint32_t>(i - 1);
            }
        }
        for (marc::merge_decision const& decision : decisions) {
            poll_interrupts();
            row_memory const values_of_row{rows};
            palloc_resource row;
            std::pmr::string text{&row};
            if (incoming_value != nullptr) {
                marc::describe_decision(decision, text);
            } else {
                text = "there is no incoming record";
            }
            bool const is_leader = decision.field == marc::merge_decision::none;
            marc::record_view const& owner = decision.incoming ? incoming : base;
            char const* verb =
                decision.incoming ? (decision.in_result ? "take" : "ignore") : (decision.in_result ? "keep" : "drop");
            std::array<Datum, 6> values{text_datum(decision.incoming ? "incoming" : "base"),
                                        text_datum("LDR"),
                                        Datum{0},
                                        text_datum(verb),
                                        text_datum_from_utf8(text),
                                        Datum{0}};
            std::array<bool, 6> nulls{false, false, is_leader, false, false, false};
            text.clear();
            if (is_leader) {
                values[5] = text_datum_from_utf8(owner.leader());
            } else {
                marc::field_view const field = owner.field(decision.field);
                values[1] = text_datum(marc::printable_tag{field.tag()}.view());
                values[2] = Int32GetDatum(static_cast<std::int32_t>(decision.field) + 1);
                marc::write_mrk_field(field, text, {.ascii_only = !database_is_utf8()});
                values[5] = text_datum(text);
            }
            rows.put(values, nulls);
        }
        return Datum{0};
    });
}

} // namespace marc_pg
