// The library system's tables change while the stream runs: what cannot be followed is said for that table alone.
#include "capture_postgresql_library.hpp"

namespace {

using namespace everarchive;
using namespace everarchive::capture;

class capture_postgresql_schema : public capture_postgresql {
  protected:
    void SetUp() override {
        capture_postgresql::SetUp();
        if (!IsSkipped()) {
            library_->run("INSERT INTO asset.copy VALUES (1, 1, 'one'), (2, 1, 'two')");
            take_snapshot(mine_);
            open_stream();
        }
    }

    /// Reads until the bib `id` has come; whatever is wrong with asset.copy, bibs go on.
    void expect_bib(long long id) {
        library_->run(fmt::format("INSERT INTO biblio.record_entry (id, marc) VALUES ({}, 'x')", id));
        bool came = false;
        for (int attempt = 0; attempt < 100 && !came; ++attempt) {
            if (const auto rows = stream_->next(100ms)) {
                take(*rows);
            }
            came = bibs_.contains(id);
        }
        EXPECT_TRUE(came) << "the other tables do not go on";
    }

    /// Longer than between two looks at the catalog.
    void watch_twice() {
        for (int i = 0; i < 120; ++i) {
            if (const auto rows = stream_->next(100ms)) {
                take(*rows);
            }
        }
    }

    /// Waits until a trouble of asset.copy says `what`.
    void expect_trouble(const std::string& what) {
        const auto said = [&] { return troubles_.find(what) != std::string::npos; };
        for (int attempt = 0; attempt < 600 && !said(); ++attempt) {
            if (const auto rows = stream_->next(100ms)) {
                take(*rows);
            }
        }
        EXPECT_TRUE(said()) << "'" << what << "' is not in: " << troubles_;
        EXPECT_NE(troubles_.find("--table asset.copy"), std::string::npos) << troubles_;
        std::cout << troubles_;
    }

    void take(const batch& rows) {
        mine_.apply(rows);
        for (const change& one : rows.changes) {
            if (one.table == 0) {
                bibs_.insert(std::stoll(std::string(one.row[0].text)));
            } else {
                ++copies_;
            }
        }
        for (const table_trouble& one : rows.troubles) {
            EXPECT_EQ(one.table, 1U) << one.what;
            troubles_ += one.what + " -> " + one.mend + "\n";
        }
        if (rows.ends_transaction) {
            position_ = rows.position;
        }
    }

