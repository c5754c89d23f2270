// Files into records: every form, in memory and in steps, with broken records in the middle; encodings of XML.
#include "marc/error.hpp"
#include "marc/split.hpp"
#include "marc_split_target.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>

using namespace marc;
using namespace marc_test;

namespace {

/// Each piece as its 001, or its problem in brackets; offsets and bytes are checked.
std::string split(const std::string& file, form f) {
    std::string all;
    for (const std::size_t step : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
        marc_fuzz::file_in_memory source(file);
        std::optional<file_splitter> splitter;
        if (step == 0) {
            splitter.emplace(as_bytes(file), f, std::pmr::get_default_resource());
        } else {
            splitter.emplace(source, f, std::pmr::get_default_resource(), step);
        }
        std::string found;
        builder b;
        file_piece piece;
        while (splitter->next(piece)) {
            EXPECT_EQ(file.substr(piece.offset, piece.bytes.size()), piece.bytes);
            found += found.empty() ? "" : " ";
            try {
                splitter->read(b);
                const stored_record r = b.finish();
                found += control_number(r.view()).empty() ? "-" : control_number(r.view());
            } catch (const parse_error& e) {
                found += '[' + std::string(text_of(e.code())) + ']';
            }
        }
        EXPECT_TRUE(step == 0 || found == all) << "in steps of " << step << ": " << found;
        all = found;
    }
    return all;
}

const std::string slim = "http://www.loc.gov/MARC21/slim";

std::string xml_record(const std::string& number, const std::string& prefix = "") {
    return "<" + prefix + "record><" + prefix + "leader>00000nam a2200000 a 4500</" + prefix + "leader><" + prefix +
           "controlfield tag=\"001\">" + number + "</" + prefix + "controlfield></" + prefix + "record>";
}

TEST(marc_split, collections_with_any_namespace) {
    EXPECT_EQ(
        split("<?xml version='1.0'?>\n<collection>" + xml_record("1") + "\n" + xml_record("2") + "</collection>\n",
              form::marcxml),
        "1 2");
    EXPECT_EQ(
        split("<collection xmlns='" + slim + "'>" + xml_record("1") + xml_record("2") + "</collection>", form::marcxml),
        "1 2");
    EXPECT_EQ(split("<m:collection xmlns:m='" + slim + "'>" + xml_record("1", "m:") + xml_record("2", "m:") +
                        "</m:collection>",
                    form::marcxml),
              "1 2");
    EXPECT_EQ(
        split("<x xmlns:m='urn:x'><y xmlns:m=\"" + slim + "\">" + xml_record("1", "m:") + "</y></x>", form::marcxml),
        "1");
    EXPECT_EQ(
        split("<around:x xmlns:around='" + slim + "'>" + xml_record("1", "around:") + "</around:x>", form::marcxml),
        "1");
    EXPECT_EQ(split("<x xmlns='urn:other'>" + xml_record("1") + "</x>", form::marcxml), ""); // another vocabulary
    EXPECT_EQ(split("<x xmlns='urn:other'><y xmlns=''>" + xml_record("1") + "</y></x>", form::marcxml), "1");
    // fragments, documents behind each other
    EXPECT_EQ(split(xml_record("1") + xml_record("2"), form::marcxml), "1 2");
    EXPECT_EQ(split("\xEF\xBB\xBF<?xml version='1.0'?><collection>" + xml_record("1") +
                        "</collection>\n\xEF\xBB\xBF<?xml version='1.0'?><collection>" + xml_record("2") +
                        "</collection>",
                    form::marcxml),
              "1 2");
    EXPECT_EQ(split("<collection/>", form::marcxml), "");
    EXPECT_EQ(split("", form::marcxml), "");
}

TEST(marc_split, envelopes) {
    const std::string marc = "<record xmlns='" + slim + "'>" + xml_record("1").substr(8);
    const std::string deleted = "<record><header status='deleted'><identifier>x</identifier></header></record>";
    const std::string live = "<record><header/><metadata>" + marc + "</metadata></record>";
    EXPECT_EQ(split("<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'><ListRecords>" + deleted + live + live +
                        "</ListRecords></OAI-PMH>",
                    form::marcxml),
              "1 1");
    // without its namespace, a record of OAI-PMH is told by what it holds
    EXPECT_EQ(split("<OAI-PMH><ListRecords>" + deleted + live + "<record><!-- c --><header/><metadata>" +
                        xml_record("2") + "</metadata></record></ListRecords></OAI-PMH>",
                    form::marcxml),
              "1 2");
    EXPECT_EQ(split("<zs:searchRetrieveResponse "
                    "xmlns:zs='http://www.loc.gov/zing/srw/'><zs:records><zs:record><zs:recordData>" +
                        marc + "</zs:recordData></zs:record></zs:records></zs:searchRetrieveResponse>",
                    form::marcxml),
              "1");
}

TEST(marc_split, broken_xml_in_the_middle) {
    const std::string bad_xml = "[the XML is not well-formed]";
    const std::string cut_off = "[the record ends too early]";
    const auto in_collection = [](const std::string& middle) {
        return "<c:collection xmlns:c='" + slim + "'>" + xml_record("1", "c:") + middle + xml_record("3", "c:") +
               "</c:collection>";
    };
    const std::string half = "<c:record><c:leader>x</c:leader>";
    EXPECT_EQ(split(in_collection(half), form::marcxml), "1 " + bad_xml + " 3");
    EXPECT_EQ(split(in_collection("<c:record><c:leader>&</c:leader></c:record>"), form::marcxml),
              "1 " + bad_xml + " 3");
    EXPECT_EQ(split(in_collection("<c:record><c:leader></c:record>"), form::marcxml), "1 " + bad_xml + " 3");
    EXPECT_EQ(split(in_collection("<c:record><c:datafield tag='1234'/></c:record>"), form::marcxml),
              "1 [a tag is not three characters] 3");
    EXPECT_EQ(split(in_collection("<c:record a='></c:record>"), form::marcxml), "1 3"); // no tag at all
    EXPECT_EQ(split(in_collection("<!-- " + half + " -->"), form::marcxml), "1 3");
    EXPECT_EQ(
        split(in_collection(
                  "<c:record><!-- </c:record> --><c:controlfield tag='001'><![CDATA[</c:record>]]></c:controlfield>"
                  "</c:record>"),
              form::marcxml),
        "1 </c:record> 3");
    EXPECT_EQ(split(in_collection("</c:other>"), form::marcxml), "1 3");
    EXPECT_EQ(split(in_collection("<c:record/>"), form::marcxml), "1 - 3");
    // the parent ends inside
    EXPECT_EQ(split("<x><y xmlns='" + slim + "'>" + xml_record("1") + "<record><leader>x</leader></y><y xmlns='" +
                        slim + "'>" + xml_record("2") + "</y></x>",
                    form::marcxml),
              "1 " + bad_xml + " 2");
    // the file ends inside, between, in a comment
    EXPECT_EQ(split("<collection>" + xml_record("1") + "<record><leader>x", form::marcxml),
              "1 " + cut_off + " " + cut_off);
    EXPECT_EQ(split("<collection>" + xml_record("1"), form::marcxml), "1 " + cut_off);
    EXPECT_EQ(split("<collection><!-- " + xml_record("1"), form::marcxml), cut_off + " " + cut_off);
    // what is no XML
    EXPECT_EQ(split("junk" + xml_record("1") + "junk", form::marcxml),
              "[this is not a MARC record] 1 [this is not a MARC record]");
    EXPECT_EQ(split("<html><body>503</body></html>", form::marcxml), "[this is not a MARC record]");
    EXPECT_EQ(
        split("<!DOCTYPE c [<!ENTITY x 'y'> ]><collection>" + xml_record("1") + xml_record("&x;") + "</collection>",
              form::marcxml),
        "[the XML has a document type declaration] 1 " + bad_xml);
    EXPECT_EQ(split(std::string(100, '<'), form::marcxml), "");
    std::string deep;
    for (int i = 0; i < 200; ++i) {
        deep += "<a>";
    }
    EXPECT_EQ(split(deep + xml_record("1") + deep, form::marcxml), "1 " + cut_off);
}

TEST(marc_split, what_xml_never_closes_takes_linear_time) {
    const auto repeat = [](std::string_view text, std::size_t n) {
        std::string all;
        while (n-- > 0) {
            all += text;
        }
        return all;
    };
    const auto count = [](const std::string& file) {
        file_splitter splitter(as_bytes(file), form::marcxml, std::pmr::get_default_resource());
        file_piece piece;
        std::size_t pieces = 0;
        while (splitter.next(piece)) {
            ++pieces;
        }
        return pieces;
    };
    // Quadratic, each of them would take minutes.
    EXPECT_EQ(count("<collection><record>" + repeat("<!--", 2'000'000)), 2U);
    EXPECT_EQ(count("<collection><record>" + repeat("<![CDATA[", 1'000'000)), 2U);
    EXPECT_EQ(count(repeat("<record><!-- ", 500'000)), 500'000U);
    EXPECT_EQ(count("<record>" + repeat("</record ", 500'000)), 1U);
}

TEST(marc_split, json) {
    const auto record = [](const std::string& number) {
        return "{\"leader\":\"00000nam a2200000 a 4500\",\"fields\":[{\"001\":\"" + number + "\"}]}";
    };
    const std::string bad = "[the JSON cannot be read as a record]";
    EXPECT_EQ(split(record("1") + "\n" + record("2") + "\r\n\n" + record("3"), form::json), "1 2 3");
    EXPECT_EQ(split("[" + record("1") + ",\n " + record("2") + "]\n", form::json), "1 2");
    EXPECT_EQ(split("\x1E" + record("1") + "\n\x1E" + record("2") + "\n", form::json), "1 2");
    EXPECT_EQ(split("\xEF\xBB\xBF" + record("}{\\\"\\\\") + record("2"), form::json), "}{\"\\ 2");
    EXPECT_EQ(
        split("{\n  \"leader\": \"x\",\n  \"fields\": [\n    {\"001\": \"1\"}\n  ]\n}\n" + record("2"), form::json),
        "1 2");
    EXPECT_EQ(split("{\n\"leader\":\"x\",\n\"fields\":[\n{\"001\":\"1\"},\n{\"003\":\"x\"}\n]\n}\n" + record("2"),
                    form::json),
              "1 2");
    // broken: an open brace, an open string, junk
    EXPECT_EQ(split(record("1") + "\n{\"leader\":\"x\",\"fields\":[{\"001\":\"2\"\n" + record("3"), form::json),
              "1 " + bad + " 3");
    EXPECT_EQ(split(record("1") + "\n{\"fields\":[{\"001\":\"2\n" + record("3"), form::json), "1 " + bad + " 3");
    EXPECT_EQ(split(record("1") + "\njunk\n" + record("3") + "}}\n" + record("4"), form::json),
              "1 " + bad + " 3 " + bad + " 4");
    EXPECT_EQ(split(record("1") + "\n{\"x\":1}\n{}\n" + record("3"), form::json),
              "1 [this is not a MARC record] [this is not a MARC record] 3");
    EXPECT_EQ(split(record("1") + "\n{\"leader\":\"x\"", form::json), "1 [the record ends too early]");
    EXPECT_EQ(split(record("1") + "\n{\"fields\":[\n" + record("3") + "\n" + record("4"), form::json),
              "1 " + bad + " 3 4");
    EXPECT_EQ(split(record("1") + "\n{\"a\":{\"b\":[{\n" + record("3") + "\n" + record("4"), form::json),
              "1 " + bad + " 3 4");
    EXPECT_EQ(split(record("1") + "\n{\"fields\":[{\"001\":\"2\"},\n" + record("3") + "\n", form::json),
              "1 " + bad + " 3");
    EXPECT_EQ(split(record("1") + "\n{\"fields\":[{\"001\":\"2\"]}\n" + record("3") + "\n" + record("4"), form::json),
              "1 " + bad + " 3 4");
    // Lines of one object that start with a brace.
    EXPECT_EQ(split("{\"leader\":\"x\",\n\"fields\":\n[\n{\n\"001\":\"1\"\n},\n{\"002\":\"\"}\n]}\n" + record("2"),
                    form::json),
              "1 2");
    // Too deep, or open to the end: the lines behind it are read again, but not for each of them.
    std::string deep;
    for (int i = 0; i < 100'000; ++i) {
        deep += i % 2 == 0 ? "{\"a\":\n" : "{\"b\":\n";
    }
    file_splitter splitter(as_bytes(deep), form::json, std::pmr::get_default_resource());
    file_piece piece;
    std::size_t pieces = 0;
    while (splitter.next(piece)) {
        ++pieces;
    }
    EXPECT_GT(pieces, 90'000U);
    EXPECT_EQ(split("", form::json), "");
    EXPECT_EQ(split("=000  x\n=001  1\n=000  x\n=001  2\n\n=000  x\n=001  3\n", form::mrk), "1 2 3");
    EXPECT_EQ(split("[]", form::json), "");
}

TEST(marc_split, lines) {
    const std::string mrk = "=LDR  00000nam a2200000 a 4500\n=001  ";
    EXPECT_EQ(split("\n" + mrk + "1\n" + mrk + "2\r\n\r\n" + mrk + "3\n\n=245  10$aT\n", form::mrk), "1 2 3");
    EXPECT_EQ(split("=001  1\n\n=001  2\n", form::mrk), "1 2");
    EXPECT_EQ(split(mrk + "1\njunk\n" + mrk + "2", form::mrk), "[the mnemonic text cannot be read] 2");
    EXPECT_EQ(split("", form::mrk), "");
    const std::string line = "00000nam a2200000 a 4500\n001 ";
    EXPECT_EQ(split(line + "1\n\n" + line + "2\n" + line + "3\n\n\n", form::line), "1 2 3");
    EXPECT_EQ(split("(a message)\n" + line + "1\n(another)\n\n(Base address)\n\n" + line + "2\n(a)\n" + line + "3\n",
                    form::line),
              "1 2 3");
    EXPECT_EQ(split(line + "1\n\n" + line + "2\nx\n\n" + line + "3", form::line),
              "1 [a tag is not three characters] 3");
    const auto aleph = [](const std::string& number) {
        return number + " LDR   L 00000nam^a2200000^a^4500\n" + number + " FMT   L BK\n";
    };
    EXPECT_EQ(split(aleph("000000001") + aleph("000000002") + "\n" + aleph("000000003"), form::aleph),
              "000000001 000000002 000000003");
    EXPECT_EQ(split(aleph("000000000") + aleph("000000000"), form::aleph), "- -");
    EXPECT_EQ(split(aleph("000000001") + "junk\n" + aleph("000000002"), form::aleph),
              "000000001 [the line-mode text cannot be read] 000000002");
}

TEST(marc_split, iso2709_as_its_own_splitter) {
    const std::string one = make_iso({{"001", "1"}});
    const std::string two = make_iso({{"001", "2"},
                                      {"245", "10\x1F"
                                              "aT"}});
    EXPECT_EQ(split("\r\n" + one + two + "junk\x1D" + one + "\x1A" + two.substr(0, 30), form::iso2709),
              "1 2 [this is not a MARC record] 1 [the record ends too early]");
    EXPECT_EQ(split(std::string(500'000, ' ') + one + std::string(500'000, '\0') + two, form::iso2709), "1 2");
    std::string many;
    std::string numbers;
    for (int i = 0; i < 2'000; ++i) {
        many += make_iso({{"001", std::to_string(i)},
                          {"500", "  \x1F"
                                  "a" +
                                      std::string(static_cast<std::size_t>(i), 'x')}});
        numbers += (i == 0 ? "" : " ") + std::to_string(i);
    }
    EXPECT_EQ(split(many, form::iso2709), numbers);
}

TEST(marc_split, forms_are_recognised) {
    const stored_record r = from_mrk("=LDR  00000nam\\a2200000\\a\\4500\n=001  1\n=245  10$aT");
    const auto recognised = [](const std::string& file) {
        marc_fuzz::file_in_memory source(file);
        file_splitter splitter(source, form::unknown, std::pmr::get_default_resource());
        file_piece piece;
        EXPECT_TRUE(splitter.next(piece));
        builder b;
        splitter.read(b);
        EXPECT_EQ(control_number(b.finish().view()), "1");
        return splitter.file_form();
    };
    EXPECT_EQ(recognised(to_iso(r.view())), form::iso2709);
    EXPECT_EQ(recognised(to_xml(r.view())), form::marcxml);
    EXPECT_EQ(recognised(to_mrk(r.view())), form::mrk);
    EXPECT_EQ(recognised("{\"leader\":\"x\",\"fields\":[{\"001\":\"1\"}]}"), form::json);
    EXPECT_EQ(recognised("00000nam a2200000 a 4500\r\n001 1\n"), form::line);
    EXPECT_EQ(recognised("000000001 LDR   L x\n000000001 001   L 1\n"), form::aleph);
    marc_fuzz::file_in_memory zip("PK\x03\x04");
    file_splitter splitter(zip, form::unknown, std::pmr::get_default_resource());
    file_piece piece;
    EXPECT_THROW(splitter.next(piece), parse_error);
}

std::string utf16(std::string_view ascii, bool big, bool mark) {
    std::string out = mark ? (big ? "\xFE\xFF" : "\xFF\xFE") : "";
    for (const char c : ascii) {
        out += big ? std::string{'\0', c} : std::string{c, '\0'};
    }
    return out;
}

TEST(marc_split, encodings_of_xml) {
    const auto file = [](const std::string& encoding, const std::string& value) {
        return "<?xml version='1.0'" + (encoding.empty() ? "" : " encoding=\"" + encoding + "\"") + "?><collection>" +
               xml_record("plain") + xml_record(value) + "</collection>";
    };
    const std::string bad = "[bytes that are not UTF-8]";
    EXPECT_EQ(split(file("ISO-8859-1", "\xE9\x88"), form::marcxml), "plain \xC3\xA9\xC2\x88");
    EXPECT_EQ(split(file("windows-1252", "\xE9\x80"), form::marcxml), "plain \xC3\xA9\xE2\x82\xAC");
    EXPECT_EQ(split(file("utf-8", "\xE9\x80"), form::marcxml), "plain \xC3\xA9\xE2\x82\xAC");
    EXPECT_EQ(split(file("", "\xE9"), form::marcxml), "plain \xC3\xA9");
    EXPECT_EQ(split(file("iso-8859-1", "\xC3\xA9"), form::marcxml), "plain \xC3\xA9"); // valid UTF-8 wins
    EXPECT_EQ(split(file("KOI8-R", "\xC3\xA9"), form::marcxml), "plain \xC3\xA9");
    EXPECT_EQ(split(file("KOI8-R", "\xC1"), form::marcxml),
              "plain [MARC-8 or another character set that is not UTF-8]");
    EXPECT_EQ(split(file("", "\xC3\xA9 \xE9"), form::marcxml), "plain " + bad); // damaged UTF-8, nothing to guess
    for (const bool big : {false, true}) {
        for (const bool mark : {false, true}) {
            std::string text = utf16(file("UTF-16", "1X"), big, mark);
            const std::size_t x = text.find('X');
            // 1F600, and a lone surrogate
            text.replace(big ? x - 1 : x, 2,
                         big ? std::string("\xD8\x3D\xDE\x00\xD8\x3D", 6) : std::string("\x3D\xD8\x00\xDE\x3D\xD8", 6));
            EXPECT_EQ(split(text, form::marcxml), "plain 1\xF0\x9F\x98\x80\xEF\xBF\xBD");
        }
    }
}

TEST(marc_split, bytes_of_one_record) {
    const auto read = [](const std::string& bytes, defect_code wanted, bool is_noted) {
        builder b;
        report notes;
        read_bytes(as_bytes(bytes), b, &notes);
        EXPECT_EQ(notes.has(wanted), is_noted) << bytes;
        const stored_record r = b.finish();
        return std::string(control_number(r.view()));
    };
    constexpr defect_code wrong = defect_code::declaration_wrong;
    const std::string latin1 = "<?xml version='1.0' encoding='ISO-8859-1'?>";
    EXPECT_EQ(read(latin1 + xml_record("\xE9"), wrong, false), "\xC3\xA9");
    EXPECT_EQ(read(latin1 + xml_record("\xC3\xA9"), wrong, true), "\xC3\xA9");
    EXPECT_EQ(read(latin1 + xml_record("e"), wrong, false), "e");
    EXPECT_EQ(read(xml_record("\xC3\xA9"), wrong, false), "\xC3\xA9");
    EXPECT_EQ(read(xml_record("\xE9"), wrong, true), "\xC3\xA9");
    EXPECT_EQ(read(utf16(xml_record("1"), true, true), wrong, false), "1");
    EXPECT_EQ(read(utf16("{\"leader\":\"x\",\"fields\":[{\"001\":\"1\"}]}", false, true), wrong, false), "1");
    builder b;
    EXPECT_THROW(read_bytes(as_bytes("<?xml version='1.0' encoding='KOI8-R'?>" + xml_record("\xC1")), b), parse_error);
}

} // namespace
