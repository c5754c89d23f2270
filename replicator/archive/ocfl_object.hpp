// Writes one version of one OCFL object. Built in the staging area, fsynced, then moved into its place; what is there
// already is never changed. Writing the same version again, after a crash, finds it and changes nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "archive/digest.hpp"
#include "archive/durable_file.hpp"
#include "archive/ocfl_inventory.hpp"
#include "archive/ocfl_root.hpp"

namespace everarchive::archive {

/// What the archive holds after a version was written.
struct written_version {
    std::string location; // of the object, relative to the storage root
    std::string sha512;   // of the version's inventory
    std::uint64_t bytes = 0;
    bool was_there = false;
    std::filesystem::path set_aside; // where the bad copy is kept that this one replaced; empty when there was none
};

/// What to do when the version is in the archive already.
enum class publish {
    once,    // the same is taken as it is, other content is an error
    replace, // it was read and found bad: write a whole object in its stead, and keep the bad one in ocfl_root::bad()
};

class object_writer {
  public:
    /// Begins version `number` of the object `id`. The root must be locked. First mends what a crash during an earlier
    /// version left. Throws everarchive::error (sink) when version number-1 is not there yet. To replace, the earlier
    /// versions are copied, each file compared with its digest: throws (sink, needs_person) when one of them is bad too
    /// or a later version builds on this one.
    object_writer(const ocfl_root& root, const std::string& id, unsigned number, version_about about,
                  publish how = publish::once);
    ~object_writer();
    object_writer(const object_writer&) = delete;
    object_writer& operator=(const object_writer&) = delete;

    /// A file of this version that is written piece by piece. Part of the version once finish() was called.
    class content {
      public:
        void write(std::string_view data);
        /// Returns the file's SHA-512.
        std::string finish();
        std::uint64_t bytes() const noexcept { return bytes_; }

      private:
        friend class object_writer;
        content(object_writer& writer, std::string logical_path, std::string content_path);

        object_writer& writer_;
        std::string logical_path_, content_path_;
        durable::file file_;
        digest digest_{"sha512"};
        std::uint64_t bytes_ = 0;
    };

    /// `logical_path` is checked by require_safe(); the same one twice is refused.
    content begin(const std::string& logical_path);

    /// A whole file. One whose content the object already holds takes no space (forward delta).
    void add(const std::string& logical_path, std::string_view data);

    /// Makes the version part of the archive, durably. When it is there already with the same files, or with the same
    /// `decisive` file and the same names, returns what is there; when it is there with others, throws
    /// everarchive::error (sink, needs_person).
    written_version commit(const std::string& decisive = {});

  private:
    std::string place(const std::string& logical_path) const;
    void adopt(const std::string& logical_path, const std::string& content_path, const std::string& sha512,
               std::uint64_t bytes);
    written_version compare(const std::string& decisive) const;
    written_version commit_new(const std::string& text);
    written_version commit_next(const std::string& text);
    written_version commit_replacement(const std::string& text);
    void stage_object(const std::string& text);
    inventory copy_earlier_versions(const std::string& id) const;
    written_version receipt(bool was_there) const;

    const ocfl_root& root_;
    unsigned number_;
    bool replacing_;
    std::filesystem::path object_;  // final place
    std::filesystem::path version_; // staged version directory
    std::optional<inventory> present_;
    inventory inventory_;
};

/// Mends an object whose writer was killed between the three renames that publish a later version: a version directory
/// that no inventory names yet is moved to ocfl_root::bad() (its content is still queued), a missing last step is done.
/// Returns true if something was mended. Throws everarchive::error (sink, needs_person) when the object is damaged
/// otherwise.
bool recover_object(const ocfl_root& root, const std::filesystem::path& object);

} // namespace everarchive::archive
