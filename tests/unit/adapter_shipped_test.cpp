// The adapters of this project: the tables, keys and touches that the rest relies on, and what must not be in them.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

#include "adapter/adapter.hpp"

namespace {

using everarchive::adapter::adapter;
using everarchive::adapter::foreign_key;
using everarchive::adapter::table;

adapter shipped(const char* name) {
    return everarchive::adapter::load(std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "adapters", name);
}

/// `table: kind(part, …) …` of each table, in order.
std::string touches_of(const adapter& of) {
    std::string all;
    for (const table& t : of.tables) {
        all += t.source_name() + ":";
        for (const auto& touch : t.touches) {
            all += " " + touch.kind + "(";
            for (const auto& part : touch.parts) {
                all += (&part == touch.parts.data() ? "" : ",") +
                       (part.is_constant ? "'" + part.constant + "'" : t.columns[part.column].name);
            }
            all += ")";
        }
        all += "\n";
    }
    return all;
}

std::string kinds_of(const adapter& of) {
    std::string all;
    for (const auto& kind : of.kinds) {
        all += kind.name + ":";
        for (const auto& type : kind.key_types) {
            all += " " + type;
        }
        all += "\n";
    }
    return all;
}

TEST(adapter_shipped, are_these) {
    EXPECT_EQ(everarchive::adapter::list(std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "adapters"),
              (std::vector<std::string>{"dspace", "evergreen", "folio", "koha", "marcfile"}));
}

TEST(adapter_shipped, koha) {
    const adapter koha = shipped("koha");
    EXPECT_EQ(koha.runs_on, everarchive::adapter::system::mariadb);
    EXPECT_EQ(touches_of(koha), "biblio: bib(biblionumber)\n"
                                "biblio_metadata: bib(biblionumber)\n"
                                "biblioitems:\n"
                                "items: item(itemnumber) holding(biblionumber,homebranch)\n"
                                "auth_header: authority(authid)\n");
    EXPECT_EQ(kinds_of(koha), "bib: integer\nitem: integer\nholding: integer text\nauthority: bigint\n");
    std::set<std::string> cascades;
    for (const table& t : koha.tables) {
        for (const foreign_key& key : t.foreign_keys) {
            ASSERT_EQ(key.columns.size(), 1U);
            EXPECT_EQ(key.on_delete, foreign_key::action::cascade);
            EXPECT_EQ(koha.find(key.parent)->key, key.parent_columns);
            cascades.insert(t.name + "." + t.columns[key.columns[0]].name + " -> " + key.parent);
        }
    }
    EXPECT_EQ(cascades,
              (std::set<std::string>{"biblio_metadata.biblionumber -> biblio", "biblioitems.biblionumber -> biblio",
                                     "items.biblionumber -> biblio", "items.biblioitemnumber -> biblioitems"}));
}

TEST(adapter_shipped, evergreen) {
    const adapter evergreen = shipped("evergreen");
    EXPECT_EQ(evergreen.runs_on, everarchive::adapter::system::postgresql);
    EXPECT_EQ(touches_of(evergreen), "biblio.record_entry: bib(id)\n"
                                     "authority.record_entry: authority(id)\n"
                                     "serial.record_entry: holding('mfhd',id)\n"
                                     "asset.call_number: holding('volume',id)\n"
                                     "asset.copy: item(id)\n"
                                     "serial.unit: item(id)\n");
    EXPECT_EQ(kinds_of(evergreen), "bib: bigint\nauthority: bigint\nholding: text bigint\nitem: bigint\n");
    for (const table& t : evergreen.tables) {
        EXPECT_TRUE(t.find("deleted")) << t.source_name() << " deletes by a flag";
        EXPECT_TRUE(t.foreign_keys.empty()) << "PostgreSQL puts cascades into the stream";
    }
}

TEST(adapter_shipped, folio) {
    const adapter folio = shipped("folio");
    EXPECT_EQ(folio.runs_on, everarchive::adapter::system::postgresql);
    EXPECT_EQ(kinds_of(folio), "bib: uuid\nauthority: uuid\nholding: uuid\nitem: uuid\norder: uuid\n");
    ASSERT_EQ(folio.parameters.size(), 1U);
    EXPECT_EQ(folio.parameters[0].first, "tenant");
    for (const table& t : folio.with({{"tenant", "diku"}}).tables) {
        EXPECT_TRUE(t.schema.starts_with("diku_mod_")) << t.source_name();
        EXPECT_TRUE(t.mirror_name().starts_with("mod_")) << t.mirror_name();
        for (const auto& column : t.columns) {
            if (column.name == "jsonb") {
                EXPECT_FALSE(column.members.empty()) << t.source_name() << ": a document is never taken whole";
            }
        }
    }
}

/// Members of FOLIO's documents that say who did something, who borrows or who pays.
TEST(adapter_shipped, folio_names_no_person_in_its_documents) {
    const adapter folio = shipped("folio");
    for (const table& t : folio.tables) {
        for (const auto& column : t.columns) {
            for (const char* never : {"lastCheckIn", "circulationNotes", "requester", "selector", "donor", "assignedTo",
                                      "approvedById", "vendor", "fundDistribution", "primaryServicePoint", "details",
                                      "inTransitDestinationServicePointId"}) {
                const auto found = column.members.named.find(never);
                // Of the details of an order line only numbers and dates.
                EXPECT_TRUE(found == column.members.named.end() || (t.name == "po_line" && !found->second.empty()))
                    << t.source_name() << ": " << never;
            }
            if (const auto metadata = column.members.named.find("metadata"); metadata != column.members.named.end()) {
                EXPECT_FALSE(metadata->second.empty());
                EXPECT_FALSE(metadata->second.named.contains("createdByUserId"));
                EXPECT_FALSE(metadata->second.named.contains("updatedByUserId"));
            }
        }
    }
}

TEST(adapter_shipped, dspace) {
    const adapter dspace = shipped("dspace");
    EXPECT_EQ(dspace.runs_on, everarchive::adapter::system::postgresql);
    EXPECT_EQ(kinds_of(dspace), "bib: uuid\nobject: uuid\n");
    const table* values = dspace.find("public.metadatavalue");
    ASSERT_NE(values, nullptr);
    ASSERT_TRUE(values->owner) << "rows of users must not come in";
    for (const std::string& owner : values->owner->tables) {
        EXPECT_EQ(owner.find("eperson"), std::string::npos);
    }
}

TEST(adapter_shipped, marcfile) {
    const adapter marcfile = shipped("marcfile");
    EXPECT_EQ(marcfile.runs_on, everarchive::adapter::system::file);
    EXPECT_EQ(touches_of(marcfile), "record: bib(record_key) authority(record_key)\n");
}

/// The privacy wall, as a list of what must never be in any adapter.
TEST(adapter_shipped, name_no_patron_and_no_loan) {
    const std::set<std::string> never{"onloan",
                                      "datelastborrowed",
                                      "datelastseen",
                                      "issues",
                                      "renewals",
                                      "reserves",
                                      "borrowernumber",
                                      "itemnotes_nonpublic",
                                      "creator",
                                      "editor",
                                      "last_xact_id",
                                      "vis_attr_vector",
                                      "alert_message",
                                      "usr",
                                      "passwd",
                                      "email",
                                      "cardnumber",
                                      "submitter_id",
                                      "eperson_id",
                                      "created_by",
                                      "created_by_user_id",
                                      "updated_by_user_id",
                                      "version_summary"};
    for (const char* name : {"dspace", "evergreen", "folio", "koha", "marcfile"}) {
        for (const table& t : shipped(name).tables) {
            for (const auto& column : t.columns) {
                EXPECT_FALSE(never.contains(column.name)) << name << ": " << t.source_name() << "." << column.name;
            }
            for (const char* private_table :
                 {"borrowers", "issues", "old_issues", "reserves", "actor.usr", "action.circulation", "public.eperson",
                  "public.epersongroup", "public.resourcepolicy"}) {
                EXPECT_NE(t.source_name(), private_table);
            }
        }
    }
}

/// The grants in the READMEs name the columns of mirror.sql: neither fewer, so that capture works, nor more.
TEST(adapter_shipped, have_grants_for_their_columns_in_the_readme) {
    const auto without_layout = [](const std::string& text) {
        std::string out;
        for (const char c : text) {
            if (c != ' ' && c != '\n' && c != '`') {
                out += c;
            }
        }
        return out;
    };
    for (const char* name : {"dspace", "evergreen", "folio", "koha"}) {
        const auto path = std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "adapters" / name / "README.md";
        std::ifstream in(path);
        const std::string readme =
            without_layout({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
        adapter loaded = shipped(name);
        if (!loaded.parameters.empty()) {
            loaded = loaded.with({{loaded.parameters[0].first, "diku"}});
        }
        for (const table& t : loaded.tables) {
            std::string columns;
            for (const auto& column : t.columns) {
                if (column.optional) {
                    continue; // named in the text, for those versions that have it
                }
                columns += (columns.empty() ? "" : ",") + column.name;
            }
            const std::string in_source = t.schema.empty() ? "koha." + t.name : t.source_name();
            EXPECT_NE(readme.find("GRANTSELECT(" + columns + ")ON" + in_source + "TO"), std::string::npos) << in_source;
            if (!t.schema.empty()) {
                EXPECT_NE(readme.find("ONLY" + in_source + "(" + columns + ")"), std::string::npos) << in_source;
            }
        }
    }
}

/// A cascade deletes children by these columns: without an index each would read the whole table.
TEST(adapter_shipped, have_an_index_for_each_foreign_key) {
    for (const char* name : {"dspace", "evergreen", "folio", "koha", "marcfile"}) {
        for (const table& t : shipped(name).tables) {
            for (const foreign_key& key : t.foreign_keys) {
                bool served = false;
                for (const auto& index : t.indexes) {
                    served = served || index[0] == key.columns[0];
                }
                EXPECT_TRUE(served) << name << ": " << t.source_name();
            }
        }
    }
}

} // namespace
