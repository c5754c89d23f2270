#include "capture/spooled_change.hpp"

#include <cstring>
#include <type_traits>

namespace everarchive::capture {

namespace {

// The frame is read by the process that wrote it: numbers are in the machine's own form.
struct head {
    std::uint32_t table;
    std::uint32_t row_cells;
    std::uint32_t old_cells;
    std::uint32_t problem_bytes;
    operation what;
    bool keeps_children;
};
static_assert(std::is_trivially_copyable_v<head>);

template <typename Value>
void put(const Value& value, std::string& into) {
    into.append(reinterpret_cast<const char*>(&value), sizeof value); // NOLINT(*-reinterpret-cast)
}

template <typename Value>
Value take(std::string_view& from) {
    Value value;
    std::memcpy(&value, from.data(), sizeof value);
    from.remove_prefix(sizeof value);
    return value;
}

void put_cells(std::span<const cell> cells, std::string& into) {
    for (const cell& one : cells) {
        put(one.is, into);
        if (one.is == cell::state::value) {
            put(static_cast<std::uint32_t>(one.text.size()), into);
            into.append(one.text);
        }
    }
}

std::span<const cell> take_cells(std::size_t count, std::string_view& from, batch& into) {
    if (count == 0) {
        return {};
    }
    const std::span<cell> cells = into.cells(count);
    for (cell& one : cells) {
        one.is = take<cell::state>(from);
        if (one.is == cell::state::value) {
            const auto length = take<std::uint32_t>(from);
            one.text = into.keep(from.substr(0, length));
            from.remove_prefix(length);
        }
    }
    return cells;
}

} // namespace

void write_change(const change& one, std::string& into) {
    head front{};
    front.table = one.table;
    front.row_cells = static_cast<std::uint32_t>(one.row.size());
    front.old_cells = static_cast<std::uint32_t>(one.old.size());
    front.problem_bytes = static_cast<std::uint32_t>(one.problem.size());
    front.what = one.what;
    front.keeps_children = one.keeps_children;
    put(front, into);
    into.append(one.problem);
    put_cells(one.row, into);
    put_cells(one.old, into);
}

change read_change(std::string_view bytes, batch& into) {
    const auto front = take<head>(bytes);
    change one;
    one.table = front.table;
    one.what = front.what;
    one.keeps_children = front.keeps_children;
    if (front.problem_bytes > 0) {
        one.problem = into.keep(bytes.substr(0, front.problem_bytes));
        bytes.remove_prefix(front.problem_bytes);
    }
    one.row = take_cells(front.row_cells, bytes, into);
    one.old = take_cells(front.old_cells, bytes, into);
    return one;
}

} // namespace everarchive::capture
