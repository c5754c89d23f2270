#include "capture/binlog_payload.hpp"

#include <algorithm>
#include <new>

#include <fmt/format.h>
#include <zstd.h>

#include "capture/binlog_bytes.hpp"

namespace everarchive::capture {

namespace {

constexpr std::size_t header_size = 19;
constexpr std::size_t size_at = 9; // of an event's size in its header
constexpr std::size_t largest_event = std::size_t{1} << 30U;
constexpr std::size_t step = std::size_t{256} * 1024;

// Fields before the payload (libs/mysql/binlog/event/control_events.h).
enum : std::uint64_t { end_mark = 0, payload_size = 1, compression_type = 2, uncompressed_size = 3 };
enum : std::uint64_t { zstd = 0, none = 255 };

} // namespace

void payload_reader::closer::operator()(ZSTD_DCtx_s* context) const noexcept {
    ZSTD_freeDCtx(context);
}

payload_reader::payload_reader(std::string_view body) {
    byte_reader in(body);
    std::uint64_t compression = none;
    std::uint64_t size = 0;
    for (std::uint64_t field = in.packed(); field != end_mark; field = in.packed()) {
        byte_reader value(in.packed_text());
        if (field == compression_type) {
            compression = value.packed();
        } else if (field == payload_size) {
            size = value.packed();
        }
    }
    packed_ = in.rest();
    if (size != packed_.size()) {
        throw malformed(fmt::format("says that {} bytes are compressed and has {}", size, packed_.size()));
    }
    if (compression == zstd) {
        context_.reset(ZSTD_createDCtx());
        if (!context_) {
            throw std::bad_alloc();
        }
    } else if (compression != none) {
        throw not_capturable(
            fmt::format("a transaction is compressed in way {}, which this program does not know", compression),
            "SET GLOBAL binlog_transaction_compression = OFF; then: everarchive source resync NAME");
    }
}

/// Unpacks until the event at hand has `size` bytes. False if there is nothing more at all.
bool payload_reader::fill(std::size_t size) {
    const bool begun = !event_.empty();
    while (event_.size() < size) {
        const std::size_t have = event_.size();
        const std::size_t wanted = std::min(size - have, step);
        if (!context_) {
            const std::string_view part = packed_.substr(0, wanted);
            packed_.remove_prefix(part.size());
            event_ += part;
        } else {
            event_.resize(have + wanted);
            ZSTD_inBuffer from{packed_.data(), packed_.size(), 0};
            ZSTD_outBuffer to{event_.data() + have, wanted, 0};
            const std::size_t outcome = ZSTD_decompressStream(context_.get(), &to, &from);
            if (ZSTD_isError(outcome) != 0) {
                throw malformed(fmt::format("its compressed part cannot be unpacked: {}", ZSTD_getErrorName(outcome)));
            }
            packed_.remove_prefix(from.pos);
            event_.resize(have + to.pos);
            if (to.pos == 0 && from.pos != 0) {
                continue;
            }
        }
        if (event_.size() == have) {
            if (have == 0 && !begun) {
                return false;
            }
            throw malformed("its compressed part ends within an event");
        }
    }
    return true;
}

std::string_view payload_reader::next() {
    event_.clear();
    if (!fill(header_size)) {
        return {};
    }
    byte_reader in(event_);
    in.skip(size_at);
    const std::size_t size = in.u32();
    if (size < header_size || size > largest_event) {
        throw malformed(fmt::format("has an event of {} bytes in its compressed part", size));
    }
    fill(size);
    return event_;
}

} // namespace everarchive::capture
