// The leader, what the reader left out, and the record as rows.
#include "rows.hpp"
#include "value.hpp"

namespace marc_pg {
namespace {

constexpr std::size_t ind1 = 2;
constexpr std::size_t ind2 = 3;
constexpr std::size_t code = 4;
constexpr std::size_t content = 5;

using row_values = std::array<Datum, 6>;
using row_nulls = std::array<bool, 6>;

/// A text of a few bytes outside of any memory context: a row that is put copies it.
class short_text {
  public:
    Datum set(std::string_view bytes) {
        SET_VARSIZE(value_, VARHDRSZ + bytes.size());
        std::memcpy(VARDATA(value_), bytes.data(), bytes.size());
        return PointerGetDatum(value_);
    }
    static constexpr std::size_t most = 8;

  private:
    alignas(MAXIMUM_ALIGNOF) char value_[VARHDRSZ + most];
};

/// Calls put with (code, text) for each row of a field, the code null where there is none: one for a control field; for
/// a data field one for each subfield, and before them one without a code for bytes that stand before the first
/// subfield. A data field without any of these has one row, too.
template <class Put>
void for_each_row(const marc::field_view& field, bool is_control, Put put) {
    if (is_control) {
        put(nullptr, field.content());
        return;
    }
    marc::subfield_range const subfields = field.subfields();
    if (std::string_view const leading = field.leading(); !leading.empty() || subfields.empty()) {
        put(nullptr, leading);
    }
    for (const marc::subfield_view& subfield : subfields) {
        put(&subfield.code, subfield.value);
    }
}

/// Puts the rows of a record into a row set.
class field_rows {
  public:
    field_rows(const row_set& rows, const marc::record_view& record) : rows_{rows}, plain_{is_plain(record)} {}

    void put(const marc::field_view& field, std::size_t ord) {
        bool const is_control = field.is_control();
        char const indicators[] = {field.indicator1(), field.indicator2()};
        values_[0] = Int32GetDatum(static_cast<std::int32_t>(ord));
        values_[1] = tag_.set(marc::printable_tag{field.tag()}.view());
        nulls_[ind1] = nulls_[ind2] = is_control;
        if (!is_control && indicators[0] != '\0' && indicators[1] != '\0') {
            values_[ind1] = ind1_.set({indicators, 1});
            values_[ind2] = ind2_.set({indicators + 1, 1});
        } else if (!is_control) {
            values_[ind1] = text_datum_from_utf8({indicators, 1});
            values_[ind2] = text_datum_from_utf8({indicators + 1, 1});
        }
        if (plain_) {
            put_plain(field, is_control);
        } else {
            put_converted(field, is_control);
        }
    }

  private:
    /// Texts are copied as they are, one after the other into the same room.
    void put_plain(const marc::field_view& field, bool is_control) {
        reserve(field.content().size());
        pg_call([&] {
            for_each_row(field, is_control, [&](const std::string_view* code_text, std::string_view text) {
                CHECK_FOR_INTERRUPTS();
                nulls_[code] = code_text == nullptr;
                if (code_text != nullptr) {
                    values_[code] = code_.set(*code_text);
                }
                SET_VARSIZE(text_, VARHDRSZ + text.size());
                std::memcpy(VARDATA(text_), text.data(), text.size());
                values_[content] = PointerGetDatum(text_);
                rows_.put_inside(values_, nulls_);
            });
        });
    }

    void put_converted(const marc::field_view& field, bool is_control) {
        row_memory const values_of_field{rows_};
        for_each_row(field, is_control, [&](const std::string_view* code_text, std::string_view text) {
            poll_interrupts();
            nulls_[code] = code_text == nullptr;
            if (code_text != nullptr) {
                values_[code] = text_datum_from_utf8(*code_text);
            }
            values_[content] = text_datum_from_utf8(text);
            rows_.put(values_, nulls_);
        });
    }

    void reserve(std::size_t bytes) {
        if (text_ == nullptr || bytes > capacity_) { // the first field may be empty
            capacity_ = 2 * bytes;
            text_ = static_cast<char*>(allocate(VARHDRSZ + capacity_));
        }
    }

    const row_set& rows_;
    bool plain_;
    row_values values_{};
    row_nulls nulls_{};
    short_text tag_;
    short_text ind1_;
    short_text ind2_;
    short_text code_; // one character, of four bytes at most
    char* text_ = nullptr;
    std::size_t capacity_ = 0;
};

} // namespace

MARC_SQL_FUNCTION(marc_leader) {
    // The head only: a large record that is stored out of line is not read in full.
    struct varlena* head = PG_DETOAST_DATUM_SLICE(fcinfo->args[0].value, 0, marc::record_view::leader_slice_bytes);
    return boundary(fcinfo, [&] { return text_datum_from_utf8(marc::record_view::leader_of(varlena_bytes(head))); });
}

MARC_SQL_FUNCTION(marc_is_lossy) {
    struct varlena* head = PG_DETOAST_DATUM_SLICE(fcinfo->args[0].value, 0, marc::record_view::leader_slice_bytes);
    return boundary(fcinfo, [&] {
        return BoolGetDatum((marc::record_view::flags_of(varlena_bytes(head)) & marc::record_flag::lossy) != 0);
    });
}

MARC_SQL_FUNCTION(marc_fields) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        marc::record_view const record = record_of(value);
        field_rows fields{rows, record};
        for (std::size_t index = 0; index < record.field_count(); ++index) {
            fields.put(record.field(index), index + 1);
        }
        return Datum{0};
    });
}

} // namespace marc_pg
