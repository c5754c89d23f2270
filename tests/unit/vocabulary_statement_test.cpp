// What of RDF/XML, N-Triples and CSV becomes a row for the database; packed files.
#include "vocabulary/statement.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "archive/digest.hpp"
#include "base/error.hpp"
#include "vocabulary/csv.hpp"
#include "vocabulary/packed_file.hpp"
#include "vocabulary/rdf_xml.hpp"

using namespace everarchive::vocabulary;

namespace {

byte_source source_of(const std::string& text, std::size_t step = 7) {
    auto at = std::make_shared<std::size_t>(0);
    return [text, at, step](char* buffer, std::size_t size) {
        const std::size_t n = std::min({step, size, text.size() - *at});
        text.copy(buffer, n, *at);
        *at += n;
        return n;
    };
}

std::string xml(const std::string& body) {
    return "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
           "xmlns:skos=\"http://www.w3.org/2004/02/skos/core#\" "
           "xmlns:m=\"http://www.loc.gov/mads/rdf/v1#\" xmlns:x=\"http://x/\">" +
           body + "</rdf:RDF>";
}

/// Each statement that counts: what subject term@language relation object.
std::string rows(const std::string& document) {
    std::string all;
    read_rdf_xml(source_of(document), "file.rdf", [&](const triple& t) {
        statement s;
        switch (statement_of(t, s)) {
        case verdict::counts:
            all += std::string(1, s.what) + " " + s.subject + " " + s.term + "@" + s.language + " " + s.relation + " " +
                   s.object + "\n";
            break;
        case verdict::left_out:
            all += "left out " + t.subject + "\n";
            break;
        case verdict::other:
            break;
        }
    });
    return all;
}

/// The message of an error.
template <typename Call>
std::string refused(const Call& call) {
    try {
        call();
    } catch (const everarchive::error& e) {
        return e.what();
    }
    return "taken";
}

TEST(vocabulary_rdf_xml, both_ways_of_writing_a_concept) {
    const std::string wanted =
        "p http://a/1 Dogs@en  \na http://a/1 Hounds@  \ns http://a/1 @  http://a/\nm http://a/1 @ exact http://b/1\n";
    const std::string body =
        "<skos:prefLabel xml:lang=\"en\">Dogs</skos:prefLabel><skos:altLabel>Hounds</skos:altLabel>"
        "<skos:inScheme rdf:resource=\"http://a/\"/><skos:exactMatch rdf:resource=\"http://b/1\"/>";
    EXPECT_EQ(rows(xml("<skos:Concept rdf:about=\"http://a/1\">" + body + "</skos:Concept>")), wanted);
    EXPECT_EQ(rows(xml("<rdf:Description rdf:about=\"http://a/1\"><rdf:type "
                       "rdf:resource=\"http://www.w3.org/2004/02/skos/core#Concept\"/>" +
                       body + "</rdf:Description>")),
              wanted);
    EXPECT_EQ(rows("<skos:Concept xmlns:skos=\"http://www.w3.org/2004/02/skos/core#\" "
                   "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" "
                   "rdf:about=\"http://a/1\" skos:prefLabel=\"Dogs\" xml:lang=\"en\"/>"),
              "p http://a/1 Dogs@en  \n");
}

TEST(vocabulary_rdf_xml, nested_nodes_languages_and_text) {
    EXPECT_EQ(rows(xml("<skos:Concept rdf:about=\"http://a/1\" xml:lang=\"fr\"><skos:closeMatch><skos:Concept "
                       "rdf:about=\"http://b/1\">"
                       "<skos:prefLabel>Chien &amp; <![CDATA[chat]]></skos:prefLabel><skos:altLabel "
                       "xml:lang=\"\">X</skos:altLabel></skos:Concept>"
                       "</skos:closeMatch><skos:prefLabel>Chiens</skos:prefLabel></skos:Concept>")),
              "m http://a/1 @ close http://b/1\np http://b/1 Chien & chat@fr  \na http://b/1 X@  \np http://a/1 "
              "Chiens@fr  \n");
}

TEST(vocabulary_rdf_xml, blank_nodes_literals_and_lists_do_not_disturb) {
    EXPECT_EQ(
        rows(xml(
            "<m:Topic rdf:about=\"http://a/1\"><m:authoritativeLabel>Dogs</m:authoritativeLabel><m:elementList "
            "rdf:parseType=\"Collection\">"
            "<m:TopicElement><m:elementValue>Dogs</m:elementValue></m:TopicElement></m:elementList>"
            "<x:note rdf:parseType=\"Literal\"><b>skos:prefLabel</b></x:note><x:p "
            "rdf:parseType=\"Resource\"><skos:prefLabel>part</skos:prefLabel></x:p>"
            "<m:hasVariant><m:Topic><skos:prefLabel>Variant</skos:prefLabel></m:Topic></m:hasVariant>"
            "<m:hasCloseExternalAuthority rdf:resource=\"http://b/1\"/><skos:exactMatch rdf:nodeID=\"n\"/></m:Topic>")),
        "p http://a/1 Dogs@  \nm http://a/1 @ close http://b/1\nleft out http://a/1\n");
}

TEST(vocabulary_rdf_xml, a_text_in_pieces_takes_no_memory_without_end) {
    std::string pieces;
    for (int i = 0; i < 110; ++i) {
        pieces += std::string(100000, 'x') + "<!-- -->";
    }
    const std::string document =
        xml("<skos:Concept rdf:about=\"http://a/1\"><skos:note>" + pieces + "</skos:note></skos:Concept>");
    EXPECT_EQ(refused([&] { read_rdf_xml(source_of(document, 4096), "file.rdf", [](const triple&) {}); }),
              "a text of over ten megabytes, in http://a/1");
}

TEST(vocabulary_rdf_xml, what_is_refused) {
    EXPECT_EQ(refused([] { rows("<!DOCTYPE rdf:RDF [<!ENTITY a \"b\">]>" + xml("")); }),
              "file.rdf has a document type declaration, which is refused");
    EXPECT_EQ(refused([] { rows("<!DOCTYPE r SYSTEM \"http://127.0.0.1:1/x.dtd\">" + xml("")); }),
              "file.rdf has a document type declaration, which is refused");
    EXPECT_EQ(refused([] { rows("<a>\n<b></a>"); }).substr(0, 17), "file.rdf line 2: ");
    EXPECT_EQ(refused([] { rows("not XML"); }).substr(0, 17), "file.rdf line 1: ");
    EXPECT_NE(refused([] { rows(""); }), "taken");
    EXPECT_NE(refused([] { rows(xml("<a>")); }), "taken");
}

TEST(vocabulary_rdf_xml, a_source_that_fails_fails_the_reader) {
    EXPECT_THROW(read_rdf_xml([](char*, std::size_t) -> std::size_t { throw std::runtime_error("stop"); }, "f",
                              [](const triple&) {}),
                 std::runtime_error);
}

TEST(vocabulary_statement, relations) {
    const auto of = [](std::string_view predicate) {
        statement s;
        const verdict v = statement_of({"http://a/1", std::string(predicate), "http://b/1", false, {}}, s);
        return v == verdict::counts ? s.relation : std::string("-");
    };
    const std::string skos = "http://www.w3.org/2004/02/skos/core#";
    const std::string mads = "http://www.loc.gov/mads/rdf/v1#";
    EXPECT_EQ(of(skos + "exactMatch") + of(skos + "closeMatch") + of(skos + "broadMatch") + of(skos + "narrowMatch") +
                  of(skos + "relatedMatch"),
              "exactclosebroadnarrowrelated");
    EXPECT_EQ(of(mads + "hasExactExternalAuthority") + of(mads + "hasCloseExternalAuthority") +
                  of("http://schema.org/sameAs"),
              "exactcloseexact");
    EXPECT_EQ(of(skos + "broader") + of(skos + "exact") + of("http://x/exactMatch"), "---");
    EXPECT_EQ(relation_of("skos:broadMatch"), "broad");
    EXPECT_EQ(relation_of("Exact"), "");
    statement s;
    EXPECT_EQ(statement_of({"http://a/" + std::string(300, 'x'), skos + "prefLabel", "X", true, {}}, s),
              verdict::left_out);
}

std::string table(const std::string& text) {
    std::string all;
    read_csv(
        source_of(text, text.size() > 1000 ? 4096 : 3), "file.csv",
        [&](const statement& s) {
            all += s.scheme + "|" + s.term + "|" + s.subject + "|" + s.relation + "|" + s.object_scheme + "|" +
                   s.object_term + "|" + s.object + "\n";
        },
        [&](std::int64_t line, const std::string& problem) { all += std::to_string(line) + ": " + problem + "\n"; });
    return all;
}

TEST(vocabulary_csv, columns_by_name_and_quotes) {
    EXPECT_EQ(table("\xEF\xBB\xBFto_term,from_term,note,to_scheme, from_scheme \r\n\"Water, "
                    "\"\"sweet\"\"\",Water,x,local,lcsh\r\n\n\"a\nb\",C,,local,lcsh"),
              "lcsh|Water||exact|local|Water, \"sweet\"|\nlcsh|C||exact|local|a\nb|\n");
    EXPECT_EQ(table("from_uri,relation,to_uri\nhttp://a/1,closeMatch,http://b/1\n"),
              "||http://a/1|close|||http://b/1\n");
}

TEST(vocabulary_csv, bad_rows_have_their_line) {
    EXPECT_EQ(
        table("from_term,relation,to_term\nA,exact\n,exact,B\nA,same,B\n\"A\"x,exact,C\nA,,\xFF\nD,,E\n"),
        "2: 2 fields instead of 3\n3: a row needs from_term or from_uri, and to_term or to_uri\n"
        "4: the relation is none of exact, close, broad, narrow, related: same\n5: a quotation mark inside of a field\n"
        "6: not UTF-8\n|D||exact||E|\n");
}

TEST(vocabulary_csv, a_quotation_mark_that_swallows_rows_is_no_bad_row) {
    const std::string lost = "file.csv line 2: a field in quotes does not end in its row";
    EXPECT_EQ(refused([] { table("from_term,to_term\n\"A,B\nC,D\nE,F\n"); }), lost);
    EXPECT_EQ(refused([] { table("from_term,to_term\n\"A,B\nC,D\nE,\"F\"\n"); }), lost);
    std::string rows = "from_term,to_term\n\"A,B\n";
    for (int i = 0; i < 400000; ++i) {
        rows += "C,D\n";
    }
    EXPECT_EQ(refused([&] { table(rows + "\"E\",F\n"); }), lost);
    EXPECT_EQ(refused([] { table("from_term,to_term\nA,\"B"); }), lost);
    EXPECT_EQ(table("from_term,to_term\n" + std::string(1100000, 'A') + ",B\nC,D\n"),
              "2: longer than a megabyte\n|C||exact||D|\n");
}

TEST(vocabulary_csv, the_first_row_must_name_columns) {
    EXPECT_EQ(refused([] { table("a;b\n1;2\n"); }).substr(0, 25), "the first row of file.csv");
    EXPECT_EQ(refused([] { table(""); }), "file.csv is empty");
}

class packed : public ::testing::Test {
  protected:
    packed() {
        std::string name = (std::filesystem::temp_directory_path() / "everarchive-vocabulary-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~packed() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path write(const std::string& name, const std::vector<std::string>& contents, int format,
                                int filter) {
        const std::filesystem::path file = folder_ / name;
        ::archive* out = archive_write_new();
        archive_write_set_format(out, format);
        archive_write_add_filter(out, filter);
        archive_write_open_filename(out, file.c_str());
        for (const std::string& content : contents) {
            archive_entry* entry = archive_entry_new();
            archive_entry_set_pathname(entry, ("x" + std::to_string(content.size())).c_str());
            archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
            archive_entry_set_filetype(entry, AE_IFREG);
            archive_write_header(out, entry);
            archive_write_data(out, content.data(), content.size());
            archive_entry_free(entry);
        }
        archive_write_close(out);
        archive_write_free(out);
        return file;
    }

    static std::string bytes_of(const std::filesystem::path& file) {
        std::stringstream all;
        all << std::ifstream(file, std::ios::binary).rdbuf();
        return all.str();
    }

    static std::string content_of(const std::filesystem::path& file) {
        packed_file in(file);
        std::string all;
        char buffer[1000];
        for (std::size_t n = in.read(buffer, sizeof buffer); n > 0; n = in.read(buffer, sizeof buffer)) {
            all.append(buffer, n);
        }
        EXPECT_EQ(in.sha256(), everarchive::archive::digest_of("sha256", bytes_of(file)));
        EXPECT_EQ(in.done(), in.size());
        return all;
    }

    std::filesystem::path folder_;
};

TEST_F(packed, plain_gzip_xz_and_zip) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
        text += std::to_string(i * 7919);
    }
    std::ofstream(folder_ / "plain") << text;
    EXPECT_EQ(content_of(folder_ / "plain"), text);
    EXPECT_EQ(content_of(write("a.gz", {text}, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP)), text);
    EXPECT_EQ(content_of(write("a.xz", {text}, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_XZ)), text);
    EXPECT_EQ(content_of(write("a.zip", {text}, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE)), text);
    std::ofstream(folder_ / "empty").flush();
    EXPECT_EQ(content_of(folder_ / "empty"), "");
}

TEST_F(packed, what_cannot_be_read_says_so) {
    EXPECT_NE(refused([&] { content_of(folder_ / "nowhere"); }).find("cannot read"), std::string::npos);
    const std::filesystem::path whole =
        write("a.gz", {std::string(500'000, 'x') + "end"}, ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP);
    std::filesystem::resize_file(whole, std::filesystem::file_size(whole) / 2);
    EXPECT_NE(refused([&] { content_of(whole); }).find("cannot be unpacked"), std::string::npos);
    EXPECT_NE(refused([&] {
                  content_of(write("b.zip", {"a", "bb"}, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE));
              }).find("several files"),
              std::string::npos);
}

} // namespace
