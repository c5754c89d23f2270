// Which fields of two records make up the merged one; merge.hpp has the rules.
#include "marc/merge.hpp"

#include "diff_align.hpp"
#include "linkage.hpp"
#include "marc/charset.hpp"
#include "merge_items.hpp"
#include "marc/digest.hpp"
#include "marc/poll.hpp"

#include <algorithm>

namespace marc {
namespace {

using namespace merging;
using cause = merge_decision::cause;
constexpr std::uint32_t none = merge_decision::none;

class merger {
  public:
    merger(const record_view& base, const record_view& incoming, const merge_rules& rules,
           std::pmr::memory_resource* memory)
        : base_(base), incoming_(incoming), rules_(rules), memory_(memory), items_(memory), key_(memory), keys_(memory),
          result_(memory) {
        const bool own_880 = std::any_of(rules.actions.begin(), rules.actions.end(),
                                         [](const auto& rule) { return rule.tag.view() == "880"; });
        items_.reserve(base.field_count() + incoming.field_count());
        for (const record_view* record : {&base, &incoming}) {
            std::uint32_t index = 0;
            for (const field_view f : *record) {
                const field_text text(f);
                item it{
                    f, own_880 ? f.tag() : represented_tag(text.tag, text.subfields()), {}, std::pmr::string(memory)};
                it.decision.incoming = record == &incoming;
                it.decision.field = index++;
                items_.push_back(std::move(it));
                polling_.step(1 + f.content().size());
            }
        }
        first_incoming_ = static_cast<std::uint32_t>(base.field_count());
        number_keys();
        decide();
        renumber_links(items_, first_incoming_, rules, memory);
        result_ = arrange(items_, first_incoming_, keys_, rules.order, memory);
    }

    /// @return false when nothing differs from base
    bool write(builder& into) {
        into.clear();
        std::array<char, limits::leader_bytes> leader = canonical_leader(base_);
        std::copy_n(base_.leader().data(), leader.size(), leader.data());
        const bool other_leader = merge_leader(leader);
        bool same = !other_leader && result_.size() == base_.field_count();
        for (std::size_t i = 0; same && i < result_.size(); ++i) {
            const field_view f = base_.field(i);
            const item& it = items_[result_[i]];
            same = it.view.tag() == f.tag() && it.content() == f.content();
            polling_.step(1 + f.content().size());
        }
        if (same) {
            return false;
        }
        into.set_leader({leader.data(), leader.size()});
        into.mark(static_cast<std::uint8_t>((base_.flags() | incoming_.flags()) & record_flag::lossy));
        for (const std::uint32_t i : result_) {
            into.add_field(items_[i].view.tag(), items_[i].content());
            polling_.step(1 + items_[i].content().size());
        }
        return true;
    }

    const merge_decision& leader_decision() const noexcept { return leader_; }
    const std::pmr::vector<item>& items() const noexcept { return items_; }

  private:
    bool is_incoming(std::uint32_t i) const noexcept { return i >= first_incoming_; }

    /// Equal numbers for fields that say the same, among those with the same tag and ruling tag.
    void number_keys() {
        std::pmr::string keys(memory_);
        std::pmr::vector<std::size_t> ends(memory_);
        ends.reserve(items_.size());
        for (const item& it : items_) {
            keys += it.view.tag();
            keys += it.ruling;
            rules_.append_key(field_text(it.view), {}, keys);
            ends.push_back(keys.size());
            polling_.step(1 + it.view.content().size());
        }
        const auto key = [&](std::uint32_t i) {
            const std::size_t start = i == 0 ? 0 : ends[i - 1];
            return std::string_view(keys).substr(start, ends[i] - start);
        };
        keys_ = align::number(items_.size(), memory_,
                              [&](std::uint32_t x, std::uint32_t y) { return key(x).compare(key(y)); });
    }

    void keep(std::uint32_t i, cause why, const std::pmr::string& rule, std::uint32_t other = none) {
        conclude(i, true, why, rule, other);
    }
    void drop(std::uint32_t i, cause why, const std::pmr::string& rule, std::uint32_t other = none) {
        conclude(i, false, why, rule, other);
    }
    void conclude(std::uint32_t i, bool in_result, cause why, const std::pmr::string& rule, std::uint32_t other) {
        merge_decision& d = items_[i].decision;
        d.in_result = in_result;
        d.why = why;
        d.rule = &rule;
        d.other = other;
    }

