// Standard numbers: in one form each, so that they can be compared (ISBN, ISSN, LCCN, OCLC number), and whether they
// are sound as they are written (these and others). Indexes hold the forms: they are for ever.
#pragma once

#include "marc/record.hpp"

#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace marc {

enum class identifier_kind : std::uint8_t { none, isbn, issn, lccn, oclc };

/// A standard number in its one form: ASCII, at most 24 characters; owns nothing beyond itself.
class identifier {
  public:
    identifier() = default;
    explicit operator bool() const noexcept { return size_ > 0; }
    std::string_view text() const noexcept { return {text_, size_}; }
    void append(char c) noexcept {
        if (size_ < sizeof text_) {
            text_[size_++] = c;
        }
    }

  private:
    char text_[24];
    std::uint8_t size_ = 0;
};

/// The ISBN-13 (13 digits) at the start of a text such as "0-306-40615-2 (pbk.) : $12.00" or "ISBN 978 0 306 40615 7",
/// or behind a qualifier as in "(pbk.) 0-306-40615-2". The number is the whole run of digits with hyphens or single
/// blanks between them. A valid ISBN-10 or nine-digit SBN becomes its ISBN-13, the SBN only when nothing but a bracket
/// or a colon follows. Empty when there is none, its check digit is wrong, it is an ISMN (979-0), or zeros stand for a
/// number that nobody had.
/// (ISBN Users' Manual, 7th edition: 10 to 13 is prefix 978 and a new check digit.)
identifier isbn13(std::string_view text) noexcept;

/// The ISSN (1234-5678, last character a digit or X) at the start of a text or behind a qualifier; empty when there
/// is none, more digits follow, its check digit is wrong, or it is 0000-0000. (ISO 3297)
identifier issn(std::string_view text) noexcept;

/// The LCCN as the Library of Congress normalises it (info:lccn): no blanks, nothing from a slash on, what follows a
/// hyphen filled with zeros to six digits. Empty when the result is not up to three letters with eight digits, or up to
/// two letters with ten.
identifier lccn(std::string_view text) noexcept;

/// The OCLC number: digits without leading zeros, out of "(OCoLC)ocm00012345", "ocn123456789", "on1234567890",
/// "(OCoLC)12345", "OCLC: 12345" or a text of digits alone; empty when it is something else.
identifier oclc_number(std::string_view text) noexcept;

/// The same only where the text says itself that it is an OCLC number: with (OCoLC), OCLC or ocm, ocn, on in front.
identifier marked_oclc_number(std::string_view text) noexcept;

/// What is wrong with a number as it is written. Stricter than the functions before, which take what they can out of a
/// text: no label, no blank inside, no nine-digit SBN. Hyphens do not count, nor what follows the first blank,
/// parenthesis, colon, semicolon or comma: 020 $a may read "0152038655 (pbk.) :".
enum class number_check : std::uint8_t {
    good,
    wrong_length,      ///< too few or too many characters, or others than the number may have
    wrong_check_digit, ///< the last character does not follow from the others
    wrong_prefix,      ///< the number starts with another prefix than its kind has
};
/// An ISBN of 10 or 13 digits (ISO 2108).
number_check check_isbn(std::string_view text) noexcept;
/// An ISSN (ISO 3297), four digits, a hyphen, four characters; the hyphen may be missing.
number_check check_issn(std::string_view text) noexcept;
/// An ISMN (ISO 10957): M and nine digits, or 13 digits that start with 979-0.
number_check check_ismn(std::string_view text) noexcept;
/// A GTIN-13 (EAN) or GTIN-12 (UPC); MARC 21 keeps them in 024 with first indicator 3 and 1.
number_check check_ean(std::string_view text) noexcept;
number_check check_upc(std::string_view text) noexcept;
/// An ISRC (ISO 3901): two letters, three letters or digits, seven digits. It has no check digit.
number_check check_isrc(std::string_view text) noexcept;
/// An LCCN in the form of field 010: up to three letters, eight digits or up to two letters, ten digits; blanks around
/// both, a revision behind a slash. It has no check digit.
number_check check_lccn(std::string_view text) noexcept;

/// Which number a subfield holds, in MARC 21: 010$a$z LCCN; 020$a$z ISBN; 022$a$l$m$y$z ISSN; 035$a$z OCLC number (if
/// so marked); in linking entries 76X–78X and in 800–830: $x ISSN, $z (not in 8XX) ISBN; 490$x ISSN.
identifier_kind identifier_of(std::string_view tag, std::string_view code) noexcept;

/// The normal form of a subfield's text as a number of this kind; empty when it is none. An OCLC number must be marked.
/// @param folded the text as fold() gives it: it is looked at first, so that a text which folds to a number is that
/// number
identifier normalize(identifier_kind kind, std::string_view text, std::string_view folded) noexcept;

/// The distinct numbers of a record, in their order: valid ISBNs of 020$a, in UNIMARC 010$a.
std::pmr::vector<identifier> isbns(const record_view& record, std::pmr::memory_resource* memory);
/// Valid ISSNs of 022$a, in UNIMARC 011$a.
std::pmr::vector<identifier> issns(const record_view& record, std::pmr::memory_resource* memory);
/// The LCCN of 010$a, or empty; UNIMARC has its ISBN there.
identifier lccn_of(const record_view& record);
/// OCLC numbers: of 001 when 003 is OCoLC or 001 begins with ocm, ocn or on; then of 035$a where they are so marked.
std::pmr::vector<identifier> oclc_numbers(const record_view& record, std::pmr::memory_resource* memory);

} // namespace marc
