#include "archive/durable_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>
#include <vector>

#include "archive/ocfl_names.hpp"
#include "base/error.hpp"

namespace everarchive::durable {

namespace {

fail_point& hook() {
    static fail_point instance;
    return instance;
}

void step(std::string_view name, const path& where) {
    if (hook()) {
        hook()(name, where);
    }
}

/// The archive that `where` is staged in; `where` itself when it is not in a staging area.
path archive_of(const path& where) {
    const std::string text = where.string();
    const std::size_t at = text.find("/extensions/" + std::string(archive::staging_extension));
    return at == std::string::npos ? where : path(text.substr(0, at));
}

/// The nearest directory above `where` that stays: what a person gives to df, mount or chown.
path existing_directory(const path& where) {
    std::error_code ignored;
    path directory = archive_of(where);
    while (directory.has_relative_path() && !std::filesystem::is_directory(directory, ignored)) {
        directory = directory.parent_path();
    }
    return directory;
}

/// An open descriptor that closes itself.
class descriptor {
  public:
    descriptor(const path& where, int flags) : fd_(::open(where.c_str(), flags | O_CLOEXEC)) {} // NOLINT(*-vararg)
    ~descriptor() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    int get() const noexcept { return fd_; }

  private:
    int fd_;
};

} // namespace

void set_fail_point(fail_point next) {
    hook() = std::move(next);
}

void fail(int number, std::string_view doing, const path& where) {
    const std::string directory = existing_directory(where).string();
    const std::string by_itself = "; delivery then goes on by itself";
    std::string hint;
    switch (number) {
    case ENOSPC:
        hint = "free space or inodes on the file system of the archive (df -h '" + directory + "'; df -i '" +
               directory + "')" + by_itself;
        break;
    case EDQUOT:
        hint = "raise the disk quota of the user that runs everarchive on the file system of '" + directory + "'" +
               by_itself;
        break;
    case EFBIG:
        hint = "raise the file size limit of the program (ulimit -f, LimitFSIZE= of the unit)" + by_itself;
        break;
    case EROFS:
        hint = "the file system of '" + directory +
               "' is read-only: look for disk errors (dmesg), then: mount -o remount,rw \"$(findmnt -no TARGET -T '" +
               directory + "')\"" + by_itself;
        break;
    case EACCES:
    case EPERM:
        hint = "give the directory to the user that runs everarchive: chown -R \"$(id -un " +
               std::to_string(::geteuid()) + ")\" '" + directory + "'" + by_itself;
        break;
    case ENOENT:
    case ENOTDIR:
        hint = "is the archive's file system mounted? findmnt -T '" + directory + "'; ls -ld '" + where.string() + "'";
        break;
    case EIO:
        hint = "the disk reports errors: see dmesg, then check the file system of '" + directory + "'";
        break;
    default:
        hint = "see ls -ld '" + where.string() + "' and dmesg";
        break;
    }
    // The staging area is gone when a person reads this; and the same fault gives the same message for every object.
    const path shown = archive_of(where);
    const std::string in_staging = shown == where ? "" : " (" + where.filename().string() + ")";
    throw error(exit_code::sink, cause::retry,
                std::string(doing) + " " + shown.string() + in_staging + ": " + std::generic_category().message(number),
                hint);
}

file::file(path where) : where_(std::move(where)) {
    step("create", where_);
    fd_ = ::open(where_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644); // NOLINT(*-vararg)
    if (fd_ < 0) {
        fail(errno, "cannot create", where_);
    }
}

file::file(file&& other) noexcept : where_(std::move(other.where_)), fd_(std::exchange(other.fd_, -1)) {}

file::~file() {
    if (fd_ >= 0) {
        ::close(fd_);
    }
}

void file::write(std::string_view data) {
    step("write", where_);
    while (!data.empty()) {
        const ssize_t n = ::write(fd_, data.data(), data.size());
        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            fail(errno, "cannot write", where_);
        }
        data.remove_prefix(static_cast<std::size_t>(n));
    }
}

