// A file as it is read: unpacked on the way (gzip, bzip2, xz, the one file of a zip), with the digest of its own bytes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace everarchive::vocabulary {

class packed_file {
  public:
    /// Throws everarchive::error (arguments) when the file cannot be read.
    explicit packed_file(const std::filesystem::path& file);
    ~packed_file();
    packed_file(const packed_file&) = delete;
    packed_file& operator=(const packed_file&) = delete;

    /// The next unpacked bytes; 0 at the end. Throws everarchive::error (refused) when the packing is damaged.
    std::size_t read(char* buffer, std::size_t size);

    std::int64_t size() const; ///< of the file itself, packed
    std::int64_t done() const; ///< how much of that has been read
    /// SHA-256 of the file's bytes in hex, all of them. To be called once, at the end.
    std::string sha256();

    struct state;

  private:
    std::unique_ptr<state> state_;
};

} // namespace everarchive::vocabulary
