#include "marc/linked.hpp"

#include "linkage.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace marc {
namespace {

/// One field with a $6, named by the tag that both sides have in common: that of the field that is no 880.
struct side {
    std::array<char, 3> tag{};
    std::uint32_t occurrence = 0;
    bool is_alternate = false;
    std::size_t field = 0;
    std::string_view script;
};

auto pair_of(const side& s) {
    return std::tie(s.tag, s.occurrence);
}

std::pmr::vector<side> sides_of(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::vector<side> sides(memory);
    poller polling;
    for (std::size_t i = 0; i < record.field_count(); ++i) {
        const field_view f = record.field(i);
        polling.step(1 + f.content().size());
        for (const subfield_view& s : f.subfields()) {
            linkage found;
            if (s.code != "6" || !read_linkage(s.value, found)) {
                continue;
            }
            const bool is_alternate = f.tag() == alternate_tag;
            if (is_alternate || found.tag == alternate_tag) {
                const std::string_view tag = is_alternate ? found.tag : f.tag();
                sides.push_back({{tag[0], tag[1], tag[2]}, found.occurrence, is_alternate, i, found.script});
            }
            break; // $6 is not repeatable
        }
    }
    return sides;
}

} // namespace

std::pmr::vector<linked_field> linked_fields(const record_view& record, std::pmr::memory_resource* memory) {
    std::pmr::vector<side> sides = sides_of(record, memory);
    std::sort(sides.begin(), sides.end(), [](const side& a, const side& b) {
        return std::tie(a.tag, a.occurrence, a.is_alternate, a.field) <
               std::tie(b.tag, b.occurrence, b.is_alternate, b.field);
    });
    std::pmr::vector<linked_field> links(memory);
    links.reserve(sides.size());
    for (auto group = sides.begin(); group != sides.end();) {
        const auto end = std::find_if(group, sides.end(), [&](const side& s) { return pair_of(s) != pair_of(*group); });
        auto alternate_side = std::find_if(group, end, [](const side& s) { return s.is_alternate; });
        const auto fields_end = alternate_side;
        const bool paired = group->occurrence != 0;
        for (; group != fields_end; ++group) {
            linked_field& link = links.emplace_back();
            link.field = group->field;
            link.occurrence = group->occurrence;
            link.script = group->script;
            if (paired && alternate_side != end) {
                link.linked = alternate_side->field;
                link.script = alternate_side->script;
                ++alternate_side;
            }
        }
        for (; alternate_side != end; ++alternate_side) {
            links.push_back(
                {linked_field::npos, alternate_side->field, alternate_side->occurrence, alternate_side->script});
        }
        group = end;
    }
    std::sort(links.begin(), links.end(), [](const linked_field& a, const linked_field& b) {
        return std::min(a.field, a.linked) < std::min(b.field, b.linked); // npos is the greatest
    });
    return links;
}

} // namespace marc
