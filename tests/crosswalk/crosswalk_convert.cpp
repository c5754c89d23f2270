// Records of an ISO 2709 file through a crosswalk, one document on a line: crosswalk_convert FORMAT FILE [RULES…]
// For comparing with what other programs make of the same records. FORMAT may be a file of rules. Where the rules read
// XML or JSON, FILE has one document on a line, or is one document. Records are written in the mnemonic form, notes and
// what went nowhere to the standard error.
#include "crosswalk/convert.hpp"
#include "marc/builder.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"
#include "marc/mrk.hpp"

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

void print(std::pmr::string& out, bool lines) {
    for (char& c : out) {
        c = c == '\n' && !lines ? ' ' : c;
    }
    out += '\n';
    std::fwrite(out.data(), 1, out.size(), stdout);
}

void print_rest(std::string_view kind, std::string_view what, std::string_view text) {
    std::fprintf(stderr, "%.*s %.*s: %.*s\n", static_cast<int>(kind.size()), kind.data(), static_cast<int>(what.size()),
                 what.data(), static_cast<int>(text.size()), text.data());
}

void document(const crosswalk::rule_set& set, crosswalk::converter& converter, std::string_view text) {
    std::pmr::vector<crosswalk::conversion_note> notes;
    std::pmr::string out;
    if (set.output() == crosswalk::output_form::marc) {
        marc::builder made;
        converter.document_to_marc(text, made, &notes);
        const marc::stored_record record = made.finish();
        marc::write_mrk(record.view(), out);
    } else {
        converter.convert_document(text, out, &notes);
    }
    print(out, true);
    for (const crosswalk::conversion_note& note : notes) {
        print_rest("note", note.rule, note.text);
    }
    std::pmr::vector<crosswalk::unmapped_text> rest;
    converter.find_unmapped_texts(text, rest);
    for (const crosswalk::unmapped_text& one : rest) {
        print_rest("unmapped", one.path, one.text);
    }
}

void documents(const crosswalk::rule_set& set, crosswalk::converter& converter, std::string_view file) {
    const std::size_t end = file.find('\n');
    const char closing = set.source() == crosswalk::source_form::xml ? '>' : '}';
    const std::string_view first = file.substr(0, end);
    const bool one_on_a_line =
        first.ends_with(closing) && !first.ends_with("?>") && first.find(closing) + 1 < first.size();
    for (std::size_t at = 0; at < file.size();) {
        const std::size_t next = one_on_a_line ? std::min(file.find('\n', at), file.size()) : file.size();
        try {
            document(set, converter, file.substr(at, next - at));
        } catch (const marc::parse_error& error) {
            print_rest("error", "document", error.what());
        }
        at = next + 1;
    }
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
    if (set.source() != crosswalk::source_form::marc) {
        documents(set, converter, file);
        return 0;
    }
    marc::iso2709_splitter splitter(marc::as_bytes(file));
    marc::iso2709_piece piece;
    marc::builder b;
    std::pmr::string out;
    while (splitter.next(piece)) {
        marc::read_iso2709(piece.bytes, b);
        const marc::stored_record record = b.finish();
        out.clear();
        converter.convert(record.view(), out);
        print(out, set.output() == crosswalk::output_form::lines);
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
