// UNIMARC -> MARC 21: what the rules make of small records, and how much of real ones is kept.
#include "crosswalk_validity.hpp"

#include "marc/error.hpp"
#include "marc/iso2709.hpp"

#include <gtest/gtest.h>

using namespace crosswalk;
using namespace crosswalk_test;
using marc_test::from_mrk;

namespace {

const rule_set& rules() {
    static const shipped_rules_of all("from_unimarc");
    return all.set();
}

std::string convert(std::string_view record, std::vector<std::string>* said = nullptr) {
    converter c(rules());
    marc::builder made;
    std::pmr::vector<conversion_note> notes;
    c.to_marc(from_mrk(record).view(), made, &notes);
    for (const conversion_note& note : notes) {
        if (said != nullptr) {
            said->emplace_back(note.text);
        }
    }
    return mrk_of(made.finish().view());
}

/// Some fields of what a monograph with these becomes.
std::string fields(std::string_view record, const std::vector<std::string_view>& tags) {
    return lines_of(convert("=LDR  00000nam0 2200000   450 \n" + std::string(record)), tags);
}

/// How much went somewhere: a control field counts as one, a subfield as used when one of its code in the field was.
struct coverage {
    std::size_t records = 0;
    std::size_t subfields = 0;
    std::size_t unmapped = 0;
    std::size_t notes = 0;
    std::map<std::string, std::size_t> by_code;
    std::map<std::string, std::size_t> by_note;
    validity problems;

    void add(std::string_view file) {
        converter c(rules());
        marc::iso2709_splitter splitter(marc::as_bytes(file));
        marc::iso2709_piece piece;
        marc::builder read;
        while (splitter.next(piece)) {
            try {
                marc::read_iso2709(piece.bytes, read);
            } catch (const marc::parse_error&) {
                continue;
            }
            const marc::stored_record record = read.finish();
            add(c, record.view());
        }
    }

    double share() const noexcept { return 1.0 - static_cast<double>(unmapped) / static_cast<double>(subfields); }

    void print(const char* name) const {
        std::printf("%s: %zu records, %zu subfields, %.2f %% mapped, %zu notes, %zu records with errors\n", name,
                    records, subfields, 100 * share(), notes, problems.records_with_errors());
        for (const auto& [code, count] : by_code) {
            std::printf("%6zu unmapped %s\n", count, code.c_str());
        }
        for (const auto& [note, count] : by_note) {
            std::printf("%6zu note: %s\n", count, note.c_str());
        }
        problems.print();
    }

