// MySQL's transaction_payload event: the events of one transaction, compressed (binlog_transaction_compression). They
// are unpacked one by one, so that a large transaction needs no memory for all of it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct ZSTD_DCtx_s;

namespace everarchive::capture {

class payload_reader {
  public:
    /// `body` must outlive the reader. Throws malformed, and not_capturable for a compression that is not known.
    explicit payload_reader(std::string_view body);

    /// The next event, without a checksum; empty at the end. The view lives until the next call. Throws malformed.
    std::string_view next();

  private:
    struct closer {
        void operator()(ZSTD_DCtx_s* context) const noexcept;
    };

    bool fill(std::size_t size);

    std::string_view packed_;
    std::unique_ptr<ZSTD_DCtx_s, closer> context_; // none: not compressed
    std::string event_;
};

} // namespace everarchive::capture
