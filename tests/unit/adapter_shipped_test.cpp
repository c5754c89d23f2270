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
              (std::vector<std::string>{"archivesspace", "dspace", "evergreen", "folio", "koha", "marcfile"}));
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
    const std::set<std::string> never{"alert_message",
                                      "authorisedby",
                                      "borrowernumber",
                                      "budget_owner_id",
                                      "cardnumber",
                                      "created_by",
                                      "created_by_user_id",
                                      "creator",
                                      "datelastborrowed",
                                      "datelastseen",
                                      "editor",
                                      "email",
                                      "eperson_id",
                                      "issues",
                                      "itemnotes_nonpublic",
                                      "last_modified_by",
                                      "last_xact_id",
                                      "onloan",
                                      "operator",
                                      "passwd",
                                      "receiver",
                                      "renewals",
                                      "reserves",
                                      "selector",
                                      "submitter_id",
                                      "updated_by_user_id",
                                      "usr",
                                      "version_summary",
                                      "vis_attr_vector"};
    for (const char* name : {"archivesspace", "dspace", "evergreen", "folio", "koha", "marcfile"}) {
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

std::set<std::string> without(std::set<std::string> names, const std::set<std::string>& left_out) {
    std::erase_if(names, [&](const std::string& name) { return left_out.contains(name); });
    return names;
}

/// The grants in the READMEs name the columns of mirror.sql: neither fewer, so that capture works, nor more.
TEST(adapter_shipped, have_grants_for_their_columns_in_the_readme) {
    for (const char* name : {"archivesspace", "dspace", "evergreen", "folio", "koha"}) {
        const auto path = std::filesystem::path(EVERARCHIVE_SOURCEDIR) / "adapters" / name / "README.md";
        std::ifstream in(path);
        const std::string readme =
            without_layout({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
        adapter loaded = shipped(name);
        if (!loaded.parameters.empty()) {
            loaded = loaded.with({{loaded.parameters[0].first, "diku"}});
        }
        for (const table& t : loaded.tables) {
            std::set<std::string> columns;
            std::set<std::string> optional; // only some versions have them: named in the text, if not in the statement
            for (const auto& column : t.columns) {
                (column.optional ? optional : columns).insert(column.name);
            }
            const std::string in_source = t.schema.empty() ? std::string(name) + "." + t.name : t.source_name();
            EXPECT_EQ(without(lists_between(readme, "GRANTSELECT(", ")ON" + in_source + "TO"), optional), columns)
                << in_source;
            if (!t.schema.empty()) {
                EXPECT_EQ(without(lists_between(readme, "ONLY" + in_source + "(", ")"), optional), columns)
                    << in_source;
            }
        }
    }
}

/// A cascade deletes children by these columns: without an index each would read the whole table.
TEST(adapter_shipped, have_an_index_for_each_foreign_key) {
    for (const char* name : {"archivesspace", "dspace", "evergreen", "folio", "koha", "marcfile"}) {
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
