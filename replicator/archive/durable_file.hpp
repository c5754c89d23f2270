// Files that must still be there after a power cut: written, fsynced, renamed, and their directory fsynced. Every error
// of the operating system becomes an everarchive::error that says what to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace everarchive::durable {

using path = std::filesystem::path;

/// Called before each step that changes the disk ("create", "write", "fsync", "rename", "mkdir", "remove"). For tests,
/// which end the process in it; set it before any other thread runs.
using fail_point = std::function<void(std::string_view step, const path& where)>;
void set_fail_point(fail_point hook);

/// Throws the error for `number` (an errno): what was being done to which file, and the command that mends it. Full and
/// read-only file systems and missing rights are cause retry: delivery goes on by itself once they are mended.
[[noreturn]] void fail(int number, std::string_view doing, const path& where);

/// A file under construction. Closed, but not synced, if it goes out of scope before finish().
class file {
  public:
    /// Creates a file that must not exist yet.
    explicit file(path where);
    ~file();
    file(file&& other) noexcept;
    file& operator=(file&&) = delete;

    void write(std::string_view data);

    /// Everything is on the disk when this returns; the name is only after sync_directory() of its directory.
    void finish();

    const path& where() const noexcept { return where_; }

  private:
    path where_;
    int fd_ = -1;
};

/// A new file with `content`, fsynced.
void write_file(const path& where, std::string_view content);

void make_directory(const path& where);
/// As mkdir -p.
void make_directories(const path& where);
void sync_directory(const path& where);
/// sync_directory() for `where` and every directory below it, the deepest first.
void sync_directories_below(const path& where);
/// Atomic within one file system. Replaces a file; never a directory that holds something.
void rename(const path& from, const path& to);
/// Makes two directories of one file system change places in one step (Linux renameat2). False when the file system
/// cannot: NFS, for one.
bool exchange(const path& one, const path& other);
/// Removes `where` and all below it, if it is there.
void remove_tree(const path& where);

/// The whole file. Throws when it is longer than `limit` bytes, so that a damaged archive cannot exhaust memory.
std::string read_file(const path& where, std::uint64_t limit = 256ULL << 20U);

/// Reads the file from the disk, not from the page cache (posix_fadvise), and gives it to `part` piece by piece.
/// Returns the number of bytes.
std::uint64_t read_from_disk(const path& where, const std::function<void(std::string_view)>& part);

} // namespace everarchive::durable
