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
              (std::vector<std::string>{"evergreen", "koha", "marcfile"}));
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

TEST(adapter_shipped, marcfile) {
    const adapter marcfile = shipped("marcfile");
    EXPECT_EQ(marcfile.runs_on, everarchive::adapter::system::file);
    EXPECT_EQ(touches_of(marcfile), "record: bib(record_key) authority(record_key)\n");
}

/// The privacy wall, as a list of what must never be in any adapter.
TEST(adapter_shipped, name_no_patron_and_no_loan) {
    const std::set<std::string> never{"onloan",       "datelastborrowed", "datelastseen",        "issues",  "renewals",
                                      "reserves",     "borrowernumber",   "itemnotes_nonpublic", "creator", "editor",
                                      "last_xact_id", "vis_attr_vector",  "alert_message",       "usr",     "passwd",
                                      "email",        "cardnumber"};
    for (const char* name : {"koha", "evergreen", "marcfile"}) {
        for (const table& t : shipped(name).tables) {
            for (const auto& column : t.columns) {
                EXPECT_FALSE(never.contains(column.name)) << name << ": " << t.source_name() << "." << column.name;
            }
            for (const char* private_table :
                 {"borrowers", "issues", "old_issues", "reserves", "actor.usr", "action.circulation"}) {
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
    for (const char* name : {"koha", "evergreen"}) {
        const auto path = std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "adapters" / name / "README.md";
        std::ifstream in(path);
        const std::string readme =
            without_layout({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
        for (const table& t : shipped(name).tables) {
            std::string columns;
            for (const auto& column : t.columns) {
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
    for (const char* name : {"koha", "evergreen", "marcfile"}) {
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
