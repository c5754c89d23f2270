// Fields that a builder already holds: looking at them, and giving them another content.
#include "marc/builder.hpp"
#include "marc/error.hpp"
#include "marc/poll.hpp"

namespace marc {

std::uint32_t builder::occurrence(std::size_t index) const noexcept {
    std::uint32_t before = 0;
    for (std::size_t i = 0; i < index; ++i) {
        before += tag(i) == tag(index) ? 1U : 0U;
    }
    return before;
}

bool builder::holds_fields_of(const builder& other) const noexcept {
    return leader() == other.leader() && tags_ == other.tags_ && starts_ == other.starts_ && data_ == other.data_;
}

void builder::convert_fields(const std::function<bool(std::size_t, std::string_view, std::pmr::string&)>& convert) {
    converts_ = true;
    converted_.clear();
    converted_.reserve(data_.size() + data_.size() / 4);
    poller polling;
    for (std::size_t i = 0; i < count_; ++i) {
        const std::string_view old = content(i);
        const std::size_t start = converted_.size();
        polling.step(old.size());
        if (!convert(i, old, converted_)) {
            converted_.append(old);
        }
        if (converted_.size() >= limits::record_bytes) {
            throw parse_error(errc::too_large, converted_.size());
        }
        // Starts before this one are new already, and content() looks at this one and the next.
        starts_[i] = static_cast<std::uint32_t>(start);
        converted_.push_back(field_terminator);
    }
    data_.swap(converted_);
    scanned_ = 0;
}

} // namespace marc