void file::finish() {
    step("fsync", where_);
    if (::fsync(fd_) != 0) {
        fail(errno, "cannot fsync", where_);
    }
    // NFS and quotas report a full disk only here.
    if (::close(std::exchange(fd_, -1)) != 0) {
        fail(errno, "cannot close", where_);
    }
}

void write_file(const path& where, std::string_view content) {
    file f(where);
    f.write(content);
    f.finish();
}

void make_directory(const path& where) {
    step("mkdir", where);
    if (::mkdir(where.c_str(), 0755) != 0) {
        fail(errno, "cannot create the directory", where);
    }
}

void make_directories(const path& where) {
    std::error_code ignored;
    if (where.empty() || std::filesystem::is_directory(where, ignored)) {
        return;
    }
    make_directories(where.parent_path());
    make_directory(where);
}

void sync_directory(const path& where) {
    step("fsync", where);
    const descriptor d(where, O_RDONLY | O_DIRECTORY);
    if (d.get() < 0) {
        fail(errno, "cannot open the directory", where);
    }
    // Some network file systems cannot fsync a directory and say EINVAL; their rename is durable by itself.
    if (::fsync(d.get()) != 0 && errno != EINVAL) {
        fail(errno, "cannot fsync the directory", where);
    }
}

void sync_directories_below(const path& where) {
    for (const auto& entry : std::filesystem::directory_iterator(where)) {
        if (entry.is_directory() && !entry.is_symlink()) {
            sync_directories_below(entry.path());
        }
    }
    sync_directory(where);
}

void rename(const path& from, const path& to) {
    step("rename", to);
    if (::rename(from.c_str(), to.c_str()) != 0) {
        fail(errno, "cannot rename " + from.filename().string() + " to", to);
    }
}

bool exchange(const path& one, const path& other) {
    step("exchange", other);
    if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0) {
        return true;
    }
    if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
        return false;
    }
    fail(errno, "cannot exchange " + one.string() + " with", other);
}

void remove_tree(const path& where) {
    step("remove", where);
    std::error_code problem;
    std::filesystem::remove_all(where, problem);
    if (problem) {
        fail(problem.value(), "cannot remove", where);
    }
}

std::string read_file(const path& where, std::uint64_t limit) {
    const descriptor d(where, O_RDONLY);
    struct stat about {};
    if (d.get() < 0 || ::fstat(d.get(), &about) != 0) {
        fail(errno, "cannot read", where);
    }
    if (static_cast<std::uint64_t>(about.st_size) > limit) {
        fail(EFBIG, "refused as longer than it can be:", where);
    }
    std::string content(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t filled = 0;
    while (filled < content.size()) {
        const ssize_t n = ::read(d.get(), content.data() + filled, content.size() - filled);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            fail(errno, "cannot read", where);
        }
        if (n == 0) {
            break;
        }
        filled += static_cast<std::size_t>(n);
    }
    content.resize(filled);
    return content;
}

std::uint64_t read_from_disk(const path& where, const std::function<void(std::string_view)>& part) {
    const descriptor d(where, O_RDONLY);
    if (d.get() < 0) {
        fail(errno, "cannot read", where);
    }
    // Only clean pages are dropped: what is read back was fsynced before. Advice, so a refusal changes nothing.
    ::posix_fadvise(d.get(), 0, 0, POSIX_FADV_DONTNEED);
    ::posix_fadvise(d.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
    std::vector<char> buffer(256U << 10U);
    std::uint64_t total = 0;
    for (;;) {
        const ssize_t n = ::read(d.get(), buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            fail(errno, "cannot read", where);
        }
        if (n == 0) {
            return total;
        }
        total += static_cast<std::uint64_t>(n);
        part({buffer.data(), static_cast<std::size_t>(n)});
    }
}

} // namespace everarchive::durable
