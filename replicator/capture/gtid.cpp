#include "capture/gtid.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.hpp"

namespace everarchive::capture {

namespace {

[[noreturn]] void refuse(std::string_view text) {
    throw error(exit_code::source, cause::needs_person, fmt::format("'{}' is not a list of MariaDB's GTIDs", text),
                "a list looks like 0-1-1234,1-1-55; everarchive source resync NAME takes a new position");
}

template <typename Number>
Number number(std::string_view digits, std::string_view whole) {
    Number value{};
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (failure != std::errc{} || end != digits.data() + digits.size()) {
        refuse(whole);
    }
    return value;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(space) - first + 1);
}

} // namespace

std::string gtid::text() const {
    return fmt::format("{}-{}-{}", domain, server, sequence);
}

gtid_list gtid_list::parse(std::string_view text) {
    gtid_list list;
    std::string_view rest = trimmed(text);
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        const std::string_view one = trimmed(rest.substr(0, comma));
        const auto first = one.find('-');
        const auto second = first == std::string_view::npos ? first : one.find('-', first + 1);
        if (second == std::string_view::npos) {
            refuse(text);
        }
        list.advance({number<std::uint32_t>(one.substr(0, first), text),
                      number<std::uint32_t>(one.substr(first + 1, second - first - 1), text),
                      number<std::uint64_t>(one.substr(second + 1), text)});
        if (comma == std::string_view::npos) {
            break;
        }
        rest = trimmed(rest.substr(comma + 1));
        if (rest.empty()) {
            refuse(text);
        }
    }
    return list;
}

void gtid_list::advance(const gtid& done) {
    const auto at = std::lower_bound(domains_.begin(), domains_.end(), done.domain,
                                     [](const gtid& each, std::uint32_t domain) { return each.domain < domain; });
    if (at != domains_.end() && at->domain == done.domain) {
        *at = done;
    } else {
        domains_.insert(at, done);
    }
}

std::uint64_t gtid_list::behind(const gtid_list& newest) const {
    std::uint64_t all = 0;
    for (const gtid& theirs : newest.domains_) {
        const auto ours = std::find_if(domains_.begin(), domains_.end(),
                                       [&](const gtid& one) { return one.domain == theirs.domain; });
        const std::uint64_t from = ours == domains_.end() ? 0 : ours->sequence;
        all += theirs.sequence > from ? theirs.sequence - from : 0;
    }
    return all;
}

std::string gtid_list::text() const {
    std::string out;
    for (const gtid& each : domains_) {
        fmt::format_to(std::back_inserter(out), "{}{}-{}-{}", out.empty() ? "" : ",", each.domain, each.server,
                       each.sequence);
    }
    return out;
}

} // namespace everarchive::capture
