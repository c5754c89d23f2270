// Normalisation of text for searching and comparing: what differs only in case, diacritics, punctuation or spacing is
// the same.
//
// Indexes and keys hold folded text, so this is for ever: fold_version 1, made of Unicode 14.0.0 (characters that were
// assigned later stay as they are). Another rule needs another version and new indexes.
//
//   1. Compatibility decomposition (NFKD), full case folding, NFKD again: composed and decomposed input give the same.
//   2. Letters that Unicode does not decompose, as NACO has them: æ ae, œ oe, ø o, đ ð d, þ th, ł l, ı i; and every
//      other Latin letter "WITH" something is its base letter. ß is ss by case folding.
//   3. Dropped: the diacritics of Latin, Greek, Cyrillic, Hebrew and Arabic (combining classes 1, 10–36, 200 and over);
//      enclosing marks, variation selectors, format characters (soft hyphen, joiners, direction marks), Arabic tatweel;
//      apostrophes, primes, ayn and alif; square brackets; control characters, among them the marks around text that is
//      not sorted (U+0098, U+009C). Vowel signs and viramas of other scripts, nukta, kana voicing and tone marks stay.
//   4. Every other punctuation and symbol is a gap between words, except & + @ # ♭ ♯ and the signs of currencies.
//   5. Decimal digits are 0 to 9.
//   6. Words are separated by one blank; none stands at the ends.
//
// Only the result counts, so it is in lower case, also where NACO writes capitals.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marc {

inline constexpr int fold_version = 1;

/// Appends the folded form of a text.
/// @param utf8 valid UTF-8; of other text no byte is read twice and none outside, the result is unspecified
void fold(std::string_view utf8, std::pmr::string& out);

/// Takes the words of folded text one after the other. Words stand between blanks; each Han and each kana character is
/// a word of its own, since those scripts do not write gaps.
class word_cursor {
  public:
    explicit word_cursor(std::string_view folded) : rest_(folded) {}
    /// The next word, borrowed from the folded text; empty at the end.
    std::string_view next() noexcept;

  private:
    std::string_view rest_;
};

} // namespace marc