    void decide() {
        // Fields that share a ruling tag, base's first, each in its order.
        index_list order(items_.size(), 0, memory_);
        std::iota(order.begin(), order.end(), 0U);
        std::sort(order.begin(), order.end(), [this](std::uint32_t x, std::uint32_t y) {
            const int c = items_[x].ruling.compare(items_[y].ruling);
            return c != 0 ? c < 0 : x < y;
        });
        for (auto first = order.begin(); first != order.end();) {
            const auto last = std::find_if(first, order.end(),
                                           [&](std::uint32_t i) { return items_[i].ruling != items_[*first].ruling; });
            decide_tag({&*first, static_cast<std::size_t>(last - first)});
            first = last;
        }
    }

    void decide_tag(std::span<const std::uint32_t> group) {
        const std::string_view ruling = items_[group.front()].ruling;
        const merge_rules::action_rule& rule = rules_.action_of(ruling);
        index_list base(memory_);
        index_list incoming(memory_);
        index_list local(memory_);
        for (const std::uint32_t i : group) {
            field_text text(items_[i].view);
            items_[i].decision.action = rule.action;
            polling_.step(1 + text.content.size());
            const merge_rules::selector* ignorer = is_incoming(i) ? rules_.ignorer_of(text) : nullptr;
            const merge_rules::selector* protector = rules_.protector_of(text);
            if (protector == nullptr && ruling != text.tag) { // an 880 is protected when its field would be
                text.tag = ruling;
                protector = rules_.protector_of(text);
            }
            if (ignorer != nullptr) {
                drop(i, cause::ignore, ignorer->name);
            } else if (protector == nullptr) {
                (is_incoming(i) ? incoming : base).push_back(i);
            } else if (!is_incoming(i)) {
                keep(i, cause::protect, protector->name);
            } else if (rules_.append_local && !text.control) { // a second 001 would be no use
                keep(i, cause::local, protector->name);
                local.push_back(i);
            } else {
                drop(i, cause::local, protector->name);
            }
        }
        drop_present_local(group, local);
        apply(rule, group, base, incoming);
    }

    /// Of incoming's local fields those go that stand in base, or earlier in incoming, byte for byte.
    void drop_present_local(std::span<const std::uint32_t> group, const index_list& local) {
        if (local.empty()) {
            return;
        }
        index_list sorted(group.begin(), group.end(), memory_);
        const auto compare = [this](std::uint32_t x, std::uint32_t y) {
            const int c = items_[x].view.tag().compare(items_[y].view.tag());
            return c != 0 ? c : items_[x].view.content().compare(items_[y].view.content());
        };
        std::sort(sorted.begin(), sorted.end(), [&](std::uint32_t x, std::uint32_t y) {
            const int c = compare(x, y);
            return c != 0 ? c < 0 : x < y;
        });
        for (const std::uint32_t i : local) {
            const std::uint32_t first = *std::lower_bound(
                sorted.begin(), sorted.end(), i, [&](std::uint32_t x, std::uint32_t y) { return compare(x, y) < 0; });
            if (first != i) {
                const std::pmr::string& rule = *items_[i].decision.rule;
                drop(i, is_incoming(first) ? cause::same_before : cause::same_in_base, rule,
                     items_[first].decision.field);
            }
        }
    }

    void apply(const merge_rules::action_rule& rule, std::span<const std::uint32_t> group, const index_list& base,
               const index_list& incoming) {
        const auto all = [&](const index_list& list, bool in_result, cause why) {
            for (const std::uint32_t i : list) {
                conclude(i, in_result, why, rule.name, none);
            }
        };
        switch (rule.action) {
        case merge_action::update:
        case merge_action::replace:
            if (incoming.empty() && rule.action == merge_action::update) {
                all(base, true, cause::no_incoming);
                return;
            }
            all(base, false, cause::action);
            all(incoming, true, cause::action);
            take_from_base(rule, base, incoming);
            return;
        case merge_action::append:
            all(base, true, cause::action);
            append(rule, group, incoming);
            return;
        case merge_action::fill:
            all(base, true, cause::no_incoming);
            all(incoming, base.empty(), base.empty() ? cause::action : cause::has_base);
            return;
        case merge_action::keep:
            all(base, true, cause::action);
            all(incoming, false, cause::action);
            return;
        case merge_action::remove:
            all(base, false, cause::action);
            all(incoming, false, cause::action);
            return;
        }
    }

