// The type marc_query, and the operators @@ and @> of a record and a query.
#include "value.hpp"

#include "marc/error.hpp"
#include "marc/query.hpp"

namespace marc_pg {
namespace {

/// The compiled query of one call site, in the memory of the plan. Trivially destructible: the plan frees it.
struct query_cache {
    std::size_t size; // of the text that was compiled
    char* text;
    marc::query_view query;
    bool containment;
};
static_assert(std::is_trivially_destructible_v<query_cache>);

template <class Item>
std::span<const Item> copied(std::span<const Item> items, MemoryContext memory) {
    auto* copy = static_cast<Item*>(allocate(std::max<std::size_t>(1, items.size_bytes()), memory));
    std::copy(items.begin(), items.end(), copy);
    return {copy, items.size()};
}

/// The compiled form of a query; compiled anew only when its text is another than in the last call from here.
const query_cache& compiled_query(FunctionCallInfo fcinfo, const struct varlena* argument) {
    std::string_view const text = text_view(argument);
    auto* cache = static_cast<query_cache*>(fcinfo->flinfo->fn_extra);
    if (cache != nullptr && std::string_view{cache->text, cache->size} == text) {
        return *cache;
    }
    MemoryContext const lasting = fcinfo->flinfo->fn_mcxt;
    palloc_resource memory;
    marc::query const query{utf8_of(text), &memory};
    if (cache == nullptr) {
        cache = new (allocate(sizeof(query_cache), lasting)) query_cache{};
        fcinfo->flinfo->fn_extra = cache;
    } else if (cache->text != nullptr) {
        pfree(std::exchange(cache->text, nullptr));
        cache->size = 0;
        pfree(const_cast<marc::query_node*>(cache->query.nodes.data()));
        pfree(const_cast<char*>(cache->query.texts.data()));
    }
    auto const nodes = copied(query.view().nodes, lasting);
    auto const texts = copied(std::span<const char>{query.view().texts}, lasting);
    auto const copy = copied(std::span<const char>{text}, lasting);
    cache->query = {nodes, {texts.data(), texts.size()}};
    cache->containment = marc::is_containment(cache->query);
    cache->text = const_cast<char*>(copy.data());
    cache->size = text.size();
    return *cache;
}

/// What share of the records a query selects, by rules of thumb: what librarians ask for is rare, and what every record
/// has is not. Measured on 20,000 records of the US Government Publishing Office.
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
        auto const is_one_of = [&](std::initializer_list<std::string_view> tags) {
            return std::find(tags.begin(), tags.end(), tag) != tags.end();
        };
        switch (node.what) {
        case type::presence:
            return is_one_of({"001", "005", "008", "040", "245", "300", "336", "337", "338"}) ? 0.98
                   : codes.empty()                                                            ? 0.3
                                                                                              : 0.2;
        case type::indicator:
            return 0.3;
        case type::characters:
            return content.size() == 1 ? 0.2 : content.size() < 4 ? 0.1 : 0.01;
        case type::value:
            if (node.prefix) {
                return 0.005;
            }
            // A number names one record; a code such as $2 many.
            return is_one_of({"001", "010", "020", "022", "035"})                ? one_
                   : !codes.empty() && marc::is_control_code(codes.substr(0, 1)) ? 0.1
                                                                                 : 0.001;
        default: {
            auto const words = 1 + std::count(content.begin(), content.end(), ' ');
            double const one_word = node.has_pattern() && codes.empty() ? 0.02 : 0.005;
            return one_word / static_cast<double>(words * words) * (node.prefix ? 4 : 1);
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
        return BoolGetDatum(evaluator.matches(compiled_query(fcinfo, query).query, record_of(value)));
    });
}

MARC_SQL_FUNCTION(marc_contains) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* query = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        query_cache const& compiled = compiled_query(fcinfo, query);
        if (!compiled.containment) {
            throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "@> asks only for fields that a record contains",
                            "Its right side may hold presence, = and indicators, joined by &.",
                            "Use @@ for words, beginnings, | and !."};
        }
        marc::query_evaluator evaluator{&memory};
        return BoolGetDatum(evaluator.matches(compiled.query, record_of(value)));
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
