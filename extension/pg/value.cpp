#include "value.hpp"

#include "argument.hpp"

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

marc::inexpressible_content policy_of(const struct varlena* name) {
    static constexpr std::pair<std::string_view, marc::inexpressible_content> words[] = {
        {"error", marc::inexpressible_content::error}, {"replace", marc::inexpressible_content::replace}};
    return choose(text_or(name, "error"), "inexpressible", words,
                  "'replace' writes U+FFFD for a character that the form cannot hold, and in MARCXML blank indicators "
                  "where a field has none.");
}

std::string_view json_text(Datum argument) {
    return pg_call([&] {
        Jsonb* json = DatumGetJsonbP(argument);
        const char* text = JsonbToCString(nullptr, &json->root, static_cast<int>(VARSIZE(json)));
        auto const size = std::strlen(text);
        const char* utf8 = pg_server_to_any(text, static_cast<int>(size), PG_UTF8);
        return std::string_view{utf8, utf8 == text ? size : std::strlen(utf8)};
    });
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
            xml.remove_prefix(marc::character_bytes(xml));
        }
    }
    return ascii;
}

} // namespace marc_pg
