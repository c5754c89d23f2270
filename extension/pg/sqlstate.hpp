// Which SQLSTATE an error of the library has. Standard codes where one fits; class MR for what callers tell apart:
// MR0xx the structure of a record, MR1xx its characters. (No class of PostgreSQL or the SQL standard starts with M.)
#pragma once

#include "pg.hpp"

#include "marc/error.hpp"

namespace marc_pg {

namespace sqlstate {
inline constexpr int truncated = MAKE_SQLSTATE('M', 'R', '0', '0', '1');
inline constexpr int many_records = MAKE_SQLSTATE('M', 'R', '0', '0', '2');
inline constexpr int bad_leader = MAKE_SQLSTATE('M', 'R', '0', '0', '3');
inline constexpr int bad_tag = MAKE_SQLSTATE('M', 'R', '0', '0', '4');
inline constexpr int bad_indicator = MAKE_SQLSTATE('M', 'R', '0', '0', '5');
inline constexpr int bad_subfield_code = MAKE_SQLSTATE('M', 'R', '0', '0', '6');
inline constexpr int inexpressible = MAKE_SQLSTATE('M', 'R', '0', '0', '7');
inline constexpr int bad_utf8 = MAKE_SQLSTATE('M', 'R', '1', '0', '1');
inline constexpr int unsupported_charset = MAKE_SQLSTATE('M', 'R', '1', '0', '2');
inline constexpr int unencodable = MAKE_SQLSTATE('M', 'R', '1', '0', '3');
} // namespace sqlstate

/// The SQLSTATE of an error, packed as ereport() takes it.
inline int sqlstate_of(marc::errc code) noexcept {
    switch (code) {
    case marc::errc::not_marc:
    case marc::errc::bad_mnemonic:
    case marc::errc::false_provenance:
    case marc::errc::bad_line:
    case marc::errc::bad_json:
    case marc::errc::bad_document:
        return ERRCODE_INVALID_TEXT_REPRESENTATION; // 22P02; functions that read bytea make it 22P03
    case marc::errc::bad_xml:
    case marc::errc::xml_doctype:
        return ERRCODE_INVALID_XML_CONTENT; // 2200N
    case marc::errc::truncated:
        return sqlstate::truncated;
    case marc::errc::many_records:
        return sqlstate::many_records;
    case marc::errc::bad_leader:
        return sqlstate::bad_leader;
    case marc::errc::bad_tag:
        return sqlstate::bad_tag;
    case marc::errc::bad_indicator:
        return sqlstate::bad_indicator;
    case marc::errc::bad_subfield_code:
        return sqlstate::bad_subfield_code;
    case marc::errc::inexpressible:
        return sqlstate::inexpressible;
    case marc::errc::bad_utf8:
        return sqlstate::bad_utf8;
    case marc::errc::unsupported_charset:
        return sqlstate::unsupported_charset;
    case marc::errc::unencodable:
        return sqlstate::unencodable;
    case marc::errc::too_large:
    case marc::errc::record_too_long:
    case marc::errc::field_too_long:
    case marc::errc::unsupported_path:
        return ERRCODE_PROGRAM_LIMIT_EXCEEDED; // 54000
    case marc::errc::bad_path:
    case marc::errc::misplaced_subspec:
    case marc::errc::bad_query:
    case marc::errc::bad_rules:
    case marc::errc::bad_schema:
    case marc::errc::bad_options:
        return ERRCODE_INVALID_PARAMETER_VALUE; // 22023
    case marc::errc::corrupt:
        return ERRCODE_DATA_CORRUPTED; // XX001: a stored value; marc_recv makes it 22P03
    }
    return ERRCODE_INTERNAL_ERROR;
}

} // namespace marc_pg
