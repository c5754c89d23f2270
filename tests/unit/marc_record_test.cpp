// The stored form: builder, views, check, and the binary form for other machines.
#include "marc/error.hpp"
#include "marc/wire.hpp"
#include "../fuzz/marc_targets.hpp"
#include "marc_support.hpp"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

stored_record sample() {
    builder b;
    b.set_leader("00000nam a2200000 a 4500");
    b.add_field("001", "ocm1");
    b.add_field("245", "10\x1F"
                       "aTitle\x1F"
                       "b\xC3\xA9\x1F");
    b.add_field("FMT", "BK");
    return b.finish();
}

errc error_of(std::span<const std::byte> bytes) {
    try {
        record_view::checked(bytes);
    } catch (const parse_error& e) {
        return e.code();
    }
    ADD_FAILURE() << "accepted";
    return errc::not_marc;
}

TEST(marc_record, layout_is_as_documented) {
    const stored_record r = sample();
    const std::string_view bytes = as_text(r.bytes());
    EXPECT_EQ(bytes[0], 2);
    EXPECT_EQ(bytes[1], record_flag::non_ascii);
    EXPECT_EQ(bytes.substr(4, 24), "00000nam a2200000 a 4500");
    EXPECT_EQ(record_view::leader_of(r.bytes().first(28)), "00000nam a2200000 a 4500");
    std::uint32_t fields = 0;
    std::memcpy(&fields, bytes.data() + 28, sizeof fields);
    EXPECT_EQ(fields, 3U);
    EXPECT_EQ(bytes.substr(32), "001245FMT"
                                "ocm1\x1E"
                                "10\x1F"
                                "aTitle\x1F"
                                "b\xC3\xA9\x1F\x1E"
                                "BK\x1E");
}

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t at) {
    std::uint32_t n = 0;
    std::memcpy(&n, bytes.data() + at, sizeof n);
    return n;
}

TEST(marc_record, every_sixteenth_offset_is_stored) {
    for (const std::size_t fields : {1, 16, 17, 32, 33, 100}) {
        builder b;
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < fields; ++i) {
            b.add_field("500", std::string(i, 'x'));
            bytes += i + 1;
        }
        const stored_record stored = b.finish();
        const std::size_t offsets = (fields - 1) / 16;
        ASSERT_EQ(stored.bytes().size(), 32 + 3 * fields + 4 * offsets + bytes) << fields;
        const record_view r = record_view::checked(stored.bytes());
        for (std::size_t i = 1; i <= offsets; ++i) {
            EXPECT_EQ(number_at(stored.bytes(), 32 + 3 * fields + 4 * (i - 1)), r.field(16 * i).offset());
        }
        // In any order of asking.
        for (std::size_t i = 0; i < fields; ++i) {
            const std::size_t index = i * 7 % fields;
            EXPECT_EQ(r.field(index).content().size(), index);
            EXPECT_EQ(r.field(fields - 1 - i).content().size(), fields - 1 - i);
        }
    }
}

TEST(marc_record, a_terminator_inside_a_field_makes_every_offset_stored) {
    builder b;
    b.add_field("001", "a\x1E\x1E"
                       "b");
    b.add_field("002", "");
    b.add_field("003", "\x1E");
    const stored_record stored = b.finish();
    EXPECT_EQ(stored.bytes().size(), 32U + 3 * 3 + 4 * 2 + 8);
    const record_view r = record_view::checked(stored.bytes());
    EXPECT_TRUE(r.has(record_flag::inner_terminator));
    EXPECT_EQ(r.field(2).content(), "\x1E");
    EXPECT_EQ(r.field(1).content(), "");
    EXPECT_EQ(r.field(0).content(), "a\x1E\x1E"
                                    "b");
    std::pmr::string wire;
    write_wire(r, wire);
    EXPECT_EQ(as_text(read_wire(as_bytes(wire), std::pmr::get_default_resource()).bytes()), as_text(stored.bytes()));
}

