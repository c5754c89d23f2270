// Capture from a real PostgreSQL server when something is wrong: lost connections and positions, a second reader,
// missing rights, and what the source is told to forget.
#include "capture_postgresql_library.hpp"

#include <csignal>

namespace {

using namespace everarchive;
using namespace everarchive::capture;

TEST_F(capture_postgresql, a_killed_connection_is_a_retry_and_loses_nothing) {
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    for (int round = 0; round < 5; ++round) {
        library_->run(fmt::format("INSERT INTO asset.copy SELECT {0} * 100 + i, i, 'x' FROM generate_series(1, 50) i; "
                                  "INSERT INTO asset.copy VALUES ({0} * 100 + 99, 1, 'y')",
                                  round));
        mine.apply(next_changes());
        admin_->run(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'everarchive_" +
            name_ + "'");
        try {
            for (int attempt = 0; attempt < 100; ++attempt) {
                if (auto rows = stream_->next(100ms)) {
                    position_ = rows->position;
                    mine.apply(*rows);
                }
            }
            FAIL() << "the lost connection was not noticed";
        } catch (const error& lost) {
            EXPECT_EQ(lost.why(), cause::retry) << lost.what();
            EXPECT_EQ(lost.code(), exit_code::source);
        }
        open_stream();
    }
    catch_up(mine);
    expect_equal(mine);
}

TEST_F(capture_postgresql, the_source_forgets_only_what_is_confirmed) {
    mirror mine(adapter_);
    take_snapshot(mine);
    const std::string before = position_;
    open_stream();
    library_->run("INSERT INTO asset.copy VALUES (1, 1, 'one')");
    mine.apply(next_changes());
    const std::string after = position_;
    position_ = before; // as if the preservation database had not committed it
    open_stream();
    EXPECT_EQ(slot_value("confirmed_flush_lsn"), before);
    EXPECT_EQ(next_changes().changes.size(), 1U) << "it comes again";
    EXPECT_EQ(position_, after);
    stream_->confirm(after);
    stream_.reset(); // tells the server
    wait_until_slot_is_free();
    EXPECT_EQ(slot_value("confirmed_flush_lsn"), after);
    open_stream();
    library_->run("INSERT INTO asset.copy VALUES (2, 1, 'two')");
    const batch rows = next_changes();
    ASSERT_EQ(rows.changes.size(), 1U);
    EXPECT_EQ(rows.changes[0].row[2], cell::of("two"));
}

TEST_F(capture_postgresql, transactions_before_the_position_are_not_given_again) {
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    library_->run("INSERT INTO asset.copy VALUES (1, 1, 'one')");
    mine.apply(next_changes());
    // The slot still stands at the beginning; our position is later.
    open_stream();
    library_->run("INSERT INTO asset.copy VALUES (2, 1, 'two')");
    mine.apply(next_changes());
    EXPECT_EQ(mine.rows(1), 2U);
}

TEST_F(capture_postgresql, an_idle_slot_follows_the_log) {
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    admin_->run(
        "CREATE TABLE everarchive_noise AS SELECT md5(i::text) AS t FROM generate_series(1, 400000) i; DROP TABLE "
        "everarchive_noise");
    const auto newest = postgresql::parse_lsn(admin_->run("SELECT pg_current_wal_lsn()").text(0, 0));
    ASSERT_GT(newest - postgresql::parse_lsn(position_), 17'000'000U);
    EXPECT_EQ(slot_value("confirmed_flush_lsn"), position_) << "not before it was handed out and confirmed";
    bool moved = false;
    for (int attempt = 0; attempt < 150 && !moved; ++attempt) {
        if (const auto rows = stream_->next(100ms)) {
            EXPECT_TRUE(rows->changes.empty());
            EXPECT_EQ(rows->transactions, 0U);
            position_ = rows->position;
            stream_->confirm(position_);
        }
        moved = postgresql::parse_lsn(position_) + 16'777'216 > newest;
    }
    EXPECT_TRUE(moved);
    stream_.reset();
    wait_until_slot_is_free();
    EXPECT_EQ(slot_value("confirmed_flush_lsn"), position_);
    open_stream(); // the moved slot is not taken for a lost position
    catch_up(mine);
    expect_equal(mine);
}

TEST_F(capture_postgresql, keepalives_are_answered_while_the_queue_is_full) {
    admin_->run("ALTER ROLE CURRENT_USER SET wal_sender_timeout = '1s'");
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    admin_->run("ALTER ROLE CURRENT_USER RESET wal_sender_timeout");
    library_->run("INSERT INTO asset.copy VALUES (1, 1, 'one')");
    for (int i = 0; i < 40; ++i) {
        stream_->idle();
        std::this_thread::sleep_for(100ms);
    }
    mine.apply(next_changes());
    expect_equal(mine);
}

TEST_F(capture_postgresql, a_second_reader_is_told_to_wait) {
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    const auto second = open_source("postgresql:" + conninfo_, name_, adapter_);
    try {
        second->open_stream(position_);
        FAIL() << "two readers of one slot";
    } catch (const error& busy) {
        EXPECT_EQ(busy.why(), cause::retry);
        EXPECT_NE(std::string(busy.what()).find("is being read"), std::string::npos) << busy.what();
    }
    EXPECT_THROW(second->open_snapshot(), error) << "nor may a snapshot take the slot away";
    EXPECT_THROW(second->remove(), error);
}

TEST_F(capture_postgresql, a_lost_position_is_said_and_never_mended_silently) {
    mirror mine(adapter_);
    const auto expect_lost = [&](const std::string& what) {
        wait_until_slot_is_free();
        const auto bad = opening_error();
        ASSERT_TRUE(bad) << what;
        EXPECT_EQ(bad->why(), cause::position_lost) << what << ": " << bad->what();
        EXPECT_NE(bad->hint().find("everarchive source resync " + name_), std::string::npos) << bad->hint();
        std::cout << what << ": " << bad->what() << " -> " << bad->hint() << '\n';
    };
    const std::string slot = "'everarchive_" + name_ + "'";

    take_snapshot(mine);
    library_->run("INSERT INTO asset.copy VALUES (1, 1, 'one')");
    library_->run("SELECT pg_replication_slot_advance(" + slot + ", pg_current_wal_lsn())");
    expect_lost("slot moved on");

    library_->run("SELECT pg_drop_replication_slot(" + slot + ")");
    expect_lost("slot dropped");
    library_->run("SELECT pg_create_logical_replication_slot(" + slot + ", 'pgoutput')");
    expect_lost("slot made anew");

    mine.clear();
    take_snapshot(mine);
    library_->run("DROP PUBLICATION everarchive_" + name_);
    expect_lost("publication dropped");
    library_->run("CREATE PUBLICATION everarchive_" + name_ + " FOR TABLE ONLY asset.copy WITH (publish = 'insert')");
    expect_lost("changes left out of the publication");

    mine.clear();
    take_snapshot(mine);
    const std::string here = position_;
    position_ = "FFFF/0";
    expect_lost("server older than the position");
    position_ = here;

    admin_->run("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'");
    admin_->run("SELECT pg_reload_conf()");
    for (int i = 0; i < 20 && slot_value("wal_status") != "lost"; ++i) {
        admin_->run("CREATE TABLE everarchive_noise AS SELECT md5(i::text) AS t FROM generate_series(1, 200000) i");
        admin_->run("DROP TABLE everarchive_noise");
        admin_->run("SELECT pg_switch_wal()");
        admin_->run("CHECKPOINT");
    }
    expect_lost("log removed");
    admin_->run("ALTER SYSTEM RESET max_slot_wal_keep_size");
    admin_->run("SELECT pg_reload_conf()");
}

/// Log that no transaction of ours is in.
void write_log(pq::connection& on, int megabytes) {
    on.run(fmt::format("CREATE TABLE everarchive_noise AS SELECT repeat(md5(i::text), 30) AS t FROM generate_series(1, "
                       "{}) i; DROP TABLE everarchive_noise",
                       megabytes * 1000));
}

TEST_F(capture_postgresql, much_log_at_the_source_is_said_while_the_stream_goes_on) {
    configure({{"wal_warn_bytes", "3000000"}});
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    EXPECT_FALSE(stream_->notice());
    write_log(*admin_, 8);
    for (int attempt = 0; attempt < 600 && !stream_->notice(); ++attempt) {
        stream_->next(100ms); // and is not confirmed
    }
    ASSERT_TRUE(stream_->notice());
    EXPECT_NE(stream_->notice()->what.find("wal_warn_bytes"), std::string::npos) << stream_->notice()->what;
    std::cout << stream_->notice()->what << " -> " << stream_->notice()->mend << '\n';
    catch_up(mine);
    expect_equal(mine);
}

TEST_F(capture_postgresql, too_much_log_at_the_source_pauses_or_gives_the_slot_up) {
    mirror mine(adapter_);
    take_snapshot(mine);
    for (const bool while_streaming : {true, false}) {
        for (const std::string& policy : {std::string("pause"), std::string("drop")}) {
            configure({{"wal_limit_bytes", "3000000"}, {"on_wal_limit", policy}});
            mine.clear();
            wait_until_slot_is_free();
            take_snapshot(mine);
            std::optional<error> ended;
            try {
                if (while_streaming) {
                    open_stream();
                    write_log(*admin_, 8);
                    for (int attempt = 0; attempt < 600; ++attempt) {
                        stream_->next(100ms);
                    }
                } else {
                    write_log(*admin_, 8);
                    open_stream();
                }
            } catch (const error& limit) {
                ended = limit;
            }
            stream_.reset();
            ASSERT_TRUE(ended) << policy;
            std::cout << ended->what() << " -> " << ended->hint() << '\n';
            EXPECT_NE(std::string(ended->what()).find("wal_limit_bytes"), std::string::npos) << ended->what();
            if (policy == "pause") {
                EXPECT_EQ(ended->why(), cause::needs_person);
                EXPECT_EQ(slot_value("count(*)"), "1");
                configure({});
                library_->run("INSERT INTO asset.copy VALUES (1, 1, 'after')");
                wait_until_slot_is_free();
                open_stream(); // a person let it go on
                catch_up(mine);
                expect_equal(mine);
                stream_.reset();
                library_->run("TRUNCATE asset.copy");
            } else {
                EXPECT_EQ(ended->why(), cause::position_lost);
                EXPECT_NE(ended->hint().find("resync"), std::string::npos);
                EXPECT_EQ(slot_value("count(*)"), "0");
            }
        }
    }
}

TEST_F(capture_postgresql, the_slot_stays_short_while_another_database_is_busy) {
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    const auto newest = [&] { return postgresql::parse_lsn(admin_->run("SELECT pg_current_wal_lsn()").text(0, 0)); };
    const auto begin = newest();
    std::jthread writer([this] {
        pq::connection other("dbname=postgres", pq::connection::side::sink, "test");
        for (int i = 0; i < 10; ++i) {
            write_log(other, 10);
        }
    });
    const auto read_on = [&](int turns) {
        for (int turn = 0; turn < turns; ++turn) {
            if (const auto rows = stream_->next(100ms)) {
                EXPECT_TRUE(rows->changes.empty());
                position_ = rows->position;
                stream_->confirm(position_);
            }
        }
    };
    while (newest() < begin + 100'000'000U && !HasFailure()) {
        read_on(1);
    }
    writer.join();
    const auto written = newest();
    const auto held = [&](const std::string& column) { return postgresql::parse_lsn(slot_value(column)); };
    for (int attempt = 0; attempt < 60 && held("confirmed_flush_lsn") + 17'000'000U < written; ++attempt) {
        read_on(10);
    }
    EXPECT_GT(held("confirmed_flush_lsn") + 17'000'000U, written);
    // restart_lsn follows when the server logs the running transactions: at a checkpoint, or every 15 s.
    for (int attempt = 0; attempt < 60 && held("restart_lsn") + 17'000'000U < written; ++attempt) {
        admin_->run("CHECKPOINT");
        read_on(10);
    }
    EXPECT_GT(held("restart_lsn") + 17'000'000U, written);
}

TEST_F(capture_postgresql, an_optional_table_that_comes_later_stops_nothing) {
    mirror mine(adapter_);
    take_snapshot(mine);
    library_->run("CREATE TABLE asset.not_yet (id bigint PRIMARY KEY)");
    open_stream();
    library_->run("INSERT INTO asset.not_yet VALUES (1)");
    catch_up(mine);
    expect_equal(mine);
    EXPECT_EQ(mine.rows(2), 0U);
    const auto findings = source_->check();
    EXPECT_TRUE(std::any_of(findings.begin(), findings.end(), [](const finding& one) {
        return one.is == finding::grade::missing && one.what.find("asset.not_yet is not in it") != std::string::npos &&
               one.mend.find("everarchive source resync") != std::string::npos;
    }));
    stream_.reset();
    wait_until_slot_is_free();
    mine.clear();
    take_snapshot(mine); // now it is published
    EXPECT_EQ(mine.rows(2), 1U);
}

TEST_F(capture_postgresql, an_interrupted_snapshot_leaves_no_slot_and_the_next_one_works) {
    library_->run("INSERT INTO asset.copy (record, barcode) SELECT i, 'b' FROM generate_series(1, 50000) i");
    {
        const auto half = source_->open_snapshot();
        EXPECT_TRUE(half->next().has_value());
        EXPECT_EQ(slot_value("plugin"), "pgoutput");
    }
    EXPECT_EQ(slot_value("count(*)"), "0");
    library_->run("SELECT pg_create_logical_replication_slot('everarchive_" + name_ + "', 'pgoutput')"); // a killed one
    library_->run("ANALYZE asset.copy");
    mirror mine(adapter_);
    const auto all = source_->open_snapshot();
    EXPECT_EQ(all->estimated_rows(), 50'000);
    while (const auto rows = all->next()) {
        EXPECT_LE(rows->changes.size(), batch_limits{}.changes);
        mine.apply(*rows);
    }
    EXPECT_FALSE(all->next().has_value());
    expect_equal(mine);
}

TEST_F(capture_postgresql, remove_leaves_nothing) {
    mirror mine(adapter_);
    take_snapshot(mine);
    source_->remove();
    EXPECT_EQ(slot_value("count(*)"), "0");
    EXPECT_EQ(rows_of_source("SELECT count(*) FROM pg_publication"), "0|\n");
    source_->remove(); // a second time does no harm
}

TEST_F(capture_postgresql, check_names_each_thing_and_its_statement_mends_it) {
    const std::string role = "everarchive_" + name_;
    admin_->run("CREATE ROLE " + role + " LOGIN PASSWORD 'everarchive'"); // as versions.sh has it
    library_->run("CREATE PUBLICATION everything FOR ALL TABLES");
    library_->run("ALTER TABLE asset.copy ALTER barcode TYPE bytea USING barcode::bytea");
    const auto as_role = open_source("postgresql:" + conninfo_ + " user=" + role, name_, adapter_);
    const auto missing = [](const std::vector<finding>& findings) {
        std::string all;
        for (const finding& one : findings) {
            if (one.is == finding::grade::missing) {
                all += one.what + " -> " + one.mend + "\n";
                EXPECT_FALSE(one.mend.empty()) << one.what;
            }
        }
        return all;
    };
    const auto all = as_role->check();
    const std::string before = missing(all);
    std::cout << before;
    EXPECT_NE(before.find("ALTER ROLE " + role + " REPLICATION"), std::string::npos);
    EXPECT_NE(before.find("GRANT SELECT (id, edit_date, deleted, marc) ON biblio.record_entry TO " + role),
              std::string::npos);
    EXPECT_NE(before.find("GRANT USAGE ON SCHEMA asset TO " + role), std::string::npos);
    EXPECT_NE(before.find("asset.copy.barcode is bytea"), std::string::npos) << "text takes any type";
    EXPECT_NE(before.find("CREATE PUBLICATION"), std::string::npos);
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [](const finding& one) {
        return one.is == finding::grade::warning && one.what.find("everything is FOR ALL TABLES") != std::string::npos;
    }));
    EXPECT_THROW(as_role->open_snapshot(), error);

