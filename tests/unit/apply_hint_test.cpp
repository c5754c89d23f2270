// Hints that reach an operator: commands with the name of the source and of the table, which can be run as they stand.
#include <gtest/gtest.h>

#include "apply/followed_tables.hpp"
#include "apply/source_state.hpp"

namespace everarchive::apply {
namespace {

TEST(hint, the_name_of_the_source_stands_where_the_capture_does_not_know_it) {
    EXPECT_EQ(with_name("everarchive source resync NAME", "koha_main"), "everarchive source resync koha_main");
    EXPECT_EQ(with_name("FLUSH TABLES; then: everarchive source resync NAME --table TABLE; or everarchive source "
                        "resync NAME, or everarchive source check NAME.",
                        "k"),
              "FLUSH TABLES; then: everarchive source resync k --table TABLE; or everarchive source resync k, or "
              "everarchive source check k.");
}

TEST(hint, other_names_stay) {
    for (const char* const hint :
         {"", "add database=NAME to the origin", "everarchive source", "everarchive source resync",
          "everarchive source ", "everarchive source resync NAMED",
          "write database = NAME, then everarchive source resume koha_main"}) {
        EXPECT_EQ(with_name(hint, "koha_main"), hint);
    }
}

TEST(hint, of_a_table_names_it_as_the_mirror_does_and_its_resync_once) {
    adapter::table table;
    table.schema = "diku_mod_inventory_storage";
    table.mirror_prefix = "mod_inventory_storage";
    table.name = "item";
    const std::string resync = "everarchive source resync diku --table mod_inventory_storage_item";
    EXPECT_EQ(table_hint("diku", table, ""), resync);
    EXPECT_EQ(table_hint("diku", table, "everarchive source resync NAME --table diku_mod_inventory_storage.item"),
              resync);
    EXPECT_EQ(table_hint("diku", table,
                         "ALTER TABLE x; then everarchive source resync diku --table "
                         "diku_mod_inventory_storage.item"),
              "ALTER TABLE x; then " + resync);
    EXPECT_EQ(table_hint("diku", table, "everarchive source check diku"),
              "everarchive source check diku; then: " + resync);
}

} // namespace
} // namespace everarchive::apply
