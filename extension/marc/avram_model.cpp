#include "avram_model.hpp"
#include "marc/ascii.hpp"
#include "marc/avram.hpp"

#include <algorithm>
#include <utility>

namespace marc::avram {

slice model::fields_of(std::string_view tag) const noexcept {
    std::uint32_t first = none;
    if (tag.size() == 3 && is_number(tag)) {
        std::size_t number = 0;
        for (const char digit : tag) {
            number = number * 10 + static_cast<std::size_t>(digit - '0');
        }
        first = by_number[number];
    } else {
        const auto found = std::lower_bound(fields.begin(), fields.end(), tag,
                                            [this](const field& f, std::string_view t) { return text(f.tag) < t; });
        first = static_cast<std::uint32_t>(found - fields.begin());
    }
    slice found{first, 0};
    while (first < fields.size() && text(fields[first].tag) == tag) {
        ++first;
        ++found.count;
    }
    return found;
}

} // namespace marc::avram

namespace marc {

avram_schema::avram_schema(avram_schema&& other) noexcept
    : memory_(other.memory_), model_(std::exchange(other.model_, nullptr)) {}

avram_schema::~avram_schema() {
    if (model_ != nullptr) {
        model_->~model();
        memory_->deallocate(model_, sizeof(avram::model), alignof(avram::model));
    }
}

std::size_t avram_schema::field_count() const noexcept {
    return model_->fields.size();
}

} // namespace marc
