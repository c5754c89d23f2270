#include "capture/row_digest.hpp"

#include <openssl/evp.h>

#include <array>

#include "base/error.hpp"

namespace everarchive::capture {

std::string md5_of(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), raw.data(), &size, EVP_md5(), nullptr) != 1) {
        throw error(exit_code::bug, cause::needs_person, "the machine's OpenSSL refuses MD5",
                    "comparing needs it, as PostgreSQL's md5() does: allow it in openssl.cnf");
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hexadecimal;
    for (unsigned i = 0; i < size; ++i) {
        hexadecimal += digits[raw[i] >> 4U];
        hexadecimal += digits[raw[i] & 15U];
    }
    return hexadecimal;
}

std::string digest_of(std::span<const cell> row, std::span<const std::size_t> columns) {
    std::string text;
    for (const std::size_t column : columns) {
        if (row[column].is != cell::state::value) {
            text += 'N';
            continue;
        }
        text += std::to_string(row[column].text.size());
        text += ':';
        text += row[column].text;
    }
    return md5_of(text);
}

std::string text_sql(const std::string& name, std::string_view type) {
    const bool is_text = type == "text" || type.starts_with("character varying") || type == "varchar";
    return is_text ? name : "pg_catalog.concat(" + name + ")";
}

std::string digest_sql(std::span<const std::string> names, std::span<const std::string> types, bool utf8) {
    std::string all;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string text = text_sql(names[i], types[i]);
        const std::string size = utf8 ? "octet_length(" + text + ")" : "octet_length(convert_to(" + text + ", 'UTF8'))";
        all += (all.empty() ? "" : " || ");
        all += "CASE WHEN " + names[i] + " IS NULL THEN 'N' ELSE " + size + "::text || ':' || " + text + " END";
    }
    all = all.empty() ? "''" : all;
    return utf8 ? "md5(" + all + ")" : "md5(convert_to(" + all + ", 'UTF8'))";
}

} // namespace everarchive::capture
