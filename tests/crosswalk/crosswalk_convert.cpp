// Records of an ISO 2709 file through a crosswalk, one document on a line:
//
//   crosswalk_convert [--as jsonld] FORMAT FILE [RULES…]    FORMAT may be a file of rules
//   crosswalk_convert --formats                             name, version, source and form of each that there is
//   crosswalk_convert --table FORMAT                        what its rules do, for docs/make_crosswalks.py
//
// A record that cannot be read is left out. Where the rules read XML or JSON, FILE has one document on a line, or is
// one document; records are written in the mnemonic form, notes and what went nowhere to the standard error. For
// comparing with what other programs make of the same records.
#include "crosswalk/convert.hpp"
#include "crosswalk/describe.hpp"
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

void put(std::initializer_list<std::string_view> cells) {
    const char* between = "";
    for (const std::string_view cell : cells) {
        std::printf("%s%.*s", between, static_cast<int>(cell.size()), cell.data());
        between = "\t";
    }
    std::printf("\n");
}

void formats() {
    for (const crosswalk::shipped_rules& one : crosswalk::shipped()) {
        const crosswalk::rule_text text{one.format, one.text};
        const crosswalk::rule_set set({&text, 1});
        put({set.format(), set.version(), crosswalk::source_form_names[static_cast<std::size_t>(set.source())],
             crosswalk::output_form_names[static_cast<std::size_t>(set.output())]});
    }
}

/// Rows of cells with tabs between: "code", table, code, meaning; "rule", name, comment, element, source, value,
/// condition; "template", the same; "value", the same.
void table(const char* format) {
    const crosswalk::rule_text text{format, crosswalk::find_shipped(format).value()};
    const crosswalk::rule_set set({&text, 1});
    std::pmr::vector<crosswalk::mapping_row> rows;
    describe_mapping(set, rows);
    for (const crosswalk::mapping_row& row : rows) {
        constexpr std::string_view kinds[] = {"value", "rule", "template"};
        put({kinds[static_cast<std::size_t>(row.kind)], row.name, row.about, row.element, row.source, row.value,
             row.condition});
    }
    for (const crosswalk::table_code& row : set.codes()) {
        put({"code", row.table, row.code, row.meaning});
    }
}

int run(int argc, char** argv, const char* form) {
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
    const std::string output = "output " + std::string(form == nullptr ? "" : form) + "\n";
    if (form != nullptr) {
        rules.push_back({"--as", output});
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
    std::size_t unreadable = 0;
    while (splitter.next(piece)) {
        try {
            marc::read_iso2709(piece.bytes, b);
        } catch (const marc::parse_error&) {
            b.clear();
            ++unreadable;
            continue;
        }
        const marc::stored_record record = b.finish();
        out.clear();
        converter.convert(record.view(), out);
        print(out, set.output() == crosswalk::output_form::lines);
    }
    if (unreadable > 0) {
        std::fprintf(stderr, "crosswalk_convert: %zu records cannot be read\n", unreadable);
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    const std::string_view first = argc > 1 ? argv[1] : "";
    try {
        if (first == "--formats" && argc == 2) {
            formats();
            return 0;
        }
        if (first == "--table" && argc == 3) {
            table(argv[2]);
            return 0;
        }
        const char* form = nullptr;
        if (first == "--as" && argc > 3) {
            form = argv[2];
            argc -= 2;
            argv += 2;
        }
        if (argc >= 3 && argv[1][0] != '-') {
            return run(argc, argv, form);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "crosswalk_convert: %s\n", error.what());
        return 1;
    }
    std::fprintf(stderr,
                 "usage: crosswalk_convert [--as jsonld] FORMAT FILE [RULES...] | --formats | --table FORMAT\n");
    return 2;
}
