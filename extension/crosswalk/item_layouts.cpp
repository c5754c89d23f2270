// The tables. 952: Koha's marc21_framework_DEFAULT and its manual ("Holdings data fields (9xx)"); 995: the same manual
// and the UNIMARC frameworks; Evergreen's 852: Open-ILS/src/support-scripts/marc_export; 852, 876-878: MARC 21
// Holdings.
#include "item_layouts.hpp"

#include <algorithm>

namespace crosswalk {
namespace detail {
namespace {

constexpr item_layout koha = item_layout::koha;
constexpr item_layout koha_unimarc = item_layout::koha_unimarc;
constexpr item_layout evergreen = item_layout::evergreen;
constexpr item_layout marc21 = item_layout::marc21;

constexpr column_place columns[] = {
    {koha, "952", 'a', item_column::library},
    {koha, "952", 'b', item_column::location},
    {koha, "952", 'c', item_column::shelving},
    {koha, "952", 'g', item_column::price},
    {koha, "952", 'h', item_column::enumeration},
    {koha, "952", '2', item_column::call_number_scheme},
    {koha, "952", 'o', item_column::call_number},
    {koha, "952", 'p', item_column::barcode},
    {koha, "952", 't', item_column::copy},
    {koha, "952", 'u', item_column::uri},
    {koha, "952", 'x', item_column::note_staff},
    {koha, "952", 'y', item_column::item_type},
    {koha, "952", 'z', item_column::note_public},

    {koha_unimarc, "995", 'b', item_column::library},
    {koha_unimarc, "995", 'c', item_column::location},
    {koha_unimarc, "995", 'e', item_column::shelving},
    {koha_unimarc, "995", 'f', item_column::barcode},
    {koha_unimarc, "995", 'k', item_column::call_number},
    {koha_unimarc, "995", '6', item_column::copy},
    {koha_unimarc, "995", '7', item_column::uri},
    {koha_unimarc, "995", 'p', item_column::price},
    {koha_unimarc, "995", 'r', item_column::item_type},
    {koha_unimarc, "995", 'u', item_column::note_public},
    {koha_unimarc, "995", 'v', item_column::enumeration},
    {koha_unimarc, "995", 'z', item_column::note_staff},

    // A second $b is the library where the item is.
    {evergreen, "852", 'b', item_column::library},
    {evergreen, "852", 'b', item_column::location},
    {evergreen, "852", 'c', item_column::shelving},
    {evergreen, "852", '2', item_column::call_number_scheme},
    {evergreen, "852", 'j', item_column::call_number},
    {evergreen, "852", 'g', item_column::item_type},
    {evergreen, "852", 'p', item_column::barcode},
    {evergreen, "852", 's', item_column::status},
    {evergreen, "852", 'y', item_column::price},
    {evergreen, "852", 't', item_column::copy},
    {evergreen, "852", 'x', item_column::note_staff},
    {evergreen, "852", 'u', item_column::uri},
    {evergreen, "852", 'z', item_column::note_public},

    {marc21, "852", 'b', item_column::library},
    {marc21, "852", 'c', item_column::shelving},
    {marc21, "852", 'h', item_column::call_number},
    {marc21, "852", '2', item_column::call_number_scheme},
    {marc21, "852", 'u', item_column::uri},
    {marc21, "876", '3', item_column::enumeration},
    {marc21, "876", 'c', item_column::price},
    {marc21, "876", 'j', item_column::status},
    {marc21, "876", 'l', item_column::location},
    {marc21, "876", 'p', item_column::barcode},
    {marc21, "876", 't', item_column::copy},
    {marc21, "876", 'x', item_column::note_staff},
    {marc21, "876", 'z', item_column::note_public},
    {marc21, "876", '9', item_column::item_type}, // MARC 21 has no place for it; $9 is for local use
};

constexpr rest_place rest[] = {
    {"item number", {"952$9", "995$9", "", "876$a"}},
    {"date acquired", {"952$d", "995$5", "", "876$d"}},
    {"source of acquisition", {"952$e", "995$a", "", "876$e"}},
    {"use restrictions", {"952$5", "995$3", "", "876$h"}},
    {"collection", {"952$8", "995$h", "", ""}},
    {"inventory number", {"952$i", "995$j", "", ""}},
    {"materials specified", {"952$3", "995$l", "", ""}},
    {"replacement price", {"952$v", "995$g", "", ""}},
    {"date of the replacement price", {"952$w", "995$i", "", ""}},
    {"shelving control number", {"952$j", "995$q", "", ""}},
    {"coded location qualifier", {"952$f", "", "", ""}},
    {"call number for sorting", {"952$6", "", "", ""}},
    {"location code of the exporting library", {"", "", "852$a", "852$a"}},
};

/// Loans, renewals, reserves, the date due, last seen and last borrowed.
constexpr std::string_view circulation[] = {"952$l", "952$m", "952$n", "952$q", "952$r", "952$s", "995$n", "995$m"};

constexpr status_code statuses[] = {{"withdrawn", {"952$0", "995$0"}},
                                    {"lost", {"952$1", "995$2"}},
                                    {"damaged", {"952$4", "995$1"}},
                                    {"not for loan", {"952$7", "995$o"}}};

constexpr scheme_code schemes[] = {{'0', "lcc"}, {'1', "ddc"},   {'2', "nlm"},      {'3', "sudocs"},
                                   {'4', "scn"}, {'5', "title"}, {'6', "separate"}, {'8', "other"}};

constexpr std::string_view names[] = {"koha", "koha_unimarc", "evergreen", "marc21"};
constexpr std::string_view column_names[] = {
    "library", "location",  "shelving", "call_number", "call_number_scheme", "copy",       "enumeration", "chronology",
    "barcode", "item_type", "status",   "price",       "note_public",        "note_staff", "uri"};
static_assert(std::size(names) == item_layout_count && std::size(column_names) == item_column_count);

bool has(const marc::field_view& field, std::string_view codes) noexcept {
    for (const marc::subfield_view& s : field.subfields()) {
        if (s.code.size() == 1 && codes.find(s.code[0]) != std::string_view::npos) {
            return true;
        }
    }
    return false;
}

} // namespace

std::span<const column_place> column_places() noexcept {
    return columns;
}

const column_place* find_column(item_layout layout, std::string_view tag, std::string_view code) noexcept {
    const auto* found = std::find_if(std::begin(columns), std::end(columns), [&](const column_place& c) {
        return c.layout == layout && c.tag == tag && code.size() == 1 && c.code == code[0];
    });
    return found == std::end(columns) ? nullptr : found;
}

const column_place* find_place(item_layout layout, item_column column) noexcept {
    const auto* found = std::find_if(std::begin(columns), std::end(columns),
                                     [&](const column_place& c) { return c.layout == layout && c.column == column; });
    return found == std::end(columns) ? nullptr : found;
}

std::string_view place_in(item_layout layout, std::string_view place) noexcept {
    const auto n = static_cast<std::size_t>(layout);
    for (const rest_place& one : rest) {
        if (std::find(one.places.begin(), one.places.end(), place) != one.places.end()) {
            return one.places[n];
        }
    }
    for (const status_code& one : statuses) {
        if (std::find(one.places.begin(), one.places.end(), place) != one.places.end()) {
            return is_koha(layout) ? one.places[n] : std::string_view{};
        }
    }
    const std::string_view tag = place.substr(0, 3);
    const bool own = tag == item_tag(layout) || (layout == marc21 && is_item_information(tag));
    return own ? place : std::string_view{};
}

std::span<const status_code> status_codes() noexcept {
    return statuses;
}

std::span<const scheme_code> scheme_codes() noexcept {
    return schemes;
}

std::string_view item_tag(item_layout layout) noexcept {
    return layout == koha ? "952" : layout == koha_unimarc ? "995" : "852";
}

bool is_circulation(std::string_view place) noexcept {
    return std::find(std::begin(circulation), std::end(circulation), place) != std::end(circulation);
}

char whole_call_number(item_layout layout, std::string_view scheme) noexcept {
    return layout == evergreen || scheme == "scn" ? 'j' : 'h';
}

bool is_item(item_layout layout, const marc::field_view& field) noexcept {
    if (field.tag() != item_tag(layout) || !is_sound(field)) {
        return false;
    }
    // Other libraries' records use 952 and 995 for other things: NYPL has a call number alone in 952$h.
    return layout == koha ? has(field, "abp9") : layout == koha_unimarc ? has(field, "bcf9") : true;
}

} // namespace detail

std::string_view name_of(item_layout layout) noexcept {
    return detail::names[static_cast<std::size_t>(layout)];
}

std::string_view name_of(item_column column) noexcept {
    return detail::column_names[static_cast<std::size_t>(column)];
}

std::optional<item_layout> find_layout(std::string_view name) noexcept {
    for (std::size_t i = 0; i < item_layout_count; ++i) {
        if (detail::names[i] == name) {
            return static_cast<item_layout>(i);
        }
    }
    return std::nullopt;
}

std::optional<item_layout> detect_layout(const marc::record_view& record) {
    if (std::string_view{"uvxy"}.find(record.leader()[6]) != std::string_view::npos) {
        return item_layout::marc21;
    }
    std::array<bool, item_layout_count> found{};
    const std::string_view tags = record.tags();
    bool has_information = false;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        const std::string_view tag = tags.substr(3 * i, 3);
        if (detail::is_item_information(tag)) {
            has_information = has_information || detail::is_sound(record.field(i));
        } else if (tag == "952") {
            found[0] = found[0] || detail::is_item(item_layout::koha, record.field(i));
        } else if (tag == "995" && record.is_unimarc()) {
            found[1] = found[1] || detail::is_item(item_layout::koha_unimarc, record.field(i));
        } else if (tag == "852" && detail::is_sound(record.field(i))) {
            found[detail::has(record.field(i), "p") ? 2 : 3] = true;
        }
    }
    if (has_information) {
        return item_layout::marc21;
    }
    for (std::size_t i = 0; i < item_layout_count; ++i) {
        if (found[i]) {
            return static_cast<item_layout>(i);
        }
    }
    return std::nullopt;
}

std::pmr::vector<item_subfield> item_subfields(std::pmr::memory_resource* memory) {
    std::pmr::vector<item_subfield> all(memory);
    for (std::size_t i = 0; i < item_layout_count; ++i) {
        const auto layout = static_cast<item_layout>(i);
        const auto add = [&](std::string_view place, std::string_view meaning) {
            all.push_back({layout, std::pmr::string(place, memory), meaning});
        };
        for (const detail::column_place& one : detail::columns) {
            if (one.layout == layout) {
                const char place[] = {one.tag[0], one.tag[1], one.tag[2], '$', one.code};
                add({place, sizeof place}, name_of(one.column));
            }
        }
        for (const detail::status_code& one : detail::statuses) {
            if (detail::is_koha(layout)) {
                add(one.places[i], name_of(item_column::status));
            }
        }
        for (const detail::rest_place& one : detail::rest) {
            if (!one.places[i].empty()) {
                add(one.places[i], one.meaning);
            }
        }
    }
    return all;
}

} // namespace crosswalk
