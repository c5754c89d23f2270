// No memory: every function throws bad_alloc at whichever allocation fails, and leaks nothing. Cancelling likewise.
#include "marc/aleph.hpp"
#include "marc/diff.hpp"
#include "marc/edit.hpp"
#include "marc/json.hpp"
#include "marc/line.hpp"
#include "marc/linked.hpp"
#include "marc/merge.hpp"
#include "marc/nfc.hpp"
#include "marc/path.hpp"
#include "marc/poll.hpp"
#include "marc/split.hpp"
#include "marc/validate.hpp"
#include "marc/wire.hpp"
#include "failing_memory.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

constexpr std::size_t most_allocations = 1'000;

const char* const text = "=LDR  00000nam\\a2200000\\a\\4500\n=001  ocm123456789012345678901234567890\n=245  $aT$b\n"
                         "=650  \\0$aOne$xtwo words and more of them to fill the buffer";

TEST(marc_memory, readers) {
    const stored_record r = from_mrk(text);
    const std::string iso = to_iso(r.view());
    const std::string damaged = std::string(iso).replace(30, 1, "x");
    const std::string xml = "<?x?>" + to_xml(r.view(), inexpressible_content::replace);
    std::pmr::string wire;
    write_wire(r.view(), wire);
    const auto reading = [](auto read) {
        return [read](std::pmr::memory_resource* memory) {
            builder b(memory);
            report notes(memory);
            read(b, &notes);
            b.finish(4);
        };
    };
    sweep(most_allocations, reading([&](builder& b, report* notes) { read_mrk(text, b, notes); }));
    sweep(most_allocations, reading([&](builder& b, report* notes) { read_iso2709(as_bytes(iso), b, notes); }));
    sweep(most_allocations, reading([&](builder& b, report* notes) { read_iso2709(as_bytes(damaged), b, notes); }));
    sweep(most_allocations, reading([&](builder& b, report* notes) { read_marcxml(xml, b, notes); }));
    sweep(most_allocations, reading([&](builder& b, report* notes) { read_marcxml(xml, b, notes, xml_parser::full); }));
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) { read_wire(as_bytes(wire), memory); });
    const std::string marc8 = make_iso({{"245", "10\x1F"
                                                "aa rather long title, caf\xE2"
                                                "e \x1B(NaBC\x1B(B \xFF"}},
                                       "00000nam  2200000 a 4500");
    sweep(most_allocations, reading([&](builder& b, report* notes) { read_iso2709(as_bytes(marc8), b, notes); }));
    const std::string with_residue = to_mrk_of_type(from_iso(marc8).view());
    sweep(most_allocations, reading([&](builder& b, report* notes) { read_mrk(with_residue, b, notes); }));
    std::pmr::string damaged_wire;
    write_wire(from_iso(marc8).view(), damaged_wire);
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) { read_wire(as_bytes(damaged_wire), memory); });
}

TEST(marc_memory, writers) {
    const stored_record r = from_mrk(text);
    const auto writing = [&](auto write) {
        return [&r, write](std::pmr::memory_resource* memory) {
            std::pmr::string out(memory);
            write(r.view(), out);
        };
    };
    sweep(most_allocations, writing([](const record_view& v, std::pmr::string& out) { write_iso2709(v, out); }));
    sweep(most_allocations, writing([](const record_view& v, std::pmr::string& out) { write_mrk(v, out, {true}); }));
    sweep(most_allocations, writing([](const record_view& v, std::pmr::string& out) {
              write_marcxml(v, out, inexpressible_content::replace);
          }));
    sweep(most_allocations, writing([](const record_view& v, std::pmr::string& out) { write_wire(v, out); }));
    const stored_record marc8 = from_iso("\n" + make_iso({{"245", "10\x1F"
                                                                  "aa rather long title, caf\xE2"
                                                                  "e"}},
                                                         "00000nam  2200000 a 4500"));
    const auto of_marc8 = [&](auto write) {
        return [&marc8, write](std::pmr::memory_resource* memory) {
            std::pmr::string out(memory);
            write(marc8.view(), out);
        };
    };
    sweep(most_allocations, of_marc8([](const record_view& v, std::pmr::string& out) { append_raw(v, out); }));
    sweep(most_allocations, of_marc8([](const record_view& v, std::pmr::string& out) {
              write_iso2709(v, out, iso2709_encoding::marc8);
          }));
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
        builder b(memory);
        build_nfc(marc8.view(), b);
    });
    const path p = parse_path("650");
    sweep(most_allocations,
          writing([&](const record_view& v, std::pmr::string& out) { evaluate(p, v, out, [](std::string_view) {}); }));
}

