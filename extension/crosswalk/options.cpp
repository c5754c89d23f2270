#include "crosswalk/options.hpp"

#include <nlohmann/json.hpp>

namespace crosswalk {
namespace {

using json_value = nlohmann::json;

[[noreturn]] void refuse(std::string_view what) {
    throw rule_error("options", 0, what);
}

json_value parse(std::string_view json) {
    try {
        return json_value::parse(json.begin(), json.end());
    } catch (const json_value::exception&) {
        refuse("this is not JSON");
    }
}

const std::string& text_of(const json_value& value, std::string_view what) {
    if (!value.is_string()) {
        refuse(std::string(what) + " must be a text");
    }
    return value.get_ref<const std::string&>();
}

/// As a string of the rule language.
std::string as_string(std::string_view text) {
    std::string all = "\"";
    for (const char c : text) {
        if (c == '\n') {
            all += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') {
            all += '\\';
        }
        all += c;
    }
    return all + "\"";
}

bool is_name(std::string_view text) {
    return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

} // namespace

conversion_options::conversion_options(std::string_view json) {
    const json_value all = parse(json);
    if (!all.is_object()) {
        refuse("options must be an object");
    }
    std::string settings;
    for (const auto& [name, value] : all.items()) {
        if (name == "rules" && value.is_array()) {
            for (const json_value& one : value) {
                if (!one.is_object() || one.size() != 2 || !one.contains("name") || !one.contains("text")) {
                    refuse("each of \"rules\" must have \"name\" and \"text\"");
                }
                changes_.push_back({text_of(one["name"], "a name"), text_of(one["text"], "a text of rules")});
            }
        } else if (name == "rules") {
            changes_.push_back({"the rules given", text_of(value, "\"rules\"")});
        } else if (name == "set") {
            if (!value.is_object()) {
                refuse("\"set\" must be an object");
            }
            for (const auto& [variable, text] : value.items()) {
                if (!is_name(variable)) {
                    refuse("\"set\" has a name that no rule can have: " + variable);
                }
                settings += "set " + variable + " = " + as_string(text_of(text, variable)) + "\n";
            }
        } else if (name == "output") {
            settings += "output " + as_string(text_of(value, "\"output\"")) + "\n";
        } else {
            refuse("there is no option \"" + name + "\": there are rules, set, output");
        }
    }
    if (!settings.empty()) { // last, so that a call has its way whatever rules say
        changes_.push_back({"options", settings});
    }
}

std::vector<rule_text> conversion_options::texts(const rule_text& shipped) const {
    std::vector<rule_text> all{shipped};
    for (const named_text& change : changes_) {
        all.push_back({change.name, change.text});
    }
    return all;
}

} // namespace crosswalk
