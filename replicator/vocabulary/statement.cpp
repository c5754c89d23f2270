#include "vocabulary/statement.hpp"

namespace everarchive::vocabulary {

namespace {

constexpr std::string_view skos = "http://www.w3.org/2004/02/skos/core#";
constexpr std::string_view mads = "http://www.loc.gov/mads/rdf/v1#";

bool is_blank(std::string_view resource) {
    return resource.substr(0, 2) == "_:";
}

/// The local name when the address is in this namespace, else empty.
std::string_view local(std::string_view address, std::string_view space) {
    return address.substr(0, space.size()) == space ? address.substr(space.size()) : std::string_view();
}

std::string_view relation_of_predicate(std::string_view predicate) {
    if (const std::string_view name = local(predicate, skos);
        name.size() > 5 && name.substr(name.size() - 5) == "Match") {
        return relation_of(name);
    }
    const std::string_view name = local(predicate, mads);
    // FAST says sameAs of its sources in LCSH.
    if (name == "hasExactExternalAuthority" || predicate == "http://www.w3.org/2002/07/owl#sameAs" ||
        predicate == "http://schema.org/sameAs" || predicate == "https://schema.org/sameAs") {
        return "exact";
    }
    return name == "hasCloseExternalAuthority" || name == "hasReciprocalExternalAuthority" ? "close"
           : name == "hasBroaderExternalAuthority"                                         ? "broad"
           : name == "hasNarrowerExternalAuthority"                                        ? "narrow"
                                                                                           : std::string_view();
}

char label_of_predicate(std::string_view predicate) {
    const std::string_view name = local(predicate, skos);
    if (name == "prefLabel" || local(predicate, mads) == "authoritativeLabel") {
        return 'p';
    }
    return name == "altLabel" || name == "hiddenLabel"                 ? 'a'
           : predicate == "http://www.w3.org/2000/01/rdf-schema#label" ? 'l'
                                                                       : '\0';
}

} // namespace

std::string_view relation_of(std::string_view name) noexcept {
    for (const std::string_view prefix : {skos, std::string_view("skos:")}) {
        if (name.substr(0, prefix.size()) == prefix) {
            name.remove_prefix(prefix.size());
        }
    }
    for (const std::string_view known : {"exact", "close", "broad", "narrow", "related"}) {
        if (name == known || (name.size() == known.size() + 5 && name.substr(0, known.size()) == known &&
                              name.substr(known.size()) == "Match")) {
            return known;
        }
    }
    return {};
}

verdict statement_of(const triple& said, statement& out) {
    out = {};
    if (said.is_literal) {
        out.what = label_of_predicate(said.predicate);
        if (out.what == '\0') {
            return verdict::other;
        }
        // Labels of blank nodes are those of parts of headings and of variants.
        if (is_blank(said.subject)) {
            return verdict::other;
        }
        out.term = said.object;
        out.language = said.language;
    } else if (said.predicate == std::string(skos) + "inScheme" ||
               said.predicate == std::string(mads) + "isMemberOfMADSScheme") {
        if (is_blank(said.subject) || is_blank(said.object)) {
            return verdict::other;
        }
        out.what = 's';
        out.object = said.object;
    } else {
        out.relation = relation_of_predicate(said.predicate);
        if (out.relation.empty()) {
            return verdict::other;
        }
        if (is_blank(said.subject) || is_blank(said.object)) {
            return verdict::left_out;
        }
        out.what = 'm';
        out.object = said.object;
    }
    out.subject = said.subject;
    return out.subject.size() > longest_address || out.object.size() > longest_address ? verdict::left_out
                                                                                       : verdict::counts;
}

} // namespace everarchive::vocabulary
