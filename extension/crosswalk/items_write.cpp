// Items into the fields of a layout.
#include "item_fields.hpp"

#include "marc/edit.hpp"
#include "marc/poll.hpp"

#include <algorithm>

namespace crosswalk {
namespace detail {
namespace {

/// The order of subfields where a catalogue shows them in another one than that of their codes.
constexpr std::string_view location_order = "83abcdefkhijlmngpqsytxuz2";
constexpr std::string_view information_order = "83abcdehjlprtxz9";

std::size_t rank(std::string_view tag, std::string_view code) noexcept {
    if (code.size() != 1) {
        return 1'000;
    }
    const std::string_view order = tag == "852"               ? location_order
                                   : is_item_information(tag) ? information_order
                                                              : std::string_view{};
    const std::size_t found = order.find(code[0]);
    // Koha writes the codes of 952 in their order, digits first.
    return found != std::string_view::npos ? found : order.size() + static_cast<unsigned char>(code[0]);
}

class item_placer {
  public:
    item_placer(const item& one, item_layout layout, const linked_holdings* holdings, item_fields& into)
        : item_(one), layout_(layout), holdings_(holdings), into_(into),
          memory_(into.location.subfields.get_allocator().resource()) {}

    void place() {
        into_.location.tag = item_tag(layout_);
        into_.information.tag = item_information[0];
        into_.location.indicators = {' ', ' '};
        into_.information.indicators = {' ', ' '};
        for (const item_rest& r : item_.rest) {
            const std::string_view tag = std::string_view{r.place}.substr(0, 3);
            if (layout_ == item_layout::marc21 && is_item_information(tag)) {
                into_.information.tag = *std::find(std::begin(item_information), std::end(item_information), tag);
            }
        }
        columns();
        rest();
        for (item_field* field : {&into_.location, &into_.information}) {
            std::sort(field->subfields.begin(), field->subfields.end(), [](const item_value& a, const item_value& b) {
                return a.rank != b.rank ? a.rank < b.rank : a.number < b.number;
            });
        }
    }

  private:
    void put(std::string_view tag, std::string_view code, std::string_view value) {
        item_field& field = is_item_information(tag) ? into_.information : into_.location;
        field.subfields.push_back({std::pmr::string(code, memory_), std::pmr::string(value, memory_),
                                   rank(field.tag, code), field.subfields.size()});
    }
    void leave_out(std::string_view place, std::string_view value) {
        into_.unheld.push_back({std::pmr::string(place, memory_), std::pmr::string(value, memory_)});
    }
    std::string_view value_of(item_column column) const {
        const std::optional<std::pmr::string>& value = item_.at(column);
        return value ? std::string_view{*value} : std::string_view{};
    }
    /// The values of the rest that go to a place of this layout.
    template <class Use>
    void rest_at(std::string_view place, const Use& use) const {
        for (const item_rest& r : item_.rest) {
            if (r.place == place) {
                use(r);
            }
        }
    }
    void columns() {
        for (std::size_t i = 0; i < item_column_count; ++i) {
            const auto column = static_cast<item_column>(i);
            if (!item_.at(column)) {
                continue;
            }
            const std::string_view value = value_of(column);
            const column_place* place = find_place(layout_, column);
            switch (column) {
            case item_column::status:
                place == nullptr ? status(value) : put(place->tag, {&place->code, 1}, value);
                break;
            case item_column::call_number_scheme:
                scheme(value, place);
                break;
            case item_column::call_number:
                call_number(value, *place);
                break;
            case item_column::enumeration:
            case item_column::chronology:
                part(column);
                break;
            default:
                if (place == nullptr) {
                    leave_out(name_of(column), value);
                } else {
                    put(place->tag, {&place->code, 1}, value);
                }
            }
        }
    }

    /// Enumeration and chronology stand in one subfield.
    void part(item_column column) {
        const column_place* place = find_place(layout_, item_column::enumeration);
        const std::string_view enumeration = value_of(item_column::enumeration);
        const std::string_view chronology = value_of(item_column::chronology);
        if (place == nullptr) {
            leave_out(name_of(column), value_of(column));
        } else if (column == item_column::enumeration || !item_.at(item_column::enumeration)) {
            if (layout_ == item_layout::marc21 && is_linked()) {
                return;
            }
            std::pmr::string both(enumeration, memory_);
            if (!chronology.empty()) {
                const bool parentheses = !both.empty();
                both.append(parentheses ? "(" : "").append(chronology).append(parentheses ? ")" : "");
            }
            put(place->tag, {&place->code, 1}, both);
        }
    }

    /// True when the item has a link to a field 863-865 of the record that says the same.
    bool is_linked() const {
        if (holdings_ == nullptr) {
            return false;
        }
        const std::string_view tag = into_.information.tag;
        std::pmr::string place(tag, memory_);
        place.append("$8");
        enumeration_text text(memory_);
        bool found = false;
        rest_at(place, [&](const item_rest& r) {
            found =
                found || write_linked_enumeration(holdings_->record, holdings_->fields, 0,
                                                  static_cast<holdings_kind>(tag[2] - '6'), read_link(r.value), text);
        });
        return found && text.enumeration == value_of(item_column::enumeration) &&
               text.chronology == value_of(item_column::chronology);
    }

