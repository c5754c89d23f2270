#include "avram_model.hpp"
#include "json_document.hpp"
#include "marc/ascii.hpp"
#include "marc/avram.hpp"
#include "marc/limits.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <new>
#include <utility>

namespace marc {
namespace avram {
namespace {

/// Where the compiler is in the schema, for error messages.
class path_step {
  public:
    path_step(std::string& path, std::string_view name) : path_(path), before_(path.size()) {
        if (!path.empty()) {
            path += '/';
        }
        path += name;
    }
    ~path_step() { path_.resize(before_); }
    path_step(const path_step&) = delete;
    path_step& operator=(const path_step&) = delete;

  private:
    std::string& path_;
    std::size_t before_;
};

class compiler {
  public:
    compiler(model& into, std::pmr::memory_resource* memory) : into_(into), memory_(memory) {}

    void compile(const json_value& schema) {
        demand(schema.is_object(), "must be an object");
        const json_value* fields = member(schema, "fields");
        demand(fields != nullptr && fields->is_object(), "needs the key fields with an object");
        if (const json_value* family = string_member(schema, "family")) {
            into_.is_marc = *family == "marc";
            is_pica_ = *family == "pica";
            identifiers_have_qualifiers_ = is_pica_;
        }
        if (const json_value* lists = object_member(schema, "codelists")) {
            const path_step step(path_, "codelists");
            for (const auto& [name, list] : lists->items()) {
                const path_step inner(path_, name);
                demand(list.is_object(), "must be an object");
                const json_value* codes = object_member(list, "codes");
                demand(codes != nullptr, "needs the key codes");
                const std::uint32_t made = explicit_list(*codes);
                if (const json_value* title = string_member(list, "title")) {
                    into_.codelists[made].title = keep(string_of(*title));
                }
                named_.emplace(name, made);
            }
        }
        into_.records = number(schema, "records");
        into_.root_rules = rules(schema, nullptr);
        for (std::uint32_t n = into_.root_rules.first; n < into_.root_rules.first + into_.root_rules.count; ++n) {
            if (into_.rules[n].known && into_.rules[n].what == known_rule::open_codelists) {
                for (codelist& list : into_.codelists) {
                    list.open = true; // those with a name: no other is compiled yet
                }
            }
        }
        into_.fields.reserve(fields->size());
        const path_step step(path_, "fields");
        for (const auto& [id, definition] : fields->items()) {
            const path_step inner(path_, id);
            compile_field(id, definition);
        }
        index_tags();
    }

  private:
    void demand(bool holds, const char* what) const {
        if (!holds) {
            refuse(errc::bad_schema, path_.empty() ? "the schema" : path_, what);
        }
    }

    const json_value* object_member(const json_value& object, const char* key) {
        const json_value* value = member(object, key);
        const path_step step(path_, key);
        demand(value == nullptr || value->is_object(), "must be an object");
        return value;
    }
    const json_value* string_member(const json_value& object, const char* key) {
        const json_value* value = member(object, key);
        const path_step step(path_, key);
        demand(value == nullptr || value->is_string(), "must be a string");
        return value;
    }
    bool flag(const json_value& object, const char* key) {
        const json_value* value = member(object, key);
        const path_step step(path_, key);
        demand(value == nullptr || value->is_boolean(), "must be true or false");
        return value != nullptr && value->get<bool>();
    }
    std::uint64_t number(const json_value& object, const char* key) {
        const json_value* value = member(object, key);
        const path_step step(path_, key);
        demand(value == nullptr || value->is_number_unsigned(), "must be a whole number");
        return value == nullptr ? std::uint64_t{none} : std::min<std::uint64_t>(value->get<std::uint64_t>(), none - 1);
    }

    text_ref keep(std::string_view text) {
        if (text.empty()) {
            return {};
        }
        const text_ref ref{static_cast<std::uint32_t>(into_.pool.size()), static_cast<std::uint32_t>(text.size())};
        into_.pool.append(text);
        return ref;
    }
    text_ref label_of(const json_value& object) {
        const json_value* label = string_member(object, "label");
        return label == nullptr ? text_ref{} : keep(string_of(*label));
    }
    template <typename Array>
    static std::uint32_t count_of(const Array& array) {
        return static_cast<std::uint32_t>(array.size());
    }

