#include "capture/gtid_set.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/error.hpp"

namespace everarchive::capture {

namespace {

// GTIDs are counted from 1 to this (sql/rpl_gtid.h, GNO_END).
constexpr std::uint64_t end_of_numbers = 0x7fffffffffffffff;

[[noreturn]] void refuse(std::string_view text) {
    throw error(exit_code::source, cause::needs_person,
                fmt::format("'{}' is not a set of MySQL's GTIDs", text.substr(0, 200)),
                "a set looks like 3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7; everarchive source resync NAME takes a "
                "new position");
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::optional<unsigned> hex_digit(char digit) {
    if (digit >= '0' && digit <= '9') {
        return static_cast<unsigned>(digit - '0');
    }
    if (digit >= 'a' && digit <= 'f') {
        return static_cast<unsigned>(digit - 'a' + 10);
    }
    if (digit >= 'A' && digit <= 'F') {
        return static_cast<unsigned>(digit - 'A' + 10);
    }
    return std::nullopt;
}

std::optional<std::array<unsigned char, 16>> uuid_of(std::string_view text) {
    std::array<unsigned char, 16> uuid{};
    std::size_t digits = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '-') {
            if (at != 8 && at != 13 && at != 18 && at != 23) {
                return std::nullopt;
            }
            continue;
        }
        const auto digit = hex_digit(text[at]);
        if (!digit || digits == 32) {
            return std::nullopt;
        }
        unsigned char& byte = uuid[digits / 2];
        byte = static_cast<unsigned char>(byte << 4U | *digit);
        ++digits;
    }
    return digits == 32 ? std::optional(uuid) : std::nullopt;
}

std::string origin_text(const gtid_origin& origin) {
    std::string out;
    for (std::size_t at = 0; at < origin.uuid.size(); ++at) {
        fmt::format_to(std::back_inserter(out), "{}{:02x}", at == 4 || at == 6 || at == 8 || at == 10 ? "-" : "",
                       origin.uuid[at]);
    }
    return origin.tag.empty() ? out : out + ':' + origin.tag;
}

/// Tags: a letter or underscore, then up to 31 letters, digits and underscores; kept in lower case.
std::optional<std::string> tag_of(std::string_view text) {
    std::string tag;
    for (const char each : text) {
        const char lower = each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
        const bool letter = (lower >= 'a' && lower <= 'z') || lower == '_';
        if (!letter && (tag.empty() || lower < '0' || lower > '9')) {
            return std::nullopt;
        }
        tag += lower;
    }
    return tag.empty() || tag.size() > 32 ? std::nullopt : std::optional(tag);
}

void put(std::string& out, std::uint64_t value) {
    for (int at = 0; at < 8; ++at) {
        out += static_cast<char>(value >> (8 * at) & 0xffU);
    }
}

} // namespace

std::string mysql_gtid::text() const {
    return fmt::format("{}:{}", origin_text(origin), number);
}

void gtid_set::insert(intervals& into, interval more) {
    // The first that touches or follows `more`; those that touch it become one with it.
    auto at = std::lower_bound(into.begin(), into.end(), more.first,
                               [](const interval& each, std::uint64_t first) { return each.last + 1 < first; });
    const auto begin = at;
    while (at != into.end() && at->first <= more.last + 1) {
        more.first = std::min(more.first, at->first);
        more.last = std::max(more.last, at->last);
        ++at;
    }
    into.insert(into.erase(begin, at), more);
}

gtid_set gtid_set::parse(std::string_view text) {
    gtid_set set;
    std::string_view rest = trimmed(text);
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        std::string_view one = trimmed(rest.substr(0, comma));
        rest = comma == std::string_view::npos ? std::string_view{} : trimmed(rest.substr(comma + 1));
        if (one.empty()) {
            continue; // the server itself takes doubled commas
        }
        auto colon = one.find(':');
        const auto uuid = uuid_of(trimmed(one.substr(0, colon)));
        if (!uuid || colon == std::string_view::npos) {
            refuse(text);
        }
        gtid_origin origin{*uuid, {}};
        while (colon != std::string_view::npos) {
            one.remove_prefix(colon + 1);
            colon = one.find(':');
            const std::string_view part = trimmed(one.substr(0, colon));
            if (auto tag = tag_of(part)) {
                origin.tag = std::move(*tag);
                continue;
            }
            interval read;
            const char* const end = part.data() + part.size();
            auto [after, failure] = std::from_chars(part.data(), end, read.first);
            read.last = read.first;
            if (failure == std::errc{} && after != end && *after == '-') {
                const auto second = std::from_chars(after + 1, end, read.last);
                after = second.ptr;
                failure = second.ec;
            }
            if (failure != std::errc{} || after != end || read.first == 0 || read.last >= end_of_numbers) {
                refuse(text);
            }
            if (read.last >= read.first) {
                insert(set.origins_[origin], read);
            }
        }
    }
    return set;
}

