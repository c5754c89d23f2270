#include "vocabulary/packed_file.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <fstream>
#include <vector>

#include "archive/digest.hpp"
#include "base/error.hpp"

namespace everarchive::vocabulary {

namespace {

error unreadable(const std::filesystem::path& file, const std::string& why) {
    return {exit_code::arguments, cause::needs_person, "cannot read " + file.string() + (why.empty() ? "" : ": " + why),
            "check its name and rights: ls -l '" + file.string() + "'"};
}

error damaged(const std::filesystem::path& file, struct ::archive* in) {
    const char* why = archive_error_string(in);
    return {exit_code::refused, cause::needs_person,
            file.string() + " cannot be unpacked: " + (why == nullptr ? "damaged" : why),
            "was it fetched whole? Nothing was loaded"};
}

} // namespace

struct packed_file::state {
    std::filesystem::path name;
    std::ifstream in;
    std::vector<char> buffer = std::vector<char>(256 * 1024);
    archive::digest digest{"sha256"};
    std::int64_t size = 0;
    std::int64_t done = 0;
    bool at_end = false;
    std::unique_ptr<struct ::archive, decltype(&archive_read_free)> unpacked{archive_read_new(), &archive_read_free};

    std::size_t read_raw() {
        in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        const auto got = static_cast<std::size_t>(in.gcount());
        digest.update({buffer.data(), got});
        done += static_cast<std::int64_t>(got);
        return got;
    }
};

namespace {

la_ssize_t give_raw(struct ::archive* to, void* of, const void** bytes) {
    auto* from = static_cast<packed_file::state*>(of);
    const std::size_t got = from->read_raw();
    if (from->in.bad()) {
        archive_set_error(to, EIO, "the file cannot be read");
        return -1;
    }
    *bytes = from->buffer.data();
    return static_cast<la_ssize_t>(got);
}

} // namespace

packed_file::packed_file(const std::filesystem::path& file) : state_(std::make_unique<state>()) {
    std::error_code failed;
    state_->name = file;
    state_->size = static_cast<std::int64_t>(std::filesystem::file_size(file, failed));
    state_->in.open(file, std::ios::binary);
    if (failed || !state_->in) {
        throw unreadable(file, failed ? failed.message() : "");
    }
    struct ::archive* to = state_->unpacked.get();
    // By name, not all: some of libarchive's filters start other programs.
    archive_read_support_filter_gzip(to);
    archive_read_support_filter_bzip2(to);
    archive_read_support_filter_xz(to);
    archive_read_support_format_zip(to);
    archive_read_support_format_raw(to);
    archive_read_support_format_empty(to);
    archive_entry* entry = nullptr;
    int found = archive_read_open(to, state_.get(), nullptr, give_raw, nullptr);
    found = found == ARCHIVE_OK ? archive_read_next_header(to, &entry) : found;
    state_->at_end = found == ARCHIVE_EOF;
    if (state_->in.bad()) {
        throw unreadable(file, "");
    }
    if (found != ARCHIVE_OK && found != ARCHIVE_EOF) {
        throw damaged(file, to);
    }
}

packed_file::~packed_file() = default;

std::size_t packed_file::read(char* buffer, std::size_t size) {
    if (state_->at_end) {
        return 0;
    }
    const la_ssize_t got = archive_read_data(state_->unpacked.get(), buffer, size);
    if (got < 0) {
        throw damaged(state_->name, state_->unpacked.get());
    }
    if (got == 0) {
        state_->at_end = true;
        archive_entry* entry = nullptr;
        if (archive_read_next_header(state_->unpacked.get(), &entry) == ARCHIVE_OK) {
            throw error(exit_code::refused, cause::needs_person, state_->name.string() + " holds several files",
                        "unpack it and import them one by one, each with a --name of its own");
        }
    }
    return static_cast<std::size_t>(got);
}

std::int64_t packed_file::size() const {
    return state_->size;
}

std::int64_t packed_file::done() const {
    return state_->done;
}

std::string packed_file::sha256() {
    while (state_->read_raw() > 0) {
        // what stands behind the packed data
    }
    return state_->digest.hex();
}

} // namespace everarchive::vocabulary
