// marc_tsvector: a record as PostgreSQL's full-text search sees it.
#include "value.hpp"

#include "marc/fulltext.hpp"

namespace marc_pg {

MARC_SQL_FUNCTION(marc_tsvector) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    Oid const config = PG_GETARG_OID(1);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::array<std::pmr::string, 4> weights{std::pmr::string{&memory}, std::pmr::string{&memory},
                                                std::pmr::string{&memory}, std::pmr::string{&memory}};
        marc::collect_fulltext(record_of(value), weights);
        Datum result = 0;
        for (std::size_t i = 0; i < weights.size(); ++i) {
            Datum const text = text_datum_replacing(weights[i]);
            result = pg_call([&] {
                Datum const words = DirectFunctionCall2(to_tsvector_byid, ObjectIdGetDatum(config), text);
                Datum const weighed =
                    DirectFunctionCall2(tsvector_setweight, words, CharGetDatum(static_cast<char>('A' + i)));
                return i == 0 ? weighed : DirectFunctionCall2(tsvector_concat, result, weighed);
            });
        }
        return result;
    });
}

} // namespace marc_pg
