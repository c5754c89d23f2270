// Items out of the fields of a record.
#include "holdings_fields.hpp"
#include "item_layouts.hpp"

#include "marc/poll.hpp"

#include <algorithm>

namespace crosswalk {
namespace detail {
namespace {

std::pmr::string place_of(std::string_view tag, char mark, std::string_view code, std::pmr::memory_resource* memory) {
    std::pmr::string place(tag, memory);
    place.push_back(mark);
    place.append(code);
    return place;
}

class item_reader {
  public:
    item_reader(const marc::record_view& record, item_layout layout, std::pmr::memory_resource* memory)
        : record_(record), layout_(layout), memory_(memory), items_(memory) {}

    item_list read() {
        if (layout_ == item_layout::marc21) {
            read_holdings();
        } else {
            for (std::size_t i = 0; i < record_.field_count(); ++i) {
                if (record_.tags().substr(3 * i, 3) == item_tag(layout_) && is_item(layout_, record_.field(i))) {
                    read_field(record_.field(i), add(i), true);
                }
            }
        }
        return std::move(items_);
    }

  private:
    item& add(std::size_t field) {
        item& one = items_.emplace_back(memory_);
        one.layout = layout_;
        one.field = field;
        return one;
    }

    void keep(item& into, std::string_view tag, char mark, std::string_view code, std::string_view value) {
        into.rest.push_back({place_of(tag, mark, code, memory_), std::pmr::string(value, memory_)});
    }
    /// False when the column has a value already.
    bool set(item& into, item_column column, std::string_view value) {
        if (into.at(column)) {
            return false;
        }
        into.at(column).emplace(value, memory_);
        return true;
    }

    /// @param alone nothing else says anything of the item, so that 852 has its barcode, copy number and notes
    void read_field(const marc::field_view& field, item& into, bool alone) {
        work_.step(field.content().size() + 1);
        const std::string_view tag = field.tag();
        const bool is_location = tag == "852";
        const bool has_parts = is_location;
        std::array<std::string_view, call_number_parts.size()> parts;
        std::size_t part_count = 0;
        std::size_t first_part = 0;
        for (const marc::subfield_view& s : field.subfields()) {
            const std::size_t part = has_parts && s.code.size() == 1 && !s.value.empty()
                                         ? call_number_parts.find(s.code[0])
                                         : std::string_view::npos;
            if (part != std::string_view::npos) {
                parts[part] = parts[part].empty() ? s.value : parts[part];
                ++part_count;
                first_part = part_count == 1 ? into.rest.size() : first_part;
                keep(into, tag, '$', s.code, s.value);
            } else if (s.value.empty() || !(read_status(tag, s, into) || read_column(field, s, into, alone))) {
                keep(into, tag, '$', s.code, s.value);
            }
        }
        if (is_location) {
            read_scheme(field, into);
        }
        if (part_count != 0) {
            read_call_number(parts, into);
            const std::string_view only = std::string_view{into.rest[first_part].place}.substr(4);
            if (part_count == 1 && only[0] == whole_call_number(layout_, scheme_of(into))) {
                into.rest.erase(into.rest.begin() + static_cast<std::ptrdiff_t>(first_part));
            }
        }
        const char usual = is_location ? scheme_indicator(layout_, scheme_of(into)) : ' ';
        const char indicators[] = {field.indicator1(), field.indicator2()};
        if (indicators[0] != usual) {
            keep(into, tag, '^', "1", {indicators, 1});
        }
        // A field 877 or 878 says so by an indicator, even when it has nothing else that is kept.
        if (indicators[1] != ' ' || (is_item_information(tag) && tag != item_information[0])) {
            keep(into, tag, '^', "2", {indicators + 1, 1});
        }
    }

    bool read_column(const marc::field_view& field, const marc::subfield_view& s, item& into, bool alone) {
        std::string_view tag = field.tag();
        const bool is_information = is_item_information(tag);
        // What an 852 says of itself stands in 876 otherwise, with the same letters.
        if (layout_ == item_layout::marc21 &&
            (is_information ||
             (alone && s.code.size() == 1 && std::string_view{"ptxz"}.find(s.code[0]) != std::string_view::npos))) {
            tag = item_information[0];
        }
        for (const column_place& place : column_places()) {
            if (place.layout != layout_ || place.tag != tag || s.code.size() != 1 || place.code != s.code[0]) {
                continue;
            }
            // $2 names the scheme only where the indicator says so.
            if (place.column == item_column::call_number_scheme && tag == "852" && field.indicator1() != '7') {
                return false;
            }
            if (set(into, place.column, s.value)) {
                if (place.column == item_column::call_number_scheme && tag == "852" &&
                    scheme_indicator(layout_, s.value) != '7') {
                    keep(into, tag, '$', s.code, s.value); // $2 lcc for what indicator 0 says
                }
                return true;
            }
        }
        return false;
    }

    /// Koha's codes for lost, damaged and so on: "lost 1, not for loan 2".
    bool read_status(std::string_view tag, const marc::subfield_view& s, item& into) {
        if (!is_koha(layout_) || s.value == "0" || s.value.find(',') != std::string_view::npos) {
            return false;
        }
        for (const status_code& code : status_codes()) {
            const std::string_view place = code.places[static_cast<std::size_t>(layout_)];
            if (place.substr(0, 3) != tag || place.substr(4) != s.code) {
                continue;
            }
            std::optional<std::pmr::string>& status = into.at(item_column::status);
            if (!status) {
                status.emplace(memory_);
            } else if (status->find(code.word) != std::string::npos) {
                return false; // repeated
            }
            status->append(status->empty() ? "" : ", ").append(code.word).append(" ").append(s.value);
            return true;
        }
        return false;
    }

