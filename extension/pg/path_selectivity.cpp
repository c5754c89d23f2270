// How many records a path will be found in, for the planner: @? and marc_exists().
#include "path_cache.hpp"
#include "tag_share.hpp"
#include "text.hpp"

#include "marc/error.hpp"

namespace marc_pg {
namespace {

constexpr double unknown_path = 0.3;

/// Of a subspec that is one comparison. A condition halves what is left: an assumption, since conditions may be
/// anything but for those about an indicator.
double condition_share(const marc::path& path, const marc::path_comparison& c) {
    bool const of_indicator = c.op == marc::path_operator::equal && c.left.what == marc::path_term::kind::indicator &&
                              c.right.what == marc::path_term::kind::text && c.right.text_length == 1;
    return of_indicator ? indicator_share(path.texts[c.right.text_start]) : 0.5;
}

double share_of(const marc::path& path) {
    if (path.what == marc::path::target::leader) {
        return 1.0;
    }
    double share = tag_share({path.tag.data(), path.tag.size()});
    if (path.index.present && !path.index.from_end && path.index.first > 0) {
        share *= 0.14; // the share of tags that are repeated in their record: measured as those of tag_share()
    }
    if (path.what == marc::path::target::subfields) {
        double best = 0;
        for (std::size_t i = 0; i < path.part_count; ++i) {
            bool const has_a = path.parts[i].first_code <= 'a' && path.parts[i].last_code >= 'a';
            best = std::max(best,
                            code_share(has_a ? std::string_view{"a"} : std::string_view{&path.parts[i].first_code, 1}));
        }
        share *= best;
    }
    int subspecs = 0;
    for (std::size_t i = 0; i < path.comparisons.size() && subspecs < 3; ++i) {
        marc::path_comparison const& c = path.comparisons[i];
        if (c.last_of_subspec) {
            bool const alone = i == 0 || path.comparisons[i - 1].last_of_subspec;
            share *= alone ? condition_share(path, c) : 0.5;
            ++subspecs;
        }
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