    void scheme(std::string_view value, const column_place* place) {
        if (place == nullptr) {
            leave_out(name_of(item_column::call_number_scheme), value);
        } else if (place->tag != "852") {
            put(place->tag, {&place->code, 1}, value);
        } else {
            const char indicator = scheme_indicator(layout_, value);
            into_.location.indicators[0] = indicator;
            if (indicator == '7') {
                put(place->tag, {&place->code, 1}, value);
            }
        }
    }

    void call_number(std::string_view value, const column_place& place) {
        if (place.tag != "852") {
            put(place.tag, {&place.code, 1}, value);
            return;
        }
        const std::string_view scheme = value_of(item_column::call_number_scheme);
        into_.location.indicators[0] = scheme_indicator(layout_, scheme);
        parts_ = has_parts(value);
        if (!parts_) {
            const char whole = whole_call_number(layout_, scheme);
            put(place.tag, {&whole, 1}, value);
        }
    }

    /// True when the rest has parts that make this call number; else someone has changed it.
    bool has_parts(std::string_view call_number) const {
        std::pmr::string all(memory_);
        for (std::size_t i = 0; i < call_number_parts.size(); ++i) {
            char place[] = "852$k";
            place[4] = call_number_parts[i];
            bool first = true;
            rest_at(place, [&](const item_rest& r) {
                if (first && !r.value.empty()) {
                    all.append(all.empty() ? "" : " ").append(r.value);
                    first = false;
                }
            });
        }
        return all == call_number;
    }
    static bool is_part(std::string_view place) noexcept {
        return place.size() == 5 && place.starts_with("852$") &&
               call_number_parts.find(place[4]) != std::string_view::npos;
    }

    /// "lost 1, not for loan 2" as Koha's codes. Another system's words are none.
    void status(std::string_view value) {
        if (!is_koha(layout_)) {
            leave_out(name_of(item_column::status), value);
            return;
        }
        std::pmr::vector<std::pair<std::string_view, std::string_view>> found(memory_);
        for (std::string_view rest = value; !rest.empty();) {
            const std::size_t comma = rest.find(", ");
            const std::string_view one = rest.substr(0, comma);
            rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 2);
            const std::size_t before = found.size();
            for (const status_code& code : status_codes()) {
                if (one.starts_with(code.word) && one.size() > code.word.size() + 1 && one[code.word.size()] == ' ') {
                    found.push_back({code.places[static_cast<std::size_t>(layout_)], one.substr(code.word.size() + 1)});
                }
            }
            if (found.size() == before) {
                leave_out(name_of(item_column::status), value);
                return;
            }
        }
        for (const auto& [place, code] : found) {
            put(place.substr(0, 3), place.substr(4), code);
        }
    }

    void rest() {
        for (const item_rest& r : item_.rest) {
            const std::string_view own = r.place;
            if (const column_place* more = further_value(own); more != nullptr) {
                put(more->tag, {&more->code, 1}, r.value);
                continue;
            }
            const std::string_view place = place_in(layout_, own);
            if (place.empty() || is_circulation(own)) {
                if (!says_nothing(r)) {
                    leave_out(own, r.value);
                }
            } else if (place[3] == '^') {
                indicator(place, r.value);
            } else if (is_part(place) && !parts_ && item_.at(item_column::call_number)) {
                // The call number was written as a whole.
            } else {
                put(place.substr(0, 3), place.substr(4), r.value);
            }
        }
    }
    /// The place of a column of which the item has more than one value, where it came from another layout.
    const column_place* further_value(std::string_view place) const {
        const column_place* own = item_.layout == layout_ || place[3] != '$'
                                      ? nullptr
                                      : find_column(item_.layout, place.substr(0, 3), place.substr(4));
        const bool repeats =
            own != nullptr && (own->column == item_column::note_public || own->column == item_column::note_staff ||
                               own->column == item_column::uri);
        return repeats ? find_place(layout_, own->column) : nullptr;
    }
    /// A Koha code 0 (not lost, not damaged), or an indicator or part that goes with a field of another layout.
    static bool says_nothing(const item_rest& r) noexcept {
        const std::string_view place = r.place;
        const bool code =
            r.value == "0" && std::any_of(status_codes().begin(), status_codes().end(), [&](const status_code& c) {
                return place == c.places[0] || place == c.places[1];
            });
        return code || place[3] == '^' || is_part(place) || r.value.empty();
    }
    void indicator(std::string_view place, std::string_view value) {
        item_field& field = is_item_information(place.substr(0, 3)) ? into_.information : into_.location;
        if (value.size() == 1 && (place.substr(4) == "1" || place.substr(4) == "2")) {
            field.indicators[place[4] == '1' ? 0 : 1] = value[0];
        }
    }