TEST(marc_memory, paths) {
    const stored_record r = from_mrk(text);
    sweep(most_allocations, [](std::pmr::memory_resource* memory) {
        parse_path("650$a{$x=\\a\\scomparison\\sstring\\slonger\\sthan\\sthe\\sbuffer}{$a|$b}{!9..[#]}", memory);
    });
    const stored_record linked = from_mrk("=LDR  x\n=245  10$6880-01$aA\n=880  10$6245-01$aB");
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) { linked_fields(linked.view(), memory); });
    const path p = parse_path("...$a{=650[0-#]$a}{...[0-#]~$a}{6..[#]}");
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
        std::pmr::string scratch(memory);
        evaluate(p, r.view(), scratch, [](std::string_view) {});
    });
}

TEST(marc_memory, edits_differences_and_merges) {
    const stored_record a = from_mrk(text);
    const stored_record b = from_mrk("=LDR  00000cam\\a2200000\\a\\4500\n=245  $aT and a longer title of it$bc\n"
                                     "=650  \\0$aTwo headings$xone word and more of them\n=650  \\0$aOne$xtwo words\n"
                                     "=500  $aA note that is long enough for memory of its own$5NN");
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) { diff(a.view(), b.view(), memory); });
    sweep(most_allocations,
          [&](std::pmr::memory_resource* memory) { describe_change(a.view().field(2), b.view().field(1), memory); });
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
        std::pmr::string out(memory);
        write_diff(a.view(), b.view(), out);
    });
    const std::string_view json = R"({"protect": [{"tag": "650", "subfields": {"x": "a value of some length*"}}],
        "tags": {"650": "append"}, "positions": {"008/0": "keep"}, "order": "tag", "incoming_local": "append"})";
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) { parse_merge_rules(json, memory); });
    const merge_rules rules = parse_merge_rules(json, std::pmr::get_default_resource());
    const merge_rules defaults(std::pmr::get_default_resource());
    const auto editing = [&](auto edit) {
        return [&a, edit](std::pmr::memory_resource* memory) {
            builder into(memory);
            edit(a.view(), into);
            into.finish(4);
        };
    };
    for (const merge_rules* r : {&rules, &defaults}) {
        sweep(most_allocations, editing([&, r](const record_view& v, builder& into) {
                  std::pmr::vector<merge_decision> decisions(into.memory());
                  merge(v, b.view(), *r, into, &decisions);
              }));
    }
    sweep(most_allocations, editing([](const record_view& v, builder& into) {
              set_values(v, parse_path("245$a"), "a value of some length", into);
          }));
    sweep(most_allocations, editing([](const record_view& v, builder& into) {
              set_values(v, parse_path("500$a"), "a value of some length", into);
          }));
    sweep(most_allocations,
          editing([](const record_view& v, builder& into) { delete_values(v, parse_path("245$a$b"), into); }));
    sweep(most_allocations, editing([](const record_view& v, builder& into) {
              replace_in_values(v, parse_path("..."), "o", "a longer o", into);
          }));
    sweep(most_allocations,
          editing([](const record_view& v, builder& into) { set_leader(v, "00000cam a2200000 a 4500", into); }));
    sweep(most_allocations,
          editing([&](const record_view& v, builder& into) { add_fields(v, b.view(), field_place::by_tag, into); }));
    sweep(most_allocations, editing([](const record_view& v, builder& into) {
              const tag_pattern title{{'2', '4', '.'}};
              keep_fields(v, {&title, 1}, into);
          }));
    const stored_record unsorted = from_mrk("=245  10$aT\n=100  1\\$aA\n=001  a control number of some length");
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
        builder into(memory);
        sort_fields(unsorted.view(), into);
        into.finish(4);
    });
}

