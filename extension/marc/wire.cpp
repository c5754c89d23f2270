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

/// The numbers of a record whose header is in this machine's order.
void turn_offsets(char* record, const record_view& view) noexcept {
    const std::size_t step = layout::offset_step(view.flags());
    char* at = record + layout::header_bytes(view.flags()) + layout::tag_bytes * view.field_count();
    for (std::size_t i = layout::offset_count(view.field_count(), step); i > 0; --i, at += layout::offset_bytes) {
        turn(at, layout::offset_bytes);
    }
}

void turn_header(char* record, std::uint8_t flags) noexcept {
    turn(record + layout::field_count_at, 4);
    if ((flags & record_flag::residue) != 0) {
        turn(record + layout::residue_bytes_at, 4);
    }
}

} // namespace

void write_wire(const record_view& record, std::pmr::string& out) {
    const std::size_t start = out.size();
    out.append(as_text(record.bytes()));
    turn_offsets(out.data() + start, record);
    turn_header(out.data() + start, record.flags());
}

stored_record read_wire(std::span<const std::byte> bytes, std::pmr::memory_resource* memory, std::size_t prefix) {
    if (bytes.size() > limits::record_bytes) {
        throw parse_error(errc::too_large, bytes.size());
    }
    const std::uint8_t flags = bytes.size() > 1 ? static_cast<std::uint8_t>(bytes[1]) : std::uint8_t{0};
    if (bytes.size() < layout::header_bytes(flags)) {
        throw parse_error(errc::corrupt, bytes.size());
    }
    stored_record result(memory, prefix, bytes.size());
    char* record = reinterpret_cast<char*>(result.writable().data());
    std::copy_n(as_text(bytes).data(), bytes.size(), record);
    turn_header(record, flags);
    turn_offsets(record, result.view());
    result.view().check(memory);
    return result;
}

} // namespace marc
