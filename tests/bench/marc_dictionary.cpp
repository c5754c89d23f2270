// What a zstd dictionary would do for stored records, beside what PostgreSQL's TOAST does: sizes, and processor time to
// get 245$a out. A trial: nothing of it is in the extension. marc_dictionary.sh makes rows of what this prints.
//   marc_dictionary FOLDER ROUNDS FILE…      ISO 2709; FOLDER gets tested.mrc and dictionary.copy, for the same trial
//   in SQL
//
// The dictionary is trained on every tenth of the first 20,000 records. Tested is what is left, each control number
// once and none that was trained on, so that files may overlap and repeat. Lines of output:
//   records TRAINED TESTED LONG              LONG: over the size at which PostgreSQL starts to compress
//   size WHAT BYTES [BYTES_OF_LONG]
//   seconds pack|read METHOD all|long|toast SECONDS RECORDS
// all: each record is compressed; long: these records only; toast: as all, but what is not long is kept as it is, as in
// a table. read: decompress the whole record, evaluate the path. The extension needs the whole record for it, so that
// there is no row for a slice. One thread; median of the rounds; the methods take turns.
#include "marc/builder.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"
#include "marc/path.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <lz4.h>
#include <zdict.h>
#include <zstd.h>

#ifdef MARC_BENCH_PGLZ
// As in PostgreSQL's common/pg_lzcompress.h (the same in 13 to 18), which wants c.h, and that replaces printf.
extern "C" {
struct PGLZ_Strategy;
extern const PGLZ_Strategy* const PGLZ_strategy_default;
std::int32_t pglz_compress(const char* source, std::int32_t bytes, char* to, const PGLZ_Strategy* strategy);
std::int32_t pglz_decompress(const char* source, std::int32_t bytes, char* to, std::int32_t raw_bytes, bool complete);
}
#endif

using namespace marc;

namespace {

constexpr std::size_t dictionary_bytes = 110U << 10U; // the usual size of zstd --train
constexpr std::size_t training_records = 20'000;
constexpr std::size_t training_step = 10;
constexpr int zstd_level = 3;
/// A value in a row with one bigint is compressed when the row is longer than 2,032 bytes (TOAST_TUPLE_THRESHOLD): 24
/// are its header, 8 the bigint, 4 the length word.
constexpr std::size_t toast_bytes = 2032 - 24 - 8 - 4;

void require(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error(what);
    }
}

/// Strings in one block, as rows lie in pages.
class strings {
  public:
    void add(std::string_view text) {
        text_ += text;
        ends_.push_back(text_.size());
    }
    std::size_t size() const noexcept { return ends_.size(); }
    std::size_t bytes() const noexcept { return text_.size(); }
    const std::string& text() const noexcept { return text_; }
    std::string_view operator[](std::size_t i) const noexcept {
        const std::size_t start = i == 0 ? 0 : ends_[i - 1];
        return std::string_view(text_).substr(start, ends_[i] - start);
    }
    std::vector<std::size_t> lengths() const {
        std::vector<std::size_t> all;
        for (std::size_t i = 0; i < size(); ++i) {
            all.push_back((*this)[i].size());
        }
        return all;
    }

  private:
    std::string text_;
    std::vector<std::size_t> ends_;
};

std::string_view stored_text(const stored_record& r) {
    return as_text(r.bytes());
}

struct samples {
    strings training;
    strings iso;
    strings stored;
};

samples read_files(char** begin, char** end) {
    std::string all;
    for (char** name = begin; name != end; ++name) {
        std::ifstream in(*name, std::ios::binary);
        require(in.good(), *name);
        all.append(std::istreambuf_iterator<char>(in), {});
    }
    samples s;
    builder b;
    std::set<std::string> seen;
    // The training records first: one of the same number before them must not be tested.
    for (const bool training : {true, false}) {
        iso2709_splitter splitter(as_bytes(all));
        iso2709_piece piece;
        for (std::size_t n = 0; splitter.next(piece); ++n) {
            const bool trained = n < training_records && n % training_step == 0;
            if (trained != training) {
                continue;
            }
            try {
                read_iso2709(piece.bytes, b);
            } catch (const parse_error&) {
                continue;
            }
            const stored_record record = b.finish();
            const bool is_new = seen.emplace(control_number(record.view())).second;
            if (training) {
                s.training.add(stored_text(record));
            } else if (is_new) {
                s.iso.add(as_text(piece.bytes));
                s.stored.add(stored_text(record));
            }
        }
    }
    require(s.training.size() > 0 && s.stored.size() > 0, "there are too few records");
    return s;
}

std::string train(const strings& samples) {
    std::string dictionary(dictionary_bytes, '\0');
    const std::vector<std::size_t> lengths = samples.lengths();
    const std::size_t n = ZDICT_trainFromBuffer(dictionary.data(), dictionary.size(), samples.text().data(),
                                                lengths.data(), static_cast<unsigned>(lengths.size()));
    require(ZDICT_isError(n) == 0, ZDICT_getErrorName(n));
    dictionary.resize(n);
    return dictionary;
}