    mirror mine_{adapter_};
    std::set<long long> bibs_;
    int copies_ = 0; // changes of asset.copy
    std::string troubles_;
};

TEST_F(capture_postgresql_schema, a_new_column_and_a_wider_type_change_nothing) {
    lift_column_lists();
    library_->run("ALTER TABLE asset.copy ADD patron_note text DEFAULT 'secret'");
    library_->run("INSERT INTO asset.copy VALUES (3, 1, 'three')");
    library_->run("ALTER TABLE asset.copy ALTER record TYPE integer");
    library_->run("UPDATE asset.copy SET record = 7 WHERE id = 1");
    library_->run("ALTER TABLE asset.copy ALTER record TYPE bigint");
    library_->run("UPDATE asset.copy SET record = 9000000000 WHERE id = 2");
    library_->run("ALTER TABLE asset.copy ALTER barcode TYPE varchar(80)");
    library_->run("UPDATE asset.copy SET barcode = 'drei' WHERE id = 3");
    expect_bib(1);
    EXPECT_EQ(troubles_, "");
    expect_equal(mine_);
    EXPECT_EQ(mine_.text(1).find("secret"), std::string::npos);
}

TEST_F(capture_postgresql_schema, a_renamed_column) {
    library_->run("ALTER TABLE asset.copy RENAME barcode TO code; INSERT INTO asset.copy VALUES (3, 1, 'three')");
    expect_trouble("the column barcode of asset.copy");
    library_->run("INSERT INTO asset.copy VALUES (4, 1, 'four')");
    expect_bib(1);
    EXPECT_EQ(copies_, 0);
    library_->run("ALTER TABLE asset.copy RENAME code TO barcode; INSERT INTO asset.copy VALUES (5, 1, 'five')");
    expect_bib(2);
    EXPECT_EQ(copies_, 1) << "the apply step ignores it until the table is repaired";
}

TEST_F(capture_postgresql_schema, a_dropped_column) {
    // From 15 on, the publication's list of columns holds the column: it goes with CASCADE, and the table with it.
    library_->run("ALTER TABLE asset.copy DROP barcode CASCADE; INSERT INTO asset.copy VALUES (3, 1)");
    expect_trouble("asset.copy");
    expect_bib(1);
    EXPECT_EQ(copies_, 0);
}

TEST_F(capture_postgresql_schema, a_type_that_does_not_fit) {
    lift_column_lists();
    library_->run("ALTER TABLE asset.copy ALTER record TYPE text; INSERT INTO asset.copy VALUES (3, 'x', 'three')");
    expect_trouble("the column record of asset.copy is text");
    expect_bib(1);
    EXPECT_EQ(copies_, 0);
}

TEST_F(capture_postgresql_schema, another_primary_key) {
    library_->run("INSERT INTO asset.copy VALUES (3, 1, 'three')");
    expect_bib(1);
    library_->run("ALTER TABLE asset.copy DROP CONSTRAINT copy_pkey, ADD PRIMARY KEY (id, record); "
                  "UPDATE asset.copy SET barcode = 'x' WHERE id = 1");
    expect_trouble("primary key");
    expect_bib(2);
    EXPECT_EQ(copies_, 1);
}

TEST_F(capture_postgresql_schema, another_replica_identity) {
    library_->run(
        "CREATE UNIQUE INDEX by_barcode ON asset.copy (barcode); ALTER TABLE asset.copy REPLICA IDENTITY USING "
        "INDEX by_barcode; DELETE FROM asset.copy WHERE id = 1");
    expect_trouble("does not hold id");
    expect_bib(1);
    EXPECT_EQ(copies_, 0);
}

TEST_F(capture_postgresql_schema, a_table_that_is_made_again) {
    library_->run(
        "DROP TABLE asset.copy CASCADE; CREATE TABLE asset.copy (id bigint PRIMARY KEY, record bigint NOT NULL, "
        "barcode text NOT NULL); INSERT INTO asset.copy VALUES (1, 1, 'new')");
    expect_trouble("dropped and made again");
    expect_bib(1);
    stream_.reset();
    wait_until_slot_is_free();
    troubles_.clear();
    open_stream(); // what happened while nobody looked
    expect_trouble("is not in it");
    stream_.reset();
    wait_until_slot_is_free();
    troubles_.clear();
    library_->run("ALTER PUBLICATION everarchive_" + name_ + " ADD TABLE ONLY asset.copy");
    open_stream();
    expect_trouble("made anew since our position");
    expect_bib(2);
}

TEST_F(capture_postgresql_schema, a_table_that_is_gone) {
    library_->run("DROP TABLE asset.copy CASCADE");
    expect_trouble("dropped or renamed");
    expect_bib(1);
}

TEST_F(capture_postgresql_schema, a_table_left_out_of_the_publication) {
    library_->run("ALTER PUBLICATION everarchive_" + name_ + " DROP TABLE ONLY asset.copy");
    library_->run("INSERT INTO asset.copy VALUES (3, 1, 'three')");
    expect_trouble("no longer in the publication");
    expect_bib(1);
}

TEST_F(capture_postgresql_schema, a_dropped_publication_loses_the_position) {
    library_->run("DROP PUBLICATION everarchive_" + name_);
    try {
        for (int attempt = 0; attempt < 600; ++attempt) {
            stream_->next(100ms);
            library_->run("INSERT INTO biblio.record_entry (marc) VALUES ('x')");
        }
        FAIL() << "a missing publication was not noticed";
    } catch (const error& lost) {
        EXPECT_EQ(lost.why(), cause::position_lost) << lost.what();
        EXPECT_NE(lost.hint().find("resync"), std::string::npos) << lost.hint();
    }
}

class capture_postgresql_partitions : public capture_postgresql_schema {
  protected:
    void SetUp() override {
        if (std::getenv("PGHOST") == nullptr) {
            GTEST_SKIP() << "PGHOST is not set";
        }
        capture_postgresql_schema::SetUp();
        stream_.reset();
        wait_until_slot_is_free();
        library_->run(
            "DROP TABLE asset.copy CASCADE; CREATE TABLE asset.copy (id bigint PRIMARY KEY, record bigint NOT "
            "NULL, barcode text NOT NULL) PARTITION BY RANGE (id); CREATE TABLE asset.copy_1 PARTITION OF "
            "asset.copy FOR VALUES FROM (1) TO (1000); INSERT INTO asset.copy VALUES (1, 1, 'one')");
        mine_.clear();
        take_snapshot(mine_);
        open_stream();
    }
};

TEST_F(capture_postgresql_partitions, a_partition_that_is_made_as_one_is_captured) {
    EXPECT_EQ(mine_.rows(1), 1U);
    library_->run("CREATE TABLE asset.copy_2 PARTITION OF asset.copy FOR VALUES FROM (1000) TO (2000)");
    library_->run("INSERT INTO asset.copy VALUES (1001, 1, 'x')");
    expect_bib(1);
    watch_twice();
    EXPECT_EQ(troubles_, "");
    expect_equal(mine_);
}

TEST_F(capture_postgresql_partitions, rows_that_come_with_a_partition_are_missed_and_said) {
    library_->run(
        "CREATE TABLE asset.other (id bigint NOT NULL PRIMARY KEY, record bigint NOT NULL, barcode text NOT NULL)");
    library_->run("INSERT INTO asset.other VALUES (1001, 1, 'came with it')");
    library_->run("ALTER TABLE asset.copy ATTACH PARTITION asset.other FOR VALUES FROM (1000) TO (2000)");
    expect_trouble("ATTACH");
    expect_bib(1);
}

TEST_F(capture_postgresql_partitions, rows_that_came_with_a_partition_while_nobody_looked_are_said) {
    stream_.reset();
    wait_until_slot_is_free();
    library_->run("CREATE TABLE asset.copy_2 PARTITION OF asset.copy FOR VALUES FROM (1000) TO (2000)");
    open_stream();
    expect_bib(1);
    EXPECT_EQ(troubles_, "") << "made as one, and empty";
    stream_.reset();
    wait_until_slot_is_free();
    library_->run(
        "CREATE TABLE asset.other (id bigint NOT NULL PRIMARY KEY, record bigint NOT NULL, barcode text NOT NULL)");
    library_->run("ALTER TABLE asset.copy ATTACH PARTITION asset.other FOR VALUES FROM (2000) TO (3000)");
    open_stream();
    expect_trouble("ATTACH");
}

TEST_F(capture_postgresql_partitions, rows_that_go_with_a_partition_are_missed_and_said) {
    library_->run("ALTER TABLE asset.copy DETACH PARTITION asset.copy_1");
    expect_trouble("DETACH");
    expect_bib(1);
}

TEST_F(capture_postgresql_partitions, rows_of_a_truncated_partition_are_missed_and_said) {
    library_->run("CREATE TABLE asset.copy_2 PARTITION OF asset.copy FOR VALUES FROM (1000) TO (2000); "
                  "INSERT INTO asset.copy VALUES (1001, 1, 'x')");
    watch_twice();
    EXPECT_EQ(troubles_, "");
    library_->run("TRUNCATE asset.copy_1");
    expect_trouble("truncated");
    expect_bib(1);
}

TEST_F(capture_postgresql_partitions, rows_of_a_partition_truncated_while_nobody_looked_are_said) {
    library_->run("CREATE TABLE asset.copy_2 PARTITION OF asset.copy FOR VALUES FROM (1000) TO (2000)");
    expect_bib(1);
    stream_.reset();
    wait_until_slot_is_free();
    library_->run("ANALYZE asset.copy");
    library_->run("VACUUM asset.copy_1");
    open_stream();
    expect_bib(2);
    EXPECT_EQ(troubles_, "");
    stream_.reset();
    wait_until_slot_is_free();
    library_->run("TRUNCATE asset.copy_1");
    open_stream();
    expect_trouble("truncated");
}

TEST_F(capture_postgresql_schema, whoever_watches_the_tables_comes_back) {
    const std::int64_t watching =
        admin_
            ->run("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name = "
                  "'everarchive capture' AND datname = '" +
                  name_ + "'")
            .number(0, 0);
    EXPECT_TRUE(stream_->lag().retained_bytes);
    admin_->run(fmt::format("SELECT pg_terminate_backend({})", watching));
    const auto read_until = [&](bool known) {
        for (int attempt = 0; attempt < 600 && stream_->lag().retained_bytes.has_value() != known; ++attempt) {
            if (const auto rows = stream_->next(100ms)) {
                take(*rows);
            }
        }
        EXPECT_EQ(stream_->lag().retained_bytes.has_value(), known);
    };
    read_until(false);
    expect_bib(1); // the stream does not care
    read_until(true);
    library_->run("DROP TABLE asset.copy CASCADE");
    expect_trouble("dropped");
}

} // namespace
