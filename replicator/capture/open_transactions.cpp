#include "capture/open_transactions.hpp"

#include <cstring>

#include "capture/spooled_change.hpp"

namespace everarchive::capture {

namespace {

/// What a frame is, its first byte.
constexpr char change_frame = 'c';
constexpr char trouble_frame = 't';

} // namespace

bool open_transactions::append(std::uint32_t xid, std::uint32_t part, const batch& from) {
    transaction& of = all_.try_emplace(xid, transaction{spool(budget_), {}, {}}).first->second;
    if (part != xid && of.places.try_emplace(part, of.parts.size()).second) {
        of.parts.emplace_back(part, of.frames.end());
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
    const auto place = of.places.find(part);
    if (place == of.places.end()) {
        return; // nothing of it had come
    }
    const std::size_t first = place->second;
    of.frames.truncate(of.parts[first].second);
    for (std::size_t i = first; i < of.parts.size(); ++i) {
        of.places.erase(of.parts[i].first);
    }
    of.parts.resize(first);
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
