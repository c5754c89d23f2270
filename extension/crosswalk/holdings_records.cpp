// MARC 21 holdings records for the items of a bibliographic record.
#include "holdings_fields.hpp"
#include "item_fields.hpp"

#include "marc/ascii.hpp"
#include "marc/edit.hpp"
#include "marc/poll.hpp"

#include <algorithm>

namespace crosswalk {
namespace detail {
namespace {

constexpr std::size_t fixed_field_bytes = 32; // 008 of a holdings record

std::string_view control_field(const marc::record_view& record, std::string_view tag) {
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        if (record.tags().substr(3 * i, 3) == tag) {
            return record.field(i).content();
        }
    }
    return {};
}

/// What the leader and 008 of a new record say.
struct record_facts {
    std::size_t copies = 0;
    bool parts = false;       ///< an item has enumeration, or there are fields 863
    bool information = false; ///< there are fields 876-878
    char level = '1';         ///< how much the holdings say: 1 which library, 3 and 4 which parts
};

class record_starter {
  public:
    explicit record_starter(const marc::record_view& bib) : bib_(bib) {}

    /// Leader, 003, 004 and 008.
    void start(const record_facts& facts, marc::builder& into) const {
        const bool serial = std::string_view{"bis"}.find(bib_.leader()[7]) != std::string_view::npos;
        std::array<char, marc::limits::leader_bytes> leader{};
        std::copy_n(marc::leader_for("holdings").begin(), leader.size(), leader.begin());
        leader[6] = serial ? 'y' : facts.parts ? 'v' : 'x';
        leader[17] = facts.level;
        leader[18] = facts.information ? 'i' : 'n';
        into.set_leader({leader.data(), leader.size()});
        const std::string_view agency = control_field(bib_, "003");
        const std::string_view number = control_field(bib_, "001");
        if (!agency.empty()) {
            into.add_field("003", agency);
        }
        if (!number.empty()) {
            into.add_field("004", number);
        }
        // No clock: the date entered on file is that of the bibliographic record, and the date of report is unknown.
        // Acquisition, retention, lending and reproduction are unknown too.
        std::string_view date = control_field(bib_, "008").substr(0, 6);
        if (!marc::is_number(date) || date.size() != 6) {
            date = "||||||";
        }
        const std::size_t copies = std::clamp<std::size_t>(facts.copies, 1, 999);
        std::array<char, fixed_field_bytes> fixed{};
        fixed.fill(' ');
        const auto put = [&](std::size_t at, std::string_view text) {
            std::copy(text.begin(), text.end(), fixed.begin() + static_cast<std::ptrdiff_t>(at));
        };
        put(0, date);
        put(6, "0u");
        put(12, "0");
        put(16, serial || facts.parts ? "0" : "4"); // completeness: other, not applicable
        fixed[17] = static_cast<char>('0' + copies / 100);
        fixed[18] = static_cast<char>('0' + copies / 10 % 10);
        fixed[19] = static_cast<char>('0' + copies % 10);
        put(20, "uu");
        put(25, copies == 1 ? "0" : "1"); // separate or composite report
        put(26, "000000");
        into.add_field("008", {fixed.data(), fixed.size()});
    }

  private:
    const marc::record_view& bib_;
};

bool is_holdings_tag(std::string_view tag) noexcept {
    return tag >= "852" && tag <= "878" && tag[0] == '8' && tag != "856";
}

/// Each 852 with the fields that belong to it, as they are.
class location_splitter {
  public:
    location_splitter(const marc::record_view& record, std::pmr::memory_resource* memory)
        : record_(record), locations_(record, memory), memory_(memory), owners_(memory) {}

    void split(const std::function<void(marc::builder&)>& put) {
        const auto& all = locations_.all();
        const bool is_holdings = std::string_view{"uvxy"}.find(record_.leader()[6]) != std::string_view::npos;
        if (is_holdings && all.size() < 2) {
            marc::builder same(memory_);
            same.set_leader(record_.leader());
            copy(same, [](std::size_t) { return true; });
            put(same);
            return;
        }
        find_owners();
        std::sort(owners_.begin(), owners_.end());
        for (std::size_t i = 0; i < owners_.size();) {
            std::size_t end = i;
            while (end < owners_.size() && owners_[end].first == owners_[i].first) {
                ++end;
            }
            marc::builder one(memory_);
            begin(is_holdings, i, end, one);
            for (; i < end; ++i) {
                const marc::field_view field = record_.field(owners_[i].second);
                work_.step(field.content().size() + 1);
                one.add_field(field.tag(), field.content());
            }
            put(one);
        }
    }

  private:
    /// Pairs of 852 and field. What nothing assigns goes to the first.
    void find_owners() {
        const auto& all = locations_.all();
        for (std::size_t i = 0; i < record_.field_count(); ++i) {
            const std::string_view tag = record_.tags().substr(3 * i, 3);
            if (!is_holdings_tag(tag)) {
                continue;
            }
            const std::size_t location =
                tag == "852" && is_sound(record_.field(i)) ? i : locations_.of(record_.field(i), i);
            owners_.push_back({location != holdings_statement::nowhere ? location : all.empty() ? 0 : all.front(), i});
        }
    }

    void begin(bool is_holdings, std::size_t first, std::size_t last, marc::builder& into) {
        if (is_holdings) {
            into.set_leader(record_.leader());
            copy(into, [&](std::size_t i) { return !is_holdings_tag(record_.tags().substr(3 * i, 3)); });
            return;
        }
        record_facts facts;
        for (std::size_t i = first; i < last; ++i) {
            const marc::field_view field = record_.field(owners_[i].second);
            const bool is_part = field.tag() >= "863" && field.tag() <= "868";
            facts.parts = facts.parts || is_part;
            facts.copies += is_item_information(field.tag()) ? 1 : 0;
            if (is_part && facts.level == '1' && field.indicator1() >= '3' && field.indicator1() <= '5') {
                facts.level = field.indicator1();
            }
        }
        facts.information = facts.copies != 0;
        record_starter(record_).start(facts, into);
    }

    template <class Wanted>
    void copy(marc::builder& into, const Wanted& wanted) {
        for (std::size_t i = 0; i < record_.field_count(); ++i) {
            if (wanted(i)) {
                into.add_field(record_.field(i).tag(), record_.field(i).content());
            }
        }
    }

    const marc::record_view& record_;
    item_locations locations_;
    std::pmr::memory_resource* memory_;
    std::pmr::vector<std::pair<std::size_t, std::size_t>> owners_;
    marc::poller work_;
};

} // namespace
} // namespace detail

void write_holdings_records(const marc::record_view& record, item_layout layout,
                            const std::function<void(marc::builder&)>& put, std::pmr::memory_resource* memory) {
    if (layout == item_layout::marc21) {
        detail::location_splitter(record, memory).split(put);
        return;
    }
    const item_list items = read_items(record, layout, memory);
    const detail::location_groups groups(items, item_layout::marc21, nullptr, memory);
    const detail::record_starter starter(record);
    for (const auto& group : groups.all()) {
        detail::record_facts facts;
        facts.copies = group.size();
        facts.information = groups.has_information(group);
        for (const std::size_t n : group) {
            facts.parts = facts.parts || items[n].at(item_column::enumeration);
        }
        marc::builder one(memory);
        starter.start(facts, one);
        groups.write(group, one);
        put(one);
    }
}

} // namespace crosswalk
