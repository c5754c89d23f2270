// How many records a path will be found in, for the planner: @? and marc_exists().
//
// PostgreSQL keeps no statistics about what is inside a record, so this knows how common fields are in MARC 21
// catalogues. A guess that 245 is everywhere and 586 is rare is enough to choose between a scan and an index; the
// default of contsel, one record in a thousand, is wrong for nearly every path.
#include "path_cache.hpp"
#include "text.hpp"

#include "marc/error.hpp"

namespace marc_pg {
namespace {

constexpr double unknown_path = 0.3;
constexpr double rare_field = 0.05;

struct field_share {
    std::string_view tag;
    double share;
};

// Shares of MARC 21 bibliographic records, rounded; what is not here is rare.
constexpr std::array<field_share, 26> shares{{
    {"001", 1.0}, {"003", 0.9}, {"005", 1.0}, {"006", 0.2}, {"007", 0.4}, {"008", 1.0}, {"010", 0.4},
    {"020", 0.5}, {"022", 0.1}, {"035", 0.8}, {"040", 1.0}, {"043", 0.4}, {"050", 0.5}, {"082", 0.4},
    {"100", 0.6}, {"110", 0.1}, {"245", 1.0}, {"260", 0.6}, {"264", 0.4}, {"300", 1.0}, {"490", 0.3},
    {"500", 0.6}, {"504", 0.4}, {"650", 0.8}, {"700", 0.4}, {"856", 0.3},
}};

double share_of(const marc::path& path) {
    if (path.what == marc::path::target::leader) {
        return 1.0;
    }
    std::string_view const tag{path.tag.data(), path.tag.size()};
    double share = rare_field;
    if (tag.find('.') != std::string_view::npos) {
        share = 0.9;
    }
    for (const field_share& known : shares) {
        share = known.tag == tag ? known.share : share;
    }
    if (path.index.present && !path.index.from_end && path.index.first > 0) {
        share *= 0.3; // repeated that often
    }
    if (path.what == marc::path::target::subfields &&
        std::none_of(path.parts.begin(), path.parts.begin() + path.part_count,
                     [](const marc::path::part& part) { return part.first_code <= 'a' && part.last_code >= 'a'; })) {
        share *= 0.4; // $a is in nearly every field, other codes are not
    }
    auto const subspecs = std::count_if(path.comparisons.begin(), path.comparisons.end(),
                                        [](const marc::path_comparison& c) { return c.last_of_subspec; });
    for (std::ptrdiff_t i = 0; i < std::min<std::ptrdiff_t>(subspecs, 3); ++i) {
        share *= 0.4;
    }
    return std::clamp(share, 0.001, 1.0);
}

/// The share of records for the arguments (record, path) of the operator or the function. Inside boundary().
double share_for(PlannerInfo* root, List* arguments) {
    if (list_length(arguments) != 2) {
        return unknown_path;
    }
    Node* node = pg_call([&] { return estimate_expression_value(root, static_cast<Node*>(lsecond(arguments))); });
    if (!IsA(node, Const)) {
        return unknown_path;
    }
    auto* path = reinterpret_cast<Const*>(node);
    if (path->constisnull) {
        return 0.0;
    }
    struct varlena* text = pg_call([&] { return PG_DETOAST_DATUM_PACKED(path->constvalue); });
    try {
        palloc_resource memory;
        return share_of(marc::parse_path(utf8_of(text_view(text)), &memory));
    } catch (const marc::parse_error&) {
        return unknown_path; // whoever executes it will say what is wrong
    }
}

} // namespace

MARC_SQL_FUNCTION(marc_exists_restrict) {
    return boundary(fcinfo, [&] {
        auto* root = reinterpret_cast<PlannerInfo*>(DatumGetPointer(fcinfo->args[0].value));
        auto* arguments = reinterpret_cast<List*>(DatumGetPointer(fcinfo->args[2].value));
        return Float8GetDatum(share_for(root, arguments));
    });
}

MARC_SQL_FUNCTION(marc_exists_join) {
    // Paths of one table and records of another: a path may be any.
    return boundary(fcinfo, [] { return Float8GetDatum(unknown_path); });
}

MARC_SQL_FUNCTION(marc_exists_support) {
    return boundary(fcinfo, [&] {
        auto* node = reinterpret_cast<Node*>(DatumGetPointer(fcinfo->args[0].value));
        if (!IsA(node, SupportRequestSelectivity)) {
            return PointerGetDatum(nullptr);
        }
        auto* request = reinterpret_cast<SupportRequestSelectivity*>(node);
        request->selectivity = request->is_join ? unknown_path : share_for(request->root, request->args);
        return PointerGetDatum(request);
    });
}

} // namespace marc_pg