    library_->run("DROP PUBLICATION everything; ALTER TABLE asset.copy ALTER barcode TYPE text USING 'x'");
    for (const finding& one : as_role->check()) {
        if (one.is == finding::grade::missing) {
            library_->run(one.mend);
        }
    }
    EXPECT_EQ(missing(as_role->check()), "");
    {
        const auto rows = as_role->open_snapshot();
        while (rows->next()) {}
        EXPECT_FALSE(as_role->identity().empty());
        EXPECT_EQ(as_role->identity(), source_->identity());
        stream_ = as_role->open_stream(rows->position());
        stream_.reset();
    }
    wait_until_slot_is_free();
    library_->run("ALTER PUBLICATION everarchive_" + name_ + " DROP TABLE ONLY asset.copy");
    EXPECT_NE(missing(as_role->check()).find("ALTER PUBLICATION"), std::string::npos);
    EXPECT_THROW(as_role->open_snapshot(), error);

    library_->run(
        "ALTER TABLE biblio.record_entry RENAME marc TO xml; ALTER TABLE asset.copy DROP CONSTRAINT copy_pkey");
    const std::string broken = missing(as_role->check());
    EXPECT_NE(broken.find("biblio.record_entry has no column marc"), std::string::npos) << broken;
    EXPECT_NE(broken.find("asset.copy has no primary key"), std::string::npos) << broken;

