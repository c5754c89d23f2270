// An OCFL 1.1 storage root on a local or mounted file system, with layout 0004 (hashed n-tuple, its default
// parameters).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace everarchive::archive {

/// Where the object with this id lies under the root: three tuples of the id's SHA-256 and the whole of it.
std::filesystem::path layout_path(std::string_view id);

class ocfl_root {
  public:
    /// Makes `directory` a storage root: it must be empty, or an earlier attempt must have been cut short in it.
    /// Throws everarchive::error (sink) that says what stands in the way and what to do.
    static void create(const std::filesystem::path& directory);

    /// Opens an existing storage root. Throws everarchive::error (sink) when it is none, or of another layout.
    explicit ocfl_root(std::filesystem::path directory);
    ~ocfl_root();
    ocfl_root(const ocfl_root&) = delete;
    ocfl_root& operator=(const ocfl_root&) = delete;

    const std::filesystem::path& directory() const noexcept { return directory_; }
    std::filesystem::path object_directory(std::string_view id) const { return directory_ / layout_path(id); }

    /// Becomes the one writer of this root, for as long as this object lives. False if another program is. The lock is
    /// on the declaration file, so nothing is left in the root. Removes what a killed writer left in the staging area.
    bool try_lock();

    /// The folder where objects are built, on the same file system as their final place.
    std::filesystem::path staging() const;
    /// Where copies that were found bad are kept, each under the name of its object and a time.
    std::filesystem::path bad() const;
    /// An empty staging area. Needs the lock.
    void make_staging() const;
    /// Removes the staging area, so that the root holds nothing but objects and registered extensions.
    void clear_staging() const;

  private:
    std::filesystem::path directory_;
    int lock_ = -1;
};

} // namespace everarchive::archive
