// Items of DSpace, rows or REST, to MARC 21.
#include "crosswalk_made_record.hpp"
#include "marc_support.hpp"

#include <gtest/gtest.h>
#include <map>

using namespace crosswalk_test;

namespace {

struct row {
    std::string name; ///< dc.title
    std::string value;
    std::string language{};
    std::string authority{};
};

std::string json_text(std::string_view text) {
    std::string all = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            all += '\\';
        }
        if (static_cast<unsigned char>(c) < 0x20) {
            constexpr std::string_view digits = "0123456789abcdef";
            all += "\\u00";
            all += digits[static_cast<unsigned char>(c) / 16];
            all += digits[static_cast<unsigned char>(c) % 16];
        } else {
            all += c;
        }
    }
    return all + "\"";
}
std::string or_null(std::string_view text) {
    return text.empty() ? "null" : json_text(text);
}

/// As jsonb_agg over metadatavalue and metadatafieldregistry gives them.
std::string rows(const std::vector<row>& all) {
    std::map<std::string, std::size_t> places;
    std::string json;
    for (const row& r : all) {
        const std::size_t first = r.name.find('.');
        const std::size_t second = r.name.find('.', first + 1);
        const std::string element = r.name.substr(first + 1, second == std::string::npos ? second : second - first - 1);
        json += json.empty() ? "[" : ",";
        json += "{\"schema\":" + json_text(r.name.substr(0, first)) + ",\"element\":" + json_text(element) +
                ",\"qualifier\":" + or_null(second == std::string::npos ? "" : r.name.substr(second + 1)) +
                ",\"text_value\":" + json_text(r.value) + ",\"text_lang\":" + or_null(r.language) +
                ",\"place\":" + std::to_string(places[r.name]++) + ",\"authority\":" + or_null(r.authority) +
                ",\"confidence\":-1}";
    }
    return json + "]";
}
/// As REST gives them: values by name.
std::string rest(const std::vector<row>& all) {
    std::vector<std::string> order;
    std::map<std::string, std::string> by_name;
    for (const row& r : all) {
        std::string& values = by_name[r.name];
        if (values.empty()) {
            order.push_back(r.name);
        }
        values += (values.empty() ? "" : ",") + ("{\"value\":" + json_text(r.value)) +
                  ",\"language\":" + or_null(r.language) + ",\"authority\":" + or_null(r.authority) +
                  ",\"confidence\":-1}";
    }
    std::string json;
    for (const std::string& name : order) {
        json += (json.empty() ? "" : ",") + json_text(name) + ":[" + by_name[name] + "]";
    }
    return "{" + json + "}";
}

/// Both forms give the same record.
made_record record(const std::vector<row>& all) {
    const made_record r = make_record("from_dspace", rows(all));
    const made_record other = make_record("from_dspace", "{\"metadata\":" + rest(all) + "}");
    EXPECT_EQ(r.mrk, other.mrk);
    EXPECT_EQ(r.notes, other.notes);
    EXPECT_EQ(make_record("from_dspace", "{\"metadata\":" + rows(all) + "}").mrk, r.mrk);
    EXPECT_EQ(make_record("from_dspace", rest(all)).mrk, r.mrk);
    EXPECT_EQ(r.errors, std::vector<std::string>{}) << r.mrk;
    return r;
}
TEST(crosswalk_from_dspace, a_small_item) {
    const made_record r = record({{"dc.title", "The Title", "en"},
                                  {"dc.contributor.author", "Doe, Jane, 1970-"},
                                  {"dc.contributor.author", "World Bank"},
                                  {"dc.date.issued", "2001-05"},
                                  {"dc.date.accessioned", "2013-10-07T21:10:48Z"},
                                  {"dc.language.iso", "en_US"},
                                  {"dc.publisher", "Press"},
                                  {"dc.identifier.uri", "http://hdl.handle.net/1/2"},
                                  {"dc.type", "Article"}});
    EXPECT_EQ(r.mrk, "=LDR  00000nam\\a22000003u\\4500\n"
                     "=001  1/2\n"
                     "=008  131007s2001\\\\\\\\xx\\|||||||||||||||||eng\\d\n"
                     "=024  7\\$a1/2$2hdl\n"
                     "=042  \\\\$adc\n"
                     "=100  1\\$aDoe, Jane,$d1970-$eauthor$4aut\n"
                     "=245  14$aThe Title\n"
                     "=264  \\1$bPress$c2001-05\n"
                     "=541  \\\\$d2013-10-07T21:10:48Z\n"
                     "=655  \\7$aArticle$2local\n"
                     "=720  \\\\$aWorld Bank$eauthor$4aut\n"
                     "=856  40$uhttp://hdl.handle.net/1/2\n");
    EXPECT_EQ(r.notes, std::vector<std::string>{});
}

