// Items from and to JSON. The only file of the crosswalks with the JSON library.
#include "crosswalk/items.hpp"

#include "marc/edit.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace crosswalk {
namespace {

using json = nlohmann::json;

constexpr std::size_t most_bytes = 64 << 20;

/// The text of a value; numbers as they are written.
std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

class item_parser {
  public:
    explicit item_parser(std::pmr::memory_resource* memory) : memory_(memory), items_(memory) {}

    item_list parse(const json& all) {
        if (!all.is_array()) {
            throw items_error("items are a JSON array of objects, as jsonb_agg() makes it from marc_items()");
        }
        for (const json& one : all) {
            if (!one.is_object()) {
                fail("is not an object");
            }
            item& into = items_.emplace_back(memory_);
            for (const auto& [key, value] : one.items()) {
                work_.step(key.size() + 1);
                member(key, value, into);
            }
        }
        return std::move(items_);
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw items_error("item " + std::to_string(items_.size()) + " " + what);
    }

    void member(const std::string& key, const json& value, item& into) {
        if (value.is_null() || key == "ord") {
            return;
        }
        if (key == "other") {
            other(value, into);
            return;
        }
        if (value.is_structured()) {
            fail("has something else than a text for " + key);
        }
        const std::string text = text_of(value);
        if (key == "layout") {
            const std::optional<item_layout> layout = find_layout(text);
            if (!layout) {
                fail("has the layout " + text + ", which is none");
            }
            into.layout = *layout;
            return;
        }
        for (std::size_t i = 0; i < item_column_count; ++i) {
            if (name_of(static_cast<item_column>(i)) == key) {
                check(key, text);
                into.columns[i].emplace(text, memory_);
                return;
            }
        }
        fail("has the key " + key + ", which is no column of marc_items()");
    }

    void other(const json& places, item& into) {
        if (!places.is_object()) {
            fail("has something else than an object for other");
        }
        for (const auto& [place, values] : places.items()) {
            // TAG$CODE or TAG^INDICATOR
            const bool is_place = place.size() <= 8 && !marc::has_delimiter(place) &&
                                  (place.size() >= 4 && (place[3] == '$' || (place[3] == '^' && place.size() == 5)));
            if (!is_place) {
                fail("has the place " + place + " in other, which should be like 952$9");
            }
            const auto add = [&, &place = place](const json& value) {
                if (value.is_structured() || value.is_null()) {
                    fail("has something else than texts for " + place);
                }
                const std::string text = text_of(value);
                check(place, text);
                into.rest.push_back({std::pmr::string(place, memory_), std::pmr::string(text, memory_)});
            };
            if (values.is_array()) {
                std::for_each(values.begin(), values.end(), add);
            } else {
                add(values);
            }
        }
    }

    void check(const std::string& key, const std::string& text) const {
        if (marc::has_delimiter(text)) {
            fail("has a character in " + key + " that separates records, fields or subfields");
        }
    }

    std::pmr::memory_resource* memory_;
    item_list items_;
    marc::poller work_;
};

void write_string(std::string_view text, std::pmr::string& out, bool ascii_only) {
    // jsonb holds no NUL: as elsewhere it becomes U+FFFD.
    std::string clean(text);
    for (std::size_t at = clean.find('\0'); at != std::string::npos; at = clean.find('\0', at)) {
        clean.replace(at, 1, "\xEF\xBF\xBD");
    }
    out.append(json(std::move(clean)).dump(-1, ' ', ascii_only, json::error_handler_t::replace));
}

} // namespace

items_error::items_error(std::string_view message) noexcept {
    std::size_t length = std::min(message.size(), message_.size() - 1);
    // Not in the middle of a character.
    while (length < message.size() && length > 0 && (static_cast<unsigned char>(message[length]) & 0xC0U) == 0x80U) {
        --length;
    }
    std::copy_n(message.begin(), length, message_.begin());
}

item_list items_from_json(std::string_view text, std::pmr::memory_resource* memory) {
    if (text.size() > most_bytes) {
        throw items_error("items are over 64 MB of JSON");
    }
    json all;
    try {
        all = json::parse(text.begin(), text.end());
    } catch (const json::exception&) {
        throw items_error("items are not JSON");
    }
    return item_parser(memory).parse(all);
}

void write_rest(const item& one, std::pmr::string& out, bool ascii_only) {
    std::pmr::vector<std::size_t> order(out.get_allocator().resource());
    for (std::size_t i = 0; i < one.rest.size(); ++i) {
        order.push_back(i);
    }
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const int places = one.rest[a].place.compare(one.rest[b].place);
        return places != 0 ? places < 0 : a < b;
    });
    out.push_back('{');
    for (std::size_t i = 0; i < order.size(); ++i) {
        const item_rest& r = one.rest[order[i]];
        const bool first = i == 0 || one.rest[order[i - 1]].place != r.place;
        if (first) {
            out.append(i == 0 ? "" : "],");
            write_string(r.place, out, ascii_only);
            out.append(":[");
        } else {
            out.push_back(',');
        }
        write_string(r.value, out, ascii_only);
    }
    out.append(order.empty() ? "}" : "]}");
}

} // namespace crosswalk
