// What is wrong with a schema: the metaschema of the specification, and the rules that it states in words.
#include "avram_pattern.hpp"
#include "json_document.hpp"
#include "marc/ascii.hpp"
#include "marc/avram.hpp"
#include "marc/charset.hpp"
#include "marc/limits.hpp"
#include "marc/validate.hpp"

#include <algorithm>
#include <memory_resource>
#include <vector>

namespace marc {
namespace avram {
namespace {

/// The type that a key's value must have.
enum class kind : std::uint8_t { string, text, boolean, number, object, array, string_or_object, object_or_null, any };

struct key_rule {
    std::string_view name;
    kind type; ///< text: a string that must not be empty
};

constexpr key_rule schema_keys[] = {
    {"title", kind::string},     {"description", kind::string}, {"url", kind::text},       {"uri", kind::string},
    {"profile", kind::string},   {"family", kind::text},        {"$schema", kind::string}, {"created", kind::string},
    {"modified", kind::string},  {"fields", kind::object},      {"records", kind::number}, {"language", kind::text},
    {"codelists", kind::object}, {"rules", kind::array},
};
constexpr key_rule field_keys[] = {
    {"tag", kind::text},
    {"label", kind::string},
    {"occurrence", kind::text},
    {"counter", kind::text},
    {"description", kind::string},
    {"comment", kind::string},
    {"examples", kind::array},
    {"repeatable", kind::boolean},
    {"required", kind::boolean},
    {"deprecated", kind::boolean},
    {"pattern", kind::text},
    {"groups", kind::object},
    {"codes", kind::string_or_object},
    {"positions", kind::object},
    {"url", kind::text},
    {"indicator1", kind::object_or_null},
    {"indicator2", kind::object_or_null},
    {"pica3", kind::string},
    {"subfields", kind::object},
    {"created", kind::string},
    {"modified", kind::string},
    {"total", kind::number},
    {"records", kind::number},
    {"rules", kind::array},
    {"types", kind::object},
    {"categories", kind::array},
};
constexpr key_rule typed_keys[] = {
    {"label", kind::string},           {"description", kind::string}, {"pattern", kind::text}, {"groups", kind::object},
    {"codes", kind::string_or_object}, {"positions", kind::object},   {"url", kind::text},
};
constexpr key_rule subfield_keys[] = {
    {"code", kind::string},      {"label", kind::string},           {"repeatable", kind::boolean},
    {"required", kind::boolean}, {"pattern", kind::text},           {"groups", kind::object},
    {"positions", kind::object}, {"codes", kind::string_or_object}, {"rules", kind::array},
    {"url", kind::text},         {"description", kind::string},     {"comment", kind::string},
    {"examples", kind::array},   {"pica3", kind::string},           {"created", kind::string},
    {"modified", kind::string},  {"deprecated", kind::boolean},     {"total", kind::number},
    {"records", kind::number},   {"categories", kind::array},       {"order", kind::number},
};
constexpr key_rule position_keys[] = {
    {"label", kind::string},           {"description", kind::string},     {"url", kind::text},
    {"codes", kind::string_or_object}, {"flags", kind::string_or_object}, {"pattern", kind::text},
    {"groups", kind::object},          {"start", kind::number},           {"end", kind::number},
};
constexpr key_rule indicator_keys[] = {
    {"label", kind::string},           {"description", kind::string}, {"url", kind::text},
    {"codes", kind::string_or_object}, {"pattern", kind::text},       {"groups", kind::object},
};
constexpr key_rule code_keys[] = {
    {"code", kind::string},     {"label", kind::string},       {"description", kind::string}, {"created", kind::string},
    {"modified", kind::string}, {"deprecated", kind::boolean}, {"url", kind::text},
};
constexpr key_rule codelist_keys[] = {
    {"codes", kind::object},   {"title", kind::string},    {"description", kind::string},
    {"created", kind::string}, {"modified", kind::string}, {"url", kind::text},
};

const char* type_message(kind type) noexcept {
    switch (type) {
    case kind::string:
        return "must be a string";
    case kind::text:
        return "must be a string that is not empty";
    case kind::boolean:
        return "must be true or false";
    case kind::number:
        return "must be a whole number, not negative";
    case kind::object:
        return "must be an object";
    case kind::array:
        return "must be an array";
    case kind::string_or_object:
        return "must be an object or the name of a codelist";
    case kind::object_or_null:
        return "must be an object or null";
    case kind::any:
        break;
    }
    return "";
}

bool has_type(const json_value& value, kind type) {
    switch (type) {
    case kind::string:
        return value.is_string();
    case kind::text:
        return value.is_string() && !string_of(value).empty();
    case kind::boolean:
        return value.is_boolean();
    case kind::number:
        return value.is_number_unsigned();
    case kind::object:
        return value.is_object();
    case kind::array:
        return value.is_array();
    case kind::string_or_object:
        return value.is_object() || (value.is_string() && !string_of(value).empty());
    case kind::object_or_null:
        return value.is_object() || value.is_null();
    case kind::any:
        return true;
    }
    return true;
}

class checker {
  public:
    explicit checker(schema_problem_sink& sink) : sink_(sink) {}