  private:
    void add(converter& c, const marc::record_view& record) {
        ++records;
        marc::builder made;
        std::pmr::vector<conversion_note> said;
        c.to_marc(record, made, &said);
        notes += said.size();
        for (const conversion_note& note : said) {
            ++by_note[std::string(note.text)];
        }
        const marc::stored_record result = made.finish();
        EXPECT_FALSE(result.view().is_unimarc());
        EXPECT_EQ(result.view().leader()[9], 'a');
        problems.add(result.view(), "record " + std::to_string(records));
        std::pmr::vector<unmapped_subfield> rest;
        c.find_unmapped(record, rest);
        std::set<std::pair<std::size_t, std::string>> lost;
        for (const unmapped_subfield& one : rest) {
            lost.insert({one.field, std::string(one.code)});
        }
        for (std::size_t i = 0; i < record.field_count(); ++i) {
            const marc::field_view f = record.field(i);
            const bool all = lost.count({i, ""}) > 0;
            if (f.is_control()) {
                count(all, std::string(f.tag()));
            }
            for (const marc::subfield_view& s : f.subfields()) {
                count(all || lost.count({i, std::string(s.code)}) > 0,
                      std::string(f.tag()) + "$" + std::string(s.code));
            }
        }
    }
    void count(bool is_lost, const std::string& what) {
        ++subfields;
        if (is_lost) {
            ++unmapped;
            ++by_code[what];
        }
    }
};

// ---- Small records

TEST(crosswalk_from_unimarc, leader_and_fixed_field) {
    const auto leader = [](std::string_view text) {
        return convert("=LDR  " + std::string(text) + "\n=200  1\\$aT\n").substr(6, 24);
    };
    EXPECT_EQ(leader("00000cam0 2200000   450 "), "00000cam\\a2200000\\i\\4500");
    EXPECT_EQ(leader("00000oem1 22000001n 450 "), "00000cem\\a22000001\\a4500");
    EXPECT_EQ(leader("00000nbm2 22000001n 450 "), "00000ntm\\a22000001\\b4500");
    EXPECT_EQ(leader("00000dls  22000003  450 "), "00000dms\\a22000007i\\4500");
    EXPECT_EQ(leader("||||||||||||||||||||||||"), "00000nam\\a2200000\\i\\4500");

    EXPECT_EQ(fields("=100  \\\\$a19970114e19951980k  y0frey50      ba\n=101  0\\$aeng\n=102  \\\\$aGB\n"
                     "=105  \\\\$aab  a   110ac\n=106  \\\\$as\n=200  1\\$aT\n",
                     {"008"}),
              "=008  970114r19951980xxkab\\\\esb\\\\\\\\110\\1ceng\\|\n");
}

TEST(crosswalk_from_unimarc, numbers) {
    EXPECT_EQ(fields("=010  \\\\$a2-07-010796-5$brel.$d148 FRF\n=011  \\\\$a0768-3138$y1234-5679\n"
                     "=020  \\\\$aFR$b07605054\n=021  \\\\$aFR$bDL 74-19180\n=071  01$a6.70304$bTelefunken\n"
                     "=073  \\0$a9782909658001\n=035  \\\\$a123$9sudoc\n",
                     {"015", "017", "020", "022", "024", "028", "035"}),
              "=015  \\\\$a07605054$qFR\n"
              "=017  \\\\$aDL 74-19180$bFR\n"
              "=020  \\\\$a2070107965$qrel.$c148 FRF\n"
              "=022  \\\\$a0768-3138$y1234-5679\n"
              "=024  30$a9782909658001\n"
              "=028  02$a6.70304$bTelefunken\n"
              "=035  \\\\$a(sudoc)123\n");
}

TEST(crosswalk_from_unimarc, title) {
    const auto title = [](std::string_view text) {
        return fields("=200  1\\" + std::string(text) + "\n=700  \\1$aDoe\n", {"245", "246"});
    };
    EXPECT_EQ(title("$aZoologie$hIV$iT\xC3\xA9trapodes$fA. T\xC3\xA9try$gill. B. Roe"),
              "=245  10$aZoologie.$nIV,$pT\xC3\xA9trapodes /$cA. T\xC3\xA9try ; ill. B. Roe\n");
    EXPECT_EQ(title("$a\xC2\x98The \xC2\x9C"
                    "cat$bTexte imprim\xC3\xA9$ea story$dLe chat$ehistoire$fJ. Doe"),
              "=245  14$aThe cat$h[texte imprim\xC3\xA9] :$ba story = Le chat : histoire /$cJ. Doe\n"
              "=246  31$aLe chat\n");
    EXPECT_EQ(title("$a\xC2\x88L'\xC2\x89"
                    "altra faccia"),
              "=245  12$aL'altra faccia\n");
    EXPECT_EQ(title("$aOne$aTwo$fJ. Doe$cThree$fR. Roe"), "=245  10$aOne ;$bTwo /$cJ. Doe. Three / R. Roe\n");
    EXPECT_EQ(fields("=200  1\\$aT\n=517  1\\$aOther\n=512  0\\$aCover\n=500  10$aWork$mEnglish\n=702  \\1$aDoe$4070\n",
                     {"130", "240", "245", "246"}),
              "=130  0\\$aWork.$lEnglish\n=245  00$aT\n=246  33$aOther\n=246  24$aCover\n");
}

TEST(crosswalk_from_unimarc, description) {
    EXPECT_EQ(fields("=205  \\\\$a2e \xC3\xA9"
                     "d.$frev. par A$gill. B\n"
                     "=210  \\\\$aParis$aLondon$b1 Street$cPub$cOther$d1996$eLyon$gImpr. X\n"
                     "=214  \\4$d\xC2\xA9 1995\n=215  \\\\$a147 p.$cill.$d23 cm$e1 CD\n"
                     "=225  1\\$aSeries$esub$x0768-3138$v3\n=410  \\0$034$tSeries$v3\n",
                     {"250", "260", "264", "300", "490", "830"}),
              "=250  \\\\$a2e \xC3\xA9"
              "d. /$brev. par A ; ill. B\n"
              "=260  \\\\$aParis ;$aLondon (1 Street) :$bPub :$bOther,$c1996$e(Lyon :$fImpr. X)\n"
              "=264  \\4$c\xC2\xA9 1995\n"
              "=300  \\\\$a147 p. :$bill. ;$c23 cm +$e1 CD\n"
              "=490  1\\$aSeries : sub,$x0768-3138 ;$v3\n"
              "=830  \\0$aSeries ;$v3$w34\n");
}

TEST(crosswalk_from_unimarc, content_and_carrier) {
    EXPECT_EQ(fields("=181  \\\\$6z01$ctxt$2rdacontent\n=181  \\0$601$ai\\$bxxxe\\\\$ab\\$bxb2e\\\\\n"
                     "=182  \\\\$cn$2rdamedia\n=182  \\0$an\n=183  \\\\$anga$2rdacarrier\n",
                     {"336", "337", "338"}),
              "=336  \\\\$81\\u$atext$btxt$2rdacontent\n"
              "=336  \\\\$81\\u$atext (visual)$2isbdcontent\n"
              "=336  \\\\$81\\u$aimage (still ; 2-dimensional ; visual)$2isbdcontent\n"
              "=337  \\\\$aunmediated$bn$2rdamedia\n"
              "=337  \\\\$aunmediated$2isbdmedia\n"
              "=338  \\\\$avolume$bnc$2rdacarrier\n");
}

TEST(crosswalk_from_unimarc, links) {
    EXPECT_EQ(
        fields("=801  \\0$aIT$bICCU\n"
               "=454  \\0$1001IT123$12001\\$aSecond foundation$1700\\1$aAsimov$b, Isaac$1210\\\\$aNew York$d1953\n"
               "=440  \\0$tNew$x0768-3138\n=463  \\1$tJournal$v12 (1999), p. 3\n=470  \\1$tReviewed$y2-07-010796-5\n"
               "=410  \\0$1001IT9$12001\\$aBestsellers$v641\n",
               {"765", "773", "785", "787", "830"}),
        "=765  0\\$aAsimov, Isaac$tSecond foundation$dNew York, 1953$w(IT-ICCU)IT123\n"
        "=773  0\\$tJournal$g12 (1999), p. 3\n"
        "=785  00$tNew$x0768-3138\n"
        "=787  08$iReview of:$tReviewed$z2070107965\n"
        "=830  \\0$aBestsellers ;$v641$w(IT-ICCU)IT9\n");
}

TEST(crosswalk_from_unimarc, notes) {
    EXPECT_EQ(
        fields("=300  \\\\$aGeneral\n=302  \\\\$aIn French\n=320  \\\\$aBibliogr.\n=327  1\\$aOne$aTwo\n"
               "=328  \\0$zTexte remani\xC3\xA9 de$bTh. \xC3\x89tat$cLettres$eParis X$d1993\n=330  \\\\$aAbout\n"
               "=333  \\\\$aFor all\n",
               {"500", "502", "504", "505", "520", "521", "546"}),
        "=500  \\\\$aGeneral\n=546  \\\\$aIn French\n=504  \\\\$aBibliogr.\n=520  \\\\$aAbout\n=521  \\\\$aFor all\n"
        "=505  0\\$aOne -- Two\n"
        "=502  \\\\$bTh. \xC3\x89tat$cParis X$d1993$gTexte remani\xC3\xA9 de; Lettres\n");
}

TEST(crosswalk_from_unimarc, names) {
    std::vector<std::string> notes;
    const std::string record =
        convert("=LDR  00000nam0 2200000   450 \n=801  \\0$aFR$bFR-1\n"
                "=700  \\1$312$oISNI0000000121032683$aHugo$bVictor$f1802-1885$4070\n=701  \\0$aPlaton$4999\n"
                "=702  \\0$aJean-Paul$dII$cpape$f1920-2005$4080\n=711  02$aFrance$bMinist\xC3\xA8re$4651\n"
                "=712  12$aCongr\xC3\xA8s$d3$f1999$eParis$4557\n",
                &notes);
    EXPECT_EQ(lines_of(record, {"100", "700", "710", "711"}),
              "=100  1\\$aHugo, Victor,$d1802-1885$0(FR-1)12$1https://isni.org/isni/0000000121032683$4aut\n"
              "=700  0\\$aPlaton$4999\n"
              "=700  0\\$aJean-Paul$bII,$cpape,$d1920-2005$4aui\n"
              "=710  2\\$aFrance.$bMinist\xC3\xA8re$4pbd\n"
              "=711  2\\$aCongr\xC3\xA8s$n(3 :$d1999 :$cParis)$4orm\n");
    EXPECT_EQ(notes, std::vector<std::string>{"no relator for the function code 999"});
}

TEST(crosswalk_from_unimarc, subjects) {
    EXPECT_EQ(fields("=003  http://www.sudoc.fr/1\n=600  \\1$31$aDoe$bAnn$f1950-$xCritique$2rameau\n"
                     "=606  \\\\$32$aChiens$33$xHistoire$yFrance$z1900-1945$jFilms$2rameau\n=606  \\\\$aDogs$2lc\n"
                     "=607  \\\\$aParis$2rameau\n=604  \\\\$aFlaubert$bGustave$tMadame Bovary$2rameau\n"
                     "=605  \\\\$aBible$mlatin$2rameau\n=608  \\\\$aNouvelles\n=610  0\\$afree$aword\n"
                     "=676  \\\\$a590.3$v23\n",
                     {"082", "600", "630", "650", "651", "653", "655"}),
              "=082  04$a590.3$223\n"
              "=600  17$aDoe, Ann,$d1950-$xCritique$2rameau$0(idref)1\n"
              "=600  17$aFlaubert, Gustave$tMadame Bovary$2rameau\n"
              "=630  07$aBible.$llatin$2rameau\n"
              "=650  \\7$aChiens$xHistoire$zFrance$y1900-1945$vFilms$2rameau$0(idref)2$0(idref)3\n"
              "=650  \\0$aDogs\n=651  \\7$aParis$2rameau\n=655  \\4$aNouvelles\n=653  0\\$afree$aword\n");
}

// What both leave to the library stays; what MARC 21 has no place for is carried.
TEST(crosswalk_from_unimarc, local_and_foreign_fields) {
    EXPECT_EQ(fields("=995  \\\\$bX$f123\n=699  1\\$aLocal\n=141  \\0$axxxx$5lib\n", {"886", "995", "699"}),
              "=699  1\\$aLocal\n=886  2\\$2unimarc$a141$b 0$axxxx$5lib\n=995  \\\\$bX$f123\n");
}

// ---- Authorities

std::string authority(std::string_view record, validity* problems = nullptr) {
    static const shipped_rules_of all("from_unimarc_authority");
    converter c(all.set());
    marc::builder made;
    c.to_marc(from_mrk(record).view(), made);
    const marc::stored_record result = made.finish();
    if (problems != nullptr) {
        problems->add(result.view(), "authority");
    }
    return mrk_of(result.view());
}

TEST(crosswalk_from_unimarc, authority_of_a_person) {
    validity problems;
    EXPECT_EQ(authority("=LDR  00000cx  a2200000   45  \n=001  026927608\n=003  http://www.idref.fr/026927608\n"
                        "=010  \\\\$a0000000121032683$2ISNI\n=100  \\\\$a19850101afrey50      ba0\n=101  \\\\$afre\n"
                        "=102  \\\\$aFR\n=103  \\\\$a18020226$b18850522\n=120  \\\\$aba\n=152  \\\\$aAFNOR\n"
                        "=200  \\1$aHugo$bVictor$f1802-1885\n=300  0\\$a\xC3\x89"
                        "crivain\n=400  \\1$aHugo$bV.\n"
                        "=500  \\1$5e$3123$aOlympio\n=801  \\3$aFR$bABES$c20200101\n=810  \\\\$aBn$bp. 3\n",
                        &problems),
              "=LDR  00000cz\\\\a2200000n\\\\4500\n=001  026927608\n=003  FR-ABES\n=005  20200101000000.0\n"
              "=008  850101||faznnnaabn\\\\\\\\\\\\\\\\\\\\||\\a|a\\\\\\\\\\|\n"
              "=024  7\\$ahttp://www.idref.fr/026927608$2uri\n=024  7\\$a0000000121032683$2isni\n"
              "=040  \\\\$aFR-ABES$bfre$cFR-ABES$eafnor\n=043  \\\\$cfr\n=046  \\\\$f18020226$g18850522\n"
              "=100  1\\$aHugo, Victor,$d1802-1885\n=375  \\\\$amale\n=377  \\\\$afre\n=400  1\\$aHugo, V.\n"
              "=500  1\\$aOlympio$iPseudonym:$wr$0(idref)123\n=670  \\\\$aBn$bp. 3\n=680  \\\\$i\xC3\x89"
              "crivain");
    EXPECT_EQ(problems.records_with_errors(), 0U);
}

TEST(crosswalk_from_unimarc, authorities_of_other_kinds) {
    validity problems;
    const auto headings = [&](std::string_view record) {
        return lines_of(authority("=LDR  00000nx  j2200000   45  \n=001  1\n=100  \\\\$a19850101afrey50      ba0\n" +
                                      std::string(record),
                                  &problems),
                        {"100", "110", "111", "130", "150", "151", "155", "450", "550", "750"});
    };
    EXPECT_EQ(headings("=250  \\\\$aChiens$xHistoire\n=450  \\\\$aChien\n=550  \\\\$5g$31$aMammif\xC3\xA8res\n"
                       "=750  \\\\$aDogs$2lcsh\n"),
              "=150  \\\\$aChiens$xHistoire\n=450  \\\\$aChien\n=550  \\\\$aMammif\xC3\xA8res$wg$01\n"
              "=750  \\7$aDogs$2lcsh\n");
    EXPECT_EQ(headings("=210  12$aCongr\xC3\xA8s$d3$f1999\n"), "=111  2\\$aCongr\xC3\xA8s$n(3 :$d1999)\n");
    EXPECT_EQ(headings("=215  \\\\$aParis\n"), "=151  \\\\$aParis\n");
    EXPECT_EQ(headings("=230  \\\\$aBible$mlatin\n"), "=130  \\0$aBible.$llatin\n");
    EXPECT_EQ(headings("=240  \\\\$1200\\1$aFlaubert$bGustave$1230\\\\$aMadame Bovary\n"),
              "=100  1\\$aFlaubert, Gustave$tMadame Bovary\n");
    EXPECT_EQ(headings("=280  \\\\$aNouvelles\n"), "=155  \\\\$aNouvelles\n");
    EXPECT_EQ(problems.records_with_errors(), 0U);
}

// ---- Real records

TEST(crosswalk_from_unimarc, real_records) {
    const auto data = marc_test::shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    coverage all;
    all.add(marc_test::read_file(*data / "ils/marc/unimarc_sudoc.mrc"));
    all.add(marc_test::read_file(*data / "marc/damaged/pymarc/testunimarc.dat"));
    all.print("Sudoc and SBN");
    EXPECT_EQ(all.records, 2U);
    EXPECT_GT(all.share(), 0.93);
    EXPECT_EQ(all.problems.records_with_errors(), 0U);
}

// $EVERARCHIVE_UNIMARC: marc/1000_unimarc_records_utf8_bnf.mrc of github.com/reeset/data_packs.
TEST(crosswalk_from_unimarc, records_of_bnf) {
    const char* file = std::getenv("EVERARCHIVE_UNIMARC");
    if (file == nullptr) {
        GTEST_SKIP() << "no records of BnF: set EVERARCHIVE_UNIMARC";
    }
    coverage all;
    all.add(marc_test::read_file(file));
    all.print("BnF");
    EXPECT_EQ(all.records, 1000U);
    EXPECT_GT(all.share(), 0.965); // two thirds of the rest are 801 $a and $2, which the ISIL in $b makes needless
    EXPECT_EQ(all.problems.records_with_errors(), 0U);
    EXPECT_EQ(all.notes, 0U);
}

// Fields without number, each of which asks what stands before it.
TEST(crosswalk_from_unimarc, many_fields) {
    marc::builder many;
    many.set_leader("00000nam0 2200000   450 ");
    constexpr int n = 1'000;
    for (const char* tag : {"200", "225", "326", "410", "604", "700", "801"}) {
        for (int i = 0; i < n; ++i) {
            many.add_field(tag, " 3\x1F"
                                "aX\x1F"
                                "tY\x1F"
                                "bFR-1");
        }
    }
    const marc::stored_record record = many.finish();
    converter c(rules());
    marc::builder made;
    c.to_marc(record.view(), made);
    EXPECT_GT(made.finish().view().field_count(), 6U * n);
}

// Neither bytes of another code page nor a hostile directory end in anything but a record.
TEST(crosswalk_from_unimarc, damaged_records) {
    const auto data = marc_test::shared_data();
    if (!data) {
        GTEST_SKIP() << "no shared data: set EVERARCHIVE_SHARED";
    }
    coverage all;
    all.add(marc_test::read_file(*data / "marc/damaged/ruby-marc/cp866_unimarc.marc"));
    EXPECT_GT(all.records, 0U);
}

} // namespace
