// A transaction that is larger than memory should hold waits on disk until its end is known. The file has no name, so a
// crash leaves nothing behind, and what it held comes again from the source.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace everarchive::capture {

/// What the spools of one source may take on disk together. Thread-safe.
class spool_budget {
  public:
    static constexpr std::uint64_t default_limit = 16ULL << 30U;

    explicit spool_budget(std::uint64_t limit = default_limit) : limit_(limit) {}

    std::uint64_t used() const noexcept { return used_; }
    std::uint64_t limit() const noexcept { return limit_; }

    /// False, and nothing is taken, if that were more than the limit.
    bool take(std::uint64_t bytes) noexcept;
    void give_back(std::uint64_t bytes) noexcept { used_ -= bytes; }

  private:
    const std::uint64_t limit_;
    std::atomic<std::uint64_t> used_{0};
};

/// Where spools lie: $EVERARCHIVE_SPOOL, else $STATE_DIRECTORY (systemd.exec(5); the first of a list), else $TMPDIR,
/// else /var/tmp, which unlike /tmp is never kept in memory (file-hierarchy(7)).
std::filesystem::path spool_folder();

/// Frames of bytes, appended and then read in their order. The first ones stay in memory: a file is made when there
/// are more than a few, and is sealed (spool_seal.hpp). One thread.
class spool {
  public:
    /// An end of the spool at some time; append() goes there again after truncate().
    using mark = std::uint64_t;

    explicit spool(std::shared_ptr<spool_budget> budget, std::filesystem::path folder = spool_folder());
    ~spool();
    spool(spool&& other) noexcept;
    spool& operator=(spool&& other) noexcept;

    /// False, and nothing is appended, when the source's limit is reached. Throws error (retry) that names the folder
    /// when the file cannot be made or written: a full disk, a missing right.
    [[nodiscard]] bool append(std::string_view frame);

    mark end() const noexcept { return written_ + tail_.size(); }

    /// Forgets all frames after `to`, an earlier end(): a part of the transaction was rolled back.
    void truncate(mark to);

    /// The next frame from the beginning; false after the last one. `into` is replaced. Nothing may be appended or
    /// truncated between the first read and rewind().
    bool read(std::string& into);
    void rewind() noexcept;

  private:
    void flush();
    void make_file();
    void fill();
    void let_go() noexcept;

    /// What was written at once, under a number of its own.
    struct part {
        std::uint64_t begin;
        std::uint64_t number;
    };

    std::shared_ptr<spool_budget> budget_;
    std::filesystem::path folder_;
    int fd_ = -1;
    std::uint64_t written_ = 0; // bytes in the file
    std::vector<part> parts_;   // of it, in their order
    std::string tail_;          // bytes after them
    std::string ahead_;         // bytes read from the file
    std::size_t ahead_at_ = 0;  // of ahead_, taken
    std::uint64_t read_ = 0;    // bytes of the file and of tail_ that went to ahead_
};

} // namespace everarchive::capture
