#include "serve/exposition.hpp"

#include <fmt/format.h>

#include <cmath>

namespace everarchive::serve {

namespace {

std::string number(double value) {
    if (std::isnan(value)) {
        return "NaN";
    }
    if (std::isinf(value)) {
        return value > 0 ? "+Inf" : "-Inf";
    }
    return fmt::format("{}", value); // the shortest that reads back as the same
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (const char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '"' && quotes) {
            out += "\\\"";
        } else {
            out += c;
        }
    }
}

} // namespace

void exposition::family(std::string_view name, type kind, std::string_view help) {
    name_ = name;
    text_ += fmt::format("# HELP {} ", name);
    append_escaped(text_, help, false);
    text_ += fmt::format("\n# TYPE {} {}\n", name,
                         kind == type::counter ? "counter"
                         : kind == type::gauge ? "gauge"
                                               : "histogram");
}

void exposition::line(std::string_view suffix, const labels& of, std::string_view bound, const std::string& value) {
    text_ += name_;
    text_ += suffix;
    if (!of.empty() || !bound.empty()) {
        text_ += '{';
        bool first = true;
        for (const auto& [name, text] : of) {
            text_ += first ? "" : ",";
            first = false;
            text_ += name;
            text_ += "=\"";
            append_escaped(text_, text, true);
            text_ += '"';
        }
        if (!bound.empty()) {
            text_ += fmt::format("{}le=\"{}\"", first ? "" : ",", bound);
        }
        text_ += '}';
    }
    text_ += ' ';
    text_ += value;
    text_ += '\n';
}

void exposition::sample(const labels& of, double value) {
    line("", of, "", number(value));
}

void exposition::sample(const labels& of, std::int64_t value) {
    line("", of, "", std::to_string(value));
}

void exposition::sample(const labels& of, std::uint64_t value) {
    line("", of, "", std::to_string(value));
}

void exposition::histogram(const labels& of, std::span<const double> bounds, std::span<const std::uint64_t> cumulative,
                           double sum) {
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        line("_bucket", of, number(bounds[i]), std::to_string(cumulative[i]));
    }
    line("_bucket", of, "+Inf", std::to_string(cumulative.back()));
    line("_sum", of, "", number(sum));
    line("_count", of, "", std::to_string(cumulative.back()));
}

} // namespace everarchive::serve
