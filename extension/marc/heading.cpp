#include "marc/heading.hpp"

#include "heading_form.hpp"
#include "linkage.hpp"
#include "marc/ascii.hpp"
#include "marc/linked.hpp"
#include "marc/naco.hpp"
#include "marc/poll.hpp"
#include "unimarc_heading.hpp"

#include <algorithm>

namespace marc {
namespace {

/// What a tag of a bibliographic record says of its heading.
struct tag_meaning {
    std::string_view tag;
    std::string_view kind;
    std::string_view role;
};

// MARC 21 bibliographic. 490 is a statement, its heading stands in 8XX; 76X to 78X are descriptions of other records.
constexpr tag_meaning meanings[] = {
    {"100", "personal name", "name"},
    {"110", "corporate name", "name"},
    {"111", "meeting", "name"},
    {"130", "uniform title", "title"},
    {"240", "uniform title", "title"},
    {"243", "collective title", "title"},
    {"400", "personal name", "series"},
    {"410", "corporate name", "series"},
    {"411", "meeting", "series"},
    {"440", "uniform title", "series"},
    {"600", "personal name", "subject"},
    {"610", "corporate name", "subject"},
    {"611", "meeting", "subject"},
    {"630", "uniform title", "subject"},
    {"647", "event", "subject"},
    {"648", "chronological", "subject"},
    {"650", "topical", "subject"},
    {"651", "geographic", "subject"},
    {"653", "uncontrolled", "subject"},
    {"654", "faceted topical", "subject"},
    {"655", "genre", "genre"},
    {"656", "occupation", "subject"},
    {"657", "function", "subject"},
    {"658", "curriculum objective", "subject"},
    {"662", "hierarchical place", "subject"},
    {"688", "unspecified", "subject"},
    {"700", "personal name", "name"},
    {"710", "corporate name", "name"},
    {"711", "meeting", "name"},
    {"720", "uncontrolled name", "name"},
    {"730", "uniform title", "title"},
    {"740", "uncontrolled title", "title"},
    {"751", "geographic", "place"},
    {"752", "hierarchical place", "place"},
    {"754", "taxonomic", "subject"},
    {"800", "personal name", "series"},
    {"810", "corporate name", "series"},
    {"811", "meeting", "series"},
    {"830", "uniform title", "series"},
};

/// By the last two digits, of headings under authority control.
std::string_view kind_name(std::string_view digits) noexcept {
    constexpr std::pair<std::string_view, std::string_view> names[] = {
        {"00", "personal name"},
        {"10", "corporate name"},
        {"11", "meeting"},
        {"30", "uniform title"},
        {"47", "event"},
        {"48", "chronological"},
        {"50", "topical"},
        {"51", "geographic"},
        {"55", "genre"},
        {"62", "medium"},
        {"80", "general subdivision"},
        {"81", "geographic subdivision"},
        {"82", "chronological subdivision"},
        {"85", "form subdivision"},
    };
    for (const auto& [known, name] : names) {
        if (known == digits) {
            return name;
        }
    }
    return {};
}

/// Second indicator of 600 to 651 and 655, and of 7XX in authority records.
std::string_view list_of_indicator(char indicator) noexcept {
    constexpr std::string_view lists[] = {"lcsh", "lcshac", "mesh", "nal", "", "cash", "rvm"};
    return indicator >= '0' && indicator <= '6' ? lists[indicator - '0'] : std::string_view();
}

/// 008/11 of an authority record: the subject heading system.
std::string_view list_of_authority(char code) noexcept {
    constexpr std::string_view codes = "abcdkrsv";
    constexpr std::string_view lists[] = {"lcsh", "lcshac", "mesh", "nal", "cash", "aat", "sears", "rvm"};
    const std::size_t at = codes.find(code);
    return at == std::string_view::npos ? std::string_view() : lists[at];
}

/// $w/0 of a reference.
std::string_view relation_of(char code) noexcept {
    constexpr std::string_view codes = "abdfght";
    constexpr std::string_view relations[] = {"earlier", "later",    "acronym",    "musical composition",
                                              "broader", "narrower", "parent body"};
    const std::size_t at = codes.find(code);
    return at == std::string_view::npos ? std::string_view() : relations[at];
}

std::string_view first_value(const field_view& f, std::string_view code) noexcept {
    for (const subfield_view& s : f.subfields()) {
        if (s.code == code && !s.value.empty()) {
            return s.value;
        }
    }
    return {};
}

std::string_view without_blanks_around(std::string_view text) noexcept {
    while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    while (!text.empty() && text.back() == ' ') {
        text.remove_suffix(1);
    }
    return text;
}

/// Without the punctuation in front of what is left out here (a relator), and without the full stop that ends a
/// heading: one behind an initial or an abbreviation of up to three letters stays.
std::string_view without_end(std::string_view text) noexcept {
    while (!text.empty() && std::string_view(" ,;:/=").find(text.back()) != std::string_view::npos) {
        text.remove_suffix(1);
    }
    if (text.empty() || text.back() != '.') {
        return text;
    }
    const std::string_view stem = text.substr(0, text.size() - 1);
    std::size_t letters = 0;
    while (letters < stem.size() &&
           std::string_view(" .-(,").find(stem[stem.size() - 1 - letters]) == std::string_view::npos) {
        ++letters;
    }
    return letters > 3 ? stem : text;
}

/// Whether each subfield is a level below the one before: places and facets.
bool is_hierarchy(std::string_view tag) noexcept {
    return tag == "654" || tag == "658" || tag == "662" || tag == "752" || tag == "754";
}

/// Appends a part of the heading's text.
void append_text(std::string_view value, bool is_below, std::pmr::string& out) {
    value = without_blanks_around(value);
    if (value.empty()) {
        return;
    }
    if (is_below) {
        out.resize(without_end(out).size());
        out.append("--");
    } else if (!out.empty()) {
        out.push_back(' ');
    }
    out.append(value);
}

/// The text of a MARC 21 heading.
void append_marc21_text(const field_view& f, std::string_view tag, bool in_authority, std::pmr::string& out) {
    const bool levels = is_hierarchy(tag);
    for (const subfield_view& s : f.subfields()) {
        if (!heading_form::is_heading_part(tag, s.code, in_authority) && !(tag == "754" && s.code == "x")) {
            continue;
        }
        const char code = s.code.front();
        append_text(s.value, heading_form::is_subdivision(code) || (levels && !out.empty()), out);
    }
    out.resize(without_end(out).size());
}

/// The text of a UNIMARC heading: a forename goes on behind a comma, a qualifier in parentheses.
void append_unimarc_text(const field_view& f, const unimarc_heading& heading, std::pmr::string& out) {
    for (const subfield_view& s : f.subfields()) {
        const char mapped = s.code.size() == 1 ? heading.code_of(s.code.front()) : '\0';
        if (mapped == '\0') {
            continue;
        }
        if (mapped == unimarc_heading::forename && !out.empty()) {
            out.append(out.back() == ',' ? " " : ", ");
            out.append(without_blanks_around(s.value));
        } else if (mapped == unimarc_heading::qualifier && s.value.find('(') == std::string_view::npos) {
            out.append(" (").append(without_blanks_around(s.value)).append(")");
        } else {
            const bool comma = mapped == 'd' && !out.empty() && out.back() != ',' && out.back() != '(';
            out.append(comma ? "," : "");
            append_text(s.value, heading_form::is_subdivision(mapped), out);
        }
    }
    out.resize(without_end(out).size());
}

bool is_uri(std::string_view text) noexcept {
    for (const std::string_view start : {"http://", "https://", "info:", "urn:"}) {
        if (starts_with_ignoring_case(text, start)) {
            return true;
        }
    }
    return false;
}

/// $0 may say that it is a URI: (uri)http://… (MARC 21 Appendix A, "Control Subfields", $0).
std::string_view without_uri_mark(std::string_view text) noexcept {
    return starts_with_ignoring_case(text, "(uri)") ? without_blanks_around(text.substr(5)) : text;
}

} // namespace

heading_reader::heading_reader(const record_view& record, std::pmr::memory_resource* memory)
    : record_(record), alternates_(memory) {
    const heading_form::record_kind kind = heading_form::kind_of(record);
    is_unimarc_ = kind.form == flavour::unimarc;
    is_authority_ = kind.is_authority;
    bool other_script = false;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        const std::string_view tag = record.tags().substr(3 * i, 3);
        other_script = other_script || tag == alternate_tag;
        if (!is_authority_ || is_unimarc_) {
            continue;
        }
        if (tag == "008" && list_of_authority_.empty() && record.field(i).content().size() > 11) {
            list_of_authority_ = marc::list_of_authority(record.field(i).content()[11]);
        } else if (tag == "040" && list_of_authority_.empty()) {
            list_of_authority_ = without_blanks_around(first_value(record.field(i), "f"));
        }
    }
    if (other_script && !is_unimarc_) {
        alternates_.resize(record.field_count());
        for (const linked_field& link : linked_fields(record, memory)) {
            if (link.field != linked_field::npos && link.linked != linked_field::npos) {
                alternates_[link.field] = link.linked + 1;
                alternates_[link.linked] = linked_field::npos; // it is told with its field
            }
        }
    }
}