    std::uint32_t explicit_list(const json_value& codes) {
        codelist list;
        list.codes = {count_of(into_.codes), static_cast<std::uint32_t>(codes.size())};
        const path_step step(path_, "codes");
        for (const auto& [value, definition] : codes.items()) {
            const path_step inner(path_, value);
            demand(definition.is_string() || definition.is_object(), "must be a string or an object");
            code entry{keep(value), {}, false};
            if (definition.is_string()) {
                entry.label = keep(string_of(definition));
            } else {
                entry.label = label_of(definition);
                entry.deprecated = flag(definition, "deprecated");
            }
            if (list.code_bytes == 0) {
                list.code_bytes = static_cast<std::uint32_t>(value.size());
            }
            if (value.size() == 1 && static_cast<unsigned char>(value[0]) < 128) {
                const auto c = static_cast<unsigned char>(value[0]);
                (entry.deprecated ? list.deprecated : list.ascii)[c / 64U] |= std::uint64_t{1} << (c % 64U);
            }
            into_.codes.push_back(entry);
        }
        into_.codelists.push_back(list);
        return count_of(into_.codelists) - 1;
    }

    std::uint32_t list(const json_value& definition, const char* key) {
        const json_value* value = member(definition, key);
        if (value == nullptr) {
            return none;
        }
        const path_step step(path_, key);
        if (value->is_object()) {
            return explicit_list(*value);
        }
        demand(value->is_string(), "must be an object or the name of a codelist");
        const auto found = named_.find(*value);
        if (found != named_.end()) {
            return found->second;
        }
        codelist unresolved;
        unresolved.reference = keep(string_of(*value));
        unresolved.resolved = false;
        into_.codelists.push_back(unresolved);
        return named_.emplace(*value, count_of(into_.codelists) - 1).first->second;
    }

    std::uint32_t pattern_of(const json_value& definition) {
        const json_value* value = string_member(definition, "pattern");
        if (value == nullptr) {
            return none;
        }
        const path_step step(path_, "pattern");
        const std::string& text = value->get_ref<const std::string&>();
        const auto found = known_patterns_.find(text);
        if (found != known_patterns_.end()) {
            return found->second;
        }
        pattern compiled(text, memory_);
        demand(compiled.status() != pattern::state::malformed, "is no regular expression");
        into_.patterns.push_back({keep(text), std::move(compiled)});
        return known_patterns_.emplace(text, count_of(into_.patterns) - 1).first->second;
    }

    /// A range: 06, 18-21. @return false when it is none
    static bool range(std::string_view text, std::uint32_t& start, std::uint32_t& end, std::size_t& digits) {
        const auto read = [](std::string_view part, std::uint32_t& into) {
            into = 0;
            for (const char c : part) {
                if (c < '0' || c > '9' || into > 100'000'000) {
                    return false;
                }
                into = into * 10 + static_cast<std::uint32_t>(c - '0');
            }
            return !part.empty();
        };
        const std::size_t dash = text.find('-');
        const std::string_view first = text.substr(0, dash);
        digits = first.size();
        if (dash == std::string_view::npos) {
            const bool good = read(first, start);
            end = start;
            return good;
        }
        digits = std::max(digits, text.size() - dash - 1);
        return read(first, start) && read(text.substr(dash + 1), end) && end >= start;
    }

    slice positions_of(const json_value& definition) {
        const json_value* positions = object_member(definition, "positions");
        if (positions == nullptr) {
            return {};
        }
        const path_step step(path_, "positions");
        const slice made{count_of(into_.positions), static_cast<std::uint32_t>(positions->size())};
        for (const auto& [text, value] : positions->items()) {
            const path_step inner(path_, text);
            demand(value.is_object(), "must be an object");
            position entry{};
            std::size_t digits = 0;
            demand(range(text, entry.start, entry.end, digits), "is no range of positions");
            entry.range = keep(text);
            entry.label = label_of(value);
            entry.value.pattern = pattern_of(value);
            entry.value.codes = list(value, "codes");
            entry.value.flags = list(value, "flags");
            into_.positions.push_back(entry);
        }
        std::sort(into_.positions.begin() + made.first, into_.positions.end(),
                  [](const position& a, const position& b) { return a.start < b.start; });
        return made;
    }

    value_definition value_of(const json_value& definition) {
        value_definition value;
        value.pattern = pattern_of(definition);
        value.codes = list(definition, "codes");
        value.positions = positions_of(definition);
        return value;
    }

    indicator indicator_of(const json_value& definition, const char* key) {
        indicator made;
        const json_value* value = member(definition, key);
        if (value == nullptr) {
            return made;
        }
        const path_step step(path_, key);
        if (value->is_null()) { // a placeholder for {"codes":{" ":{}}}
            made.is = indicator::presence::blank;
            return made;
        }
        made.is = indicator::presence::defined;
        if (value->is_string()) { // the specification's own test suite names a codelist so
            made.value.codes = list(definition, key);
            return made;
        }
        demand(value->is_object(), "must be an object or null");
        made.label = label_of(*value);
        made.value.pattern = pattern_of(*value);
        made.value.codes = list(*value, "codes");
        return made;
    }

