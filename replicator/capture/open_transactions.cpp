#include "capture/open_transactions.hpp"

#include <algorithm>
#include <cstring>

#include "capture/spooled_change.hpp"

namespace everarchive::capture {

namespace {

/// What a frame is, its first byte.
constexpr char change_frame = 'c';
constexpr char trouble_frame = 't';

} // namespace

/// The part of this age, or where it belongs.
std::vector<open_transactions::subtransaction>::iterator open_transactions::transaction::find(std::uint32_t age) {
    if (parts.empty() || parts.back().age < age) {
        return parts.end();
    }
    return std::lower_bound(parts.begin(), parts.end(), age,
                            [](const subtransaction& one, std::uint32_t wanted) { return one.age < wanted; });
}

bool open_transactions::append(std::uint32_t xid, std::uint32_t part, const batch& from) {
    transaction& of = all_.try_emplace(xid, transaction{spool(budget_), {}}).first->second;
    if (const std::uint32_t age = part - xid; age != 0) {
        const auto place = of.find(age);
        if (place == of.parts.end() || place->age != age) {
            of.parts.insert(place, {age, of.frames.end()});
        }
    }
    // A trouble says that changes after it were left out.
    for (const change& one : from.changes) {
        frame_.assign(1, change_frame);
        write_change(one, frame_);
        if (!of.frames.append(frame_)) {
            return false;
        }
    }
    for (const table_trouble& one : from.troubles) {
        frame_.assign(1, trouble_frame);
        frame_.append(reinterpret_cast<const char*>(&one.table), sizeof one.table); // NOLINT(*-reinterpret-cast)
        frame_.append(one.what).append(1, '\0').append(one.mend);
        if (!of.frames.append(frame_)) {
            return false;
        }
    }
    return true;
}

void open_transactions::abort(std::uint32_t xid, std::uint32_t part) {
    const auto found = all_.find(xid);
    if (found == all_.end()) {
        return;
    }
    if (part == xid) {
        all_.erase(found);
        return;
    }
    transaction& of = found->second;
    const auto place = of.find(part - xid);
    if (place == of.parts.end() || place->age != part - xid) {
        return; // nothing of it had come
    }
    const spool::mark begin = place->begin;
    of.frames.truncate(std::min(begin, of.frames.end()));
    // Whatever came later goes with it. Of those that are older only one around it can have come later: with its first
    // change after this one had been released into it.
    auto first = place;
    while (first != of.parts.begin() && std::prev(first)->begin >= begin) {
        --first;
    }
    of.parts.erase(std::remove_if(first, of.parts.end(), [&](const auto& one) { return one.begin >= begin; }),
                   of.parts.end());
}

spool open_transactions::commit(std::uint32_t xid) {
    const auto found = all_.find(xid);
    if (found == all_.end()) {
        return spool(budget_);
    }
    spool frames = std::move(found->second.frames);
    all_.erase(found);
    return frames;
}

bool open_transactions::replay(spool& from, batch& into) {
    if (!from.read(frame_)) {
        return false;
    }
    const std::string_view frame = frame_;
    if (frame.front() == change_frame) {
        into.changes.push_back(read_change(frame.substr(1), into));
        return true;
    }
    table_trouble one;
    std::memcpy(&one.table, frame.data() + 1, sizeof one.table);
    const std::string_view texts = frame.substr(1 + sizeof one.table);
    const std::size_t end = texts.find('\0');
    one.what = texts.substr(0, end);
    one.mend = texts.substr(end + 1);
    into.troubles.push_back(std::move(one));
    return true;
}

} // namespace everarchive::capture