    void append(const merge_rules::action_rule& rule, std::span<const std::uint32_t> group,
                const index_list& incoming) {
        // The first field with each key: base's come first in the group.
        index_list sorted(memory_);
        for (const std::uint32_t i : group) {
            if (!is_incoming(i)) {
                sorted.push_back(i);
            }
        }
        sorted.insert(sorted.end(), incoming.begin(), incoming.end());
        std::sort(sorted.begin(), sorted.end(), [this](std::uint32_t x, std::uint32_t y) {
            return keys_[x] != keys_[y] ? keys_[x] < keys_[y] : x < y;
        });
        for (const std::uint32_t i : incoming) {
            const std::uint32_t first =
                *std::lower_bound(sorted.begin(), sorted.end(), i,
                                  [this](std::uint32_t x, std::uint32_t y) { return keys_[x] < keys_[y]; });
            if (first == i) {
                keep(i, cause::action, rule.name);
            } else {
                drop(i, is_incoming(first) ? cause::same_before : cause::same_in_base, rule.name,
                     items_[first].decision.field);
            }
        }
    }

    /// What incoming's fields take over from those of base that they replace.
    void take_from_base(const merge_rules::action_rule& rule, const index_list& base, const index_list& incoming) {
        if (base.size() == 1 && incoming.size() == 1 && items_[base[0]].view.is_control() &&
            items_[incoming[0]].view.is_control()) {
            item& to = items_[incoming[0]];
            to.changed = to.view.content();
            if (copy_positions(to.view.tag(), items_[base[0]].view.content(), to.changed)) {
                to.rewritten = true;
                keep(incoming[0], cause::positions, rule.name, items_[base[0]].decision.field);
            }
            return;
        }
        carry(rule, base, incoming);
    }

    bool copy_positions(std::string_view tag, std::string_view from, std::pmr::string& to) const {
        if (from.size() != to.size() || !is_ascii(from) || !is_ascii(to)) {
            return false;
        }
        bool copied = false;
        for (const merge_rules::position_rule& p : rules_.positions) {
            if (std::string_view(p.tag.data(), 3) != tag || p.first >= from.size()) {
                continue;
            }
            const std::string_view piece = from.substr(p.first, p.last - p.first + 1);
            if (!p.fill || piece.find_first_not_of(" |") != std::string_view::npos) {
                to.replace(p.first, piece.size(), piece);
                copied = true;
            }
        }
        return copied;
    }

    /// The k-th incoming field with a key gets subfields of the k-th field of base with it. Not of the first that has
    /// any: merging again would then carry from one incoming field to another.
    void carry(const merge_rules::action_rule& rule, const index_list& base, const index_list& incoming) {
        struct source {
            std::size_t start; ///< of the key
            std::size_t size;
            std::uint32_t index;
        };
        std::pmr::string keys(memory_);
        std::pmr::vector<source> sources(memory_);
        const auto key_of = [&](std::uint32_t i, std::pmr::string& into) {
            const field_text text(items_[i].view);
            into += text.tag;
            rules_.append_key(text, rules_.carried_in(text.tag), into);
        };
        bool any = false;
        for (const std::uint32_t i : base) {
            const field_text text(items_[i].view);
            const std::string_view codes = rules_.carried_in(text.tag);
            for (const subfield_view& s : text.subfields()) {
                any = any || is_carried(s, codes);
                polling_.step(1 + s.value.size());
            }
            const std::size_t start = keys.size();
            key_of(i, keys);
            sources.push_back({start, keys.size() - start, i});
        }
        if (!any) {
            return;
        }
        const auto key = [&](const source& s) { return std::string_view(keys).substr(s.start, s.size); };
        std::sort(sources.begin(), sources.end(), [&](const source& x, const source& y) {
            const int c = key(x).compare(key(y));
            return c != 0 ? c < 0 : x.index < y.index;
        });
        // For each run of equal keys, how many were used; kept at its first element.
        index_list used(sources.size(), 0, memory_);
        for (const std::uint32_t i : incoming) {
            key_.clear();
            key_of(i, key_);
            polling_.step(1 + key_.size());
            const auto first = std::lower_bound(sources.begin(), sources.end(), std::string_view(key_),
                                                [&](const source& s, std::string_view k) { return key(s) < k; });
            const auto run = static_cast<std::size_t>(first - sources.begin());
            if (run == sources.size() || key(*first) != key_) {
                continue;
            }
            const std::size_t next = run + used[run];
            if (next < sources.size() && key(sources[next]) == key_) {
                ++used[run];
                carry_into(i, sources[next].index, rule);
            }
        }
    }