    slice lengths_of(const json_value& rule, const std::string& type) {
        const json_value* lengths = object_member(rule, "lengths");
        const json_value* allowed = lengths == nullptr ? nullptr : member(*lengths, type.c_str());
        slice made{count_of(into_.lengths), 0};
        if (allowed == nullptr) {
            return made;
        }
        demand(allowed->is_array(), "needs lengths that are arrays of whole numbers");
        for (const json_value& length : *allowed) {
            demand(length.is_number_unsigned() && length.get<std::uint64_t>() <= 99'999,
                   "needs lengths that are arrays of whole numbers");
            into_.lengths.push_back(length.get<std::uint32_t>());
            ++made.count;
        }
        return made;
    }

    /// The external rules at this place; those that this library knows are described in README.md.
    slice rules(const json_value& definition, field* of) {
        const json_value* list_of_rules = member(definition, "rules");
        if (list_of_rules == nullptr) {
            return {};
        }
        static constexpr std::pair<std::string_view, known_rule> known[] = {
            {"isbn", known_rule::isbn},           {"issn", known_rule::issn},
            {"lccn", known_rule::lccn},           {"standard-number", known_rule::standard_number},
            {"nonfiling", known_rule::nonfiling}, {"fixed-length", known_rule::fixed_length},
            {"linkage", known_rule::linkage},     {"linked-field", known_rule::linked_field},
            {"codes", known_rule::codes},         {"open-codelists", known_rule::open_codelists},
        };
        const path_step step(path_, "rules");
        demand(list_of_rules->is_array(), "must be an array");
        const slice made{count_of(into_.rules), static_cast<std::uint32_t>(list_of_rules->size())};
        for (const json_value& rule : *list_of_rules) {
            demand(rule.is_string() || rule.is_object(), "must hold strings and objects");
            external_rule entry;
            const json_value* name = rule.is_object() ? string_member(rule, "class") : &rule;
            if (name != nullptr) {
                entry.name = keep(string_of(*name));
                for (const auto& [text, what] : known) {
                    if (string_of(*name) == text) {
                        entry.known = true;
                        entry.what = what;
                    }
                }
            }
            if (entry.known && rule.is_object()) {
                configure(entry, rule, of);
            }
            into_.rules.push_back(entry);
        }
        return made;
    }

    void configure(external_rule& entry, const json_value& rule, field* of) {
        if (entry.what == known_rule::nonfiling) {
            const std::uint64_t which = number(rule, "indicator");
            demand(which == 1 || which == 2, "needs for nonfiling the key indicator with 1 or 2");
            entry.indicator = static_cast<std::uint8_t>(which);
            entry.articles = flag(rule, "articles");
        } else if (entry.what == known_rule::codes) {
            const json_value* subfields = string_member(rule, "subfields");
            entry.list = list(rule, "codes");
            demand(subfields != nullptr && entry.list != none, "needs for codes the keys subfields and codes");
            entry.subfields = keep(string_of(*subfields));
            entry.width = rule.contains("width") ? static_cast<std::uint32_t>(number(rule, "width")) : 0;
            entry.uri = flag(rule, "uri");
            if (const json_value* source = string_member(rule, "source")) {
                entry.has_source = true;
                entry.source = keep(string_of(*source));
            }
        } else if (entry.what == known_rule::fixed_length && of != nullptr) {
            of->lengths = lengths_of(rule, "");
            for (std::uint32_t n = of->types.first; n < of->types.first + of->types.count; ++n) {
                into_.types[n].lengths = lengths_of(rule, std::string(into_.text(into_.types[n].type)));
            }
        }
    }

    /// What fields and subfields have in common.
    template <typename Definition>
    void read_common_keys(Definition& made, const json_value& definition) {
        made.label = label_of(definition);
        made.repeatable = flag(definition, "repeatable");
        made.required = flag(definition, "required");
        made.deprecated = flag(definition, "deprecated");
        made.total = number(definition, "total");
        made.records = number(definition, "records");
    }