/// Packs into, or unpacks from, a buffer that has room; returns the bytes written, 0 when it does not pay.
using coder = std::function<std::size_t(std::string_view from, char* to, std::size_t room)>;

struct method {
    std::string name;
    coder pack;
    coder unpack; ///< room is the exact size
    strings packed;
    bool keeps_all = false; ///< nothing is compressed
};

template <auto Free>
struct deleter {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
template <class T, auto Free>
using owned = std::unique_ptr<T, deleter<Free>>;

/// What a backend would keep from value to value.
struct zstd_state {
    explicit zstd_state(const std::string& dictionary)
        : packing(ZSTD_createCDict(dictionary.data(), dictionary.size(), zstd_level)),
          unpacking(ZSTD_createDDict(dictionary.data(), dictionary.size())) {}
    owned<ZSTD_CCtx, ZSTD_freeCCtx> packer{ZSTD_createCCtx()};
    owned<ZSTD_DCtx, ZSTD_freeDCtx> unpacker{ZSTD_createDCtx()};
    owned<ZSTD_CDict, ZSTD_freeCDict> packing;
    owned<ZSTD_DDict, ZSTD_freeDDict> unpacking;
};

std::size_t checked(std::size_t zstd_result) {
    require(ZSTD_isError(zstd_result) == 0, ZSTD_getErrorName(zstd_result));
    return zstd_result;
}

std::vector<method> make_methods(zstd_state& zstd) {
    const auto size_of = [](std::string_view s) { return static_cast<int>(s.size()); };
    std::vector<method> all;
    const coder copy = [](std::string_view from, char* to, std::size_t) {
        std::memcpy(to, from.data(), from.size());
        return from.size();
    };
    all.push_back({"plain", copy, copy, {}, true});
    all.push_back({"lz4",
                   [=](std::string_view from, char* to, std::size_t room) {
                       const int n = LZ4_compress_default(from.data(), to, size_of(from), static_cast<int>(room));
                       require(n > 0, "lz4 compresses nothing");
                       return static_cast<std::size_t>(n);
                   },
                   [=](std::string_view from, char* to, std::size_t room) {
                       const int n = LZ4_decompress_safe(from.data(), to, size_of(from), static_cast<int>(room));
                       require(n >= 0, "lz4 decompresses nothing");
                       return static_cast<std::size_t>(n);
                   },
                   {}});
#ifdef MARC_BENCH_PGLZ
    all.push_back({"pglz",
                   [=](std::string_view from, char* to, std::size_t) {
                       // -1 when it would not save a quarter: PostgreSQL keeps the value as it is.
                       const int n = pglz_compress(from.data(), size_of(from), to, PGLZ_strategy_default);
                       return static_cast<std::size_t>(std::max(n, 0));
                   },
                   [=](std::string_view from, char* to, std::size_t room) {
                       const int n = pglz_decompress(from.data(), size_of(from), to, static_cast<int>(room), true);
                       require(n >= 0, "pglz decompresses nothing");
                       return static_cast<std::size_t>(n);
                   },
                   {}});
#endif
    all.push_back({"zstd",
                   [&](std::string_view from, char* to, std::size_t room) {
                       return checked(
                           ZSTD_compressCCtx(zstd.packer.get(), to, room, from.data(), from.size(), zstd_level));
                   },
                   [&](std::string_view from, char* to, std::size_t room) {
                       return checked(ZSTD_decompressDCtx(zstd.unpacker.get(), to, room, from.data(), from.size()));
                   },
                   {}});
    all.push_back({"dictionary",
                   [&](std::string_view from, char* to, std::size_t room) {
                       return checked(ZSTD_compress_usingCDict(zstd.packer.get(), to, room, from.data(), from.size(),
                                                               zstd.packing.get()));
                   },
                   [&](std::string_view from, char* to, std::size_t room) {
                       return checked(ZSTD_decompress_usingDDict(zstd.unpacker.get(), to, room, from.data(),
                                                                 from.size(), zstd.unpacking.get()));
                   },
                   {}});
    return all;
}

std::size_t sink = 0;

class trial {
  public:
    trial(const samples& records, std::vector<method>& methods) : stored_(records.stored), methods_(methods) {
        for (std::size_t i = 0; i < stored_.size(); ++i) {
            longest_ = std::max(longest_, stored_[i].size());
            all_.push_back(i);
            if (is_long(i)) {
                long_.push_back(i);
            }
        }
        unpacked_.resize(longest_);
        // pglz asks for four bytes more than what comes in.
        packed_.resize(std::max(ZSTD_compressBound(longest_), longest_ + longest_ / 255 + 64));
    }
    std::size_t long_records() const noexcept { return long_.size(); }
    bool is_long(std::size_t i) const noexcept { return stored_[i].size() > toast_bytes; }

