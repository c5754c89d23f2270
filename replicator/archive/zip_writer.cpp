#include "archive/zip_writer.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <clocale>

#include "archive/safe_path.hpp"
#include "base/error.hpp"

namespace everarchive::archive {

namespace {

/// libarchive marks names as UTF-8, and converts them, by the locale of the thread: this sets it and puts it back.
class utf8_locale {
  public:
    utf8_locale() : own_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(nullptr) {
        if (own_ != nullptr) {
            before_ = ::uselocale(own_);
        }
    }
    ~utf8_locale() {
        if (own_ != nullptr) {
            ::uselocale(before_);
            ::freelocale(own_);
        }
    }
    utf8_locale(const utf8_locale&) = delete;
    utf8_locale& operator=(const utf8_locale&) = delete;

  private:
    locale_t own_, before_;
};

error zip_error(::archive* raw) {
    const char* text = archive_error_string(raw);
    return {exit_code::bug, cause::needs_person,
            std::string("cannot write a ZIP file: ") + (text == nullptr ? "unknown" : text)};
}

bool is_ascii(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) {
            return false;
        }
    }
    return true;
}

} // namespace

zip_writer::zip_writer(sink to)
    : to_(std::move(to)), raw_(archive_write_new(), &archive_write_free),
      entry_(archive_entry_new(), &archive_entry_free) {
    if (raw_ == nullptr || entry_ == nullptr) {
        throw std::bad_alloc();
    }
    check(archive_write_set_format_zip(raw_.get()));
    check(archive_write_zip_set_compression_deflate(raw_.get()));
    check(archive_write_set_bytes_in_last_block(raw_.get(), 1)); // no padding
    const auto write = [](::archive*, void* self, const void* data, size_t length) -> la_ssize_t {
        auto& writer = *static_cast<zip_writer*>(self);
        try {
            writer.to_({static_cast<const char*>(data), length});
            return static_cast<la_ssize_t>(length);
        } catch (...) {
            // libarchive frees the compressor of an entry only when the entry ends well: let it, and throw afterwards.
            writer.failed_ = std::current_exception();
            writer.to_ = [](std::string_view) {};
            return static_cast<la_ssize_t>(length);
        }
    };
    check(archive_write_open(raw_.get(), this, nullptr, write, nullptr));
}

zip_writer::~zip_writer() {
    // An unfinished file is of no use: let libarchive's clean-up write nowhere.
    to_ = [](std::string_view) {};
}

void zip_writer::check(int status) {
    if (status != ARCHIVE_OK) {
        throw zip_error(raw_.get());
    }
}

void zip_writer::add(const std::string& name, std::string_view content) {
    require_safe(name);
    if (!names_.insert(name).second) {
        throw error(exit_code::refused, cause::needs_person, "the package has the path " + name + " twice",
                    "mend the package view of the target so that each path occurs once in a version");
    }
    archive_entry_clear(entry_.get());
    archive_entry_set_pathname(entry_.get(), name.c_str());
    archive_entry_set_filetype(entry_.get(), AE_IFREG);
    archive_entry_set_perm(entry_.get(), 0644);
    archive_entry_set_size(entry_.get(), static_cast<la_int64_t>(content.size()));
    // No time is set: libarchive would write it in the local time zone. Times are in index.tsv and the package itself.
    if (is_ascii(name)) {
        check(archive_write_header(raw_.get(), entry_.get()));
    } else {
        const utf8_locale names;
        check(archive_write_header(raw_.get(), entry_.get()));
    }
    while (!content.empty()) {
        const la_ssize_t n = archive_write_data(raw_.get(), content.data(), content.size());
        if (n <= 0) {
            check(ARCHIVE_FATAL);
        }
        content.remove_prefix(static_cast<std::size_t>(n));
    }
    check(archive_write_finish_entry(raw_.get()));
    rethrow();
}

void zip_writer::rethrow() const {
    if (failed_) {
        std::rethrow_exception(failed_);
    }
}

void zip_writer::finish() {
    check(archive_write_close(raw_.get()));
    rethrow();
}

void read_zip(const std::string& path, std::size_t limit,
              const std::function<void(std::string_view name, std::string_view content)>& entry) {
    const utf8_locale names;
    const std::unique_ptr<::archive, int (*)(::archive*)> raw(archive_read_new(), &archive_read_free);
    const auto bad = [&](const std::string& what) {
        return error(exit_code::sink, cause::needs_person, "cannot read the ZIP file " + path + ": " + what,
                     "check it with: unzip -t '" + path + "'");
    };
    const auto text = [&] {
        const char* message = archive_error_string(raw.get());
        return std::string(message == nullptr ? "unknown" : message);
    };
    archive_read_support_format_zip(raw.get());
    if (archive_read_open_filename(raw.get(), path.c_str(), 256U << 10U) != ARCHIVE_OK) {
        throw bad(text());
    }
    ::archive_entry* header = nullptr;
    std::string content;
    for (;;) {
        const int status = archive_read_next_header(raw.get(), &header);
        if (status == ARCHIVE_EOF) {
            return;
        }
        if (status != ARCHIVE_OK) {
            throw bad(text());
        }
        content.clear();
        char buffer[64U << 10U];
        for (;;) {
            const la_ssize_t n = archive_read_data(raw.get(), buffer, sizeof buffer);
            if (n < 0) {
                throw bad(text());
            }
            if (n == 0) {
                break;
            }
            content.append(buffer, static_cast<std::size_t>(n));
            if (content.size() > limit) {
                throw bad("an entry is longer than " + std::to_string(limit) + " bytes");
            }
        }
        const char* name = archive_entry_pathname(header);
        entry(name == nullptr ? "" : name, content);
    }
}

} // namespace everarchive::archive
