// The settings of a source (rows of everarchive.source_setting, with the defaults of source_setting_kind), as they were
// when the program took it. A change restarts the source's pipeline, so nothing has to ask again.
#pragma once

#include <charconv>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace everarchive::capture {

class source_settings {
  public:
    source_settings() = default;
    explicit source_settings(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}

    /// Throws error (needs_person) if the extension in the database knows no such setting: it is older than the
    /// program.
    const std::string& text(std::string_view name) const {
        const auto found = values_.find(name);
        if (found == values_.end()) {
            throw error(exit_code::state, cause::needs_person,
                        "the preservation database knows no setting " + std::string(name),
                        "ALTER EXTENSION everarchive UPDATE;");
        }
        return found->second;
    }

    /// A setting whose `allowed` lets only digits through.
    std::int64_t number(std::string_view name) const {
        const std::string& digits = text(name);
        std::int64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }

  private:
    std::map<std::string, std::string, std::less<>> values_;
};

} // namespace everarchive::capture