TEST(crosswalk_from_dspace, an_item_without_anything) {
    EXPECT_EQ(make_record("from_dspace", "[]").mrk,
              "=LDR  00000nam\\a22000003u\\4500\n=008  \\\\\\\\\\\\nuuuuuuuuxx\\||||||||||||||||||||\\d\n"
              "=042  \\\\$adc\n=245  00$a[Untitled]\n");
    EXPECT_EQ(make_record("from_dspace", "{}").notes,
              (std::vector<std::string>{"no dc.date.accessioned says when the item came in: 008/00-05 is blank",
                                        "the item has no title; 245 $a [Untitled]"}));
}

TEST(crosswalk_from_dspace, each_name_of_the_default_registry) {
    // Every dc.* of config/registries/dublin-core-types.xml: nothing is left in notes.
    const std::vector<row> all{{"dc.title", "T"},
                               {"dc.title.alternative", "Other"},
                               {"dc.contributor", "A, B"},
                               {"dc.contributor.advisor", "Ad, V"},
                               {"dc.contributor.author", "Au, T"},
                               {"dc.contributor.editor", "Ed, I"},
                               {"dc.contributor.illustrator", "Il, L"},
                               {"dc.contributor.other", "Ot, H"},
                               {"dc.coverage", "Cov"},
                               {"dc.coverage.spatial", "Rome"},
                               {"dc.coverage.temporal", "1900s"},
                               {"dc.creator", "Cr, E"},
                               {"dc.date", "1999"},
                               {"dc.date.accessioned", "2013-10-07T21:10:48Z"},
                               {"dc.date.available", "2002"},
                               {"dc.date.copyright", "2000"},
                               {"dc.date.created", "1998"},
                               {"dc.date.issued", "2001"},
                               {"dc.date.submitted", "1997"},
                               {"dc.identifier", "id"},
                               {"dc.identifier.citation", "Cite"},
                               {"dc.identifier.govdoc", "GA 1"},
                               {"dc.identifier.isbn", "0306406152"},
                               {"dc.identifier.isbn", "none"},
                               {"dc.identifier.issn", "0028-0836"},
                               {"dc.identifier.issn", "12345"},
                               {"dc.identifier.sici", "sici"},
                               {"dc.identifier.ismn", "M-2306-7118-7"},
                               {"dc.identifier.doi", "10.1/x"},
                               {"dc.identifier.pmid", "7"},
                               {"dc.identifier.uri", "https://hdl.handle.net/1/2"},
                               {"dc.description", "D"},
                               {"dc.description.abstract", "Abs"},
                               {"dc.description.provenance", "Log"},
                               {"dc.description.sponsorship", "NSF"},
                               {"dc.description.statementofresponsibility", "by A"},
                               {"dc.description.tableofcontents", "1. 2."},
                               {"dc.description.uri", "http://e.org/d"},
                               {"dc.description.volume", "7"},
                               {"dc.description.issue", "2"},
                               {"dc.description.startpage", "1"},
                               {"dc.description.endpage", "9"},
                               {"dc.format", "F"},
                               {"dc.format.extent", "9 p."},
                               {"dc.format.medium", "paper"},
                               {"dc.format.mimetype", "application/pdf"},
                               {"dc.format.mimetype", "text/xml"},
                               {"dc.language", "German, mostly"},
                               {"dc.language.iso", "de"},
                               {"dc.language.iso", "fra"},
                               {"dc.relation", "R"},
                               {"dc.relation.haspart", "Part"},
                               {"dc.relation.ispartof", "Journal"},
                               {"dc.relation.ispartof", "Other journal"},
                               {"dc.relation.ispartofseries", "Reports;No 5"},
                               {"dc.relation.issn", "1234-5679"},
                               {"dc.relation.project", "Proj"},
                               {"dc.relation.requires", "Linux"},
                               {"dc.rights", "Free"},
                               {"dc.rights.uri", "http://cc"},
                               {"dc.source", "S"},
                               {"dc.subject", "kw"},
                               {"dc.subject.classification", "C1"},
                               {"dc.subject.ddc", "500"},
                               {"dc.subject.lcc", "QA76"},
                               {"dc.subject.lcsh", "Dogs -- France -- 20th century"},
                               {"dc.subject.mesh", "Lung"},
                               {"dc.subject.other", "kw2"},
                               {"dc.type", "Dataset"}};
    const made_record r = record(all);
    EXPECT_EQ(r.notes, std::vector<std::string>{});
    EXPECT_EQ(fields(r, "020 022 024 041 050 082 084 086"),
              "020 \\\\$a0306406152\n020 \\\\$znone\n022 \\\\$a0028-0836\n022 \\\\$y12345\n024 8\\$aid\n024 4\\$asici\n"
              "024 2\\$aM-2306-7118-7\n024 7\\$a10.1/x$2doi\n024 8\\$a7$qPubMed\n024 7\\$a1/2$2hdl\n"
              "041 \\\\$ager$afre\n050 \\4$aQA76\n082 04$a500\n084 \\\\$aC1$2z\n086 \\\\$aGA 1\n");
    EXPECT_EQ(fields(r, "245 246 264 300 340 347 490"),
              "245 10$aT /$cby A\n246 3\\$aOther\n264 \\1$c2001\n264 \\4$c\xC2\xA9"
              "2000\n264 \\0$c1998\n300 \\\\$a9 p.\n340 \\\\$apaper\n347 \\\\$btext/xml\n490 0\\$aReports ;$vNo 5\n");
    EXPECT_EQ(fields(r, "100 700 720"),
              "100 1\\$aAu, T,$eauthor$4aut\n700 1\\$aA, B,$econtributor$4ctb\n700 1\\$aAd, V,$ethesis advisor$4ths\n"
              "700 1\\$aEd, I,$eeditor$4edt\n700 1\\$aIl, L,$eillustrator$4ill\n700 1\\$aOt, H\n"
              "700 1\\$aCr, E,$eauthor$4aut\n");
    EXPECT_EQ(
        fields(r, "500 505 513 520 522 524 536 538 540 546 561"),
        "500 \\\\$aCoverage: Cov\n522 \\\\$aRome\n513 \\\\$b1900s\n500 \\\\$aDate: 1999\n"
        "500 \\\\$aAvailable in the repository since: 2002\n500 \\\\$aSubmitted: 1997\n524 \\\\$aCite\n500 \\\\$aD\n"
        "520 3\\$aAbs\n561 0\\$aLog\n536 \\\\$aNSF\n505 0\\$a1. 2.\n500 \\\\$aF\n546 \\\\$aGerman, mostly\n"
        "538 \\\\$aLinux\n540 \\\\$aFree\n540 \\\\$uhttp://cc\n");
    EXPECT_EQ(fields(r, "650 653 655"),
              "653 \\\\$akw\n650 \\0$aDogs$zFrance$y20th century\n650 \\2$aLung\n653 \\\\$akw2\n"
              "655 \\7$aDataset$2local\n");
    EXPECT_EQ(fields(r, "773 774 786 787 856"),
              "773 0\\$tJournal$gvol. 7, no. 2, p. 1-9$x1234-5679\n773 0\\$tOther journal\n774 08$iContains:$nPart\n"
              "786 0\\$nS\n787 0\\$nR\n787 08$iProject:$nProj\n856 40$uhttps://hdl.handle.net/1/2$qapplication/pdf\n"
              "856 42$uhttp://e.org/d\n");
    EXPECT_EQ(fields(r, "LDR"), "LDR 00000nmm\\a22000003u\\4500\n");
}

