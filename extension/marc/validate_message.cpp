#include "avram_model.hpp"
#include "marc/charset.hpp"
#include "marc/validate.hpp"

#include <algorithm>
#include <charconv>

namespace marc {
namespace {

constexpr std::size_t shown_bytes = 60;
constexpr std::size_t shown_codes = 24;

class sentence {
  public:
    sentence(const problem& about, const avram_schema* schema, std::pmr::string& out)
        : about_(about), schema_(schema), out_(out) {}

    sentence& operator<<(std::string_view text) {
        out_ += text;
        return *this;
    }
    sentence& operator<<(std::uint64_t number) {
        char digits[24];
        const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
        out_.append(digits, static_cast<std::size_t>(end - digits));
        return *this;
    }

    /// The value in quotation marks, cut where it is long.
    sentence& value() {
        out_ += '"';
        std::string_view shown = about_.value;
        if (shown.size() > shown_bytes) {
            std::size_t end = 0;
            while (end < shown_bytes) {
                end += character_bytes(shown.substr(end));
            }
            shown = shown.substr(0, end);
        }
        out_ += shown;
        out_ += shown.size() < about_.value.size() ? "…\"" : "\"";
        return *this;
    }

    /// Field 245, LDR: with what it is.
    sentence& field() {
        out_ += about_.tag.empty() ? "record" : "field ";
        out_ += about_.tag;
        if (!about_.occurrence.empty()) {
            out_ += '/';
            out_ += about_.occurrence;
        }
        return *this;
    }
    sentence& place() {
        field();
        if (about_.indicator != 0) {
            *this << " indicator " << std::uint64_t{about_.indicator};
        }
        if (!about_.subfield.empty()) {
            *this << " subfield $" << about_.subfield;
        }
        if (!about_.position.empty()) {
            *this << " position " << about_.position;
        }
        return *this;
    }
    sentence& label() {
        if (!about_.label.empty()) {
            *this << " (" << about_.label << ")";
        }
        return *this;
    }

    /// Of a codelist that says what it is: such a list is too long to be told.
    std::string_view title() const noexcept {
        return schema_ == nullptr || about_.codelist == avram::none
                   ? std::string_view()
                   : schema_->get().text(schema_->get().codelists[about_.codelist].title);
    }

    /// "; allowed: a, b, blank".
    sentence& allowed() {
        if (schema_ == nullptr || about_.codelist == avram::none) {
            return *this;
        }
        const avram::model& model = schema_->get();
        const avram::codelist& list = model.codelists[about_.codelist];
        out_ += list.codes.count == 0 ? "; nothing is allowed" : "; allowed: ";
        std::size_t shown = 0;
        for (std::uint32_t n = list.codes.first; n < list.codes.first + list.codes.count; ++n) {
            const avram::code& c = model.codes[n];
            if (c.deprecated) {
                continue;
            }
            if (shown == shown_codes) {
                out_ += ", …";
                break;
            }
            out_ += shown++ == 0 ? "" : ", ";
            const std::string_view text = model.text(c.value);
            out_ += text.find_first_not_of(' ') == std::string_view::npos ? "blank" : text;
        }
        return *this;
    }

