// No memory: every function throws bad_alloc at whichever allocation fails, and leaks nothing. Cancelling likewise.
#include "marc/aleph.hpp"
#include "marc/json.hpp"
#include "marc/line.hpp"
#include "marc/path.hpp"
#include "marc/poll.hpp"
#include "marc/split.hpp"
#include "marc/wire.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

class failing_memory : public std::pmr::memory_resource {
  public:
    explicit failing_memory(std::size_t fail_at) : left_(fail_at) {}
    ~failing_memory() override { EXPECT_EQ(live_, 0U); }
    failing_memory(const failing_memory&) = delete;
    failing_memory& operator=(const failing_memory&) = delete;

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        EXPECT_LE(alignment, 8U); // what palloc gives
        if (left_ == 0) {
            throw std::bad_alloc();
        }
        --left_;
        ++live_;
        return std::pmr::new_delete_resource()->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        --live_;
        std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
    }
    bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

    std::size_t left_;
    std::size_t live_ = 0;
};

template <typename Work>
void sweep(Work work) {
    for (std::size_t n = 0; n < 1'000; ++n) {
        failing_memory memory(n);
        try {
            work(&memory);
            EXPECT_GT(n, 0U); // it did allocate
            return;
        } catch (const std::bad_alloc&) {}
    }
    FAIL() << "never enough memory";
}

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
    sweep(reading([&](builder& b, report* notes) { read_mrk(text, b, notes); }));
    sweep(reading([&](builder& b, report* notes) { read_iso2709(as_bytes(iso), b, notes); }));
    sweep(reading([&](builder& b, report* notes) { read_iso2709(as_bytes(damaged), b, notes); }));
    sweep(reading([&](builder& b, report* notes) { read_marcxml(xml, b, notes); }));
    sweep(reading([&](builder& b, report* notes) { read_marcxml(xml, b, notes, xml_parser::full); }));
    sweep([&](std::pmr::memory_resource* memory) { read_wire(as_bytes(wire), memory); });
}

TEST(marc_memory, writers) {
    const stored_record r = from_mrk(text);
    const auto writing = [&](auto write) {
        return [&r, write](std::pmr::memory_resource* memory) {
            std::pmr::string out(memory);
            write(r.view(), out);
        };
    };
    sweep(writing([](const record_view& v, std::pmr::string& out) { write_iso2709(v, out); }));
    sweep(writing([](const record_view& v, std::pmr::string& out) { write_mrk(v, out, {true}); }));
    sweep(writing(
        [](const record_view& v, std::pmr::string& out) { write_marcxml(v, out, inexpressible_content::replace); }));
    sweep(writing([](const record_view& v, std::pmr::string& out) { write_wire(v, out); }));
    const path p = parse_path("650");
    sweep(writing([&](const record_view& v, std::pmr::string& out) { evaluate(p, v, out, [](std::string_view) {}); }));
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
    sweep(reading(read_json, json));
    sweep(reading(read_line, line));
    sweep(reading(read_aleph, aleph));
    for (const json_form f : {json_form::list, json_form::keyed}) {
        sweep([&](std::pmr::memory_resource* memory) {
            std::pmr::string out(memory);
            write_json(r.view(), out, {.form = f});
        });
    }
    sweep([&](std::pmr::memory_resource* memory) {
        std::pmr::string out(memory);
        write_line(r.view(), out);
        write_aleph(r.view(), out);
    });
    for (const std::string& file : {xml, to_iso(r.view()), std::string(json), std::string(line), std::string(aleph)}) {
        sweep([&](std::pmr::memory_resource* memory) {
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
    EXPECT_THROW(read_marcxml(xml, b), cancelled);
    EXPECT_THROW(read_marcxml(xml, b, nullptr, xml_parser::full), cancelled); // through libxml2's frames
    set_poll_hook(nullptr);
    EXPECT_NO_THROW(read_mrk(mrk, b));
}

} // namespace