    void check(const json_value& schema) {
        if (!schema.is_object()) {
            return error("must be an object");
        }
        keys(schema, schema_keys);
        if (member(schema, "fields") == nullptr) {
            error("the key fields is missing");
        }
        const json_value* family = member(schema, "family");
        family_ = family != nullptr && family->is_string() ? std::string(string_of(*family)) : std::string();
        if (!family_.empty() && family_ != "marc" && family_ != "pica" && family_ != "flat" && family_ != "mab") {
            within("family", [&] { doubt("is no family of the specification: flat, marc, pica or mab"); });
        }
        rules(schema);
        each(schema, "codelists", [&](const std::string&, const json_value& list) {
            keys(list, codelist_keys);
            if (member(list, "codes") == nullptr) {
                error("the key codes is missing");
            }
            codes(list, "codes", 0, false);
        });
        lists_ = member(schema, "codelists");
        each(schema, "fields", [&](const std::string& id, const json_value& definition) { field(id, definition); });
    }

  private:
    void put(bool is_error, std::string_view message) { sink_.put({is_error, path_, message}); }
    void error(std::string_view message) { put(true, message); }
    void doubt(std::string_view message) { put(false, message); }

    template <typename Body>
    void within(std::string_view name, Body body) {
        const std::size_t before = path_.size();
        if (!path_.empty()) {
            path_ += '/';
        }
        path_ += name;
        body();
        path_.resize(before);
    }

    /// Visits the members of an object under a key; those that are no objects are reported by `keys`, unless they are
    /// members themselves.
    template <typename Body>
    void each(const json_value& object, const char* key, Body body) {
        const json_value* members = member(object, key);
        if (members == nullptr || !members->is_object()) {
            return;
        }
        within(key, [&] {
            for (const auto& item : members->items()) {
                const std::string& name = item.key();
                const json_value& value = item.value();
                within(name, [&] {
                    if (value.is_object()) {
                        body(name, value);
                    } else {
                        error("must be an object");
                    }
                });
            }
        });
    }

    template <std::size_t N>
    void keys(const json_value& object, const key_rule (&rules_of_keys)[N]) {
        for (const auto& item : object.items()) {
            const std::string& name = item.key();
            const json_value& value = item.value();
            const auto rule_of_key = std::find_if(std::begin(rules_of_keys), std::end(rules_of_keys),
                                                  [&](const key_rule& r) { return r.name == name; });
            within(name, [&] {
                if (rule_of_key == std::end(rules_of_keys)) {
                    if (name.empty() || name[0] != '_') { // the metaschema leaves these to applications
                        doubt("is no key of the specification");
                    }
                } else if (!has_type(value, rule_of_key->type)) {
                    error(type_message(rule_of_key->type));
                } else if (name == "url" && string_of(value).substr(0, 7) != "http://" &&
                           string_of(value).substr(0, 8) != "https://") {
                    error("must start with http:// or https://");
                }
            });
        }
    }