TEST(marc_record, views_show_fields_and_subfields) {
    const stored_record stored = sample();
    const record_view r = record_view::checked(stored.bytes());
    ASSERT_EQ(r.field_count(), 3U);
    EXPECT_TRUE(r.field(0).is_control());
    EXPECT_EQ(r.field(0).content(), "ocm1");
    EXPECT_TRUE(r.field(0).subfields().empty());
    const field_view title = r.field(1);
    EXPECT_EQ(title.indicator1(), '1');
    EXPECT_EQ(title.indicator2(), '0');
    EXPECT_EQ(title.subfield_count(), 3U);
    std::string seen;
    for (const subfield_view& s : title.subfields()) {
        seen += "[" + std::string(s.code) + "=" + std::string(s.value) + "]";
    }
    EXPECT_EQ(seen, "[a=Title][b=\xC3\xA9][=]");
    EXPECT_TRUE(r.field(2).is_control()); // an Aleph tag without subfields
    EXPECT_EQ(control_number(r), "ocm1");
    EXPECT_THROW(r.field(3), parse_error);
}

TEST(marc_record, the_same_input_gives_the_same_bytes) {
    EXPECT_EQ(as_text(sample().bytes()), as_text(sample().bytes()));
    builder b;
    b.add_field("999", "x");
    b.clear();
    b.set_leader("00000nam a2200000 a 4500");
    EXPECT_EQ(b.finish().view().field_count(), 0U);
}

TEST(marc_record, damaged_data_fields_keep_their_bytes) {
    builder b;
    b.add_field("245", "\x1F"
                       "aTitle");
    b.add_field("246", "10lead\x1F"
                       "ax");
    b.add_field("247", "");
    b.add_field("248", std::string("10\x1F"
                                   "a\0b",
                                   6));
    report notes;
    b.note_defects(&notes);
    const stored_record stored = b.finish();
    const record_view r = record_view::checked(stored.bytes());
    EXPECT_FALSE(r.field(0).has_indicators());
    EXPECT_EQ(r.field(0).indicator1(), ' ');
    EXPECT_EQ(r.field(0).subfield_count(), 1U);
    EXPECT_EQ(r.field(1).leading(), "lead");
    EXPECT_EQ(r.field(2).content(), "");
    EXPECT_TRUE(r.field(3).has_nul());
    EXPECT_TRUE(r.has(record_flag::nul));
    EXPECT_TRUE(r.has(record_flag::defects));
    EXPECT_TRUE(notes.has(defect_code::indicators_missing));
    EXPECT_TRUE(notes.has(defect_code::leading_value));
    EXPECT_TRUE(notes.has(defect_code::nul_character));
}

TEST(marc_record, many_subfields) {
    std::string content = "  ";
    for (int i = 0; i < 9000; ++i) {
        content += "\x1F"
                   "ax";
    }
    builder b;
    b.add_field("500", content);
    const stored_record stored = b.finish();
    EXPECT_EQ(record_view::checked(stored.bytes()).field(0).subfield_count(), 9000U);
}

TEST(marc_record, builder_refuses_what_cannot_be_stored) {
    builder b;
    EXPECT_THROW(b.add_field("24", "x"), parse_error);
    EXPECT_THROW(b.add_field("2\x1E"
                             "4",
                             "x"),
                 parse_error);
    b.clear();
    b.add_field("001", "1");
    b.add_field("245", "10\x1F"
                       "a\xFF");
    try {
        b.finish();
        FAIL();
    } catch (const parse_error& e) {
        EXPECT_EQ(e.code(), errc::bad_utf8);
        EXPECT_EQ(e.tag(), "245");
        EXPECT_STREQ(e.what(), "bytes that are not UTF-8 (field 245, byte 6)");
    }
}

TEST(marc_record, a_record_whose_text_could_not_be_read_again_is_refused) {
    builder b;
    EXPECT_THROW(b.add_field("001", std::string(68'000'000, '$')); b.finish(), parse_error);
}

