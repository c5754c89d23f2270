// What a caller of a crosswalk may ask for, as JSON.
#pragma once

#include "crosswalk/rules.hpp"

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace crosswalk {

/// Rules, and what changes them, as texts for rule_set.
class conversion_options {
  public:
    /// @param json an object with any of: "rules", a text of rules or an array of {"name": …, "text": …}; "set", an
    ///             object with a text for each `let` of the rules that is to have it; "output", the form to write
    /// @throws rule_error for anything else
    explicit conversion_options(std::string_view json);
    conversion_options(const conversion_options&) = delete;
    conversion_options& operator=(const conversion_options&) = delete;

    /// @return the shipped rules with what changes them behind; lives as long as the options and the argument
    std::vector<rule_text> texts(const rule_text& shipped) const;

  private:
    struct named_text {
        std::string name;
        std::string text;
    };
    std::deque<named_text> changes_; // does not move what it holds
};

} // namespace crosswalk
