// Records through a crosswalk, over and over, for crosswalk.sh: crosswalk_bench FORMAT FILE [RECORDS]
// The records of the file (ISO 2709) are parsed and the rules compiled before the clock runs. Prints the processor
// seconds of one pass (the mean of as many as fill half a second) and the records.
#include "crosswalk/convert.hpp"
#include "marc/builder.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::vector<marc::stored_record> load(const char* name, std::size_t most) {
    std::ifstream in(name, std::ios::binary);
    const std::string file{std::istreambuf_iterator<char>(in), {}};
    std::vector<marc::stored_record> records;
    marc::iso2709_splitter splitter(marc::as_bytes(file));
    marc::iso2709_piece piece;
    marc::builder b;
    while (records.size() < most && splitter.next(piece)) {
        try {
            marc::read_iso2709(piece.bytes, b);
            records.push_back(b.finish());
        } catch (const marc::parse_error&) {
            b.clear();
        }
    }
    return records;
}

int run(int argc, char** argv) {
    const auto shipped = crosswalk::find_shipped(argv[1]);
    if (!shipped) {
        std::fprintf(stderr, "no such format: %s\n", argv[1]);
        return 2;
    }
    const crosswalk::rule_text text{argv[1], *shipped};
    const crosswalk::rule_set rules({&text, 1});
    crosswalk::converter converter(rules);
    const auto records = load(argv[2], argc > 3 ? std::strtoul(argv[3], nullptr, 10) : static_cast<std::size_t>(-1));
    std::pmr::string out;
    std::size_t written = 0;
    const auto pass = [&] {
        for (const marc::stored_record& record : records) {
            out.clear();
            converter.convert(record.view(), out);
            written += out.size();
        }
    };
    pass(); // warm, as the stylesheet's caches are behind its first record
    const std::clock_t start = std::clock();
    int passes = 0;
    do {
        pass();
        ++passes;
    } while (std::clock() - start < CLOCKS_PER_SEC / 2);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / passes;
    std::printf("%.6f %zu\n", seconds, records.size());
    return written == 0 ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fputs("usage: crosswalk_bench FORMAT FILE [RECORDS]\n", stderr);
        return 2;
    }
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "crosswalk_bench: %s\n", error.what());
        return 1;
    }
}
