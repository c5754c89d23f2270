#include "capture/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <span>
#include <system_error>
#include <utility>

#include "base/error.hpp"
#include "capture/spool_seal.hpp"

namespace everarchive::capture {

namespace {

/// Bytes that are written and read at once, and that need no file.
constexpr std::size_t block = 256 * 1024;

using frame_length = std::uint32_t;

[[noreturn]] void fail(int number, std::string_view doing, const std::filesystem::path& folder) {
    const bool full = number == ENOSPC || number == EDQUOT;
    throw error(exit_code::state, cause::retry,
                fmt::format("cannot {} the spool of a large transaction in {}: {}", doing, folder.string(),
                            std::generic_category().message(number)),
                full ? fmt::format("df -h '{}'; free space there, or set EVERARCHIVE_SPOOL to a folder with more",
                                   folder.string())
                     : fmt::format("let EVERARCHIVE_SPOOL name a folder that the program may write to; now it is '{}'",
                                   folder.string()));
}

} // namespace

bool spool_budget::take(std::uint64_t bytes) noexcept {
    std::uint64_t before = used_;
    do {
        if (bytes > limit_ || before > limit_ - bytes) {
            return false;
        }
    } while (!used_.compare_exchange_weak(before, before + bytes));
    return true;
}

std::filesystem::path spool_folder() {
    for (const char* name : {"EVERARCHIVE_SPOOL", "STATE_DIRECTORY", "TMPDIR"}) {
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
            const std::string_view all(value);
            return all.substr(0, std::string_view(name) == "STATE_DIRECTORY" ? all.find(':') : all.npos);
        }
    }
    return "/var/tmp";
}

spool::spool(std::shared_ptr<spool_budget> budget, std::filesystem::path folder)
    : budget_(std::move(budget)), folder_(std::move(folder)) {}

spool::~spool() {
    let_go();
}

spool::spool(spool&& other) noexcept
    : budget_(std::move(other.budget_)), folder_(std::move(other.folder_)), fd_(std::exchange(other.fd_, -1)),
      written_(std::exchange(other.written_, 0)), parts_(std::exchange(other.parts_, {})),
      tail_(std::exchange(other.tail_, {})), ahead_(std::exchange(other.ahead_, {})),
      ahead_at_(std::exchange(other.ahead_at_, 0)), read_(std::exchange(other.read_, 0)) {}

spool& spool::operator=(spool&& other) noexcept {
    if (this != &other) {
        let_go();
        budget_ = std::move(other.budget_);
        folder_ = std::move(other.folder_);
        fd_ = std::exchange(other.fd_, -1);
        written_ = std::exchange(other.written_, 0);
        parts_ = std::exchange(other.parts_, {});
        tail_ = std::exchange(other.tail_, {});
        ahead_ = std::exchange(other.ahead_, {});
        ahead_at_ = std::exchange(other.ahead_at_, 0);
        read_ = std::exchange(other.read_, 0);
    }
    return *this;
}

void spool::let_go() noexcept {
    if (fd_ >= 0) {
        ::close(fd_);
        fd_ = -1;
    }
    if (budget_) {
        budget_->give_back(end());
    }
}

bool spool::append(std::string_view frame) {
    if (!budget_->take(sizeof(frame_length) + frame.size())) {
        return false;
    }
    std::array<char, sizeof(frame_length)> head{};
    const auto length = static_cast<frame_length>(frame.size());
    std::memcpy(head.data(), &length, head.size());
    tail_.append(head.data(), head.size()).append(frame);
    if (tail_.size() >= block) {
        flush();
    }
    return true;
}

void spool::make_file() {
    fd_ = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); // NOLINT(*-vararg)
    if (fd_ >= 0) {
        return;
    }
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) { // some file systems have no files without a name
        fail(errno, "make", folder_);
    }
    std::string name = (folder_ / "everarchive-spool-XXXXXX").string();
    fd_ = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd_ < 0) {
        fail(errno, "make", folder_);
    }
    ::unlink(name.c_str());
}

void spool::flush() {
    if (fd_ < 0) {
        make_file();
    }
    const part one{written_, new_part_number()};
    std::string sealed = tail_;
    seal(one.number, 0, sealed);
    std::string_view rest = sealed;
    std::uint64_t at = written_;
    while (!rest.empty()) {
        const ssize_t done = ::pwrite(fd_, rest.data(), rest.size(), static_cast<off_t>(at));
        if (done < 0) {
            if (errno == EINTR) {
                continue;
            }
            fail(errno, "write", folder_); // tail_ still holds everything after written_
        }
        rest.remove_prefix(static_cast<std::size_t>(done));
        at += static_cast<std::uint64_t>(done);
    }
    written_ = at;
    parts_.push_back(one);
    tail_.clear();
}

void spool::truncate(mark to) {
    if (to >= end()) {
        return;
    }
    budget_->give_back(end() - to);
    if (to >= written_) {
        tail_.resize(to - written_);
        return;
    }
    tail_.clear();
    written_ = to;
    while (!parts_.empty() && parts_.back().begin >= to) {
        parts_.pop_back();
    }
    // The file system gets its room back; if it cannot, the bytes are written over.
    while (::ftruncate(fd_, static_cast<off_t>(to)) != 0 && errno == EINTR) {}
}

/// More bytes into ahead_, behind those that are not taken yet.
void spool::fill() {
    ahead_.erase(0, ahead_at_);
    ahead_at_ = 0;
    if (read_ >= written_) {
        ahead_.append(tail_, read_ - written_);
        read_ = end();
        return;
    }
    const auto next = std::upper_bound(parts_.begin(), parts_.end(), read_,
                                       [](std::uint64_t place, const part& one) { return place < one.begin; });
    const std::uint64_t end_of_part = next == parts_.end() ? written_ : next->begin;
    const std::size_t before = ahead_.size();
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block, end_of_part - read_));
    ahead_.resize(before + wanted);
    ssize_t done = 0;
    do {
        done = ::pread(fd_, ahead_.data() + before, wanted, static_cast<off_t>(read_));
    } while (done < 0 && errno == EINTR);
    if (done <= 0) {
        fail(done == 0 ? EIO : errno, "read", folder_);
    }
    ahead_.resize(before + static_cast<std::size_t>(done));
    seal(std::prev(next)->number, read_ - std::prev(next)->begin, std::span(ahead_).subspan(before));
    read_ += static_cast<std::uint64_t>(done);
}

bool spool::read(std::string& into) {
    const auto demand = [this](std::size_t bytes) {
        while (ahead_.size() - ahead_at_ < bytes) {
            if (read_ >= end()) {
                return false;
            }
            fill();
        }
        return true;
    };
    if (!demand(sizeof(frame_length))) {
        return false;
    }
    frame_length length = 0;
    std::memcpy(&length, ahead_.data() + ahead_at_, sizeof length);
    ahead_at_ += sizeof length;
    if (!demand(length)) {
        fail(EIO, "read", folder_);
    }
    into.assign(ahead_, ahead_at_, length);
    ahead_at_ += length;
    return true;
}

void spool::rewind() noexcept {
    ahead_.clear();
    ahead_at_ = 0;
    read_ = 0;
}

} // namespace everarchive::capture
