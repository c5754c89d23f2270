#include "capture/binlog_position.hpp"

#include <charconv>

#include <fmt/format.h>

#include "base/error.hpp"

namespace everarchive::capture {

namespace {

constexpr std::string_view of_mysql = "mysql:";
constexpr std::string_view of_file = "file:";
constexpr std::string_view of_overlap = "|until ";

[[noreturn]] void refuse(std::string_view text) {
    throw error(exit_code::source, cause::needs_person,
                fmt::format("'{}' is not a position in a binary log", text.substr(0, 200)),
                "a position looks like 0-1-1234,1-1-55|binlog.000003:4711; everarchive source resync NAME takes a new "
                "one");
}

binlog_place place_of(std::string_view text, std::string_view whole) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        refuse(whole);
    }
    binlog_place place{std::string(text.substr(0, colon)), 0, 0};
    const char* const end = text.data() + text.size();
    auto read = std::from_chars(text.data() + colon + 1, end, place.offset);
    if (read.ec == std::errc{} && read.ptr != end && *read.ptr == '@') {
        read = std::from_chars(read.ptr + 1, end, place.server);
    }
    if (read.ec != std::errc{} || read.ptr != end) {
        refuse(whole);
    }
    return place;
}

} // namespace

std::string binlog_place::text() const {
    return server == 0 ? fmt::format("{}:{}", file, offset) : fmt::format("{}:{}@{}", file, offset, server);
}

std::string_view base_name(std::string_view file) {
    return file.substr(0, file.rfind('.'));
}

std::uint64_t file_number(std::string_view file) {
    const auto dot = file.rfind('.');
    std::uint64_t number = 0;
    if (dot != std::string_view::npos) {
        std::from_chars(file.data() + dot + 1, file.data() + file.size(), number);
    }
    return number;
}

bool reaches(const binlog_place& one, const binlog_place& other) {
    return one.file == other.file ? one.offset >= other.offset : file_number(one.file) > file_number(other.file);
}

bool binlog_position::overlaps() const {
    return by == kind::mysql ? !executed.contains(until) : !until_at.file.empty() && !reaches(place, until_at);
}

void binlog_position::end_overlap() {
    until = {};
    until_at = {};
}

binlog_position binlog_position::parse(std::string_view text) {
    binlog_position position;
    std::string_view rest = text;
    std::string_view overlap;
    if (const auto at = rest.find(of_overlap); at != std::string_view::npos) {
        overlap = rest.substr(at + of_overlap.size());
        rest = rest.substr(0, at);
    }
    if (rest.starts_with(of_file)) {
        position.by = kind::file;
        position.place = place_of(rest.substr(of_file.size()), text);
        if (!overlap.empty()) {
            position.until_at = place_of(overlap, text);
        }
        return position;
    }
    const auto bar = rest.find('|');
    if (bar != std::string_view::npos) {
        position.place = place_of(rest.substr(bar + 1), text);
        rest = rest.substr(0, bar);
    }
    if (rest.starts_with(of_mysql)) {
        position.by = kind::mysql;
        position.executed = gtid_set::parse(rest.substr(of_mysql.size()));
        position.until = gtid_set::parse(overlap);
        return position;
    }
    if (!overlap.empty()) {
        refuse(text);
    }
    position.gtids = gtid_list::parse(rest);
    return position;
}

std::string binlog_position::start() const {
    switch (by) {
    case kind::mysql:
        return executed.text();
    case kind::file:
        return place.text();
    case kind::mariadb:
        break;
    }
    return gtids.text();
}

std::string binlog_position::text() const {
    std::string out;
    switch (by) {
    case kind::file:
        out = fmt::format("{}{}", of_file, place.text());
        break;
    case kind::mysql:
        out = fmt::format("{}{}", of_mysql, executed.text());
        [[fallthrough]];
    case kind::mariadb:
        out += gtids.text();
        out += place.file.empty() ? "" : "|" + place.text();
        break;
    }
    if (!until.empty()) {
        fmt::format_to(std::back_inserter(out), "{}{}", of_overlap, until.text());
    } else if (!until_at.file.empty()) {
        fmt::format_to(std::back_inserter(out), "{}{}", of_overlap, until_at.text());
    }
    return out;
}

} // namespace everarchive::capture
