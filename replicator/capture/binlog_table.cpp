#include "capture/binlog_table.hpp"

#include <fmt/format.h>

#include "capture/binlog_bytes.hpp"

namespace everarchive::capture {

namespace {

// MAX_FIELDS of the server.
constexpr std::size_t most_columns = 4096;

// Optional metadata (sql/log_event.h, Table_map_log_event::Optional_metadata_field_type).
enum : std::uint8_t {
    signedness = 1,
    default_charset = 2,
    column_charset = 3,
    column_name = 4,
    set_labels = 5,
    enum_labels = 6,
    enum_and_set_default_charset = 10,
    enum_and_set_column_charset = 11,
};

// MariaDB counts YEAR as a number here; mariadb-binlog's own printer does not and is wrong after a YEAR column
// (measured on 10.11.19).
bool is_number(column_type type) {
    switch (type) {
    case column_type::tiny:
    case column_type::small:
    case column_type::medium:
    case column_type::integer:
    case column_type::big:
    case column_type::single:
    case column_type::real:
    case column_type::decimal:
    case column_type::decimal_old:
    case column_type::year:
        return true;
    default:
        return false;
    }
}

// MariaDB counts GEOMETRY and the COMPRESSED types too (measured on 10.11.19); MySQL counts VECTOR and not GEOMETRY
// (measured on 9.7.4).
bool is_text(column_type type, bool of_mysql) {
    switch (type) {
    case column_type::string:
    case column_type::var_string:
    case column_type::varchar:
    case column_type::varchar_compressed:
    case column_type::blob:
    case column_type::blob_compressed:
    case column_type::tiny_blob:
    case column_type::medium_blob:
    case column_type::long_blob:
        return true;
    case column_type::geometry:
        return !of_mysql;
    case column_type::vector:
        return of_mysql;
    default:
        return false;
    }
}

bool is_labelled(column_type type) {
    return type == column_type::enumeration || type == column_type::set;
}

/// Reads the metadata of one column, and finds what a "string" really is.
void read_detail(mapped_column& column, byte_reader& in) {
    switch (column.type) {
    case column_type::single:
    case column_type::real:
    case column_type::blob:
    case column_type::blob_compressed:
    case column_type::tiny_blob:
    case column_type::medium_blob:
    case column_type::long_blob:
    case column_type::geometry:
    case column_type::json:
    case column_type::vector:
    case column_type::timestamp:
    case column_type::datetime:
    case column_type::time:
        column.detail = in.u8();
        break;
    case column_type::varchar:
    case column_type::varchar_compressed:
    case column_type::var_string:
    case column_type::bit:
        column.detail = in.u16();
        break;
    case column_type::decimal:
        column.detail = static_cast<std::uint16_t>(in.big_endian(2)); // precision, scale
        break;
    case column_type::enumeration:
    case column_type::set:
    case column_type::string: {
        const std::uint8_t first = in.u8();
        const std::uint8_t second = in.u8();
        if (first == static_cast<std::uint8_t>(column_type::enumeration) ||
            first == static_cast<std::uint8_t>(column_type::set)) {
            column.type = static_cast<column_type>(first);
            column.detail = second;
        } else {
            // Bits 8 and 9 of the length hide, inverted, in bits 4 and 5 of the type (sql/field.cc,
            // Field_string::save_field_metadata).
            column.detail = static_cast<std::uint16_t>(second | (((first & 0x30U) ^ 0x30U) << 4U));
        }
        break;
    }
    default:
        break;
    }
}

template <typename Takes>
void read_default_charset(table_map& map, byte_reader in, Takes takes) {
    const auto usual = static_cast<std::uint32_t>(in.packed());
    std::vector<mapped_column*> columns;
    for (mapped_column& column : map.columns) {
        if (takes(column.type)) {
            column.collation = usual;
            columns.push_back(&column);
        }
    }
    while (!in.done()) {
        const std::uint64_t index = in.packed();
        const auto collation = static_cast<std::uint32_t>(in.packed());
        if (index >= columns.size()) {
            throw malformed("names the character set of a column that is not there");
        }
        columns[index]->collation = collation;
    }
}

template <typename Takes>
void read_column_charset(table_map& map, byte_reader in, Takes takes) {
    for (mapped_column& column : map.columns) {
        if (takes(column.type)) {
            column.collation = static_cast<std::uint32_t>(in.packed());
        }
    }
    if (!in.done()) {
        throw malformed("has more character sets than columns of text");
    }
}

void read_labels(table_map& map, byte_reader in, column_type type) {
    for (mapped_column& column : map.columns) {
        if (column.type != type) {
            continue;
        }
        const std::size_t count = in.packed_size();
        for (std::size_t label = 0; label < count; ++label) {
            column.labels.emplace_back(in.packed_text());
        }
    }
    if (!in.done()) {
        throw malformed("has more labels than enum or set columns");
    }
}

void read_optional(table_map& map, byte_reader& in, bool of_mysql) {
    const auto counts_as_text = [of_mysql](column_type type) { return is_text(type, of_mysql); };
    while (!in.done()) {
        const std::uint8_t what = in.u8();
        byte_reader field(in.packed_text());
        switch (what) {
        case signedness: {
            std::size_t at = 0;
            const std::string_view bits = field.rest();
            for (mapped_column& column : map.columns) {
                if (is_number(column.type)) {
                    if (at / 8 >= bits.size()) {
                        throw malformed("says of fewer numbers than it has whether they have a sign");
                    }
                    column.is_unsigned = (static_cast<unsigned char>(bits[at / 8]) & (0x80U >> (at % 8))) != 0;
                    ++at;
                }
            }
            if ((at + 7) / 8 != bits.size()) {
                throw malformed("says of more numbers than it has whether they have a sign");
            }
            break;
        }
        case default_charset:
            read_default_charset(map, field, counts_as_text);
            break;
        case column_charset:
            read_column_charset(map, field, counts_as_text);
            break;
        case enum_and_set_default_charset:
            read_default_charset(map, field, is_labelled);
            break;
        case enum_and_set_column_charset:
            read_column_charset(map, field, is_labelled);
            break;
        case column_name:
            for (mapped_column& column : map.columns) {
                column.name = field.packed_text();
            }
            if (!field.done()) {
                throw malformed("has more names than columns");
            }
            map.named = true;
            break;
        case set_labels:
            read_labels(map, field, column_type::set);
            break;
        case enum_labels:
            read_labels(map, field, column_type::enumeration);
            break;
        default:
            break; // geometry types, primary key, and what later servers add to say more
        }
    }
}

std::string_view name_with_nul(byte_reader& in) {
    const std::string_view name = in.take(in.u8());
    in.skip(1);
    return name;
}

table_map_name read_name(byte_reader& in) {
    table_map_name name;
    name.id = in.number(6);
    in.skip(2); // flags
    name.database = name_with_nul(in);
    name.table = name_with_nul(in);
    return name;
}

} // namespace

table_map_name parse_table_map_name(std::string_view body) {
    byte_reader in(body);
    return read_name(in);
}

table_map parse_table_map(std::string_view body, bool of_mysql) {
    byte_reader in(body);
    const table_map_name name = read_name(in);
    table_map map;
    map.id = name.id;
    map.database = name.database;
    map.table = name.table;
    const std::size_t count = in.packed_size();
    if (count > most_columns) {
        throw malformed(fmt::format("has {} columns", count));
    }
    map.columns.resize(count);
    const std::string_view types = in.take(count);
    for (std::size_t at = 0; at < count; ++at) {
        map.columns[at].type = static_cast<column_type>(types[at]);
    }
    byte_reader details(in.packed_text());
    for (mapped_column& column : map.columns) {
        read_detail(column, details);
    }
    if (!details.done()) {
        throw malformed("has more metadata than its columns need");
    }
    in.skip((count + 7) / 8); // which columns may be NULL
    read_optional(map, in, of_mysql);
    return map;
}

} // namespace everarchive::capture