/// Fills all but the text of a term in a field of several, the alternate and the field's number.
/// @return false when the field is no heading
bool heading_reader::describe(const field_view& f, std::string_view tag, heading& found) {
    found.tag = tag;
    found.kind = found.role = found.relation = found.scheme = found.local_id = {};
    found.text.clear();
    found.key.clear();
    found.alternate.clear();
    found.control_numbers.clear();
    found.uris.clear();
    unimarc_heading unimarc;
    if (is_unimarc_) {
        const bool reference = is_authority_ && (tag[0] == '4' || tag[0] == '5' || tag[0] == '7');
        const char as_heading[3] = {'2', tag[1], tag[2]};
        const std::string_view read_as = reference ? std::string_view(as_heading, 3) : tag;
        if (!is_authority_ && tag[0] == '2') {
            return false; // there 2XX is the description
        }
        unimarc = unimarc_heading_of(read_as, f.indicator1());
        if (unimarc.kind.empty()) {
            return false;
        }
        found.kind = kind_name(unimarc.kind);
        found.role = is_authority_   ? tag[0] == '2'   ? "heading"
                                       : tag[0] == '4' ? "see from"
                                       : tag[0] == '5' ? "see also"
                                                       : "equivalent"
                     : tag[0] == '6' ? "subject"
                     : tag[0] == '5' ? "title"
                                     : "name";
        found.scheme = tag[0] == '6' || is_authority_ ? without_blanks_around(first_value(f, "2")) : std::string_view();
        append_unimarc_text(f, unimarc, found.text);
        heading_form::append_unimarc_key(f, read_as, heading_form::extent::whole, found.key);
    } else if (is_authority_) {
        found.kind = kind_name(tag.substr(1));
        if (found.kind.empty() || std::string_view("1457").find(tag[0]) == std::string_view::npos) {
            return false;
        }
        found.role = tag[0] == '1' ? "heading" : tag[0] == '4' ? "see from" : tag[0] == '5' ? "see also" : "equivalent";
        const std::string_view control = tag[0] == '4' || tag[0] == '5' ? first_value(f, "w") : std::string_view();
        found.relation = control.empty() ? std::string_view() : relation_of(control[0]);
        found.relation = found.relation.empty() && tag[0] != '1' ? without_end(first_value(f, "i")) : found.relation;
        found.scheme = list_of_authority_;
        if (tag[0] == '7') {
            found.scheme =
                f.indicator2() == '7' ? without_blanks_around(first_value(f, "2")) : list_of_indicator(f.indicator2());
        }
        append_marc21_text(f, tag, true, found.text);
        if (heading_form::is_heading_kind(tag.substr(1))) {
            heading_form::append_marc21_key(f, tag, tag.substr(1), true, heading_form::extent::whole, found.key);
        }
    } else {
        const auto* meaning =
            std::find_if(std::begin(meanings), std::end(meanings), [&](const tag_meaning& m) { return m.tag == tag; });
        const bool is_local = tag[0] == '6' && tag[1] == '9' && is_digit(tag[2]); // 69X: for local use
        if (meaning == std::end(meanings) && !is_local) {
            return false;
        }
        found.kind = is_local ? "local" : meaning->kind;
        found.role = is_local ? "subject" : meaning->role;
        if (found.role == "name" && !first_value(f, "t").empty()) {
            found.role = "title"; // a name with a title is the heading of a work
        }
        found.scheme = without_blanks_around(first_value(f, "2"));
        // In 653 and 654 the second indicator and $2 speak of something else, or there is no second indicator.
        const bool has_indicator = (tag[0] == '6' && tag < "652") || tag == "655";
        if (has_indicator && f.indicator2() != '7' && f.indicator2() != ' ') {
            found.scheme = list_of_indicator(f.indicator2());
        }
        if (tag != "653") {
            append_marc21_text(f, tag, false, found.text);
        }
        const std::string_view kind = tag == "440" ? std::string_view("30") : tag.substr(1);
        if (heading_form::is_heading_kind(kind)) {
            heading_form::append_marc21_key(f, tag, kind, false, heading_form::extent::whole, found.key);
        }
    }
    for (const subfield_view& s : f.subfields()) {
        const std::string_view value = without_uri_mark(without_blanks_around(s.value));
        if (value.empty()) {
            continue;
        }
        if (s.code == (is_unimarc_ ? "3" : "0") && !is_uri(value)) {
            found.control_numbers.push_back(value);
        } else if (s.code == "0" || s.code == "1" || (is_unimarc_ && s.code == "3")) {
            found.uris.push_back(value);
        } else if (s.code == "9") {
            found.local_id = value;
        }
    }
    return true;
}

