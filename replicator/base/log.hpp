// One line an event on standard error: `time severity module message key=value …` (Boost.Log underneath).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace everarchive::log {

enum class severity { debug, info, notice, warning, error, fatal };

/// Key and value of an event, such as {"source", "koha_main"}. Values with spaces or quotes are quoted in the output.
using field = std::pair<std::string_view, std::string>;

/// Sets up the sink: standard error, one line an event, `least` and above.
void start(severity least);

/// Writes one event. `module` is the folder that speaks: capture, apply, map, archive, cli.
/// Anything in `message` or a value that looks like `password=…` is printed as `password=[secret]`.
void write(severity level, std::string_view module, std::string_view message, const std::vector<field>& fields = {});

/// Returns `text` with the value of every `password=…`, `passwd=…`, `sslpassword=…` replaced by [secret].
std::string redact(std::string_view text);

} // namespace everarchive::log
