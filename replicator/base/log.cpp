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
#include <iostream>
#include <regex>

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

} // namespace

std::string redact(std::string_view text) {
    static const std::regex secret(
        R"(((?:ssl)?passw(?:or)?d\s*[=:]\s*)(?!\[secret\])('(?:[^'\\]|\\.)*'|"[^"]*"|[^\s,;&]+))", std::regex::icase);
    // The user-info part of a URI (RFC 3986, section 3.2.1) may hold a password as well.
    static const std::regex user_info(R"((://[^/\s:@]+):([^@/\s]+)@)");
    std::string plain = std::regex_replace(std::string(text), secret, "$1[secret]");
    return std::regex_replace(plain, user_info, "$1:[secret]@");
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