TEST(marc_record, flags_come_from_the_head) {
    builder b;
    b.mark(record_flag::lossy | record_flag::defects);
    b.add_field("001", "1");
    const stored_record r = b.finish();
    EXPECT_EQ(record_view::flags_of(r.bytes().first(record_view::leader_slice_bytes)),
              record_flag::lossy | record_flag::defects);
    EXPECT_THROW(record_view::flags_of(r.bytes().first(2)), parse_error);
}

TEST(marc_record, leader_is_always_24_ascii_bytes) {
    builder b;
    report notes;
    b.set_leader("short", &notes);
    EXPECT_EQ(b.finish().view().leader(), "short                   ");
    EXPECT_TRUE(notes.has(defect_code::leader_length));
    b.set_leader("00711cam a2200229 45004500");
    const stored_record cut = b.finish();
    EXPECT_EQ(cut.view().leader(), "00711cam a2200229 450045");
    EXPECT_TRUE(cut.view().has(record_flag::lossy));
    b.set_leader("00711cam a2200229   4500  ");
    EXPECT_FALSE(b.finish().view().has(record_flag::lossy));
    b.set_leader("00711\xC3\xA9"
                 "am a2200229   4500");
    EXPECT_EQ(b.finish().view().leader(), "00711?am a2200229   4500");
}

TEST(marc_record, every_changed_byte_is_noticed_or_harmless) {
    const stored_record stored = sample();
    const std::string good(as_text(stored.bytes()));
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const int change : {1, 0x80, 0xFF}) {
            std::string bad = good;
            bad[i] = static_cast<char>(bad[i] ^ change);
            try {
                const record_view r = record_view::checked(as_bytes(bad));
                content(r); // accepted: then it is a record
            } catch (const parse_error& e) {
                EXPECT_EQ(e.code(), errc::corrupt) << i;
            }
            try {
                content(record_view::trusted(as_bytes(bad))); // unchecked: never outside of the bytes (ASAN watches)
            } catch (const parse_error& e) {
                EXPECT_EQ(e.code(), errc::corrupt) << i;
            }
        }
    }
    for (std::size_t n = 0; n < good.size(); ++n) {
        EXPECT_EQ(error_of(as_bytes(good).first(n)), errc::corrupt);
    }
}