    void read_scheme(const marc::field_view& field, item& into) {
        const char indicator = field.indicator1();
        if (indicator == '7') {
            return; // $2 says it
        }
        if (layout_ == item_layout::evergreen && indicator == '4') {
            return; // its export writes 4 whatever the scheme is
        }
        for (const scheme_code& code : scheme_codes()) {
            if (code.indicator == indicator) {
                set(into, item_column::call_number_scheme, code.name);
            }
        }
    }

    void read_call_number(const std::array<std::string_view, call_number_parts.size()>& parts, item& into) {
        std::pmr::string all(memory_);
        for (const std::string_view part : parts) {
            all.append(all.empty() || part.empty() ? "" : " ").append(part);
        }
        into.at(item_column::call_number).emplace(std::move(all));
    }
    static std::string_view scheme_of(const item& one) {
        const std::optional<std::pmr::string>& scheme = one.at(item_column::call_number_scheme);
        return scheme ? std::string_view{*scheme} : std::string_view{};
    }

    void read_holdings() {
        const item_locations locations(record_, memory_);
        const holdings_fields holdings(record_, memory_);
        std::pmr::vector<bool> has_items(record_.field_count(), false, memory_);
        for (std::size_t i = 0; i < record_.field_count(); ++i) {
            const std::string_view tag = record_.tags().substr(3 * i, 3);
            if (is_item_information(tag) && is_sound(record_.field(i))) {
                const std::size_t location = locations.of(record_.field(i), i);
                if (location != holdings_statement::nowhere) {
                    has_items[location] = true;
                }
            }
        }
        for (std::size_t i = 0; i < record_.field_count(); ++i) {
            const std::string_view tag = record_.tags().substr(3 * i, 3);
            if (!(tag == "852" || is_item_information(tag)) || !is_sound(record_.field(i))) {
                continue;
            }
            if (tag == "852" && !has_items[i]) {
                read_field(record_.field(i), add(i), true);
            } else if (is_item_information(tag)) {
                const marc::field_view field = record_.field(i);
                item& into = add(i);
                read_linked_enumeration(holdings, field, i, into);
                const std::size_t location = locations.of(field, i);
                if (location != holdings_statement::nowhere) {
                    read_field(record_.field(location), into, false);
                }
                read_field(field, into, false);
            }
        }
    }

    /// 876 has the link and sequence number of the 863 that says which part the item is.
    void read_linked_enumeration(const holdings_fields& holdings, const marc::field_view& field, std::size_t number,
                                 item& into) {
        const auto kind = static_cast<holdings_kind>(field.tag()[2] - '6');
        enumeration_text text(memory_);
        write_linked_enumeration(record_, holdings, holdings.section_of(number), kind,
                                 read_link(first_subfield(field, '8')), text);
        if (!text.enumeration.empty()) {
            set(into, item_column::enumeration, text.enumeration);
        }
        if (!text.chronology.empty()) {
            set(into, item_column::chronology, text.chronology);
        }
    }

    const marc::record_view& record_;
    item_layout layout_;
    std::pmr::memory_resource* memory_;
    item_list items_;
    marc::poller work_;
};

} // namespace

item_locations::item_locations(const marc::record_view& record, std::pmr::memory_resource* memory)
    : all_(memory), by_link_(memory), by_materials_(memory) {
    bool since = false;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        const std::string_view tag = record.tags().substr(3 * i, 3);
        if (tag == "852" && is_sound(record.field(i))) {
            interleaved_ = interleaved_ || (!all_.empty() && since);
            since = false;
            all_.push_back(i);
            const marc::field_view field = record.field(i);
            const std::string_view link = read_link(first_subfield(field, '8')).link;
            const std::string_view materials = first_subfield(field, '3');
            if (!link.empty()) {
                by_link_.push_back({link, i});
            }
            if (!materials.empty()) {
                by_materials_.push_back({materials, i});
            }
        } else if (tag >= "853" && tag <= "878" && tag[0] == '8') {
            since = true;
        }
    }
    std::sort(by_link_.begin(), by_link_.end());
    std::sort(by_materials_.begin(), by_materials_.end());
}

std::size_t item_locations::of(const marc::field_view& field, std::size_t number) const {
    if (all_.size() < 2) {
        return all_.empty() ? holdings_statement::nowhere : all_.front();
    }
    // A key that several 852 have says nothing.
    const auto find = [](const keys& all, std::string_view key) {
        const auto found = std::lower_bound(all.begin(), all.end(), key,
                                            [](const auto& a, std::string_view b) { return a.first < b; });
        const bool single =
            found != all.end() && found->first == key && (found + 1 == all.end() || (found + 1)->first != key);
        return single && !key.empty() ? found->second : holdings_statement::nowhere;
    };
    if (const std::size_t linked = find(by_link_, read_link(first_subfield(field, '8')).link);
        linked != holdings_statement::nowhere) {
        return linked;
    }
    if (const std::size_t same = find(by_materials_, first_subfield(field, '3')); same != holdings_statement::nowhere) {
        return same;
    }
    const auto after = std::upper_bound(all_.begin(), all_.end(), number);
    return interleaved_ && after != all_.begin() ? *(after - 1) : holdings_statement::nowhere;
}

char scheme_indicator(item_layout layout, std::string_view scheme) noexcept {
    if (scheme.empty()) {
        return layout == item_layout::evergreen ? '4' : ' ';
    }
    for (const scheme_code& code : scheme_codes()) {
        if (code.name == scheme) {
            return code.indicator;
        }
    }
    return '7';
}

} // namespace detail

item_list read_items(const marc::record_view& record, item_layout layout, std::pmr::memory_resource* memory) {
    return detail::item_reader(record, layout, memory).read();
}

} // namespace crosswalk
