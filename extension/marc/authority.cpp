// How headings name their authority records, and what these answer to (heading.hpp).
#include "marc/ascii.hpp"
#include "marc/heading.hpp"
#include "marc/poll.hpp"

#include "heading_form.hpp"
#include "index_terms.hpp"

#include <algorithm>
#include <iterator>

namespace marc {
namespace {

/// An index takes no longer ones, and no number is so long.
constexpr std::size_t longest = 200;

/// A publisher of authority records, as $0 names it in parentheses (MARC Organization Codes), and where its URIs begin.
struct publisher {
    std::string_view uri; ///< without http: or https:
    std::string_view organisation;
};
constexpr publisher publishers[] = {
    {"//id.loc.gov/authorities/subjects/", "(dlc)"},
    {"//id.loc.gov/authorities/names/", "(dlc)"},
    {"//id.loc.gov/authorities/genreforms/", "(dlc)"},
    {"//id.loc.gov/authorities/childrenssubjects/", "(dlc)"},
    {"//id.loc.gov/authorities/demographicterms/", "(dlc)"},
    {"//id.loc.gov/authorities/performancemediums/", "(dlc)"},
    {"//id.worldcat.org/fast/", "(ocolc)"},
    {"//id.nlm.nih.gov/mesh/", "(dnlm)"},
    {"//d-nb.info/gnd/", "(de-588)"},
    {"//www.idref.fr/", "(idref)"},
    {"//viaf.org/viaf/", "(viaf)"},
    {"//isni.org/isni/", "(isni)"},
};

/// Lower case, without blanks.
std::pmr::string packed(std::string_view text, std::pmr::memory_resource* memory) {
    std::pmr::string out(memory);
    for (const char c : text) {
        if (static_cast<unsigned char>(c) > ' ') {
            out.push_back(to_lower(c));
        }
    }
    return out;
}

/// FAST: (OCoLC)fst with eight digits; its URIs have the number alone.
void pad_fast(std::pmr::string& number) {
    constexpr std::string_view start = "(ocolc)";
    std::string_view digits = std::string_view(number).substr(start.size());
    digits.remove_prefix(digits.substr(0, 3) == "fst" ? 3 : 0);
    if (!is_number(digits)) {
        return;
    }
    std::pmr::string padded(start, number.get_allocator());
    padded.append("fst").append(8 - std::min<std::size_t>(8, digits.size()), '0').append(digits);
    number = padded;
}

/// Without http: and https:, and a publisher's as (organisation)number; empty when it is no URI.
std::pmr::string uri_form(std::pmr::string&& packed_text) {
    std::pmr::string text = std::move(packed_text);
    const std::size_t scheme = starts_with_ignoring_case(text, "http://")    ? 5
                               : starts_with_ignoring_case(text, "https://") ? 6
                                                                             : 0;
    if (scheme == 0) {
        return text;
    }
    text.erase(0, scheme);
    while (text.size() > 2 && text.back() == '/') {
        text.pop_back();
    }
    for (const publisher& p : publishers) {
        if (text.compare(0, p.uri.size(), p.uri) == 0 && text.size() > p.uri.size() &&
            text.find('/', p.uri.size()) == std::string_view::npos) {
            text.replace(0, p.uri.size(), p.organisation);
            if (p.uri == "//id.worldcat.org/fast/") {
                pad_fast(text);
            }
            break;
        }
    }
    return text;
}

bool is_known_organisation(std::string_view number) noexcept {
    for (const publisher& p : publishers) {
        if (number.substr(0, p.organisation.size()) == p.organisation) {
            return true;
        }
    }
    return false;
}

void keep_each_once(std::pmr::vector<std::pmr::string>& numbers) {
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

} // namespace

void append_references(std::string_view value, bool is_local, std::pmr::vector<std::pmr::string>& out) {
    if (value.empty() || value.size() > longest) {
        return;
    }
    std::pmr::memory_resource* memory = out.get_allocator().resource();
    if (is_local) {
        // Keys of the library system: upper and lower case differ.
        std::pmr::string own("9:", memory);
        std::copy_if(value.begin(), value.end(), std::back_inserter(own), [](char c) { return c != ' '; });
        if (own.size() > 2) {
            out.push_back(std::move(own));
        }
        return;
    }
    std::pmr::string text = packed(value, memory);
    if (text.empty()) {
        return;
    }
    constexpr std::string_view mark = "(uri)";
    text.erase(0, text.compare(0, mark.size(), mark) == 0 ? mark.size() : 0);
    text = uri_form(std::move(text));
    if (text.compare(0, 10, "(ocolc)fst") == 0) {
        pad_fast(text);
    }
    const std::size_t close = text.find(')');
    if (text.front() == '(' && close != std::string_view::npos && close > 1 && !is_known_organisation(text) &&
        is_number(std::string_view(text).substr(close + 1))) {
        std::pmr::string own("0:", memory);
        own.append(text, close + 1);
        out.push_back(std::move(own));
    }
    out.push_back(std::move(text));
}

std::int64_t reference_key(std::string_view reference) noexcept {
    const index_key::hash_bytes hash(reference);
    std::uint64_t key = 0;
    for (const char c : hash.bytes) {
        key = key << 8U | static_cast<unsigned char>(c);
    }
    return static_cast<std::int64_t>(key);
}

std::pmr::vector<std::pmr::string> authority_references(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::vector<std::pmr::string> out(memory);
    const bool unimarc = heading_form::kind_of(record).form == flavour::unimarc;
    poller polling;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        const std::string_view tag = record.tags().substr(3 * i, 3);
        // Wider than the list of headings: a field with such a subfield that is none finds nothing. Not 76X to 78X,
        // whose $9 and $0 name other records.
        if (std::string_view(unimarc ? "567" : "124678").find(tag[0]) == std::string_view::npos ||
            (tag[0] == '7' && tag[1] > '5') || (tag[0] == '8' && tag[1] > '3' && tag != "880")) {
            continue;
        }
        const field_view f = record.field(i);
        polling.step(1 + f.content().size());
        if (f.is_control()) {
            continue;
        }
        for (const subfield_view& s : f.subfields()) {
            if (s.code == "0" || s.code == "1" || s.code == "9" || (unimarc && s.code == "3")) {
                append_references(s.value, s.code == "9", out);
            }
        }
    }
    keep_each_once(out);
    return out;
}

std::pmr::vector<std::pmr::string> authority_numbers(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::vector<std::pmr::string> out(memory);
    const bool has_lccn = heading_form::kind_of(record).form == flavour::marc21;
    std::string_view organisation;
    std::string_view number;
    poller polling;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        const std::string_view tag = record.tags().substr(3 * i, 3);
        if (tag[0] != '0') {
            continue;
        }
        const field_view f = record.field(i);
        polling.step(1 + f.content().size());
        if (tag == "001") {
            number = number.empty() ? f.content() : number;
        } else if (tag == "003") {
            organisation = organisation.empty() ? f.content() : organisation;
        }
        for (const subfield_view& s : f.subfields()) {
            if (tag == "010" && s.code == "a" && has_lccn && s.value.size() <= longest) {
                std::pmr::string lccn("(dlc)", memory);
                lccn.append(packed(s.value, memory));
                out.push_back(std::move(lccn));
            } else if ((tag == "035" && s.code == "a") || (tag == "024" && (s.code == "0" || s.code == "1"))) {
                append_references(s.value, false, out);
            } else if (tag == "024" && s.code == "a" && starts_with_ignoring_case(s.value, "http")) {
                append_references(s.value, false, out);
            }
        }
    }
    append_references(number, false, out);
    if (!number.empty() && !organisation.empty() && number.size() + organisation.size() < longest) {
        std::pmr::string both("(", memory);
        both.append(organisation).append(")").append(number);
        append_references(both, false, out);
    }
    // 0:number is what others say of a record whose organisation is not known; a record does not.
    out.erase(std::remove_if(out.begin(), out.end(), [](const auto& text) { return text.compare(0, 2, "0:") == 0; }),
              out.end());
    keep_each_once(out);
    return out;
}

} // namespace marc
