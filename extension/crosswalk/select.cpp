#include "select.hpp"

#include <algorithm>

namespace crosswalk::detail {

field_link field_link::of(const marc::field_view& field) noexcept {
    for (const marc::subfield_view& s : field.subfields()) {
        if (s.code == "6") {
            const std::size_t start = std::min(s.value.find_first_not_of(' '), s.value.size());
            const std::string_view text = s.value.substr(start);
            const bool numbered = text.size() >= 6 && text.substr(4, 2) != "00";
            return {text.substr(0, 3), numbered ? text.substr(4, 2) : std::string_view{}};
        }
    }
    return {};
}

void field_table::read(const marc::record_view& record) {
    record_ = &record;
    const std::string_view tags = record.tags();
    numbers_.clear();
    present_.clear();
    linked_.clear();
    pairs_.clear();
    other_ = false;
    for (std::size_t i = 0; i < tags.size(); i += 3) {
        tag_number n;
        n.own = tag_numbers::of(tags.substr(i, 3));
        if (n.own < 0) {
            other_ = true;
        } else {
            present_.add(n.own);
        }
        numbers_.push_back(n);
    }
    for (std::size_t i = 0; has_880() && i < numbers_.size(); ++i) {
        tag_number& n = numbers_[i];
        const field_link link = field_link::of(record.field(i));
        if (!link.number.empty()) {
            n.pair = 256U * static_cast<unsigned char>(link.number[0]) + static_cast<unsigned char>(link.number[1]);
        }
        if (n.own == 880 && !link.tag.empty()) {
            n.link = tag_numbers::of(link.tag);
            if (n.link >= 0) {
                linked_.add(n.link);
            } else {
                n.link = odd;
                other_ = true;
            }
        }
        if (n.pair != 0 && n.own >= 0 && (n.own != 880 || n.link >= 0)) {
            pairs_.push_back({key_of(n), static_cast<std::uint32_t>(i), n.own == 880});
        }
    }
    std::sort(pairs_.begin(), pairs_.end(), [](const linked_field& a, const linked_field& b) {
        return a.key != b.key ? a.key < b.key : a.field < b.field;
    });
}

bool field_table::matches_text(const field_selection& s, std::size_t field) const noexcept {
    const std::string_view own = record_->tags().substr(3 * field, 3);
    const std::string_view other = own == "880" ? field_link::of(record_->field(field)).tag : std::string_view{};
    return std::any_of(s.selectors, s.selectors + s.count, [&](const field_selector& f) {
        return f.linked ? other.size() == 3 && has_tag(f, other) : has_tag(f, own);
    });
}

} // namespace crosswalk::detail
