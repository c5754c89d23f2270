// The type marc_query, and the operators @@ and @> of a record and a query.
#include "compiled.hpp"
#include "tag_share.hpp"
#include "value.hpp"

#include "marc/error.hpp"
#include "marc/query.hpp"

namespace marc_pg {
namespace {

struct ready_query {
    ready_query(std::string_view utf8, std::pmr::memory_resource* memory)
        : query{utf8, memory}, is_containment{marc::is_containment(query.view())} {}
    marc::query query;
    bool is_containment;
};

/// The compiled form of a query: see compiled(). Throws parse_error bad_query (22023).
const ready_query& compiled_query(FunctionCallInfo fcinfo, const struct varlena* argument) {
    std::string_view const text = text_view(argument);
    return compiled<ready_query>(fcinfo, text, [&](std::pmr::memory_resource* memory) {
        return ready_query{utf8_of(text), memory};
    });
}

/// What share of the records a query selects. Measured on 20,000 records of the US Government Publishing Office, as
/// those of tag_share(): terms were drawn at random from records drawn at random, words from four letters on. Each
/// figure is the lower quartile of the shares of records in which such terms occur, since what people ask for is rarer
/// than what records are full of, and since to take an index in vain costs little, and not to take it much.
class estimate {
  public:
    estimate(const marc::query_view& query, double records) : query_{query}, one_{1.0 / std::max(records, 1.0)} {}
    double of(std::size_t at) const {
        using type = marc::query_node::type;
        marc::query_node const& node = query_.nodes[at];
        double share = 1;
        switch (node.what) {
        case type::all_of:
            for (std::size_t child = at + 1; child < node.end; child = query_.nodes[child].end) {
                share *= of(child);
            }
            return share;
        case type::any_of:
            for (std::size_t child = at + 1; child < node.end; child = query_.nodes[child].end) {
                share *= 1 - of(child);
            }
            return 1 - share;
        case type::none_of:
            return 1 - of(at + 1);
        case type::same_field:
            return of(at + 1);
        default:
            return std::clamp(leaf(node), one_, 1.0);
        }
    }

  private:
    double leaf(const marc::query_node& node) const {
        using type = marc::query_node::type;
        std::string_view const tag = node.tag_text();
        std::string_view const codes = query_.at(node.codes);
        std::string_view const content = query_.at(node.content);
        double const in_field = tag_share(tag);
        switch (node.what) {
        case type::presence:
            return in_field * code_share(codes);
        case type::indicator:
            return in_field * indicator_share(node.indicator);
        case type::characters:
            return content.size() < 4 ? 0.1 : 0.01; // the first a tenth percentile: the language has one common value
        case type::value:
            if (node.prefix) {
                return 0.0005; // beginnings of eight characters
            }
            for (std::string_view const number : {"001", "010", "020", "022", "035"}) {
                if (tag == number) {
                    return one_;
                }
            }
            return in_field * (!codes.empty() && marc::is_control_code(codes.substr(0, 1)) ? 0.05 : 0.0004);
        default: {
            auto const gaps = std::count(content.begin(), content.end(), ' ');
            double const one_word = node.has_pattern() && codes.empty() ? 0.009 : in_field * 0.003;
            // Each further word of a phrase leaves a twentieth; a beginning of four letters has three times the words.
            return one_word * std::pow(0.05, static_cast<double>(gaps)) * (node.prefix ? 3 : 1);
        }
        }
    }

    marc::query_view query_;
    double one_;
};

} // namespace

MARC_SQL_FUNCTION(marc_query_in) {
    const char* input = PG_GETARG_CSTRING(0);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::query const checked{utf8_of(input), &memory};
        return text_datum(std::string_view{input});
    });
}

MARC_SQL_FUNCTION(marc_query_out) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] { return cstring_datum(text_view(value)); });
}

MARC_SQL_FUNCTION(marc_query_recv) {
    auto* message = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    int size = 0;
    const char* text =
        pq_getmsgtext(message, message->len - message->cursor, &size); // in the database's encoding, checked
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        std::string_view const input{text, static_cast<std::size_t>(size)};
        marc::query const checked{utf8_of(input), &memory};
        return text_datum(input);
    });
}

MARC_SQL_FUNCTION(marc_query_send) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    StringInfoData message;
    pq_begintypsend(&message);
    pq_sendtext(&message, VARDATA_ANY(value), static_cast<int>(VARSIZE_ANY_EXHDR(value)));
    bytea* const bytes = pq_endtypsend(&message);
    return boundary(fcinfo, [&] { return PointerGetDatum(bytes); });
}

MARC_SQL_FUNCTION(marc_matches) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* query = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::query_evaluator evaluator{&memory};
        return BoolGetDatum(evaluator.matches(compiled_query(fcinfo, query).query.view(), record_of(value)));
    });
}

MARC_SQL_FUNCTION(marc_contains) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* query = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        ready_query const& ready = compiled_query(fcinfo, query);
        if (!ready.is_containment) {
            throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "@> asks only for fields that a record contains",
                            "Its right side may hold presence, = and indicators, joined by &.",
                            "Use @@ for words, beginnings, | and !."};
        }
        marc::query_evaluator evaluator{&memory};
        return BoolGetDatum(evaluator.matches(ready.query.view(), record_of(value)));
    });
}

MARC_SQL_FUNCTION(marc_query_selectivity) {
    auto* root = reinterpret_cast<PlannerInfo*>(PG_GETARG_POINTER(0));
    auto* arguments = reinterpret_cast<List*>(PG_GETARG_POINTER(2));
    int const relation = PG_GETARG_INT32(3);
    return boundary(fcinfo, [&] {
        struct found {
            struct varlena* query;
            double records;
        };
        found const at = pg_call([&] {
            VariableStatData variable;
            Node* other = nullptr;
            bool on_left = false;
            found result{nullptr, 0};
            if (get_restriction_variable(root, arguments, relation, &variable, &other, &on_left)) {
                if (on_left && IsA(other, Const) && !castNode(Const, other)->constisnull) {
                    result.query = PG_DETOAST_DATUM_PACKED(castNode(Const, other)->constvalue);
                    result.records = variable.rel != nullptr ? variable.rel->tuples : 0;
                }
                ReleaseVariableStats(variable);
            }
            return result;
        });
        if (at.query == nullptr) {
            return Float8GetDatum(0.005); // a query that is known later
        }
        palloc_resource memory;
        marc::query const query{utf8_of(text_view(at.query)), &memory};
        return Float8GetDatum(std::clamp(estimate(query.view(), at.records).of(0), 0.0, 1.0));
    });
}

} // namespace marc_pg
