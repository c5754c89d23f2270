// The functions of the rule language: how rules call them, and what they do.
#include "functions.hpp"

#include <algorithm>

namespace crosswalk::detail {
namespace {

constexpr function_entry entries[] = {
    {"address", function::address, 1, 1, "address(x): with % escapes for what no address may hold"},
    {"bare", function::bare, 1, 2, "bare(x[, characters]): tidy, without parentheses around it or any full stop"},
    {"boolean", function::boolean, 1, 1, "boolean(x): true or false in JSON"},
    {"chop", function::chop, 1, 2,
     "chop(x[, characters]): without these at the end; punctuation of ISBD when not given"},
    {"chop_front", function::chop_front, 1, 2, "chop_front(x[, characters]): without these at the front"},
    {"codes", function::codes, 1, 2,
     "codes(table, list[, separator]): what a table has for each of the values, one behind another"},
    {"count", function::count, 1, 1, "count(list)"},
    {"digits", function::digits, 1, 1, "digits(x): its digits alone"},
    {"first_of", function::first_of, 1, 20, "first_of(x, y, …): the first that is not empty"},
    {"fixed", function::fixed, 2, 120,
     "fixed(length, fill, position, text, …): texts at positions, from 0 on; each ends where the next one starts"},
    {"fold", function::fold, 1, 1, "fold(x): for comparing: lower case, without diacritics and punctuation"},
    {"from", function::from, 2, 2, "from(x, n): from character n on, counted from 0"},
    {"isbn", function::isbn, 1, 1, "isbn(x): as ISBN 13 without hyphens, empty when it is none"},
    {"issn", function::issn, 1, 1, "issn(x): with its hyphen, empty when it is none"},
    {"join", function::join, 1, 2, "join(list[, separator]): all values, a blank between them"},
    {"last", function::last, 1, 1, "last(list)"},
    {"last_part", function::last_part, 2, 2, "last_part(x, mark): behind the last mark; all of it when there is none"},
    {"latex", function::latex, 1, 1, "latex(x): with what has a meaning in TeX escaped"},
    {"left", function::left, 2, 2, "left(x, n): the first n characters"},
    {"length", function::length, 1, 1, "length(x): characters"},
    {"linked", function::linked, 0, 0, "linked(): the tag that an 880 goes with, else its own"},
    {"lookup", function::lookup, 1, 2, "lookup(table, code[, otherwise])"},
    {"lower", function::lower, 1, 1, "lower(x): ASCII letters"},
    {"next", function::next, 1, 1, "next($bc): the subfield right behind the one at hand, when it is one of these"},
    {"normalize", function::normalize, 1, 1, "normalize(x): one blank for each run of them, none at the ends"},
    {"nonfiling", function::nonfiling, 1, 1,
     "nonfiling(x): how many characters in front are marked as not sorted, with the blank behind them"},
    {"nth", function::nth, 2, 2, "nth(list, n): counted from 0"},
    {"number", function::number, 1, 1, "number(x): a number in JSON, empty when it is none"},
    {"place", function::place, 0, 1,
     "place(): of the field at hand in the record; the leader is 1. Of the element at hand, or place({path}) of the "
     "first one, in the document"},
    {"previous", function::previous, 1, 1, "previous($a): the same, right in front of it"},
    {"prose", function::prose, 1, 3,
     "prose({path}[, \"names\"[, between]]): the words of these elements, one blank between them, also where two "
     "elements "
     "meet; or `between`, behind what ends in no punctuation. Elements with these names right below them are left out"},
    {"remove", function::remove, 2, 2, "remove(x, characters)"},
    {"replace", function::replace, 3, 3, "replace(x, what, with)"},
    {"shorten", function::shorten, 2, 2, "shorten(x, n): without the last n characters"},
    {"shown", function::shown, 1, 1, "shown(x): without the marks around what is not sorted"},
    {"slug", function::slug, 1, 1, "slug(x): fold(x) with nothing but ASCII letters and digits, for keys"},
    {"text_after", function::text_after, 2, 2, "text_after(x, mark): behind the first mark"},
    {"text_before", function::text_before, 2, 2, "text_before(x, mark): in front of the first mark"},
    {"tidy", function::tidy, 1, 2,
     "tidy(x[, characters]): chop, but full stops of initials and abbreviations stay; brackets in pairs"},
    {"tidy_name", function::tidy_name, 1, 1,
     "tidy_name(x): chop() for names: a full stop stays behind less than three letters"},
    {"translate", function::translate, 3, 3, "translate(x, characters, others): each by the one in the same place"},
    {"trim", function::trim, 1, 1, "trim(x): without blanks at the ends"},
    {"upper", function::upper, 1, 1, "upper(x): ASCII letters"},
    {"url", function::url, 1, 1, "url(x): with % escapes, for a part of an address"},
    {"year", function::year, 1, 1, "year(x): the first year in it, with u for digits that are not known: 19uu"},
    {"whole", function::whole, 1, 1, "whole($*): tag, indicators and these subfields with their codes: 1001 $aTwain"},
};

} // namespace

const function_entry* find_function(std::string_view name) noexcept {
    const auto* const found =
        std::find_if(std::begin(entries), std::end(entries), [&](const function_entry& e) { return e.name == name; });
    return found == std::end(entries) ? nullptr : found;
}

const function_entry& find_function(function what) noexcept {
    return *std::find_if(std::begin(entries), std::end(entries),
                         [&](const function_entry& e) { return e.what == what; });
}

} // namespace crosswalk::detail
