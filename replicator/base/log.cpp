#include "base/log.hpp"

#include <boost/log/attributes/clock.hpp>
#include <boost/log/core.hpp>
#include <boost/log/attributes/value_extraction.hpp>
#include <boost/log/sinks/sync_frontend.hpp>
#include <boost/log/sinks/text_ostream_backend.hpp>
#include <boost/log/sources/record_ostream.hpp>
#include <boost/log/sources/severity_logger.hpp>
#include <boost/core/null_deleter.hpp>
#include <boost/date_time/posix_time/posix_time.hpp>
#include <boost/make_shared.hpp>
#include <algorithm>
#include <iostream>

namespace everarchive::log {

namespace {

constexpr std::string_view severity_name(severity level) {
    switch (level) {
    case severity::debug:
        return "debug";
    case severity::info:
        return "info";
    case severity::notice:
        return "notice";
    case severity::warning:
        return "warning";
    case severity::error:
        return "error";
    case severity::fatal:
        return "fatal";
    }
    return "fatal";
}

boost::log::sources::severity_logger_mt<severity>& logger() {
    static boost::log::sources::severity_logger_mt<severity> instance;
    return instance;
}

/// A value is quoted when a reader could not see where it ends.
void append_value(std::string& line, std::string_view value) {
    if (!value.empty() && value.find_first_of(" \"\n\t=") == std::string_view::npos) {
        line += value;
        return;
    }
    line += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (c == '\n') {
            line += "\\n";
        } else {
            line += c;
        }
    }
    line += '"';
}

constexpr std::string_view hidden = "[secret]";
constexpr std::string_view spaces = " \t\n\v\f\r";

/// True if `text` begins with `word`, which is in lower case, in whatever case.
bool begins_with(std::string_view text, std::string_view word) {
    return text.size() >= word.size() && std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
               return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
}

std::size_t skip(std::string_view text, std::size_t at, std::string_view characters) {
    return std::min(text.find_first_not_of(characters, at), text.size());
}

/// Where the value that begins at `at` ends: in single quotes (\ takes the next character along), in double quotes, or
/// a word. `at` itself if there is none.
std::size_t end_of_value(std::string_view text, std::size_t at) {
    if (at < text.size() && text[at] == '\'') {
        for (std::size_t i = at + 1; i < text.size(); ++i) {
            if (text[i] == '\'') {
                return i + 1;
            }
            if (text[i] == '\\' && (++i == text.size() || text[i] == '\n' || text[i] == '\r')) {
                break;
            }
        }
    } else if (at < text.size() && text[at] == '"') {
        const std::size_t end = text.find('"', at + 1);
        if (end != std::string_view::npos) {
            return end + 1;
        }
    }
    return std::min(text.find_first_of(" \t\n\v\f\r,;&", at), text.size());
}

/// The end of `password = ` or `passwd: ` at `at`, or `at` if it does not stand there.
std::size_t end_of_name(std::string_view text, std::size_t at) {
    std::size_t end = at;
    if (begins_with(text.substr(at), "password")) {
        end += 8;
    } else if (begins_with(text.substr(at), "passwd")) {
        end += 6;
    } else {
        return at;
    }
    end = skip(text, end, spaces);
    return end < text.size() && (text[end] == '=' || text[end] == ':') ? skip(text, end + 1, spaces) : at;
}

std::string hide_values(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t value = end_of_name(text, at);
        const std::size_t end =
            value == at || begins_with(text.substr(value), hidden) ? value : end_of_value(text, value);
        if (end == value) { // no name here, or no value to hide
            plain += text[at++];
            continue;
        }
        plain += text.substr(at, value - at);
        plain += hidden;
        at = end;
    }
    return plain;
}

/// The user-info part of a URI (RFC 3986, section 3.2.1) may hold a password as well.
std::string hide_user_info(std::string_view text) {
    constexpr std::string_view begin = "://";
    std::string plain;
    plain.reserve(text.size());
    std::size_t done = 0;
    for (std::size_t at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at)) {
        const std::size_t user = at + begin.size();
        const std::size_t colon = std::min(text.find_first_of("/:@ \t\n\v\f\r", user), text.size());
        at = user;
        if (colon == user || colon == text.size() || text[colon] != ':') {
            continue;
        }
        const std::size_t end = std::min(text.find_first_of("@/ \t\n\v\f\r", colon + 1), text.size());
        if (end == colon + 1 || end == text.size() || text[end] != '@') {
            continue;
        }
        plain += text.substr(done, colon + 1 - done);
        plain += hidden;
        done = end;
        at = end + 1;
    }
    plain += text.substr(done);
    return plain;
}

} // namespace

// By hand, because std::regex recurses for each character and a long message would exhaust the stack.
std::string redact(std::string_view text) {
    return hide_user_info(hide_values(text));
}

void start(severity least) {
    using backend = boost::log::sinks::text_ostream_backend;
    auto stream = boost::make_shared<backend>();
    stream->add_stream(boost::shared_ptr<std::ostream>(&std::clog, boost::null_deleter()));
    stream->auto_flush(true);
    auto sink = boost::make_shared<boost::log::sinks::synchronous_sink<backend>>(stream);
    // A function instead of an expression template: what it prints can be read here.
    sink->set_formatter([](const boost::log::record_view& record, boost::log::formatting_ostream& out) {
        const auto time = boost::log::extract<boost::posix_time::ptime>("TimeStamp", record);
        const auto level = boost::log::extract<severity>("Severity", record);
        if (time) {
            out << boost::posix_time::to_iso_extended_string(*time) << "Z ";
        }
        if (level) {
            out << severity_name(*level) << ' ';
        }
        out << boost::log::extract_or_default<std::string>("Message", record, std::string());
    });
    sink->set_filter([least](const boost::log::attribute_value_set& values) {
        const auto level = boost::log::extract<severity>("Severity", values);
        return !level || *level >= least;
    });
    boost::log::core::get()->remove_all_sinks();
    boost::log::core::get()->add_sink(sink);
    boost::log::core::get()->add_global_attribute("TimeStamp", boost::log::attributes::utc_clock());
}

void write(severity level, std::string_view module, std::string_view message, const std::vector<field>& fields) {
    std::string line;
    line += module;
    line += ' ';
    line += redact(message);
    for (const auto& [key, value] : fields) {
        line += ' ';
        line += key;
        line += '=';
        append_value(line, redact(value));
    }
    // One line an event, whatever a message from a server holds.
    for (char& c : line) {
        if (c == '\n' || c == '\r') {
            c = ' ';
        }
    }
    BOOST_LOG_SEV(logger(), level) << line;
}

} // namespace everarchive::log
