#include "apply/touched_keys.hpp"

#include <algorithm>

namespace everarchive::apply {

touch_answer touch_of(const adapter::touch& touch, std::span<const capture::cell> row) {
    touch_answer answer;
    std::string key;
    bool null = false;
    bool first = true;
    for (const adapter::touch_part& part : touch.parts) {
        if (!first) {
            key += ':';
        }
        first = false;
        if (part.is_constant) {
            key += part.constant;
            continue;
        }
        const capture::cell& cell = row[part.column];
        switch (cell.is) {
        case capture::cell::state::absent:
            answer.known = false;
            break;
        case capture::cell::state::null:
            null = true;
            break;
        case capture::cell::state::value:
            key += cell.text;
            break;
        }
    }
    if (touch.when) {
        const capture::cell& cell = row[*touch.when];
        if (cell.is == capture::cell::state::absent) {
            answer.known = false;
        } else if (cell.is == capture::cell::state::null || cell.text != touch.when_is) {
            null = true;
        }
    }
    // One NULL part is enough to know that nothing is touched, whatever the absent ones are.
    if (null) {
        answer.known = true;
    } else if (answer.known) {
        answer.key = std::move(key);
    }
    return answer;
}

bool touched_keys::add(const adapter::table& table, std::span<const capture::cell> row) {
    bool all_known = true;
    for (const adapter::touch& touch : table.touches) {
        touch_answer answer = touch_of(touch, row);
        all_known = all_known && answer.known;
        if (answer.key) {
            add(touch.kind, std::move(*answer.key));
        }
    }
    for (const adapter::touch_through& touch : table.touches_through) {
        const capture::cell& value = row[touch.value];
        all_known = all_known && value.is != capture::cell::state::absent;
        if (value.is == capture::cell::state::value) {
            ways_[&touch].emplace(value.text);
        }
    }
    return all_known;
}

void touched_keys::forget_own(const adapter::table& table, std::span<const capture::cell> row) {
    for (const adapter::touch& touch : table.touches) {
        const bool whole_key = std::all_of(table.key.begin(), table.key.end(), [&](std::size_t column) {
            return std::any_of(touch.parts.begin(), touch.parts.end(), [&](const adapter::touch_part& part) {
                return !part.is_constant && part.column == column;
            });
        });
        const touch_answer answer = touch_of(touch, row);
        if (whole_key && answer.key) {
            size_ -= by_kind_[touch.kind].erase(*answer.key);
        }
    }
}

} // namespace everarchive::apply
