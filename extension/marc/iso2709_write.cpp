#include "data_scan.hpp"
#include "iso2709_charset.hpp"
#include "iso2709_digits.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"
#include "marc/leader.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace marc {
namespace {

struct character_name {
    char text[9] = {};
    operator std::string_view() const noexcept { return text; }
};

/// U+XXXX for the character at the start of the text.
character_name name_character(std::string_view text) noexcept {
    character_name name{"U+"};
    const char32_t c = decode_character(text);
    char* at = name.text + 2;
    for (int shift = c > 0xFFFFF ? 20 : c > 0xFFFF ? 16 : 12; shift >= 0; shift -= 4) {
        *at++ = "0123456789ABCDEF"[(c >> static_cast<unsigned>(shift)) & 0xFU];
    }
    return name;
}

/// The fields as MARC-8, and where each starts. A field whose bytes would pass for UTF-8 is given a designation that
/// changes nothing, so that no reader takes it for mislabelled.
void encode_fields(const record_view& record, unencodable_character policy, std::pmr::string& data,
                   std::pmr::vector<std::size_t>& starts) {
    poller polling;
    for (const field_view f : record) {
        const std::size_t start = data.size();
        starts.push_back(start);
        try {
            encode_marc8(f.content(), data, policy);
        } catch (const parse_error& e) {
            if (e.code() != errc::unencodable) {
                throw;
            }
            const std::string_view rest = f.content().substr(e.offset());
            throw parse_error(errc::unencodable, f.offset() + e.offset(), f.tag(), name_character(rest));
        }
        const std::string_view field = std::string_view(data).substr(start);
        if (find_non_ascii(field) != std::string_view::npos && find_invalid_utf8(field) == std::string_view::npos) {
            data += "\x1B)!E";
        }
        data.push_back(field_terminator);
        polling.step(data.size() - start);
    }
}

} // namespace

void write_directory(const record_view& record, char* at) {
    constexpr std::size_t entry_bytes = limits::iso2709_directory_entry_bytes;
    const char* tag = record.tags().data();
    std::size_t number = 0;
    std::size_t start = 0;
    const auto put = [&](std::size_t end) {
        if (number == record.field_count()) {
            return false;
        }
        write_entry(at, tag, end - start, start);
        at += entry_bytes;
        tag += 3;
        start = end;
        ++number;
        return true;
    };
    if (record.has(record_flag::inner_terminator)) {
        for (const field_view f : record) {
            put(f.offset() + f.content().size() + 1);
        }
    } else {
        for_each_terminator(record.data(), put);
    }
    if (number != record.field_count()) {
        record.field(number); // throws: the record is corrupt
    }
}

void write_iso2709(const record_view& record, std::pmr::string& out, iso2709_encoding encoding,
                   unencodable_character policy) {
    constexpr std::size_t entry_bytes = limits::iso2709_directory_entry_bytes;
    const bool marc8 = encoding == iso2709_encoding::marc8 && record.has(record_flag::non_ascii);
    std::pmr::string encoded(out.get_allocator().resource());
    std::pmr::vector<std::size_t> starts(out.get_allocator().resource());
    if (marc8) {
        encode_fields(record, policy, encoded, starts);
    }
    const std::string_view data = marc8 ? std::string_view(encoded) : record.data();
    const auto bytes_of = [&](std::size_t i) {
        return marc8 ? (i + 1 < starts.size() ? starts[i + 1] : data.size()) - starts[i]
                     : record.field(i).content().size() + 1;
    };
    const std::size_t base = limits::leader_bytes + entry_bytes * record.field_count() + 1;
    const std::size_t total = base + data.size() + 1;
    // No field is longer than all of them.
    for (std::size_t i = 0; data.size() > limits::iso2709_field_bytes && i < record.field_count(); ++i) {
        if (bytes_of(i) > limits::iso2709_field_bytes) {
            throw parse_error(errc::field_too_long, record.field(i).offset(), record.field(i).tag());
        }
    }
    if (total > limits::iso2709_record_bytes) {
        throw parse_error(errc::record_too_long, total);
    }
    // In the directory it would end the record for every reader.
    if (const std::size_t at = record.tags().find(record_terminator); at != std::string_view::npos) {
        const field_view f = record.field(at / 3);
        throw parse_error(errc::inexpressible, f.offset(), f.tag());
    }
    const std::size_t start = out.size();
    out.resize(start + total);
    char* at = out.data() + start;
    const unicode_leader leader(record);
    std::copy_n(leader.view().data(), limits::leader_bytes, at);
    store_five(at, total);
    if (encoding == iso2709_encoding::marc8 && !record.is_unimarc()) {
        at[9] = ' ';
    }
    std::copy_n("22", 2, at + 10);
    store_five(at + 12, base);
    std::copy_n("4500", 4, at + 20);
    at += limits::leader_bytes;
    if (marc8) {
        for (std::size_t i = 0; i < starts.size(); ++i) {
            write_entry(at + i * entry_bytes, record.tags().data() + 3 * i, bytes_of(i), starts[i]);
        }
    } else {
        write_directory(record, at);
    }
    at += entry_bytes * record.field_count();
    *at++ = field_terminator;
    at = std::copy(data.begin(), data.end(), at);
    *at = record_terminator;
}

} // namespace marc