TEST(crosswalk_from_dspace, other_schemas_and_names) {
    const std::vector<row> all{{"dcterms.title", "T"},
                               {"dcterms.abstract", "Abs"},
                               {"dcterms.accessRights", "Closed"},
                               {"dcterms.isRequiredBy", "X"},
                               {"dcterms.issued", "1984"},
                               {"thesis.degree.name", "Ph.D."},
                               {"thesis.degree.grantor", "Univ."},
                               {"thesis.degree.level", "Doctoral"},
                               {"oaire.citation.title", "Host"},
                               {"oaire.citation.volume", "3"},
                               {"dc.date.embargo", "2030"},
                               {"dc.subject.rvk", "kw"},
                               {"dc.date.accessioned", "2013-10-07T21:10:48Z"},
                               {"dc.identifier.uri", "https://hdl.handle.net/1/2"},
                               {"local.thing", "lost"},
                               {"eperson.phone", "555"}};
    const made_record r = record(all);
    EXPECT_EQ(fields(r, "245 264 500 502 506 520 653 773 787"),
              "245 00$aT\n264 \\1$c1984\n502 \\\\$bPh.D.$cUniv.$d1984$gDoctoral\n520 3\\$aAbs\n506 \\\\$aClosed\n"
              "500 \\\\$adate.embargo: 2030\n653 \\\\$akw\n773 0\\$tHost$gvol. 3\n787 08$iRequired by:$nX\n");
    EXPECT_EQ(r.notes, (std::vector<std::string>{"local.thing has no field: lost", "eperson.phone has no field: 555"}));
    const std::vector<std::string> left = unmapped("from_dspace", "{\"metadata\":" + rest(all) + "}");
    EXPECT_EQ(left,
              (std::vector<std::string>{"/metadata/local.thing/value=lost", "/metadata/eperson.phone/value=555"}));
}