/// The next $a of 653, each of which is a term of its own.
bool heading_reader::describe_term(heading& found) {
    const field_view f = record_.field(at_);
    std::size_t number = 0;
    for (const subfield_view& s : f.subfields()) {
        if (s.code != "a" || number++ < term_) {
            continue;
        }
        ++term_;
        const std::string_view term = without_end(without_blanks_around(s.value));
        if (!term.empty()) {
            found.text = term;
            return true;
        }
    }
    return false;
}

void heading_reader::add_alternate(heading& found) const {
    if (alternates_.empty() || alternates_[found.field] == 0) {
        return;
    }
    append_marc21_text(record_.field(alternates_[found.field] - 1), found.tag, is_authority_, found.alternate);
}

bool heading_reader::next(heading& found) {
    poller polling;
    for (; at_ < record_.field_count(); ++at_, term_ = 0) {
        // Most fields are none: the tag is looked at before the field.
        std::string_view tag = record_.tags().substr(3 * at_, 3);
        const bool is_alternate = tag == alternate_tag && !is_unimarc_;
        if (tag[0] < '1' || tag[0] > '8' || tag[0] == '3' || (is_alternate && alternates_[at_] != 0)) {
            continue;
        }
        const field_view f = record_.field(at_);
        polling.step(1 + f.content().size());
        if (f.is_control()) {
            continue;
        }
        tag = is_alternate ? represented_tag(tag, f.subfields()) : f.tag();
        found.field = at_;
        if (!describe(f, tag, found)) {
            continue;
        }
        if (tag == "653" && !is_unimarc_ && !is_authority_) {
            if (describe_term(found)) {
                return true;
            }
            continue;
        }
        if (!is_alternate) {
            add_alternate(found);
        }
        if (!found.text.empty() || !found.alternate.empty()) {
            ++at_;
            return true;
        }
    }
    return false;
}

void append_subject_key(std::string_view text, std::pmr::string& out) {
    const std::size_t start = out.size();
    while (true) {
        const std::size_t end = std::min(text.find("--"), text.size());
        const std::size_t before = out.size();
        if (before > start) {
            out.append("--");
        }
        const std::size_t part = out.size();
        naco(text.substr(0, end), out);
        if (out.size() == part) {
            out.resize(before); // nothing between two dashes
        }
        if (end == text.size()) {
            return;
        }
        text.remove_prefix(end + 2);
    }
}

} // namespace marc
