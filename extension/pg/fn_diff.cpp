// Differences: marc_diff as rows, marc_diff_text for people.
#include "argument.hpp"
#include "rows.hpp"
#include "value.hpp"

#include "marc/diff.hpp"
#include "marc/digest.hpp"
#include "marc/mrk.hpp"

namespace marc_pg {
namespace {

enum column : std::size_t { kind, tag, ord_a, ord_b, old_field, new_field, detail, columns };

using row_values = std::array<Datum, columns>;
using row_nulls = std::array<bool, columns>;

/// The line of a field, as marc_to_mrk() writes it.
Datum line_of(const marc::field_view& field) {
    palloc_resource memory;
    std::pmr::string line{&memory};
    marc::write_mrk_field(field, line, {.ascii_only = !database_is_utf8()});
    return text_datum(line);
}

/// A text[] of UTF-8 pieces. Throws pg_error 22P05 for a character that the database's encoding lacks.
Datum text_array_from_utf8(const std::pmr::vector<std::pmr::string>& texts, std::pmr::memory_resource* memory) {
    std::pmr::vector<Datum> elements{memory};
    for (std::pmr::string const& text : texts) {
        elements.push_back(text_datum_from_utf8(text));
    }
    return text_array(elements);
}

void put_change(const row_set& rows, const marc::record_view& a, const marc::record_view& b,
                const marc::record_change& change) {
    row_memory const values_of_row{rows};
    palloc_resource memory;
    row_values values{};
    row_nulls nulls;
    nulls.fill(true);
    auto const put = [&](column where, Datum value) {
        values[where] = value;
        nulls[where] = false;
    };
    put(kind, text_datum(marc::name_of(change.kind)));
    if (change.leader != marc::record_change::none) {
        auto const leader_a = marc::canonical_leader(a);
        auto const leader_b = marc::canonical_leader(b);
        std::string_view const old_character{&leader_a[change.leader], 1};
        std::string_view const new_character{&leader_b[change.leader], 1};
        std::pmr::vector<std::pmr::string> description{&memory};
        char number[8];
        description.emplace_back("/").append(number, std::to_chars(number, number + sizeof number, change.leader).ptr);
        description.back().append(": ").append(old_character).append(" > ").append(new_character);
        put(tag, text_datum("LDR"));
        put(old_field, text_datum_from_utf8(old_character));
        put(new_field, text_datum_from_utf8(new_character));
        put(detail, text_array_from_utf8(description, &memory));
        rows.put(values, nulls);
        return;
    }
    bool const in_a = change.a != marc::record_change::none;
    bool const in_b = change.b != marc::record_change::none;
    put(tag, text_datum(marc::printable_tag{(in_a ? a.field(change.a) : b.field(change.b)).tag()}.view()));
    if (in_a) {
        put(ord_a, Int32GetDatum(static_cast<std::int32_t>(change.a) + 1));
        put(old_field, line_of(a.field(change.a)));
    }
    if (in_b) {
        put(ord_b, Int32GetDatum(static_cast<std::int32_t>(change.b) + 1));
        put(new_field, line_of(b.field(change.b)));
    }
    if (change.kind == marc::change_kind::changed) {
        auto const description = marc::describe_change(a.field(change.a), b.field(change.b), &memory);
        if (!description.empty()) {
            put(detail, text_array_from_utf8(description, &memory));
        }
    }
    rows.put(values, nulls);
}

/// Both sides of a comparison. Where one is null, a record stands for it that has the other's leader and no fields.
class sides {
  public:
    sides(const struct varlena* a, const struct varlena* b, std::pmr::memory_resource* memory)
        : came_(a == nullptr),
          empty_(a != nullptr && b != nullptr ? std::nullopt
                                              : std::optional{without_fields(record_of(a != nullptr ? a : b), memory)}),
          a_(a != nullptr ? record_of(a) : empty_->view()), b_(b != nullptr ? record_of(b) : empty_->view()) {}

    const marc::record_view& a() const { return a_; }
    const marc::record_view& b() const { return b_; }
    /// True when a whole record came or went; then that is the leader's change, too.
    bool is_whole_record() const { return empty_.has_value(); }
    /// Of a whole record: which of the two, and its leader alone.
    marc::change_kind whole_change() const { return came_ ? marc::change_kind::added : marc::change_kind::deleted; }
    marc::record_view leader() const { return empty_->view(); }

  private:
    static marc::stored_record without_fields(const marc::record_view& record, std::pmr::memory_resource* memory) {
        marc::builder builder{memory};
        auto const leader = marc::canonical_leader(record);
        builder.set_leader({leader.data(), leader.size()});
        return builder.finish();
    }

    bool came_;
    std::optional<marc::stored_record> empty_;
    marc::record_view a_;
    marc::record_view b_;
};

void put_whole_record(const row_set& rows, const sides& both) {
    row_memory const values_of_row{rows};
    row_values values{};
    row_nulls nulls;
    nulls.fill(true);
    column const where = both.whole_change() == marc::change_kind::added ? new_field : old_field;
    values[kind] = text_datum(marc::name_of(both.whole_change()));
    values[tag] = text_datum("LDR");
    values[where] = text_datum_from_utf8(both.leader().leader());
    nulls[kind] = nulls[tag] = nulls[where] = false;
    rows.put(values, nulls);
}

} // namespace

MARC_SQL_FUNCTION(marc_diff) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* old_value = argument_or_null(fcinfo, 0);
    struct varlena* new_value = argument_or_null(fcinfo, 1);
    return boundary(fcinfo, [&] {
        if (old_value == nullptr && new_value == nullptr) {
            return Datum{0};
        }
        palloc_resource memory;
        sides const both{old_value, new_value, &memory};
        marc::record_view const& a = both.a();
        marc::record_view const& b = both.b();
        if (both.is_whole_record()) {
            put_whole_record(rows, both);
        }
        for (marc::record_change const& change : marc::diff(a, b, &memory)) {
            poll_interrupts();
            put_change(rows, a, b, change);
        }
        return Datum{0};
    });
}

MARC_SQL_FUNCTION(marc_diff_text) {
    struct varlena* old_value = argument_or_null(fcinfo, 0);
    struct varlena* new_value = argument_or_null(fcinfo, 1);
    std::int32_t const context = PG_ARGISNULL(2) ? 1 : PG_GETARG_INT32(2);
    return boundary(fcinfo, [&] {
        if (old_value == nullptr && new_value == nullptr) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        if (context < 0) {
            throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "context must not be negative",
                            "It is the number of unchanged fields to show before and behind each change."};
        }
        palloc_resource memory;
        std::pmr::string text{&memory};
        sides const both{old_value, new_value, &memory};
        if (both.is_whole_record()) {
            text = both.whole_change() == marc::change_kind::added ? "+" : "-";
            marc::write_mrk(both.leader(), text, {.ascii_only = true});
        }
        std::pmr::string changes{&memory};
        marc::write_diff(both.a(), both.b(), changes,
                         {.context = static_cast<std::size_t>(context), .ascii_only = !database_is_utf8()});
        if (!text.empty() && !changes.empty()) {
            text += '\n';
        }
        text += changes;
        return text_datum(text);
    });
}

} // namespace marc_pg