    void rules(const json_value& definition) {
        const json_value* list = member(definition, "rules");
        if (list == nullptr || !list->is_array()) {
            return;
        }
        within("rules", [&] {
            for (const json_value& entry : *list) {
                if (entry.is_string() && rule_of(string_of(entry))) {
                    error("must not have the name of a validation rule");
                } else if (!entry.is_string() && !entry.is_object()) {
                    error("must hold strings and objects");
                } else if (const json_value* name = entry.is_object() ? member(entry, "class") : nullptr;
                           name != nullptr && *name == "codes") {
                    codes(entry, "codes", 0, false);
                }
            }
        });
    }

    /// @param width     how many characters each code must have; 0: any
    /// @param divides   the codes are flags: their lengths must divide the width
    void codes(const json_value& definition, const char* key, std::size_t width, bool divides) {
        const json_value* list = member(definition, key);
        if (list == nullptr) {
            return;
        }
        if (list->is_string()) {
            if (lists_ == nullptr || !lists_->is_object() ||
                member(*lists_, list->get_ref<const std::string&>().c_str()) == nullptr) {
                within(key, [&] { doubt("names a codelist that the schema does not have"); });
            }
            return;
        }
        if (!list->is_object()) {
            return;
        }
        within(key, [&] {
            std::size_t first_length = 0;
            for (const auto& item : list->items()) {
                const std::string& value = item.key();
                const json_value& entry = item.value();
                within(value, [&] {
                    const std::size_t length = count_characters(value);
                    first_length = first_length == 0 ? length : first_length;
                    if (value.empty()) {
                        error("a code must not be empty");
                    } else if (width != 0 && !divides && length != width) {
                        error("must have as many characters as the positions");
                    } else if (divides && width % length != 0) {
                        error("must have a length that divides the positions");
                    } else if (divides && length != first_length) {
                        error("must be as long as the other flags");
                    }
                    if (entry.is_object()) {
                        keys(entry, code_keys);
                        const json_value* code = member(entry, "code");
                        if (code != nullptr && code->is_string() && string_of(*code) != value) {
                            error("has the key code with another value");
                        }
                    } else if (!entry.is_string()) {
                        error("must be a string or an object");
                    }
                });
            }
        });
    }

    void regular_expression(const json_value& definition) {
        const json_value* value = member(definition, "pattern");
        if (value == nullptr || !value->is_string() || string_of(*value).empty()) {
            return;
        }
        const pattern compiled(string_of(*value), std::pmr::get_default_resource());
        within("pattern", [&] {
            if (compiled.status() == pattern::state::malformed) {
                error("is no regular expression");
            } else if (compiled.status() == pattern::state::unsupported) {
                doubt("uses look-around, a back-reference, \\p, or very many repetitions: values are not compared with "
                      "it");
            }
        });
    }

    void values(const json_value& definition) {
        regular_expression(definition);
        codes(definition, "codes", 0, false);
        positions(definition);
    }

    struct taken {
        std::uint64_t start;
        std::uint64_t end;
        std::string range;
    };

    void positions(const json_value& definition) {
        std::vector<taken> all;
        each(definition, "positions", [&](const std::string& range, const json_value& element) {
            keys(element, position_keys);
            regular_expression(element);
            const std::size_t dash = range.find('-');
            const std::string_view from = std::string_view(range).substr(0, dash);
            const std::string_view to = dash == std::string::npos ? from : std::string_view(range).substr(dash + 1);
            if (!is_number(from) || !is_number(to) || from.size() > 6 || to.size() > 6) {
                return error("must be a position such as 06 or a range such as 18-21");
            }
            const std::uint64_t start = std::stoul(std::string(from));
            const std::uint64_t end = std::stoul(std::string(to));
            if (start > end) {
                return error("must not end before it starts");
            }
            for (const auto& bound : {std::pair("start", start), std::pair("end", end)}) {
                const char* const key = bound.first;
                const std::uint64_t wanted = bound.second;
                const json_value* value = member(element, key);
                if (value != nullptr && value->is_number_unsigned() && value->get<std::uint64_t>() != wanted) {
                    within(key, [&] { error("does not agree with the range"); });
                }
            }
            codes(element, "codes", end - start + 1, false);
            codes(element, "flags", end - start + 1, true);
            all.push_back({start, end, range});
        });
        std::sort(all.begin(), all.end(), [](const taken& a, const taken& b) { return a.start < b.start; });
        for (std::size_t n = 1; n < all.size(); ++n) {
            if (all[n].start <= all[n - 1].end) {
                within("positions",
                       [&] { within(all[n].range, [&] { error("overlaps with position " + all[n - 1].range); }); });
            }
        }
    }

