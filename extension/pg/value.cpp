#include "value.hpp"

#include "marc/charset.hpp"

namespace marc_pg {

Datum marc_datum(marc::stored_record&& record) {
    std::span<std::byte> const block = record.release();
    if (!AllocSizeIsValid(block.size())) {
        throw std::bad_alloc{};
    }
    SET_VARSIZE(block.data(), block.size());
    return PointerGetDatum(block.data());
}

marc::inexpressible_content policy_of(std::string_view name) {
    if (name == "error") {
        return marc::inexpressible_content::error;
    }
    if (name == "replace") {
        return marc::inexpressible_content::replace;
    }
    throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                    "inexpressible must be 'error' or 'replace'",
                    {},
                    "'replace' writes U+FFFD for a character that the form cannot hold, and in MARCXML blank "
                    "indicators where a field has none."};
}

std::string with_character_references(std::string_view xml) {
    std::string ascii;
    ascii.reserve(xml.size() + xml.size() / 4);
    while (!xml.empty()) {
        std::size_t const plain = std::min(marc::find_non_ascii(xml), xml.size());
        ascii.append(xml.substr(0, plain));
        xml.remove_prefix(plain);
        if (!xml.empty()) {
            char digits[8];
            auto const character = static_cast<std::uint32_t>(marc::decode_character(xml));
            char* const end = std::to_chars(digits, digits + sizeof digits, character, 16).ptr;
            ascii.append("&#x").append(digits, end).append(";");
            xml.remove_prefix(std::max<std::size_t>(marc::character_bytes(xml), 1));
        }
    }
    return ascii;
}

} // namespace marc_pg
