#include "capture/postgresql_timeline.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/log.hpp"

namespace everarchive::capture::postgresql {

namespace {

constexpr std::string_view separator = ", timeline ";

server_identity identify_on(pq::connection& line) {
    const pq::result row = line.run("IDENTIFY_SYSTEM"); // systemid, timeline, xlogpos, dbname
    return {fmt::format("{}/{}", row.text(0, 0), row.text(0, 3)), row.number<std::uint32_t>(0, 1)};
}

} // namespace

server_identity server_identity::parse(std::string_view text) {
    const std::size_t at = text.rfind(separator);
    if (at == std::string_view::npos) {
        return {std::string(text), std::nullopt};
    }
    const std::string_view digits = text.substr(at + separator.size());
    std::uint32_t timeline = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), timeline);
    return {std::string(text.substr(0, at)), timeline};
}

std::string server_identity::text() const {
    return timeline ? fmt::format("{}{}{}", server, separator, *timeline) : server;
}

std::optional<lsn> end_of_timeline(std::string_view history, std::uint32_t timeline) {
    constexpr std::string_view blanks = " \t\r";
    const auto word = [&](std::string_view& line) {
        line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
        const std::string_view found = line.substr(0, line.find_first_of(blanks));
        line.remove_prefix(found.size());
        return found;
    };
    while (!history.empty()) {
        const std::size_t end = std::min(history.find('\n'), history.size());
        std::string_view line = history.substr(0, end);
        history.remove_prefix(std::min(end + 1, history.size()));
        const std::string_view id = word(line);
        std::uint32_t number = 0;
        const auto [rest, problem] = std::from_chars(id.data(), id.data() + id.size(), number);
        if (problem == std::errc{} && rest == id.data() + id.size() && number == timeline) {
            return parse_lsn(word(line));
        }
    }
    return std::nullopt;
}

server_identity identify(const std::string& conninfo) {
    pq::connection line = connect_replication(conninfo, stream_patience);
    return identify_on(line);
}

std::string recognize(const std::string& conninfo, const source_names& names, const std::string& known,
                      const std::string& position) {
    const server_identity before = server_identity::parse(known);
    pq::connection line = connect_replication(conninfo, stream_patience);
    const server_identity now = identify_on(line);
    const auto lost = [&](const std::string& why) {
        return error(exit_code::source, cause::position_lost, fmt::format("source {}: {}", names.source, why),
                     "if it should be: " + names.resync_hint());
    };
    if (now.server != before.server) {
        throw lost(fmt::format("the source is another server than before: {} instead of {}", now.text(), known));
    }
    if (!before.timeline || *before.timeline == *now.timeline) {
        return now.text();
    }
    if (*now.timeline < *before.timeline) {
        throw lost(fmt::format("the server is on timeline {} and was on {} before: it was restored from an older copy",
                               *now.timeline, *before.timeline));
    }
    const pq::result history = line.run(fmt::format("TIMELINE_HISTORY {}", *now.timeline)); // filename, content
    const std::optional<lsn> end = end_of_timeline(history.text(0, 1), *before.timeline);
    if (!end) {
        throw lost(fmt::format("the server is on timeline {}, which does not come from timeline {} of before",
                               *now.timeline, *before.timeline));
    }
    if (parse_lsn(position) > *end) {
        throw lost(
            fmt::format("the server went over to timeline {} at {}, before our position {}: it was restored from "
                        "an older copy, or promoted before it had received everything",
                        *now.timeline, format_lsn(*end), position));
    }
    log::write(log::severity::notice, "capture",
               fmt::format("the server went over from timeline {} to {} at {}, after our position", *before.timeline,
                           *now.timeline, format_lsn(*end)),
               {{"source", names.source}, {"position", position}});
    return now.text();
}

} // namespace everarchive::capture::postgresql
