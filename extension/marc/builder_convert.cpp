// Fields that a builder already holds: looking at them, and giving them another content.
#include "layout.hpp"
#include "marc/builder.hpp"
#include "marc/error.hpp"
#include "marc/poll.hpp"

namespace marc {
namespace {

std::size_t start_of(std::string_view directory, std::size_t index) noexcept {
    return layout::load<std::uint32_t>(directory.data() + index * record_view::entry_bytes + layout::offset_at);
}

} // namespace

std::string_view builder::tag(std::size_t index) const noexcept {
    return std::string_view(directory_).substr(index * record_view::entry_bytes, 3);
}

std::string_view builder::content(std::size_t index) const noexcept {
    const std::size_t start = start_of(directory_, index);
    const std::size_t end = index + 1 < count_ ? start_of(directory_, index + 1) : data_.size();
    return std::string_view(data_).substr(start, end - start - 1);
}

std::uint32_t builder::occurrence(std::size_t index) const noexcept {
    std::uint32_t before = 0;
    for (std::size_t i = 0; i < index; ++i) {
        before += tag(i) == tag(index) ? 1U : 0U;
    }
    return before;
}

bool builder::holds_fields_of(const builder& other) const noexcept {
    return leader() == other.leader() && directory_ == other.directory_ && data_ == other.data_;
}

void builder::convert_fields(const std::function<bool(std::size_t, std::string_view, std::pmr::string&)>& convert) {
    converted_.clear();
    converted_.reserve(data_.size() + data_.size() / 4);
    poller polling;
    for (std::size_t i = 0; i < count_; ++i) {
        const std::string_view old = content(i);
        const std::size_t start = converted_.size();
        polling.step(old.size());
        if (!convert(i, old, converted_)) {
            converted_.append(old);
            char* entry = directory_.data() + i * record_view::entry_bytes;
            layout::store(entry + layout::offset_at, static_cast<std::uint32_t>(start));
            converted_.push_back(field_terminator);
            continue;
        }
        if (converted_.size() >= limits::record_bytes) {
            throw parse_error(errc::too_large, converted_.size());
        }
        // Entries before this one are new already, and content() looks at this one and the next.
        const layout::entry e =
            layout::describe(tag(i), std::string_view(converted_).substr(start), static_cast<std::uint32_t>(start));
        directory_.replace(i * record_view::entry_bytes, e.size(), e.data(), e.size());
        converted_.push_back(field_terminator);
    }
    data_.swap(converted_);
}

} // namespace marc
