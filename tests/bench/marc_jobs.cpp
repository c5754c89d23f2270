// One job over a file, as a whole process, so that it can stand beside yaz-marcdump: marc.sh measures both.
//   marc_jobs JOB FILE
// Jobs: check      ISO 2709: every record is parsed, checked and built in its stored form; defects are counted
//       to-xml     ISO 2709 to MARCXML
//       to-iso     MARCXML to ISO 2709
//       to-utf8    ISO 2709 to canonical ISO 2709: MARC-8 becomes UTF-8
// Output goes to standard output, the number of records and of those that were refused to standard error.
#include "marc/builder.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"
#include "marc/marcxml.hpp"
#include "marc/split.hpp"

#include <cstdio>
#include <fcntl.h>
#include <memory_resource>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace marc;

namespace {

/// A whole file, mapped; empty when it cannot be read.
class mapped_file {
  public:
    explicit mapped_file(const char* name) {
        const int file = open(name, O_RDONLY | O_CLOEXEC);
        struct stat about {};
        if (file >= 0 && fstat(file, &about) == 0 && about.st_size > 0) {
            void* at =
                mmap(nullptr, static_cast<std::size_t>(about.st_size), PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
            if (at != MAP_FAILED) {
                text_ = {static_cast<const char*>(at), static_cast<std::size_t>(about.st_size)};
            }
        }
        if (file >= 0) {
            close(file);
        }
    }
    mapped_file(const mapped_file&) = delete;
    mapped_file& operator=(const mapped_file&) = delete;
    ~mapped_file() {
        if (!text_.empty()) {
            munmap(const_cast<char*>(text_.data()), text_.size());
        }
    }
    std::string_view text() const noexcept { return text_; }

  private:
    std::string_view text_;
};

class output {
  public:
    std::pmr::string& buffer() noexcept { return buffer_; }
    void flush_when_full() {
        if (buffer_.size() >= full) {
            flush();
        }
    }
    void flush() {
        std::fwrite(buffer_.data(), 1, buffer_.size(), stdout);
        std::fflush(stdout);
        buffer_.clear();
    }

  private:
    static constexpr std::size_t full = 256U << 10U;
    std::pmr::string buffer_;
};

struct counts {
    std::size_t records = 0;
    std::size_t refused = 0;
    std::size_t defects = 0;
};

/// Calls `work` for each record of an ISO 2709 file; what is none, or is refused, is counted.
template <typename Work>
counts for_each_iso2709(std::string_view file, Work work) {
    counts n;
    iso2709_splitter splitter(as_bytes(file));
    iso2709_piece piece;
    while (splitter.next(piece)) {
        ++n.records;
        try {
            work(piece.bytes);
        } catch (const parse_error&) {
            ++n.refused;
        }
    }
    return n;
}

/// The same for MARCXML.
template <typename Work>
counts for_each_marcxml(std::string_view file, builder& b, Work work) {
    counts n;
    file_splitter splitter(as_bytes(file), form::marcxml, std::pmr::get_default_resource());
    file_piece piece;
    while (splitter.next(piece)) {
        ++n.records;
        try {
            splitter.read(b);
            work();
        } catch (const parse_error&) {
            ++n.refused;
        }
    }
    return n;
}

counts run(std::string_view job, std::string_view file) {
    builder b;
    report notes;
    std::size_t defects = 0;
    output out;
    counts n;
    if (job == "check") {
        n = for_each_iso2709(file, [&](std::span<const std::byte> bytes) {
            notes.clear();
            read_iso2709(bytes, b, &notes);
            b.finish();
            defects += notes.count();
        });
        n.defects = defects;
    } else if (job == "to-xml") {
        out.buffer() += "<collection xmlns=\"http://www.loc.gov/MARC21/slim\">";
        n = for_each_iso2709(file, [&](std::span<const std::byte> bytes) {
            read_iso2709(bytes, b);
            write_marcxml(b.finish().view(), out.buffer(), inexpressible_content::replace);
            out.flush_when_full();
        });
        out.buffer() += "</collection>\n";
    } else if (job == "to-iso") {
        n = for_each_marcxml(file, b, [&] {
            write_iso2709(b.finish().view(), out.buffer());
            out.flush_when_full();
        });
    } else if (job == "to-utf8") {
        n = for_each_iso2709(file, [&](std::span<const std::byte> bytes) {
            read_iso2709(bytes, b);
            write_iso2709(b.finish().view(), out.buffer());
            out.flush_when_full();
        });
    } else {
        std::fprintf(stderr, "no such job: %.*s\n", static_cast<int>(job.size()), job.data());
    }
    out.flush();
    return n;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: marc_jobs check|to-xml|to-iso|to-utf8 FILE\n", stderr);
        return 2;
    }
    const mapped_file file(argv[2]);
    const counts n = run(argv[1], file.text());
    std::fprintf(stderr, "%zu records, %zu refused, %zu defects\n", n.records, n.refused, n.defects);
    return n.records == 0 ? 1 : 0;
}
