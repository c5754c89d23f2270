// Items: the copies that a library holds, as the fields in which library systems embed them, as rows, and as MARC 21
// holdings records. item_layouts.cpp has the tables of what stands where.
#pragma once

#include "marc/builder.hpp"
#include "marc/record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace crosswalk {

/// Where the items of a record stand.
enum class item_layout : std::uint8_t {
    koha,         ///< 952, as Koha's default framework for MARC 21 has it
    koha_unimarc, ///< 995, likewise for UNIMARC
    evergreen,    ///< 852 with a barcode, as Evergreen's marc_export writes it
    marc21,       ///< 852 and 876-878 of the MARC 21 holdings format
};
inline constexpr std::size_t item_layout_count = 4;

enum class item_column : std::uint8_t {
    library,  ///< that owns the item
    location, ///< library where it is now
    shelving,
    call_number,
    call_number_scheme,
    copy,
    enumeration,
    chronology,
    barcode,
    item_type,
    status,
    price,
    note_public,
    note_staff,
    uri,
};
inline constexpr std::size_t item_column_count = 15;

std::string_view name_of(item_layout layout) noexcept;
std::string_view name_of(item_column column) noexcept;
/// @return nothing for a name that no layout has
std::optional<item_layout> find_layout(std::string_view name) noexcept;

/// A subfield or indicator that no column holds: its place, as in "952$9" or "852^1", and what stands there.
struct item_rest {
    std::pmr::string place;
    std::pmr::string value;
};

struct item {
    explicit item(std::pmr::memory_resource* memory) : rest(memory) {}

    const std::optional<std::pmr::string>& at(item_column c) const { return columns[static_cast<std::size_t>(c)]; }
    std::optional<std::pmr::string>& at(item_column c) { return columns[static_cast<std::size_t>(c)]; }

    item_layout layout = item_layout::koha;
    std::size_t field = 0; ///< number of the field that it was read from
    std::array<std::optional<std::pmr::string>, item_column_count> columns;
    std::pmr::vector<item_rest> rest; ///< in the order of the record
};

using item_list = std::pmr::vector<item>;

/// The layout that the record's items are in: 876-878 or a holdings record is marc21; then 952, 995 of a UNIMARC
/// record, 852 with a barcode, 852. Nothing when there are no such fields.
std::optional<item_layout> detect_layout(const marc::record_view& record);

/// The items of a record.
/// @throws marc::parse_error corrupt
item_list read_items(const marc::record_view& record, item_layout layout,
                     std::pmr::memory_resource* memory = std::pmr::get_default_resource());

/// What a layout has no place for.
struct item_unheld {
    std::size_t item;       ///< its number in the list
    std::pmr::string place; ///< a column, or the place of the rest
    std::pmr::string value;
};

/// Puts the items into a record in place of those of that layout which it has. Circulation data of Koha (loans,
/// renewals, reserves, last seen) is not written.
/// @throws marc::parse_error too_large
void write_items(const marc::record_view& record, std::span<const item> items, item_layout layout, marc::builder& into);

/// What write_items() would leave out.
std::pmr::vector<item_unheld> find_unheld(std::span<const item> items, item_layout layout,
                                          std::pmr::memory_resource* memory = std::pmr::get_default_resource());

/// Holdings records for the items of a bibliographic record: one for each library, shelving location and call number,
/// with 004, 008, 852 and an 876 for each item. Where the items are in layout marc21, one for each 852, with the fields
/// that belong to it as they are.
/// @param put takes each record out of the builder
/// @throws marc::parse_error corrupt, too_large
void write_holdings_records(const marc::record_view& record, item_layout layout,
                            const std::function<void(marc::builder&)>& put,
                            std::pmr::memory_resource* memory = std::pmr::get_default_resource());

/// Items that are not as items_from_json() needs them.
class items_error : public std::exception {
  public:
    explicit items_error(std::string_view message) noexcept;
    const char* what() const noexcept override { return message_.data(); }

  private:
    std::array<char, 200> message_{};
};

/// Items out of a JSON array of objects with the columns as keys, and `other`, an object of arrays by place.
/// @param json UTF-8
/// @throws items_error
item_list items_from_json(std::string_view json, std::pmr::memory_resource* memory = std::pmr::get_default_resource());

/// The rest of an item as a JSON object: each place with the array of its values.
/// @param ascii_only writes other characters as \uXXXX
void write_rest(const item& one, std::pmr::string& out, bool ascii_only);

/// A row of the tables: what a subfield of a layout holds.
struct item_subfield {
    item_layout layout;
    std::pmr::string place;   ///< "952$p"
    std::string_view meaning; ///< a column, or what it is called in the tables
};
/// All rows.
std::pmr::vector<item_subfield> item_subfields(std::pmr::memory_resource* memory = std::pmr::get_default_resource());

} // namespace crosswalk