    library_->run("DROP OWNED BY " + role);
    admin_->run("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_F(capture_postgresql, what_the_server_refuses_is_tried_again) {
    const std::string role = name_ + "_shut_out";
    admin_->run("CREATE ROLE " + role + " LOGIN; REVOKE CONNECT ON DATABASE " + name_ + " FROM public");
    for (const std::string& refused :
         {std::string("dbname=no_such_database"), "user=no_such_user " + conninfo_, "user=" + role + " " + conninfo_}) {
        try {
            open_source("postgresql:" + refused, name_, adapter_)->identity();
            ADD_FAILURE() << "connected by " << refused;
        } catch (const error& thrown) {
            EXPECT_EQ(thrown.why(), cause::retry) << thrown.what();
            EXPECT_FALSE(thrown.hint().empty());
        }
        const auto findings = open_source("postgresql:" + refused, name_, adapter_)->check();
        ASSERT_EQ(findings.size(), 1U);
        EXPECT_EQ(findings[0].is, finding::grade::missing);
    }
    admin_->run("DROP ROLE " + role);
}

TEST_F(capture_postgresql, a_server_that_hangs_does_not_hold_the_reader) {
    mirror mine(adapter_);
    take_snapshot(mine);
    open_stream();
    const std::int64_t hung =
        admin_
            ->run("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name = "
                  "'everarchive capture' AND datname = '" +
                  name_ + "'")
            .number(0, 0);
    if (::kill(static_cast<pid_t>(hung), SIGSTOP) != 0) {
        GTEST_SKIP() << "cannot stop a process of the server: it runs elsewhere, or as another user";
    }
    std::this_thread::sleep_for(10'100ms); // the server's newest position is asked for every ten seconds
    library_->run("INSERT INTO asset.copy VALUES (1, 1, 'x')");
    const auto began = std::chrono::steady_clock::now();
    for (int turn = 0; turn < 3; ++turn) {
        EXPECT_TRUE(stream_->lag().bytes);
    }
    const batch rows = next_changes();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
    ::kill(static_cast<pid_t>(hung), SIGCONT);
    mine.apply(rows);
    expect_equal(mine);
}

TEST_F(capture_postgresql, a_server_that_is_not_there_is_one_finding) {
    const auto nowhere = open_source("postgresql:host=/nonexistent dbname=x", name_, adapter_);
    const auto findings = nowhere->check();
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].is, finding::grade::missing);
    EXPECT_FALSE(findings[0].mend.empty());
}

} // namespace
