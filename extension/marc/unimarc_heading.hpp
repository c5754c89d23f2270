// Inside of the library: the headings of UNIMARC in the terms of MARC 21, so that both have the same keys.
#pragma once

#include "marc/ascii.hpp"
#include "marc/record.hpp"

#include <string_view>

namespace marc {

/// A kind of heading, and which subfield of MARC 21 each of its subfields is.
struct unimarc_heading {
    static constexpr char forename = ',';  ///< goes on behind a comma
    static constexpr char qualifier = '('; ///< goes on behind a blank: MARC 21 has it in parentheses
    std::string_view kind;                 ///< last two digits of the tag in MARC 21; empty: no heading
    std::string_view codes;
    std::string_view marc21; ///< for each of them

    /// 0 for a subfield that is no part of the heading.
    char code_of(char code) const noexcept {
        const std::size_t at = codes.find(code);
        return at == std::string_view::npos ? '\0' : marc21[at];
    }
};

/// Tags of authority records (2XX: UNIMARC Manual, Authorities Format), of subjects (60X) and of names (70X to 72X,
/// 500). Those that hold other fields (240, 604) and trade marks (216, 616) are no headings here.
/// @param tag of a data field
inline unimarc_heading unimarc_heading_of(std::string_view tag, char indicator1) noexcept {
    struct entry {
        std::string_view tags;
        unimarc_heading heading;
    };
    // Behind the name, each has $x topical, $y geographical, $z chronological and $j form subdivisions.
    static constexpr unimarc_heading person{"00", "abcdfgtxyzj", "a,cbdqtxzyv"};
    static constexpr unimarc_heading corporate_body{"10", "abcdefxyzj", "ab(ncdxzyv"};
    static constexpr entry entries[] = {
        {"200 220 600 602 700 701 702 720 721 722", person},
        {"210 601 710 711 712", corporate_body},
        {"230 500 605", {"30", "ahiklmqxyzj", "anpfklsxzyv"}},
        {"250 606", {"50", "axyzj", "axzyv"}},
        {"215 607", {"51", "axyzj", "axzyv"}},
        {"280 608", {"55", "axyzj", "axzyv"}},
    };
    for (const entry& e : entries) {
        if (is_number(tag) && e.tags.find(tag) != std::string_view::npos) {
            unimarc_heading found = e.heading;
            found.kind = e.heading.codes == corporate_body.codes && indicator1 == '1' ? "11" : found.kind;
            return found;
        }
    }
    return {};
}

} // namespace marc
