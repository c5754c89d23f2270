// What a mirror table's comment says: `Touches: item (itemnumber), holding ('volume', id), order (id of po_line where
// purchaseorderid = id). Optional.` More tables may stand between: `object (bitstream_id of bundle2bitstream where
// bundle_id = bundle_id of item2bundle where item_id = uuid)`. Rows of one table may be of several kinds: `bib
// (external_id) when record_type = 'MARC_BIB'`.
#pragma once

#include <string>
#include <string_view>
#include <vector>
#include <vector>

#include "adapter/adapter.hpp"

namespace everarchive::adapter {

/// The kinds of entity (DESIGN.md, section 3).
bool is_kind(std::string_view name);

/// A touch through other tables, whose names are looked up when all tables are known.
struct pending_through {
    struct step {
        std::string table;
        std::string key;
        std::string where;
    };
    std::string from; // source name of the table that has it
    std::string kind;
    std::vector<step> steps; // as written: the first one gives the entity's key
    std::string value;
    std::size_t place = 0;
};

/// Reads the comment of `t` into its touches, its `optional` and its comment; touches through other tables go to
/// `pending`. Returns why it cannot, or an empty text.
std::string read_touches(table& t, const std::string& comment, std::vector<pending_through>& pending);

/// The PostgreSQL type of a part of a touch of `t`.
std::string part_type(const table& t, const touch_part& part);

} // namespace everarchive::adapter
