// The adapters of this project: the tables, keys and touches that the rest relies on, and what must not be in them.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

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
              (std::vector<std::string>{"archivesspace", "evergreen", "koha", "marcfile"}));
}

TEST(adapter_shipped, koha) {
    const adapter koha = shipped("koha");
    EXPECT_EQ(koha.runs_on, everarchive::adapter::system::mariadb);
    EXPECT_EQ(touches_of(koha), "branches:\n"
                                "library_groups:\n"
                                "record_sources:\n"
                                "biblio: bib(biblionumber)\n"
                                "biblio_metadata: bib(biblionumber)\n"
                                "biblioitems:\n"
                                "items: item(itemnumber) holding(biblionumber,homebranch)\n"
                                "auth_header: authority(authid)\n"
                                "holdings: holding(holding_id,'holdings_metadata')\n"
                                "holdings_metadata: holding(holding_id,'holdings_metadata')\n"
                                "currency:\n"
                                "aqbooksellers:\n"
                                "aqbudgetperiods:\n"
                                "aqbudgets:\n"
                                "aqbasket:\n"
                                "aqinvoices:\n"
                                "aqorders: order(ordernumber)\n"
                                "aqorders_items: order(ordernumber)\n");
    EXPECT_EQ(kinds_of(koha),
              "bib: integer\nitem: integer\nholding: integer text\nauthority: bigint\norder: integer\n");
    std::set<std::string> keys;
    for (const table& t : koha.tables) {
        for (const foreign_key& key : t.foreign_keys) {
            ASSERT_EQ(key.columns.size(), 1U);
            EXPECT_EQ(key.on_update, foreign_key::action::cascade) << t.name << ": Koha has no other";
            EXPECT_EQ(koha.find(key.parent)->key, key.parent_columns);
            if (key.on_delete != foreign_key::action::none) {
                keys.insert(t.name + "." + t.columns[key.columns[0]].name + " -> " + key.parent +
                            (key.on_delete == foreign_key::action::set_null ? " set null" : ""));
            }
        }
    }
    EXPECT_EQ(keys, (std::set<std::string>{
                        "aqbasket.branch -> branches set null", "aqbooksellers.invoiceprice -> currency",
                        "aqbooksellers.listprice -> currency", "aqbudgets.budget_period_id -> aqbudgetperiods",
                        "aqinvoices.booksellerid -> aqbooksellers", "aqorders.basketno -> aqbasket",
                        "aqorders.biblionumber -> biblio set null", "aqorders.budget_id -> aqbudgets",
                        "aqorders.invoiceid -> aqinvoices set null", "aqorders_items.ordernumber -> aqorders",
                        "biblio_metadata.biblionumber -> biblio", "biblio_metadata.record_source_id -> record_sources",
                        "biblioitems.biblionumber -> biblio", "holdings.biblionumber -> biblio",
                        "holdings_metadata.holding_id -> holdings", "items.biblionumber -> biblio",
                        "items.biblioitemnumber -> biblioitems", "library_groups.branchcode -> branches",
                        "library_groups.parent_id -> library_groups"}));
}

TEST(adapter_shipped, archivesspace) {
    const adapter archivesspace = shipped("archivesspace");
    EXPECT_EQ(archivesspace.runs_on, everarchive::adapter::system::mariadb);
    const std::string kinds = kinds_of(archivesspace);
    for (const char* kind :
         {"bib: text integer\n", "object: text integer\n", "item: integer\n", "authority: text integer\n"}) {
        EXPECT_NE(kinds.find(kind), std::string::npos) << kinds;
    }
    // A nested row that names its record touches it: the row may change without the record's own.
    const std::set<std::string> owners{"accession_id",      "archival_object_id",          "resource_id",
                                       "digital_object_id", "digital_object_component_id", "agent_person_id",
                                       "agent_family_id",   "agent_corporate_entity_id",   "agent_software_id"};
    for (const table& t : archivesspace.tables) {
        EXPECT_TRUE(t.foreign_keys.empty()) << "all of them refuse a delete";
        if (t.touches.empty()) {
            continue;
        }
        for (std::size_t column = 0; column < t.columns.size(); ++column) {
            const bool named = std::any_of(t.touches.begin(), t.touches.end(), [&](const auto& touch) {
                return !touch.parts.back().is_constant && touch.parts.back().column == column;
            });
            const bool owner = owners.contains(t.columns[column].name) && t.columns[column].type == "integer";
            EXPECT_TRUE(named || !owner) << t.name << "." << t.columns[column].name;
        }
    }
}