  private:
    const problem& about_;
    const avram_schema* schema_;
    std::pmr::string& out_;
};

void write_number(sentence& s, const problem& p, std::string_view kind, std::string_view form) {
    s.place() << ": ";
    s.value() << " is no valid " << kind;
    if (p.detail == "check digit") {
        s << ": the check digit is wrong";
    } else if (p.detail == "prefix") {
        s << ": the prefix is wrong";
    } else {
        s << ": it must have " << form;
    }
}

void write_standard_number(sentence& s, const problem& p) {
    const std::string_view form = p.label == "ISRC"   ? "two letters, three letters or digits, and seven digits"
                                  : p.label == "UPC"  ? "12 digits"
                                  : p.label == "ISMN" ? "M and nine digits, or 13 digits from 9790 on"
                                                      : "13 digits";
    write_number(s, p, p.label, form);
}

void write_nonfiling(sentence& s, const problem& p) {
    s.field() << " indicator " << std::uint64_t{p.indicator} << " says that " << p.found
              << " characters are skipped in filing, but ";
    s.value();
    if (p.detail == "longer") {
        s << " is not longer than that";
    } else if (p.detail == "inside a word") {
        s << " has a letter or digit just before the first that files";
    } else {
        s << " seems to begin with the article \"" << p.detail.substr(0, p.detail.find_last_not_of(' ') + 1)
          << "\": then it is " << p.expected;
    }
}

void write_length(sentence& s, const problem& p) {
    s.field() << " has " << p.found << " characters; ";
    for (std::size_t n = 0; n < p.lengths.size(); ++n) {
        s << (n == 0 ? "" : " or ") << std::uint64_t{p.lengths[n]};
    }
    s << " are required";
    if (!p.detail.empty()) {
        s << " (" << p.detail << ")";
    }
}

void write_count(sentence& s, const problem& p) {
    if (p.what == rule::count_record) {
        s << p.expected << " records are expected, there are " << p.found;
        return;
    }
    s.place() << (p.detail == "records" ? " is expected in " : " is expected ") << p.expected
              << (p.detail == "records" ? " records, there are " : " times, it occurs ") << p.found
              << (p.detail == "records" ? "" : " times");
}

} // namespace

void write_message(const problem& p, const avram_schema* schema, std::pmr::string& out) {
    sentence s(p, schema, out);
    switch (p.what) {
    case rule::undefined_field:
        s.field() << " is not defined";
        return;
    case rule::deprecated_field:
        (s.field().label()) << " is obsolete";
        return;
    case rule::nonrepeatable_field:
        (s.field().label()) << " must not be repeated";
        return;
    case rule::missing_field:
        (s.field().label()) << " is missing";
        return;
    case rule::invalid_indicator:
        s.place().label();
        if (p.detail == "missing") {
            s << " is missing";
            return;
        }
        s << " must not be ";
        s.value();
        if (p.codelist == avram::none) {
            s << "; allowed: blank";
        }
        s.allowed();
        return;
    case rule::undefined_subfield:
        s.field() << " has no subfield $" << p.subfield;
        s.label();
        return;
    case rule::deprecated_subfield:
        (s.place().label()) << " is obsolete";
        return;
    case rule::nonrepeatable_subfield:
        (s.place().label()) << " must not be repeated";
        return;
    case rule::missing_subfield:
        (s.place().label()) << " is missing";
        return;
    case rule::pattern_mismatch:
        (s.place().label()) << ": ";
        s.value() << " does not match " << p.pattern;
        return;
    case rule::unchecked_pattern:
        (s.place().label()) << ": the value was not compared with " << p.pattern
                            << (p.detail == "unsupported"
                                    ? ", which uses a kind of regular expression that is not supported"
                                    : ": it is too long");
        return;
    case rule::invalid_position:
        (s.place().label()) << " is missing: the value is too short";
        return;
    case rule::invalid_flag:
    case rule::undefined_code:
        if (!s.title().empty()) {
            (s.place().label()) << ": ";
            s.value() << " is not in the " << s.title();
            return;
        }
        (s.place().label()) << " must not be ";
        s.value().allowed();
        return;
    case rule::deprecated_code:
        (s.place().label()) << ": code ";
        s.value() << " is obsolete";
        if (s.title().empty()) {
            s.allowed();
        }
        return;
    case rule::undefined_codelist:
        (s.place().label()) << ": the codelist " << p.detail << " is not in the schema";
        return;
    case rule::count_record:
    case rule::count_field:
    case rule::count_subfield:
        write_count(s, p);
        return;
    case rule::external_rule:
        s.place() << ": the rule " << (p.detail.empty() ? "without a class" : p.detail)
                  << " is not known here and was not checked";
        return;
    case rule::unknown_format:
        s << "no schema for " << p.detail << " is built in: the record was not validated";
        return;
    case rule::local_field:
        s.place() << (p.indicator != 0 ? " has the local value 9" : " is for local use");
        return;
    case rule::misplaced_content:
        s.field() << ": " << p.detail << " ";
        s.value();
        return;
    case rule::invalid_length:
        write_length(s, p);
        return;
    case rule::invalid_isbn:
        write_number(s, p, "ISBN", "10 characters or 13 digits; an ISBN that is not valid belongs in $z");
        return;
    case rule::invalid_issn:
        write_number(s, p, "ISSN", "the form 1234-567X; an ISSN that is not valid belongs in $y or $z");
        return;
    case rule::invalid_lccn:
        write_number(s, p, "LCCN", "up to three letters and eight digits, or up to two letters and ten digits");
        return;
    case rule::invalid_standard_number:
        write_standard_number(s, p);
        return;
    case rule::nonfiling_characters:
        write_nonfiling(s, p);
        return;
    case rule::invalid_linkage:
        if (p.detail == "missing") {
            s.field() << " has no $6 that names the field which it stands for";
        } else {
            s.place() << ": ";
            s.value() << " is no linkage: it must be " << (p.tag == "880" ? "the tag of a field" : "880")
                      << ", a hyphen and two digits";
        }
        return;
    case rule::unlinked_field:
        s.place() << ": ";
        s.value() << " names a field that the record does not have";
        return;
    default:
        s.place() << ": " << name_of(p.what);
        return;
    }
}

} // namespace marc