    void indicator(const json_value& definition, const char* key) {
        const json_value* value = member(definition, key);
        if (value != nullptr && value->is_object()) {
            within(key, [&] {
                keys(*value, indicator_keys);
                regular_expression(*value);
                codes(*value, "codes", 1, false);
            });
        }
    }

    void identifier(const std::string& id, const json_value& definition) {
        const bool digits = id.size() == 3 && is_number(id);
        const auto disallow = [&](std::initializer_list<const char*> names) {
            for (const char* name : names) {
                if (member(definition, name) != nullptr) {
                    within(name, [&] { error("is not allowed in this family of formats"); });
                }
            }
        };
        if (id.empty()) {
            error("a field identifier must not be empty");
        } else if (family_ == "marc") {
            if (!digits && id != "LDR") {
                error("must be three digits or LDR");
            }
            disallow({"occurrence", "counter"});
            if (member(definition, "subfields") == nullptr) {
                disallow({"indicator1", "indicator2"});
            }
        } else if (family_ == "mab") {
            if (!digits) {
                error("must be three digits");
            }
            disallow({"indicator2", "occurrence", "counter"});
        } else if (family_ == "flat") {
            disallow({"occurrence", "counter", "indicator1", "indicator2", "subfields"});
        } else if (family_ == "pica") {
            const bool tag = id.size() >= 4 && id[0] >= '0' && id[0] <= '2' && is_number(id.substr(1, 2)) &&
                             (is_upper(id[3]) || id[3] == '@');
            const bool counts = id.size() > 5 && id[5] == '$';
            if (!tag || (id.size() > 4 && id[4] != '/')) {
                error("must be a PICA tag, alone or with an occurrence or counter behind a slash");
            } else if (id.size() > 4 && counts != (id[0] == '2')) {
                error("tags with 2 may have a counter, other tags an occurrence");
            }
            disallow({"indicator1", "indicator2"});
        }
        const auto part = [&](const char* key) {
            const json_value* value = member(definition, key);
            return value != nullptr && value->is_string() ? std::string(string_of(*value)) : std::string();
        };
        const std::string tag = part("tag");
        if (!tag.empty()) {
            const std::string occurrence = part("occurrence");
            const std::string counter = part("counter");
            const std::string whole =
                tag + (occurrence.empty() ? "" : "/" + occurrence) + (counter.empty() ? "" : "/$x" + counter);
            if (whole != id) {
                error("does not agree with its keys tag, occurrence and counter");
            }
        }
    }

    void field(const std::string& id, const json_value& definition) {
        keys(definition, field_keys);
        identifier(id, definition);
        rules(definition);
        indicator(definition, "indicator1");
        indicator(definition, "indicator2");
        if (member(definition, "subfields") != nullptr) {
            for (const char* key : {"positions", "pattern", "groups", "codes"}) {
                if (member(definition, key) != nullptr) {
                    within(key, [&] { error("is not allowed in a field with subfields"); });
                }
            }
        } else {
            values(definition);
        }
        each(definition, "types", [&](const std::string&, const json_value& typed) {
            keys(typed, typed_keys);
            values(typed);
        });
        each(definition, "subfields", [&](const std::string& code, const json_value& subfield) {
            keys(subfield, subfield_keys);
            if (count_characters(code) != 1) {
                error("a subfield code must be one character");
            }
            const json_value* own = member(subfield, "code");
            if (own != nullptr && own->is_string() && string_of(*own) != code) {
                error("has the key code with another value");
            }
            values(subfield);
            rules(subfield);
        });
    }

    schema_problem_sink& sink_;
    const json_value* lists_ = nullptr;
    std::string family_;
    std::string path_;
};

} // namespace
} // namespace avram

void check_schema(std::string_view text, schema_problem_sink& sink) {
    avram::checker(sink).check(parse_json(text, limits::schema_bytes, errc::bad_schema));
}

} // namespace marc