TEST(adapter_shipped, evergreen) {
    const adapter evergreen = shipped("evergreen");
    EXPECT_EQ(evergreen.runs_on, everarchive::adapter::system::postgresql);
    EXPECT_EQ(touches_of(evergreen), "actor.org_unit:\n"
                                     "biblio.record_entry: bib(id)\n"
                                     "biblio.peer_type:\n"
                                     "biblio.peer_bib_copy_map: item(target_copy)\n"
                                     "authority.record_entry: authority(id)\n"
                                     "serial.record_entry: holding('mfhd',id)\n"
                                     "asset.call_number: holding('volume',id)\n"
                                     "asset.copy: item(id)\n"
                                     "serial.unit: item(id)\n"
                                     "asset.copy_location:\n"
                                     "asset.call_number_prefix:\n"
                                     "asset.call_number_suffix:\n"
                                     "asset.uri: object(id)\n"
                                     "asset.uri_call_number_map: object(uri)\n"
                                     "authority.bib_linking:\n"
                                     "authority.authority_linking:\n"
                                     "acq.provider:\n"
                                     "acq.fund:\n"
                                     "acq.cancel_reason:\n"
                                     "acq.purchase_order: order('purchase_order',id)\n"
                                     "acq.lineitem: order('lineitem',id)\n"
                                     "acq.lineitem_detail: order('lineitem',lineitem)\n");
    EXPECT_EQ(kinds_of(evergreen), "bib: bigint\nitem: bigint\nauthority: bigint\nholding: text bigint\n"
                                   "object: bigint\norder: text bigint\n");
    for (const char* deletes_by_a_flag : {"biblio.record_entry", "authority.record_entry", "serial.record_entry",
                                          "asset.call_number", "asset.copy", "serial.unit"}) {
        EXPECT_TRUE(evergreen.find(deletes_by_a_flag)->find("deleted")) << deletes_by_a_flag;
    }
    for (const table& t : evergreen.tables) {
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
    const std::set<std::string> never{"onloan",           "datelastborrowed",
                                      "datelastseen",     "issues",
                                      "renewals",         "reserves",
                                      "borrowernumber",   "itemnotes_nonpublic",
                                      "creator",          "editor",
                                      "last_xact_id",     "vis_attr_vector",
                                      "alert_message",    "usr",
                                      "passwd",           "email",
                                      "cardnumber",       "created_by",
                                      "last_modified_by", "operator",
                                      "authorisedby",     "budget_owner_id",
                                      "receiver",         "selector"};
    for (const char* name : {"archivesspace", "evergreen", "koha", "marcfile"}) {
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

/// `text` without blanks, line ends and back-quotes.
std::string without_layout(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c != ' ' && c != '\n' && c != '`') {
            out += c;
        }
    }
    return out;
}

/// The names of the lists that stand in `text` after `begin` and before `end`.
std::set<std::string> lists_between(const std::string& text, const std::string& begin, const std::string& end) {
    std::set<std::string> names;
    for (std::size_t at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1)) {
        const std::size_t from = at + begin.size();
        const std::size_t to = text.find(')', from);
        if (to == std::string::npos || text.compare(to, end.size(), end) != 0) {
            continue;
        }
        std::string name;
        for (const char c : text.substr(from, to - from) + ",") {
            if (c == ',') {
                names.insert(std::exchange(name, {}));
            } else {
                name += c;
            }
        }
    }
    return names;
}

/// The grants in the READMEs name the columns of mirror.sql: neither fewer, so that capture works, nor more.
TEST(adapter_shipped, have_grants_for_their_columns_in_the_readme) {
    for (const char* name : {"archivesspace", "evergreen", "koha"}) {
        const auto path = std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "adapters" / name / "README.md";
        std::ifstream in(path);
        const std::string readme =
            without_layout({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
        for (const table& t : shipped(name).tables) {
            std::set<std::string> columns;
            for (const auto& column : t.columns) {
                columns.insert(column.name);
            }
            const std::string in_source = t.schema.empty() ? std::string(name) + "." + t.name : t.source_name();
            EXPECT_EQ(lists_between(readme, "GRANTSELECT(", ")ON" + in_source + "TO"), columns) << in_source;
            if (!t.schema.empty()) {
                EXPECT_EQ(lists_between(readme, "ONLY" + in_source + "(", ")"), columns) << in_source;
            }
        }
    }
}

/// A cascade deletes children by these columns: without an index each would read the whole table.
TEST(adapter_shipped, have_an_index_for_each_foreign_key) {
    for (const char* name : {"archivesspace", "evergreen", "koha", "marcfile"}) {
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