    void compile_field(const std::string& id, const json_value& definition) {
        demand(!id.empty(), "has a field identifier that is empty");
        demand(definition.is_object(), "must be an object");
        field made;
        made.id = keep(id);
        made.tag = made.id;
        identify(made, id);
        read_common_keys(made, definition);
        made.indicators = {indicator_of(definition, "indicator1"), indicator_of(definition, "indicator2")};
        made.value = value_of(definition);
        if (const json_value* types = object_member(definition, "types")) {
            const path_step step(path_, "types");
            std::pmr::vector<typed_definition> typed(memory_);
            for (const auto& [type, value] : types->items()) {
                const path_step inner(path_, type);
                demand(value.is_object(), "must be an object");
                typed.push_back({keep(type), label_of(value), value_of(value), {}});
            }
            made.types = {count_of(into_.types), count_of(typed)};
            into_.types.insert(into_.types.end(), typed.begin(), typed.end());
        }
        if (const json_value* subfields = object_member(definition, "subfields")) {
            made.variable = true;
            const path_step step(path_, "subfields");
            demand(subfields->size() < 10'000, "has too many subfields");
            std::pmr::vector<subfield> list_of_subfields(memory_);
            for (const auto& [code, value] : subfields->items()) {
                const path_step inner(path_, code);
                list_of_subfields.push_back(compile_subfield(code, value));
                made.requires_subfields |= list_of_subfields.back().required;
                const auto c = static_cast<unsigned char>(code.empty() ? 0xFF : code[0]);
                if (code.size() == 1 && c < 128) {
                    made.by_code[c] = static_cast<std::uint16_t>(list_of_subfields.size());
                }
            }
            made.subfields = {count_of(into_.subfields), count_of(list_of_subfields)};
            into_.most_subfields = std::max(into_.most_subfields, list_of_subfields.size());
            into_.subfields.insert(into_.subfields.end(), list_of_subfields.begin(), list_of_subfields.end());
        }
        made.rules = rules(definition, &made);
        into_.fields.push_back(made);
    }

    subfield compile_subfield(const std::string& code, const json_value& definition) {
        demand(definition.is_object(), "must be an object");
        subfield made;
        made.code = keep(code);
        read_common_keys(made, definition);
        made.value = value_of(definition);
        made.rules = rules(definition, nullptr);
        return made;
    }

    /// Reads tag/NN, tag/NN-NN, tag/$xN. In the families flat and marc the whole identifier is the tag.
    void identify(field& made, const std::string& id) const {
        const std::size_t slash = id.find('/');
        if (!identifiers_have_qualifiers_ || slash == std::string::npos || slash == 0) {
            return;
        }
        std::string_view rest = std::string_view(id).substr(slash + 1);
        const bool counts = rest.substr(0, 2) == "$x";
        if (counts) {
            rest.remove_prefix(2);
        }
        std::size_t digits = 0;
        const bool sound = range(rest, made.from, made.to, digits) && digits <= 2 && (counts || digits == 2);
        demand(sound || !is_pica_, "has no occurrence NN or NN-NN nor counter $xN behind the slash");
        if (!sound) {
            return;
        }
        made.tag.size = static_cast<std::uint32_t>(slash);
        made.digits = static_cast<std::uint32_t>(digits);
        const bool no_occurrence = !counts && made.from == 0 && made.to == 0; // tag/00 is an alias for the bare tag
        made.by = no_occurrence ? qualifier::nothing : counts ? qualifier::counter : qualifier::occurrence;
    }

    void index_tags() {
        // The json library sorted by identifier; "045Q" and "045Q/01" may be apart, so by tag again.
        std::sort(into_.fields.begin(), into_.fields.end(), [this](const field& a, const field& b) {
            const auto order = into_.text(a.tag).compare(into_.text(b.tag));
            return order != 0 ? order < 0 : into_.text(a.id) < into_.text(b.id);
        });
        into_.by_number.fill(none);
        for (std::uint32_t n = 0; n < count_of(into_.fields); ++n) {
            if (into_.fields[n].required) {
                into_.required.push_back(n);
            }
        }
        for (std::uint32_t n = count_of(into_.fields); n-- > 0;) {
            const std::string_view tag = into_.text(into_.fields[n].tag);
            if (tag.size() == 3 && is_number(tag)) {
                const int number_of_tag = (tag[0] - '0') * 100 + (tag[1] - '0') * 10 + (tag[2] - '0');
                into_.by_number[static_cast<std::size_t>(number_of_tag)] = n;
            }
        }
    }

    model& into_;
    std::pmr::memory_resource* memory_;
    std::string path_;
    std::map<std::string, std::uint32_t, std::less<>> named_;
    std::map<std::string, std::uint32_t, std::less<>> known_patterns_;
    bool is_pica_ = false;
    bool identifiers_have_qualifiers_ = true; // unless the family says otherwise
};

} // namespace

} // namespace avram

avram_schema::avram_schema(std::string_view text, std::pmr::memory_resource* memory)
    : memory_(memory), model_(nullptr) {
    const json_value schema = parse_json(text, limits::schema_bytes, errc::bad_schema);
    void* block = memory->allocate(sizeof(avram::model), alignof(avram::model));
    try {
        model_ = new (block) avram::model(memory);
    } catch (...) {
        memory->deallocate(block, sizeof(avram::model), alignof(avram::model));
        throw;
    }
    try {
        avram::compiler(*model_, memory).compile(schema);
    } catch (...) {
        model_->~model();
        memory->deallocate(block, sizeof(avram::model), alignof(avram::model));
        throw;
    }
}

} // namespace marc
