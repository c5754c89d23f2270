// Compares a source with its mirror while the stream goes on: piece by piece, by checksum where the source can make
// one, and row by row only where that differs. A row is said to differ when it did at two points of the stream; a
// resync then repairs it through the apply step, as if the stream had said so.
//
// Everything but the reading happens on the thread of the apply step, between target transactions, and only once the
// stream is past the point at which the rows were read: mirror and rows then differ by what later transactions did, and
// those keys are known (recent_changes).
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "apply/applier.hpp"
#include "apply/chunk_changes.hpp"
#include "apply/chunk_feed.hpp"
#include "apply/chunk_mirror.hpp"
#include "apply/chunk_run.hpp"

namespace everarchive::apply {

class chunk_comparison {
  public:
    chunk_comparison(pq::connection& on, const adapter::adapter& adapter, const taken_source& taken,
                     capture::source& source, applier& applier);

    /// A batch that the applier is about to take.
    void note(const capture::batch& batch) { changes_.note(batch); }

    /// Does a little, between target transactions; everything up to `applied` is in the mirror. Returns true if there
    /// was something to do, and may be more.
    bool step(const std::string& applied);

    /// The position that is waited for; empty: none.
    const std::string& awaits() const { return awaits_; }

    /// True while nothing is compared and nothing is asked for, as far as is known.
    bool is_idle() const { return !run_; }

    /// True if the stream has to be opened anew, because a table is to be followed again that it leaves out.
    bool wants_new_stream() const { return new_stream_; }

  private:
    static constexpr std::size_t keys_at_once = 500;
    static constexpr std::size_t most_looks_ahead = 4;

    /// A part of the walk through a table whose rows are not all settled.
    struct piece {
        capture::row_key up_to;
        std::size_t open = 0; // what is asked for, and keys in doubt
        std::size_t rows = 0;
    };
    struct doubt {
        capture::row_key key;
        std::size_t piece = 0;
        int differed = 0; // looks at which it did
        int looks = 0;
        std::chrono::steady_clock::time_point not_before;
    };
    /// What an answer is for, in the order in which the feed was asked.
    struct purpose {
        bool look = false; // at rows in doubt; else digests of a piece
        std::size_t piece = 0;
        std::vector<std::string> doubts;
    };

    void look_for_work();
    void begin(check_run run);
    void begin_refetch(const std::vector<kept_change>& rows);
    void begin_reading(std::size_t rows_per_second);
    bool choose_tables();
    void begin_table();
    bool work(const std::string& applied);
    bool is_due(const chunk_feed::answer* answer, const std::string& applied);
    void forget_changes();
    bool take_walk(const chunk_feed::answer& answer);
    void take_digests(const chunk_feed::answer& answer, std::size_t number);
    void take_look(const chunk_feed::answer& answer, const purpose& why);
    void judge(const capture::chunk& read, const std::vector<std::string>& asked);
    capture::change repair_of(const capture::row_key& key, const capture::change* row, capture::batch& repairs) const;
    void close_case(const capture::row_key& key, const capture::change* row, capture::batch& repairs);
    std::vector<std::string> differing_columns(std::span<const capture::cell> source, const chunk_mirror::row& mirror);
    bool may_be_cascaded(std::span<const capture::cell> row, const unseen_changes& unseen);
    void report(const std::vector<difference>& found, capture::batch repairs);
    void walk_mirror();
    void ask_again(const capture::chunk_request& request, const purpose& why);
    void ask_looks();
    void add_doubt(const capture::row_key& key, std::size_t number, bool differs);
    void settle(const std::string& key);
    void look_later(doubt& one, const std::string& key);
    void close_pieces();
    void end_table();
    void finish();
    void fail(const std::exception_ptr& why);
    void drop_run();
    piece& piece_of(std::size_t number) { return pieces_[number - first_piece_]; }
    const adapter::table& table() const { return adapter_.tables[tables_.front()]; }
    const std::vector<std::size_t>& columns() const { return (*feed_->tables())[tables_.front()].columns; }

    pq::connection& on_;
    const adapter::adapter& adapter_;
    const taken_source& taken_;
    capture::source& source_;
    applier& applier_;
    cascade_graph cascades_;
    recent_changes changes_;
    chunk_mirror mirror_;
    std::optional<check_run> run_;
    std::size_t chunk_rows_ = 2'000;
    std::unique_ptr<chunk_feed> feed_;
    bool chosen_ = false;              // which tables
    std::deque<std::uint32_t> tables_; // to compare, the first is under way
    std::string remarks_;              // tables that could not be compared
    int pass_ = 0;
    bool walk_ended_ = false;
    capture::row_key mirror_at_; // pass 1: where the walk through the mirror stands
    std::deque<piece> pieces_;
    std::size_t first_piece_ = 0; // number of pieces_.front()
    std::unordered_map<std::string, doubt> doubts_;
    std::deque<std::string> due_; // keys in doubt that nobody looks at
    std::deque<purpose> purposes_;
    std::string awaits_;
    bool new_stream_ = false;
    std::chrono::steady_clock::time_point next_search_{};
    std::chrono::steady_clock::time_point next_save_{};
    std::chrono::steady_clock::time_point next_refetch_{};
    bool refetch_failed_ = false; // of some table in the walk that is under way
};

} // namespace everarchive::apply
