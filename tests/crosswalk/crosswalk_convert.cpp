// Records of an ISO 2709 file through a crosswalk, one document on a line: crosswalk_convert FORMAT FILE [RULES…]
// For comparing with what other programs make of the same records. FORMAT may be a file of rules.
#include "crosswalk/convert.hpp"
#include "marc/builder.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::string read(const char* file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

int run(int argc, char** argv) {
    std::vector<std::string> texts;
    std::vector<crosswalk::rule_text> rules;
    const auto shipped = crosswalk::find_shipped(argv[1]);
    texts.push_back(shipped ? std::string(*shipped) : read(argv[1]));
    for (int i = 3; i < argc; ++i) {
        texts.push_back(read(argv[i]));
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
        rules.push_back({i == 0 ? argv[1] : argv[i + 2], texts[i]});
    }
    const crosswalk::rule_set set(rules);
    crosswalk::converter converter(set);
    const std::string file = read(argv[2]);
    marc::iso2709_splitter splitter(marc::as_bytes(file));
    marc::iso2709_piece piece;
    marc::builder b;
    std::pmr::string out;
    while (splitter.next(piece)) {
        marc::read_iso2709(piece.bytes, b);
        const marc::stored_record record = b.finish();
        out.clear();
        converter.convert(record.view(), out);
        for (char& c : out) {
            c = c == '\n' && set.output() != crosswalk::output_form::lines ? ' ' : c;
        }
        out += '\n';
        std::fwrite(out.data(), 1, out.size(), stdout);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: crosswalk_convert FORMAT FILE [RULES...]\n");
        return 2;
    }
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "crosswalk_convert: %s\n", error.what());
        return 1;
    }
}