/// Whatever the binary form may hold, the text form of the type gives it back: else a dump could not be restored.
TEST(marc_record, what_is_received_can_be_dumped_and_restored) {
    const std::string utf8 = make_iso({{"001", "x1"},
                                       {"008", "abc"},
                                       {"245", "10\x1F"
                                               "aT\xC3\xA9"}});
    std::string marc8 = make_iso({{"001", "x1"},
                                  {"245", "10\x1F"
                                          "aT\xE2"
                                          "e"}});
    marc8[9] = ' ';
    std::string ascii = make_iso({{"200", "10\x1F"
                                          "aT"}});
    ascii[9] = ' ';
    builder b;
    b.add_field("001", std::string("a\0b", 3));
    b.add_field("200", "x");
    const stored_record records[] = {from_iso(utf8),
                                     from_iso(marc8),
                                     from_iso(ascii),
                                     from_iso("\n" + utf8),
                                     b.finish(),
                                     from_mrk(to_mrk(sample().view())),
                                     from_xml(to_xml(sample().view()))};
    std::size_t accepted = 0;
    for (const stored_record& record : records) {
        std::pmr::string good;
        write_wire(record.view(), good);
        for (std::size_t i = 0; i < good.size(); ++i) {
            for (unsigned change = 0; change < 256; ++change) {
                std::pmr::string wire = good;
                wire[i] = static_cast<char>(static_cast<unsigned char>(wire[i]) ^ change);
                if (i > 40 && change > 8 && change != 0x80) {
                    continue;
                }
                try {
                    const stored_record received = read_wire(as_bytes(wire), std::pmr::get_default_resource());
                    ++accepted;
                    marc_fuzz::check_text_form(received.view());
                } catch (const parse_error& e) {
                    ASSERT_EQ(e.code(), errc::corrupt) << "byte " << i << " ^ " << change << ": " << e.what();
                }
            }
        }
    }
    EXPECT_GT(accepted, 1'000U);
}

/// The header of a record from ISO 2709 must be true of it: what marc_raw() gives is read again as this record.
TEST(marc_record, check_reads_the_raw_bytes_again) {
    const std::string iso = make_iso({{"001", "x1"},
                                      {"245", "10\x1F"
                                              "aT"}});
    const auto with = [&](auto change) {
        std::string bytes(as_text(from_iso(iso).bytes()));
        change(bytes);
        return error_of(as_bytes(bytes));
    };
    record_view::checked(from_iso(iso).bytes());
    EXPECT_EQ(with([](std::string& s) { s[3] = 0; }), errc::corrupt); // no encoding
    EXPECT_EQ(with([](std::string& s) { s[2] = static_cast<char>(s[2] & 0x0F); }),
              errc::corrupt);                                         // another form has none
    EXPECT_EQ(with([](std::string& s) { s[3] = 2; }), errc::corrupt); // "ascii" with leader/09 'a'
    EXPECT_EQ(with([](std::string& s) { s[2] = static_cast<char>(s[2] | 2); }), errc::corrupt); // no UNIMARC
    EXPECT_EQ(with([](std::string& s) { s[1] = record_flag::defects; }), errc::corrupt);
    EXPECT_EQ(with([](std::string& s) { s[4] = '9'; }), errc::corrupt); // another length
}

TEST(marc_record, check_compares_the_stored_offsets) {
    builder b;
    for (int i = 0; i < 40; ++i) {
        b.add_field("500", "  \x1F"
                           "ax");
    }
    const stored_record stored = b.finish();
    const std::string good(as_text(stored.bytes()));
    record_view::checked(as_bytes(good));
    for (const std::size_t at : {32 + 3 * 40, 32 + 3 * 40 + 4}) {
        for (const int change : {1, 6, -6, 120}) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] + change);
            EXPECT_EQ(error_of(as_bytes(bad)), errc::corrupt) << at << ' ' << change;
        }
    }
}

TEST(marc_record, check_demands_what_builder_writes) {
    const std::string good(as_text(sample().bytes()));
    const auto with = [&](std::size_t at, char c) {
        std::string bad = good;
        bad[at] = c;
        return error_of(as_bytes(bad));
    };
    EXPECT_EQ(with(0, 1), errc::corrupt);                 // another layout
    EXPECT_EQ(with(1, 0x40), errc::corrupt);              // unknown flag
    EXPECT_EQ(with(1, 0x28), errc::corrupt);              // inner_terminator without one
    EXPECT_EQ(with(1, 0), errc::corrupt);                 // non_ascii missing
    EXPECT_EQ(with(2, 0x0F), errc::corrupt);              // unknown flavour
    EXPECT_EQ(with(2, 0x02), errc::corrupt);              // UNIMARC without 200
    EXPECT_EQ(with(3, 9), errc::corrupt);                 // unknown encoding
    EXPECT_EQ(with(32, '\x1E'), errc::corrupt);           // a terminator in a tag
    EXPECT_EQ(with(42, '\x1E'), errc::corrupt);           // a terminator too many
    EXPECT_EQ(with(42, '\xC3'), errc::corrupt);           // not UTF-8
    EXPECT_EQ(with(42, '\0'), errc::corrupt);             // nul missing
    EXPECT_EQ(with(good.size() - 1, 'x'), errc::corrupt); // terminator
}

TEST(marc_record, prefix_and_release) {
    std::pmr::monotonic_buffer_resource memory;
    builder b(&memory);
    b.add_field("001", "1");
    stored_record r = b.finish(4);
    EXPECT_EQ(r.view().field_count(), 1U);
    const std::size_t size = r.bytes().size();
    const std::span<std::byte> block = r.release();
    EXPECT_EQ(block.size(), size + 4);
    EXPECT_EQ(record_view::checked(block.subspan(4)).field(0).content(), "1");
}