    bool is_carried(const subfield_view& s, std::string_view codes) {
        if (s.code.size() != 1 || codes.find(s.code.front()) == std::string_view::npos) {
            return false;
        }
        polling_.step(rules_.protect.size());
        return rules_.may_carry(s);
    }

    void carry_into(std::uint32_t to, std::uint32_t from, const merge_rules::action_rule& rule) {
        item& it = items_[to];
        std::array<bool, 128> has{};
        for (const subfield_view& s : it.view.subfields()) {
            if (s.code.size() == 1) {
                has[static_cast<unsigned char>(s.code.front()) & 0x7FU] = true;
            }
        }
        it.changed = it.view.content();
        for (const subfield_view& s : items_[from].view.subfields()) {
            if (is_carried(s, rules_.carried_in(it.view.tag())) &&
                !has[static_cast<unsigned char>(s.code.front()) & 0x7FU]) {
                it.changed += subfield_delimiter;
                it.changed += s.code;
                it.changed += s.value;
                it.rewritten = true;
            }
        }
        if (it.rewritten) {
            keep(to, cause::carried, rule.name, items_[from].decision.field);
        }
    }

    bool merge_leader(std::array<char, limits::leader_bytes>& leader) {
        leader_.rule = &rules_.leader.name;
        leader_.action = rules_.leader.action;
        leader_.incoming = true;
        leader_.why = cause::action;
        if (rules_.leader.action == merge_action::keep) {
            return false;
        }
        const auto base = canonical_leader(base_);
        const auto canonical = canonical_leader(incoming_);
        std::pmr::string merged({canonical.data(), canonical.size()}, memory_);
        merged[9] = base[9] == 'a' ? 'a' : merged[9]; // what either says in UTF-8 is UTF-8 in the result
        if (copy_positions("LDR", {base.data(), base.size()}, merged)) {
            leader_.why = cause::positions;
        }
        leader[9] = merged[9] == 'a' ? 'a' : leader[9]; // also where base means it but does not say so
        bool changed = false;
        for (std::size_t i = 0; i < leader.size(); ++i) {
            if (merged[i] != base[i]) {
                leader[i] = merged[i];
                changed = true;
            }
        }
        leader_.in_result = true;
        return changed;
    }

    const record_view& base_;
    const record_view& incoming_;
    const merge_rules& rules_;
    std::pmr::memory_resource* memory_;
    std::pmr::vector<item> items_; ///< base's fields, then incoming's
    std::uint32_t first_incoming_ = 0;
    std::pmr::string key_;
    index_list keys_;
    index_list result_;
    merge_decision leader_;
    poller polling_;
};

} // namespace

bool merge(const record_view& base, const record_view& incoming, const merge_rules& rules, builder& into,
           std::pmr::vector<merge_decision>* decisions) {
    merger work(base, incoming, rules, into.memory());
    const bool changed = work.write(into);
    if (decisions != nullptr) {
        decisions->push_back(work.leader_decision());
        for (const item& it : work.items()) {
            decisions->push_back(it.decision);
        }
    }
    return changed;
}

} // namespace marc
