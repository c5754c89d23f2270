#include "marc/error.hpp"
#include "marc/iso2709.hpp"
#include "marc/poll.hpp"

#include <algorithm>

namespace marc {
namespace {

void store_decimal(char* at, std::size_t n, std::size_t digits) noexcept {
    for (std::size_t i = digits; i > 0; --i) {
        at[i - 1] = static_cast<char>('0' + n % 10);
        n /= 10;
    }
}

} // namespace

void write_iso2709(const record_view& record, std::pmr::string& out) {
    constexpr std::size_t entry_bytes = limits::iso2709_directory_entry_bytes;
    const std::string_view data = record.data();
    const std::size_t base = limits::leader_bytes + entry_bytes * record.field_count() + 1;
    const std::size_t total = base + data.size() + 1;
    for (const field_view f : record) {
        if (f.content().size() + 1 > limits::iso2709_field_bytes) {
            throw parse_error(errc::field_too_long, f.offset(), f.tag());
        }
    }
    if (total > limits::iso2709_record_bytes) {
        throw parse_error(errc::record_too_long, total);
    }
    const std::size_t start = out.size();
    out.resize(start + total);
    char* at = out.data() + start;
    std::copy_n(record.leader().data(), limits::leader_bytes, at);
    store_decimal(at, total, 5);
    if (record.has(record_flag::non_ascii) && record.get_flavour() != flavour::unimarc) {
        at[9] = 'a';
    }
    std::copy_n("22", 2, at + 10);
    store_decimal(at + 12, base, 5);
    std::copy_n("4500", 4, at + 20);
    at += limits::leader_bytes;
    for (const field_view f : record) {
        std::copy_n(f.tag().data(), 3, at);
        store_decimal(at + 3, f.content().size() + 1, 4);
        store_decimal(at + 7, f.offset(), 5);
        at += entry_bytes;
    }
    *at++ = field_terminator;
    at = std::copy(data.begin(), data.end(), at);
    *at = record_terminator;
}

} // namespace marc
