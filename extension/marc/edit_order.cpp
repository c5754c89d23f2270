#include "edit_order.hpp"
#include "marc/ascii.hpp"

#include <algorithm>

namespace marc {
namespace {

constexpr std::uint32_t first_without_number = 0x100'0000;

} // namespace

std::uint32_t tag_order(std::string_view tag) noexcept {
    std::uint32_t order = 0;
    bool number = tag.size() == 3;
    for (const char c : tag) {
        number = number && is_digit(c);
        order = order << 8U | static_cast<unsigned char>(c);
    }
    return number ? order : first_without_number + order;
}

void tag_places::assign(const std::pmr::vector<std::uint32_t>& orders) {
    last_.clear();
    highest_.clear();
    const auto last_number =
        std::find_if(orders.rbegin(), orders.rend(), [](std::uint32_t order) { return order < first_without_number; });
    const auto numbered = static_cast<std::size_t>(orders.rend() - last_number);
    std::uint32_t highest = 0;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        if (orders[i] < first_without_number || i >= numbered) {
            highest = std::max(highest, orders[i]);
        }
        highest_.push_back(highest);
        last_.push_back({orders[i], static_cast<std::uint32_t>(i + 1)});
    }
    std::sort(last_.begin(), last_.end(), [](const last_of_tag& a, const last_of_tag& b) {
        return a.order != b.order ? a.order < b.order : a.place < b.place;
    });
}

std::size_t tag_places::place_of(std::uint32_t order) const noexcept {
    const auto behind = std::upper_bound(last_.begin(), last_.end(), order,
                                         [](std::uint32_t x, const last_of_tag& l) { return x < l.order; });
    if (behind != last_.begin() && (behind - 1)->order == order) {
        return (behind - 1)->place;
    }
    return static_cast<std::size_t>(std::upper_bound(highest_.begin(), highest_.end(), order) - highest_.begin());
}

} // namespace marc
