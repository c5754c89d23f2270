#include "marc/wire.hpp"

#include "layout.hpp"
#include "marc/error.hpp"

#include <algorithm>
#include <bit>

namespace marc {
namespace {

/// Turns a number of `bytes` bytes between this machine's order and network order, in place.
void turn(char* at, std::size_t bytes) noexcept {
    if constexpr (std::endian::native == std::endian::little) {
        std::reverse(at, at + bytes);
    }
}

void turn_header(char* record) noexcept {
    for (const std::size_t at : {layout::field_count_at, layout::data_bytes_at, layout::residue_bytes_at}) {
        turn(record + at, 4);
    }
}

void turn_directory(char* record, std::size_t fields) noexcept {
    char* entry = record + record_view::header_bytes;
    for (std::size_t i = 0; i < fields; ++i, entry += record_view::entry_bytes) {
        turn(entry + layout::facts_at, 2);
        turn(entry + layout::offset_at, 4);
    }
}

} // namespace

void write_wire(const record_view& record, std::pmr::string& out) {
    const std::size_t start = out.size();
    out.append(as_text(record.bytes()));
    turn_header(out.data() + start);
    turn_directory(out.data() + start, record.field_count());
}

stored_record read_wire(std::span<const std::byte> bytes, std::pmr::memory_resource* memory, std::size_t prefix) {
    if (bytes.size() > limits::record_bytes) {
        throw parse_error(errc::too_large, bytes.size());
    }
    if (bytes.size() < record_view::header_bytes) {
        throw parse_error(errc::corrupt, bytes.size());
    }
    stored_record result(memory, prefix, bytes.size());
    char* record = reinterpret_cast<char*>(result.writable().data());
    std::copy_n(as_text(bytes).data(), bytes.size(), record);
    turn_header(record);
    turn_directory(record, result.view().field_count());
    result.view().check(memory);
    return result;
}

} // namespace marc
