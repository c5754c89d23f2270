// Loss by element of MARC -> FORMAT -> MARC -> FORMAT: crosswalk_round_trip FORMAT BACK FILE [EVERY]
// FORMAT and BACK are shipped formats or files of rules; every EVERY-th record of an ISO 2709 file is taken.
#include "round_trip.hpp"

#include "marc/iso2709.hpp"
#include "marc/path.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace {

std::string read(const char* file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::string rules(const char* format) {
    const auto shipped = crosswalk::find_shipped(format);
    return shipped ? std::string(*shipped) : read(format);
}

int run(int argc, char** argv) {
    const std::string texts[] = {rules(argv[1]), rules(argv[2])};
    const crosswalk::rule_text names[] = {{argv[1], texts[0]}, {argv[2], texts[1]}};
    const crosswalk::rule_set there({&names[0], 1});
    const crosswalk::rule_set back({&names[1], 1});
    crosswalk_test::round_trip trip(there, back);
    const std::string file = read(argv[3]);
    const std::size_t every = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 1;
    marc::iso2709_splitter splitter(marc::as_bytes(file));
    marc::iso2709_piece piece;
    marc::builder b;
    for (std::size_t i = 0; splitter.next(piece); ++i) {
        if (i % every == 0) {
            marc::read_iso2709(piece.bytes, b);
            const marc::stored_record record = b.finish();
            trip.add(record.view(), std::to_string(i));
        }
    }
    std::size_t kept = 0;
    std::size_t lost = 0;
    for (const auto& [path, count] : trip.paths()) {
        kept += count.kept;
        lost += count.lost;
        std::printf("%9zu %9zu  %s%s%s\n", count.kept, count.lost, path.c_str(), count.lost > 0 ? "   # record " : "",
                    count.example.substr(0, 150).c_str());
    }
    std::printf("%9zu %9zu  all of %zu documents\n", kept, lost, trip.documents());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::fprintf(stderr, "usage: crosswalk_round_trip FORMAT BACK FILE [EVERY]\n");
        return 2;
    }
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "crosswalk_round_trip: %s\n", error.what());
        return 1;
    }
}
