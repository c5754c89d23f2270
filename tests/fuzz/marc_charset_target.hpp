// The fuzz target of MARC-8, ISO 5426 and normalisation.
#pragma once

#include "marc/charset.hpp"
#include "marc/marc8.hpp"
#include "marc/nfc.hpp"
#include "marc_targets.hpp"

#include <algorithm>

namespace marc_fuzz {

inline void charset(std::string_view input) {
    const auto nowhere = [](marc::defect_code, std::size_t) {};
    const auto noted = [&](marc::defect_code, std::size_t at) { demand(at < input.size(), "a note lies in the text"); };
    std::pmr::string text;
    for (const bool utf8 : {false, true}) {
        if (utf8 && marc::find_invalid_utf8(input) != std::string_view::npos) {
            continue;
        }
        text.clear();
        marc::decode_marc8(input, text, noted, {.high_bytes_are_utf8 = utf8});
        demand(marc::find_invalid_utf8(text) == std::string_view::npos, "MARC-8 becomes UTF-8");
        demand(std::count(text.begin(), text.end(), '\x1F') == std::count(input.begin(), input.end(), '\x1F') &&
                   std::count(text.begin(), text.end(), '\x1E') == std::count(input.begin(), input.end(), '\x1E'),
               "no delimiter comes or goes");
    }
    text.clear();
    marc::decode_iso5426(input, text, noted);
    demand(marc::find_invalid_utf8(text) == std::string_view::npos, "ISO 5426 becomes UTF-8");
    std::pmr::string again;
    marc::encode_iso5426(text, again);

    // Decoded, encoded and decoded again it is the same text, but for the order of marks and for references.
    text.clear();
    marc::decode_marc8(input, text, nowhere);
    std::pmr::string marc8;
    marc::encode_marc8(text, marc8, marc::unencodable_character::reference);
    // A first half that Unicode has alone becomes the whole.
    const bool exact = text.find('\x1B') == std::pmr::string::npos && text.find("#x") == std::pmr::string::npos &&
                       text.find("\xEF\xB8\xA0") == std::pmr::string::npos &&
                       text.find("\xEF\xB8\xA2") == std::pmr::string::npos;
    if (exact) {
        again.clear();
        marc::decode_marc8(marc8, again, nowhere);
        std::pmr::string wanted;
        std::pmr::string found;
        marc::append_nfc(text, wanted);
        marc::append_nfc(again, found);
        demand(wanted == found, "MARC-8 is the same text again");
    }

    if (marc::find_invalid_utf8(input) == std::string_view::npos) {
        std::pmr::string c;
        std::pmr::string d;
        marc::append_nfc(input, c);
        marc::append_nfd(input, d);
        demand(marc::find_invalid_utf8(c) == std::string_view::npos, "form C is UTF-8");
        demand(marc::is_nfc(c), "form C is form C");
        demand(marc::is_nfc(input) == (std::string_view(c) == input), "is_nfc says whether form C changes anything");
        again.clear();
        marc::append_nfc(d, again);
        demand(again == c, "form C of form D is form C");
        again.clear();
        marc::append_nfd(c, again);
        demand(again == d, "form D of form C is form D");
        again.clear();
        marc::encode_marc8(input, again, marc::unencodable_character::reference);
    }
}

} // namespace marc_fuzz
