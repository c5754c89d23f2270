// Edits of the leader and of whole fields.
#include "edit_order.hpp"
#include "edit_start.hpp"
#include "marc/charset.hpp"
#include "marc/edit.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <array>

namespace marc {
namespace {

std::pmr::vector<std::uint32_t> orders_of(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::vector<std::uint32_t> orders(memory);
    orders.reserve(record.field_count());
    for (const field_view f : record) {
        orders.push_back(tag_order(f.tag()));
    }
    return orders;
}

void copy_field(const record_view& from, std::size_t index, builder& into, poller& polling) {
    const field_view f = from.field(index);
    into.add_field(f.tag(), f.content());
    polling.step(1 + f.content().size());
}

} // namespace

edit_outcome set_leader(const record_view& record, std::string_view leader, builder& into) {
    into.clear();
    if (leader.size() != limits::leader_bytes || !is_ascii(leader)) {
        return edit_outcome::wrong_length;
    }
    if (has_delimiter(leader)) {
        return edit_outcome::delimiter;
    }
    if (leader == record.leader()) {
        return edit_outcome::unchanged;
    }
    start_edit(record, into);
    into.set_leader(leader);
    poller polling;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        copy_field(record, i, into, polling);
    }
    return edit_outcome::changed;
}

edit_outcome add_fields(const record_view& record, const record_view& more, field_place place, builder& into) {
    into.clear();
    if (more.field_count() == 0) {
        return edit_outcome::unchanged;
    }
    struct added {
        std::size_t place;
        std::uint32_t index;
        bool apart; ///< the field before the place has another tag
        std::uint32_t order;
    };
    std::pmr::vector<added> fields(into.memory());
    const auto orders = orders_of(record, into.memory());
    tag_places places(into.memory());
    if (place == field_place::by_tag) {
        places.assign(orders);
    }
    for (std::uint32_t i = 0; i < more.field_count(); ++i) {
        const std::uint32_t order = tag_order(more.field(i).tag());
        const std::size_t at = place == field_place::end ? record.field_count() : places.place_of(order);
        fields.push_back({at, i, at == 0 || orders[at - 1] != order, order});
    }
    // As if they were added one after the other: those of the tag in front first, then by tag.
    std::sort(fields.begin(), fields.end(), [&](const added& x, const added& y) {
        if (x.place != y.place) {
            return x.place < y.place;
        }
        if (place == field_place::by_tag && x.apart != y.apart) {
            return y.apart;
        }
        if (place == field_place::by_tag && x.order != y.order) {
            return x.order < y.order;
        }
        return x.index < y.index;
    });
    start_edit(record, into);
    into.mark(static_cast<std::uint8_t>(more.flags() & record_flag::lossy));
    poller polling;
    auto next = fields.begin();
    for (std::size_t i = 0; i <= record.field_count(); ++i) {
        for (; next != fields.end() && next->place == i; ++next) {
            copy_field(more, next->index, into, polling);
        }
        if (i < record.field_count()) {
            copy_field(record, i, into, polling);
        }
    }
    return edit_outcome::changed;
}

edit_outcome sort_fields(const record_view& record, builder& into) {
    into.clear();
    const auto orders = orders_of(record, into.memory());
    if (std::is_sorted(orders.begin(), orders.end())) {
        return edit_outcome::unchanged;
    }
    std::pmr::vector<std::uint32_t> sorted(orders.size(), 0, into.memory());
    for (std::uint32_t i = 0; i < sorted.size(); ++i) {
        sorted[i] = i;
    }
    std::sort(sorted.begin(), sorted.end(),
              [&](std::uint32_t x, std::uint32_t y) { return orders[x] != orders[y] ? orders[x] < orders[y] : x < y; });
    start_edit(record, into);
    poller polling;
    for (const std::uint32_t i : sorted) {
        copy_field(record, i, into, polling);
    }
    return edit_outcome::changed;
}

edit_outcome keep_fields(const record_view& record, std::span<const tag_pattern> tags, builder& into) {
    start_edit(record, into);
    poller polling;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        const std::string_view tag = record.field(i).tag();
        polling.step(1 + tags.size());
        if (std::any_of(tags.begin(), tags.end(), [&](const tag_pattern& p) { return p.matches(tag); })) {
            copy_field(record, i, into, polling);
        }
    }
    if (into.field_count() == record.field_count()) {
        into.clear();
        return edit_outcome::unchanged;
    }
    return edit_outcome::changed;
}

std::string_view leader_for(std::string_view kind) noexcept {
    // Record status n (new), the type, UTF-8, and the constants; whatever else would be a statement is blank, "u" or
    // "n" for unknown, but for books: the commonest kind, with ISBD punctuation.
    constexpr std::array<std::array<std::string_view, 2>, 5> leaders = {{{"bibliographic", "00000nam a2200000 i 4500"},
                                                                         {"authority", "00000nz  a2200000n  4500"},
                                                                         {"holdings", "00000nu  a2200000un 4500"},
                                                                         {"classification", "00000nw  a2200000n  4500"},
                                                                         {"community", "00000nqz a2200000   4500"}}};
    for (const auto& [name, leader] : leaders) {
        if (name == kind) {
            return leader;
        }
    }
    return {};
}

char indicator_of(std::string_view text) noexcept {
    if (text.empty() || text == "\\") {
        return ' ';
    }
    return text.size() == 1 && text[0] >= 0x20 && text[0] < 0x7F ? text[0] : '\0';
}

bool has_delimiter(std::string_view text) noexcept {
    return text.find_first_of("\x1D\x1E\x1F") != std::string_view::npos;
}

} // namespace marc