TEST(crosswalk_from_dspace, handle_collection_and_authority) {
    const made_record r = make_record(
        "from_dspace",
        "{\"uuid\":\"u1\",\"handle\":\"1/2\",\"collection\":{\"name\":\"Theses\",\"handle\":\"1/1\"},\"metadata\":" +
            rows({{"dc.title", "T"},
                  {"dc.creator", "B, C", "", "will be generated::orcid::0000-0001-2345-6789"},
                  {"dc.creator", "D, E", "", "http://viaf.org/viaf/1"}}) +
            "}");
    EXPECT_EQ(fields(r, "001 024 100 700 787 856"),
              "001 u1\n024 7\\$a1/2$2hdl\n100 1\\$aB, C,$eauthor$4aut$1https://orcid.org/0000-0001-2345-6789\n"
              "700 1\\$aD, E,$eauthor$4aut$0http://viaf.org/viaf/1\n787 08$iCollection:$tTheses$o1/1\n"
              "856 40$uhttps://hdl.handle.net/1/2\n");
    EXPECT_EQ(r.errors, std::vector<std::string>{}) << r.mrk;
    EXPECT_EQ(
        fields(make_record("from_dspace", R"({"collection":"Papers","metadata":{"dc.title":[{"value":"T"}]}})"), "787"),
        "787 08$iCollection:$tPapers\n");
}

/// Rows of the XOAI form, DSpace's own XML of its metadata: element, qualifier and language as nested elements.
std::vector<row> rows_of_xoai(const std::string& xml) {
    std::vector<row> all;
    std::vector<std::string> names;
    const auto attribute = [](std::string_view tag) {
        const std::size_t at = tag.find("name=\"") + 6;
        return std::string(tag.substr(at, tag.find('"', at) - at));
    };
    for (std::size_t at = xml.find("<metadata") + 1; (at = xml.find('<', at)) != std::string::npos;) {
        const std::size_t end = xml.find('>', at);
        const std::string_view tag = std::string_view(xml).substr(at + 1, end - at - 1);
        if (tag.starts_with("/element")) {
            names.pop_back();
        } else if (tag.starts_with("element")) {
            names.push_back(attribute(tag));
        } else if (tag.starts_with("field") && attribute(tag) == "value" && names.size() >= 3) {
            std::string name = names[0];
            for (std::size_t i = 1; i + 1 < names.size(); ++i) {
                name += "." + names[i];
            }
            all.push_back(
                {name, xml.substr(end + 1, xml.find('<', end) - end - 1), names.back() == "none" ? "" : names.back()});
        }
        at = end;
    }
    return all;
}

TEST(crosswalk_from_dspace, shared_items) {
    const auto data = marc_test::shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    std::size_t values = 0;
    for (const char* name : {"item.xml", "xoai-test1.xml", "xoai-rioxx-test.xml"}) {
        const std::vector<row> all = rows_of_xoai(marc_test::read_file(*data / "ils" / "dspace" / name));
        values += all.size();
        const made_record r = make_record("from_dspace", rows(all));
        EXPECT_EQ(r.errors, std::vector<std::string>{}) << name << "\n" << r.mrk;
        for (const std::string& note : r.notes) {
            EXPECT_NE(note.find(" has no field: "), std::string::npos) << name << ": " << note;
            EXPECT_FALSE(note.starts_with("dc.") || note.starts_with("dcterms.")) << name << ": " << note;
        }
        for (const std::string& text : unmapped("from_dspace", rows(all))) {
            const bool in_note = std::any_of(r.notes.begin(), r.notes.end(), [&](const std::string& note) {
                return note.ends_with(text.substr(text.find('=') + 1));
            });
            EXPECT_TRUE(in_note || text.find("/text_lang=") != std::string::npos) << name << ": " << text;
        }
    }
    EXPECT_EQ(values, 49U);
}

} // namespace
