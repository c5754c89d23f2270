// Digest, equality, order and hash of canonical content, as digest.hpp defines it. The order and the hash are stored in
// indexes: they must never change for a given record.
#include "value.hpp"

#include "marc/digest.hpp"

namespace marc_pg {
namespace {

/// Compares leader, then field by field tag and content, then the number of fields; as bytes.
int compare(const marc::record_view& a, const marc::record_view& b) {
    auto const leader_a = canonical_leader(a);
    auto const leader_b = canonical_leader(b);
    if (int const order = std::memcmp(leader_a.data(), leader_b.data(), leader_a.size()); order != 0) {
        return order;
    }
    std::size_t const common = std::min(a.field_count(), b.field_count());
    for (std::size_t i = 0; i < common; ++i) {
        marc::field_view const field_a = a.field(i);
        marc::field_view const field_b = b.field(i);
        if (int const order = field_a.tag().compare(field_b.tag()); order != 0) {
            return order;
        }
        if (int const order = field_a.content().compare(field_b.content()); order != 0) {
            return order;
        }
    }
    return a.field_count() < b.field_count() ? -1 : a.field_count() > b.field_count() ? 1 : 0;
}

/// Hash of what compare() compares. Equal records have the same bytes in data(), whatever form they came from.
std::uint64_t hash(const marc::record_view& record, std::uint64_t seed) {
    auto const leader = canonical_leader(record);
    std::string_view const data = record.data();
    auto const bytes = [](const char* from) { return reinterpret_cast<const unsigned char*>(from); };
    std::uint64_t const head = hash_bytes_extended(bytes(leader.data()), static_cast<int>(leader.size()), seed);
    std::uint64_t const body = hash_bytes_extended(bytes(data.data()), static_cast<int>(data.size()), seed);
    return hash_combine64(head, body);
}

/// Calls a function of two records and returns its result; frees detoasted copies.
template <class Function>
Datum of_two(FunctionCallInfo fcinfo, struct varlena* a, struct varlena* b, Function&& function) {
    Datum const result = function(record_of(a), record_of(b));
    free_if_copy(fcinfo, 0, a);
    free_if_copy(fcinfo, 1, b);
    return result;
}

} // namespace

/// Defines a comparison of two records. Takes the name and the test of compare()'s result.
#define MARC_COMPARISON(name, test)                                                                                    \
    MARC_SQL_FUNCTION(name) {                                                                                          \
        struct varlena* a = varlena_argument(fcinfo, 0);                                                               \
        struct varlena* b = varlena_argument(fcinfo, 1);                                                               \
        return boundary(fcinfo, [&] {                                                                                  \
            return of_two(fcinfo, a, b, [](const marc::record_view& x, const marc::record_view& y) {                   \
                int const order = compare(x, y);                                                                       \
                return test;                                                                                           \
            });                                                                                                        \
        });                                                                                                            \
    }                                                                                                                  \
    static_assert(true, "a semicolon follows")

MARC_COMPARISON(marc_eq, BoolGetDatum(order == 0));
MARC_COMPARISON(marc_ne, BoolGetDatum(order != 0));
MARC_COMPARISON(marc_lt, BoolGetDatum(order < 0));
MARC_COMPARISON(marc_le, BoolGetDatum(order <= 0));
MARC_COMPARISON(marc_gt, BoolGetDatum(order > 0));
MARC_COMPARISON(marc_ge, BoolGetDatum(order >= 0));
MARC_COMPARISON(marc_cmp, Int32GetDatum(order));

MARC_SQL_FUNCTION(marc_identical) {
    struct varlena* a = varlena_argument(fcinfo, 0);
    struct varlena* b = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        return of_two(fcinfo, a, b, [](const marc::record_view& x, const marc::record_view& y) {
            return BoolGetDatum(marc::as_text(x.bytes()) == marc::as_text(y.bytes()));
        });
    });
}

MARC_SQL_FUNCTION(marc_hash) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        auto const low = static_cast<std::uint32_t>(hash(record_of(value), 0));
        free_if_copy(fcinfo, 0, value);
        return UInt32GetDatum(low);
    });
}

MARC_SQL_FUNCTION(marc_hash_extended) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    std::int64_t const seed = PG_GETARG_INT64(1);
    return boundary(fcinfo, [&] {
        std::uint64_t const all = hash(record_of(value), static_cast<std::uint64_t>(seed));
        free_if_copy(fcinfo, 0, value);
        return UInt64GetDatum(all);
    });
}

MARC_SQL_FUNCTION(marc_digest) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] {
        marc::digest_bytes const digest = marc::digest(record_of(value));
        return bytea_datum(digest);
    });
}

} // namespace marc_pg