TEST(marc_record, residue_has_room) {
    const std::string iso = make_iso({{"001", "1"}});
    const stored_record r = from_iso("\n" + iso);
    EXPECT_EQ(record_view::checked(r.bytes()).residue().substr(0, 1), "\1");
    EXPECT_EQ(to_raw(r.view()), "\n" + iso);
    // A residue that is not this record's, or of a record that came in another form.
    builder b;
    b.add_field("001", "1");
    b.set_residue(residue_kind::iso2709_difference, r.view().residue().substr(1));
    EXPECT_THROW(b.finish().view().check(), parse_error);
    read_iso2709(as_bytes(iso), b);
    b.set_residue(residue_kind::iso2709_difference, "raw");
    EXPECT_THROW(b.finish().view().check(), parse_error);
    read_iso2709(as_bytes(iso), b);
    b.set_residue(residue_kind::iso2709_difference, ""); // says the input was empty
    EXPECT_THROW(b.finish().view().check(), parse_error);
}

TEST(marc_record, binary_form_is_the_same_on_every_machine) {
    const stored_record stored = sample();
    std::pmr::string wire;
    write_wire(stored.view(), wire);
    EXPECT_EQ(std::string_view(wire).substr(28, 4), std::string_view("\0\0\0\3", 4));
    const stored_record back = read_wire(as_bytes(wire), std::pmr::get_default_resource(), 4);
    EXPECT_EQ(as_text(back.bytes()), as_text(stored.bytes()));
    wire[31] = '\7';
    EXPECT_THROW(read_wire(as_bytes(wire), std::pmr::get_default_resource()), parse_error);
    EXPECT_THROW(read_wire(as_bytes(wire).first(10), std::pmr::get_default_resource()), parse_error);
}

TEST(marc_record, the_front_has_the_fields_that_end_in_it) {
    builder b;
    for (int i = 0; i < 100; ++i) {
        b.add_field(i % 3 == 0 ? "650" : "500", "  \x1F"
                                                "a" +
                                                    std::string(static_cast<std::size_t>(i % 7 * 5), 'x'));
    }
    const stored_record stored = b.finish();
    const record_view whole = stored.view();
    std::size_t most = 0;
    const std::size_t step = std::min<std::size_t>(one_in(), 7);
    for (std::size_t length = 36 + (whole.bytes().size() - 36) % step; length <= whole.bytes().size(); length += step) {
        const auto front = record_view::front(whole.bytes().first(length), whole.bytes().size());
        if (!front) {
            EXPECT_EQ(most, 0U); // once the directory is there, it stays
            continue;
        }
        ASSERT_EQ(front->leader(), whole.leader());
        ASSERT_EQ(front->tags(), whole.tags());
        std::size_t held = 0;
        for (std::size_t i = whole.field_count(); i > 0; --i) { // backwards: nothing is known of the field before
            if (front->holds_field(i - 1)) {
                ASSERT_EQ(front->field(i - 1).content(), whole.field(i - 1).content()) << length << ' ' << i;
                ++held;
            } else {
                ASSERT_EQ(held, 0U);
                ASSERT_THROW(front->field(i - 1), parse_error);
            }
        }
        for (std::size_t i = 0; i < held; ++i) {
            ASSERT_TRUE(front->holds_field(i));
            ASSERT_EQ(front->field(i).content(), whole.field(i).content());
        }
        ASSERT_FALSE(front->holds_field(whole.field_count()));
        ASSERT_GE(held, most);
        most = held;
    }
    EXPECT_EQ(most, whole.field_count());

    b.add_field("500", "  \x1F"
                       "aa\x1E"
                       "b");
    const stored_record inner = b.finish();
    EXPECT_FALSE(record_view::front(inner.view().bytes(), inner.view().bytes().size()));
    EXPECT_THROW(record_view::front(whole.bytes().first(20), whole.bytes().size()), parse_error);
    EXPECT_THROW(record_view::front(whole.bytes().first(60), 40), parse_error); // more fields than bytes
}

} // namespace
