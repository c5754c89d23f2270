// A ZIP file (PKWARE APPNOTE 6.3, ZIP64 where needed) that depends on nothing but what is put into it: no clock, no
// time zone, no user id. The same entries in the same order give the same bytes.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

struct archive;       // libarchive
struct archive_entry; // libarchive

namespace everarchive::archive {

class zip_writer {
  public:
    using sink = std::function<void(std::string_view)>;

    /// `to` gets the bytes of the ZIP file in order; it need not be able to seek.
    explicit zip_writer(sink to);
    ~zip_writer();
    zip_writer(const zip_writer&) = delete;
    zip_writer& operator=(const zip_writer&) = delete;

    /// Adds a file, deflated. `name` is checked by require_safe() and must not occur twice.
    void add(const std::string& name, std::string_view content);

    /// Writes the central directory. Without it the file is no ZIP file.
    void finish();

  private:
    void check(int status);
    void rethrow() const;

    sink to_;
    std::exception_ptr failed_; // thrown by the sink inside libarchive's C code
    std::unique_ptr<::archive, int (*)(::archive*)> raw_;
    std::unique_ptr<::archive_entry, void (*)(::archive_entry*)> entry_;
    std::unordered_set<std::string> names_;
};

/// Reads a ZIP file from `path` entry by entry: `entry` gets the name and the whole content, at most `limit` bytes.
/// Throws everarchive::error (sink, needs_person) when it cannot be read to its end.
void read_zip(const std::string& path, std::size_t limit,
              const std::function<void(std::string_view name, std::string_view content)>& entry);

} // namespace everarchive::archive
