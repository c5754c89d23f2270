// Records per second on one core, over a file of ISO 2709 records (plain or gzip; UTF-8).
//   marc_bench FILE [ROUNDS]
#include "marc/path.hpp"
#include "marc_support.hpp"

#include <ctime>
#include <cstdio>
#include <vector>

using namespace marc;

namespace {

struct corpus {
    std::vector<std::string> iso;
    std::vector<std::string> xml;
    std::vector<std::string> mrk;
    std::vector<stored_record> stored;
};

corpus load(const char* file) {
    const std::string text = marc_test::read_gzip(file);
    corpus c;
    iso2709_splitter splitter(as_bytes(text));
    iso2709_piece piece;
    while (splitter.next(piece)) {
        c.iso.emplace_back(as_text(piece.bytes));
        c.stored.push_back(marc_test::from_iso(c.iso.back()));
        c.xml.push_back(marc_test::to_xml(c.stored.back().view(), inexpressible_content::replace));
        c.mrk.push_back(marc_test::to_mrk(c.stored.back().view()));
    }
    return c;
}

std::size_t sink = 0;

template <typename Items, typename Work>
void measure(const char* name, const Items& items, int rounds, Work work) {
    double best = 0;
    for (int i = 0; i < rounds; ++i) {
        const std::clock_t start = std::clock(); // processor time: other work on the machine does not count
        for (const auto& item : items) {
            work(item);
        }
        const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        best = std::max(best, static_cast<double>(items.size()) / seconds);
    }
    std::printf("%-28s %10.0f records/s\n", name, best);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: marc_bench FILE [ROUNDS]\n", stderr);
        return 2;
    }
    const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
    const corpus c = load(argv[1]);
    std::size_t xml_bytes = 0;
    for (const std::string& x : c.xml) {
        xml_bytes += x.size();
    }
    std::printf("%zu records, %zu bytes of MARCXML each on average\n", c.iso.size(), xml_bytes / c.iso.size());
    builder b;
    std::pmr::string out;
    measure("read_iso2709", c.iso, rounds, [&](const std::string& s) {
        read_iso2709(as_bytes(s), b);
        sink += b.finish().bytes().size();
    });
    measure("read_marcxml", c.xml, rounds, [&](const std::string& s) {
        read_marcxml(s, b);
        sink += b.finish().bytes().size();
    });
    measure("read_marcxml, libxml2", c.xml, rounds, [&](const std::string& s) {
        read_marcxml(s, b, nullptr, xml_parser::full);
        sink += b.finish().bytes().size();
    });
    measure("read_mrk", c.mrk, rounds, [&](const std::string& s) {
        read_mrk(s, b);
        sink += b.finish().bytes().size();
    });
    const auto writing = [&](auto write) {
        return [&out, write](const stored_record& r) {
            out.clear();
            write(r.view(), out);
            sink += out.size();
        };
    };
    measure("write_iso2709", c.stored, rounds, writing([](const record_view& r, auto& o) { write_iso2709(r, o); }));
    measure("write_marcxml", c.stored, rounds,
            writing([](const record_view& r, auto& o) { write_marcxml(r, o, inexpressible_content::replace); }));
    measure("write_mrk", c.stored, rounds, writing([](const record_view& r, auto& o) { write_mrk(r, o); }));
    measure("digest", c.stored, rounds,
            [](const stored_record& r) { sink += static_cast<std::size_t>(digest(r.view())[0]); });
    measure("check", c.stored, rounds, [](const stored_record& r) { r.view().check(); });
    const path title = parse_path("245$a");
    measure("245$a", c.stored, rounds, [&](const stored_record& r) {
        evaluate(title, r.view(), out, [](std::string_view v) { sink += v.size(); });
    });
    return sink == 0 ? 1 : 0;
}