    const item& item_;
    item_layout layout_;
    const linked_holdings* holdings_;
    item_fields& into_;
    std::pmr::memory_resource* memory_;
    bool parts_ = false;
};

} // namespace

void item_fields::clear() {
    location.subfields.clear();
    information.subfields.clear();
    unheld.clear();
}

void place_item(const item& one, item_layout layout, item_fields& into, const linked_holdings* holdings) {
    into.clear();
    item_placer(one, layout, holdings, into).place();
}

void write_field(const item_field& field, marc::builder& into) {
    into.begin_field(field.tag);
    into.append(std::string_view{field.indicators.data(), 2});
    for (const item_value& s : field.subfields) {
        into.begin_subfield(s.code);
        into.append(s.value);
    }
    into.end_field();
}

location_groups::location_groups(std::span<const item> items, item_layout layout, const linked_holdings* holdings,
                                 std::pmr::memory_resource* memory)
    : fields_(memory), groups_(memory) {
    constexpr char with_information = 'i';
    constexpr char alone = 'a';
    std::pmr::vector<std::pair<std::pmr::string, std::size_t>> keys(memory);
    marc::poller work;
    fields_.reserve(items.size());
    for (const item& one : items) {
        item_fields& fields = fields_.emplace_back(memory);
        place_item(one, layout, fields, holdings);
        // An 852 without items stands for itself, however many say the same.
        std::pmr::string key(1, fields.information.subfields.empty() ? alone : with_information, memory);
        key.append(fields.location.indicators.data(), 2);
        for (const item_value& s : fields.location.subfields) {
            key.append("\x1F").append(s.code).append(s.value);
        }
        work.step(key.size());
        keys.emplace_back(std::move(key), keys.size());
    }
    std::sort(keys.begin(), keys.end());
    for (std::size_t i = 0; i < keys.size();) {
        std::size_t end = i + 1;
        while (end < keys.size() && keys[i].first.front() == with_information && keys[end].first == keys[i].first) {
            ++end;
        }
        groups_.emplace_back();
        for (; i < end; ++i) {
            groups_.back().push_back(keys[i].second);
        }
    }
    std::sort(groups_.begin(), groups_.end(), [](const auto& a, const auto& b) { return a.front() < b.front(); });
}

} // namespace detail

void write_items(const marc::record_view& record, std::span<const item> items, item_layout layout,
                 marc::builder& into) {
    std::pmr::memory_resource* const memory = into.memory();
    const bool holdings = layout == item_layout::marc21;
    marc::builder without(memory);
    without.set_leader(record.leader());
    for (const marc::field_view field : record) {
        if (!detail::is_item(layout, field) &&
            !(holdings && detail::is_item_information(field.tag()) && detail::is_sound(field))) {
            without.add_field(field.tag(), field.content());
        }
    }
    const marc::stored_record base = without.finish();
    marc::builder more(memory);
    more.set_leader(record.leader());
    marc::field_place place = marc::field_place::by_tag;
    if (holdings) {
        const detail::linked_holdings links(base.view(), memory);
        const detail::location_groups groups(items, layout, &links, memory);
        // Several locations: each 852 stands before its items, which sorting by tag would undo.
        place = groups.all().size() > 1 ? marc::field_place::end : marc::field_place::by_tag;
        // Items without a location stand before the first one, and an 852 without items behind the others: 852, 852,
        // 876 would look as if sorted.
        const auto part_of = [&](const detail::location_groups::group& g) {
            return !groups.has_location(g) ? 0 : groups.has_information(g) ? 1 : 2;
        };
        for (int part = 0; part < 3; ++part) {
            for (const auto& group : groups.all()) {
                if (part_of(group) == part) {
                    groups.write(group, more);
                }
            }
        }
    } else {
        detail::item_fields fields(memory);
        for (const item& one : items) {
            detail::place_item(one, layout, fields);
            if (!fields.location.subfields.empty()) {
                detail::write_field(fields.location, more);
            }
        }
    }
    const marc::stored_record added = more.finish();
    if (marc::add_fields(base.view(), added.view(), place, into) == marc::edit_outcome::unchanged) {
        into.set_leader(record.leader());
        for (const marc::field_view field : base.view()) {
            into.add_field(field.tag(), field.content());
        }
    }
}

std::pmr::vector<item_unheld> find_unheld(std::span<const item> items, item_layout layout,
                                          std::pmr::memory_resource* memory) {
    std::pmr::vector<item_unheld> all(memory);
    detail::item_fields fields(memory);
    for (std::size_t i = 0; i < items.size(); ++i) {
        detail::place_item(items[i], layout, fields);
        for (item_rest& r : fields.unheld) {
            all.push_back({i, std::move(r.place), std::move(r.value)});
        }
    }
    return all;
}

} // namespace crosswalk