    void pack(method& m) {
        if (m.packed.size() == 0) {
            for (std::size_t i = 0; i < stored_.size(); ++i) {
                const std::size_t n = packed(m, i);
                // As PostgreSQL does it: what would not become smaller is kept as it is.
                m.packed.add(n == 0 || n >= stored_[i].size() ? stored_[i] : std::string_view(packed_.data(), n));
                require(unpacked(m, i) == stored_[i], "what comes back is not what went in");
            }
        }
        measure("pack " + m.name + " all", all_, 1, [&](std::size_t i) { sink += packed(m, i); });
        measure("pack " + m.name + " long", long_, 1, [&](std::size_t i) { sink += packed(m, i); });
    }

    void read(const method& m) {
        const auto read_packed = [&](std::size_t i) { find_title(unpacked(m, i)); };
        measure("read " + m.name + " all", all_, read_passes, read_packed);
        measure("read " + m.name + " long", long_, read_passes, read_packed);
        measure("read " + m.name + " toast", all_, read_passes,
                [&](std::size_t i) { find_title(is_long(i) ? unpacked(m, i) : stored_[i]); });
    }

    void print() {
        for (method& m : methods_) {
            std::size_t of_long = 0;
            for (const std::size_t i : long_) {
                of_long += m.packed[i].size();
            }
            std::printf("size %s %zu %zu\n", m.name.c_str(), m.packed.bytes(), of_long);
        }
        for (auto& [what, seconds] : times_) {
            std::sort(seconds.begin(), seconds.end());
            const bool of_long = what.find(" long") != std::string::npos;
            std::printf("seconds %s %.6f %zu\n", what.c_str(), seconds[seconds.size() / 2],
                        of_long ? long_.size() : stored_.size());
        }
    }

  private:
    std::size_t packed(const method& m, std::size_t i) { return m.pack(stored_[i], packed_.data(), packed_.size()); }

    std::string_view unpacked(const method& m, std::size_t i) {
        const std::string_view packed = m.packed[i];
        const std::size_t bytes = stored_[i].size();
        if (m.keeps_all || packed.size() == bytes) {
            return packed;
        }
        require(m.unpack(packed, unpacked_.data(), bytes) == bytes, "a record is not as long as it was");
        return {unpacked_.data(), bytes};
    }

    void find_title(std::string_view stored) {
        const record_view record = record_view::trusted(as_bytes(stored));
        path_cursor cursor(title_, record, scratch_);
        std::string_view value;
        if (cursor.next(value)) {
            sink += value.size();
        }
    }

    /// Notes the seconds for all of these records once.
    template <class Work>
    void measure(const std::string& what, const std::vector<std::size_t>& records, int passes, Work work) {
        const std::clock_t start = std::clock(); // processor time: other work on the machine does not count
        for (int pass = 0; pass < passes; ++pass) {
            for (const std::size_t i : records) {
                work(i);
            }
        }
        times_[what].push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / passes);
    }

    static constexpr int read_passes = 5; // one of 10 ms would be told inexactly
    const strings& stored_;
    std::vector<method>& methods_;
    std::vector<std::size_t> all_;
    std::vector<std::size_t> long_;
    std::size_t longest_ = 0;
    std::string unpacked_;
    std::string packed_;
    path title_ = parse_path("245$a");
    std::pmr::string scratch_;
    std::map<std::string, std::vector<double>> times_; ///< "read lz4 all" and so on
};

void put(std::string& out, std::uint32_t value, int bytes) {
    while (bytes-- > 0) {
        out += static_cast<char>(value >> (8U * static_cast<unsigned>(bytes)) & 0xFFU);
    }
}

/// COPY's binary form: one bytea column.
void write_copy(const std::string& name, const strings& values) {
    std::string out("PGCOPY\n\xFF\r\n\0\0\0\0\0\0\0\0\0", 19);
    for (std::size_t i = 0; i < values.size(); ++i) {
        put(out, 1, 2);
        put(out, static_cast<std::uint32_t>(values[i].size()), 4);
        out += values[i];
    }
    put(out, 0xFFFF, 2);
    std::ofstream(name, std::ios::binary) << out;
}

void run(const std::string& folder, int rounds, char** files, char** files_end) {
    const samples records = read_files(files, files_end);
    const std::string dictionary = train(records.training);
    zstd_state zstd(dictionary);
    std::vector<method> methods = make_methods(zstd);
    trial t(records, methods);
    for (int round = 0; round < rounds; ++round) {
        for (method& m : methods) {
            t.pack(m);
        }
        for (method& m : methods) {
            t.read(m);
        }
    }
    std::printf("records %zu %zu %zu\nsize ISO2709 %zu\n", records.training.size(), records.stored.size(),
                t.long_records(), records.iso.bytes());
    t.print();
    std::ofstream(folder + "/tested.mrc", std::ios::binary) << records.iso.text();
    write_copy(folder + "/dictionary.copy", methods.back().packed);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fputs("usage: marc_dictionary FOLDER ROUNDS FILE...\n", stderr);
        return 2;
    }
    try {
        run(argv[1], std::max(1, std::atoi(argv[2])), argv + 3, argv + argc);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "marc_dictionary: %s\n", e.what());
        return 1;
    }
    return sink == 0 ? 1 : 0;
}