TEST(marc_memory, validation) {
    const std::string_view json =
        R"s({"fields": {"245": {"label": "Title", "subfields": {"a": {"pattern": "^(a|b)+x{2,3}$"},
        "c": {"codes": "list"}}, "indicator1": {"codes": {"0": "none", "1": "added"}}}, "001": {"positions": {"00-01":
        {"codes": {"ab": {}}}, "02": {"flags": {"a": {}}}}, "types": {"a": {"pattern": "z"}}}}, "rules": ["linkage"],
        "codelists": {"list": {"codes": {"one": "One"}}}})s";
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) { const avram_schema schema(json, memory); });

    struct message_sink final : problem_sink {
        explicit message_sink(const avram_schema& s, std::pmr::memory_resource* memory) : schema(s), message(memory) {}
        bool put(const problem& p) override {
            write_message(p, &schema, message);
            return true;
        }
        const avram_schema& schema;
        std::pmr::string message;
    };
    const stored_record r =
        from_mrk("=LDR  00000nam\\a2200000\\a\\4500\n=001  xyz\n=ABC  $ax\n=245  x0$6880-01$aT$cb$c$d");
    const avram_schema schema(json);
    const validation_options options;
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
        message_sink sink(schema, memory);
        validate(r.view(), schema, options, sink, memory);
    });
}

TEST(marc_memory, text_forms_and_files) {
    const stored_record r = from_mrk(text);
    std::pmr::string json;
    write_json(r.view(), json, {.form = json_form::keyed});
    json += '\n';
    std::pmr::string line;
    write_line(r.view(), line);
    std::pmr::string aleph;
    write_aleph(r.view(), aleph);
    const std::string xml =
        "<?xml version='1.0' encoding='ISO-8859-1'?><m:collection xmlns:m='urn:x' xmlns='urn:y'><a><b xmlns=''>" +
        to_xml(r.view(), inexpressible_content::replace) + "</b></a></m:collection>";
    const auto reading = [](auto read, std::string_view input) {
        return [read, input](std::pmr::memory_resource* memory) {
            builder b(memory);
            report notes(memory);
            read(input, b, &notes);
            b.finish(4);
        };
    };
    sweep(most_allocations, reading(read_json, json));
    sweep(most_allocations, reading(read_line, line));
    sweep(most_allocations, reading(read_aleph, aleph));
    for (const json_form f : {json_form::list, json_form::keyed}) {
        sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
            std::pmr::string out(memory);
            write_json(r.view(), out, {.form = f});
        });
    }
    sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
        std::pmr::string out(memory);
        write_line(r.view(), out);
        write_aleph(r.view(), out);
    });
    for (const std::string& file : {xml, to_iso(r.view()), std::string(json), std::string(line), std::string(aleph)}) {
        sweep(most_allocations, [&](std::pmr::memory_resource* memory) {
            class in_memory final : public byte_source {
              public:
                explicit in_memory(std::string_view rest) : rest_(rest) {}
                std::size_t read(char* into, std::size_t bytes) override {
                    const std::size_t n = std::min(bytes, rest_.size());
                    rest_.copy(into, n);
                    rest_.remove_prefix(n);
                    return n;
                }

              private:
                std::string_view rest_;
            };
            in_memory source(file);
            file_splitter splitter(source, form::unknown, memory, 16);
            file_piece piece;
            builder b(memory);
            while (splitter.next(piece)) {
                splitter.read(b);
                b.finish(4);
            }
        });
    }
}

struct cancelled {};

TEST(marc_memory, the_poll_hook_stops_long_loops) {
    builder b;
    for (int i = 0; i < 20'000; ++i) {
        b.add_field("500", "  \x1F"
                           "asome text");
    }
    const stored_record r = b.finish();
    const std::string mrk = to_mrk(r.view());
    const std::string xml = to_xml(r.view());
    set_poll_hook([] { throw cancelled(); });
    std::pmr::string out;
    EXPECT_THROW(write_mrk(r.view(), out), cancelled);
    EXPECT_THROW(write_marcxml(r.view(), out), cancelled);
    EXPECT_THROW(digest(r.view()), cancelled);
    EXPECT_THROW(r.view().check(), cancelled);
    EXPECT_THROW(read_mrk(mrk, b), cancelled);
    struct every_problem final : problem_sink {
        bool put(const problem&) override { return true; }
    } sink;
    const avram_schema empty(R"({"fields": {}})");
    EXPECT_THROW(validate(r.view(), empty, validation_options(), sink), cancelled);
    EXPECT_THROW(read_marcxml(xml, b), cancelled);
    EXPECT_THROW(read_marcxml(xml, b, nullptr, xml_parser::full), cancelled); // through libxml2's frames
    set_poll_hook(nullptr);
    EXPECT_NO_THROW(read_mrk(mrk, b));
}

} // namespace