void gtid_set::add(const mysql_gtid& done) {
    insert(origins_[done.origin], {done.number, done.number});
}

void gtid_set::add(const gtid_set& others) {
    for (const auto& [origin, parts] : others.origins_) {
        for (const interval& each : parts) {
            insert(origins_[origin], each);
        }
    }
}

bool gtid_set::contains(const mysql_gtid& wanted) const {
    const auto found = origins_.find(wanted.origin);
    if (found == origins_.end()) {
        return false;
    }
    const auto at = std::lower_bound(found->second.begin(), found->second.end(), wanted.number,
                                     [](const interval& each, std::uint64_t number) { return each.last < number; });
    return at != found->second.end() && at->first <= wanted.number;
}

bool gtid_set::contains(const gtid_set& others) const {
    return others.without(*this).empty();
}

std::uint64_t gtid_set::count() const {
    std::uint64_t all = 0;
    for (const auto& [origin, parts] : origins_) {
        for (const interval& part : parts) {
            all += part.last - part.first + 1;
        }
    }
    return all;
}

gtid_set gtid_set::without(const gtid_set& others) const {
    gtid_set left;
    for (const auto& [origin, parts] : origins_) {
        const auto found = others.origins_.find(origin);
        if (found == others.origins_.end()) {
            left.origins_.emplace(origin, parts);
            continue;
        }
        intervals remaining;
        auto gone = found->second.begin();
        for (interval each : parts) {
            while (gone != found->second.end() && gone->last < each.first) {
                ++gone;
            }
            auto at = gone;
            bool open = true;
            while (open && at != found->second.end() && at->first <= each.last) {
                if (at->first > each.first) {
                    remaining.push_back({each.first, at->first - 1});
                }
                open = at->last < each.last;
                each.first = at->last + 1;
                ++at;
            }
            if (open) {
                remaining.push_back(each);
            }
        }
        if (!remaining.empty()) {
            left.origins_.emplace(origin, std::move(remaining));
        }
    }
    return left;
}

std::string gtid_set::text() const {
    std::string out;
    const gtid_origin* last = nullptr;
    for (const auto& [origin, parts] : origins_) {
        if (last == nullptr || last->uuid != origin.uuid) {
            out += (last == nullptr ? "" : ",") + origin_text(origin);
        } else {
            out += ':' + origin.tag; // further tags of a server stand behind its untagged numbers
        }
        last = &origin;
        for (const interval& each : parts) {
            fmt::format_to(std::back_inserter(out), ":{}", each.first);
            if (each.last != each.first) {
                fmt::format_to(std::back_inserter(out), "-{}", each.last);
            }
        }
    }
    return out;
}

std::string gtid_set::encoded() const {
    const bool tagged =
        std::any_of(origins_.begin(), origins_.end(), [](const auto& each) { return !each.first.tag.empty(); });
    std::string out;
    // Servers before 8.3 know no tags: then the first byte is the lowest of a plain count. With tags the first and the
    // last of the eight bytes say the format, and the count stands between them.
    put(out, tagged ? std::uint64_t{1} << 56U | static_cast<std::uint64_t>(origins_.size()) << 8U | 1U
                    : static_cast<std::uint64_t>(origins_.size()));
    for (const auto& [origin, parts] : origins_) {
        out.append(reinterpret_cast<const char*>(origin.uuid.data()), origin.uuid.size());
        if (tagged) { // its length as a number of variable size: below 64 one byte, shifted by one
            out += static_cast<char>(origin.tag.size() << 1U);
            out += origin.tag;
        }
        put(out, parts.size());
        for (const interval& each : parts) {
            put(out, each.first);
            put(out, each.last + 1);
        }
    }
    return out;
}

} // namespace everarchive::capture
