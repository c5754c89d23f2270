#include "crosswalk_cache.hpp"

#include "compiled.hpp"
#include "value.hpp"

#include "crosswalk/options.hpp"

namespace marc_pg {
namespace {

/// A crosswalk in a memory context of its own, which owns this object and all that it refers to.
struct cached_crosswalk {
    MemoryContext memory;
    std::string_view key;
    std::uint64_t last_use;
    compiled_crosswalk* compiled;
};

// The session's crosswalks. A session is one process with one thread, and no crosswalk runs inside of another. One
// takes up to about 4 MB: rules, and memory that its last records needed.
std::array<cached_crosswalk*, 8> known_crosswalks{};
std::uint64_t uses = 0;

std::string_view bytes_of(const struct varlena* options) {
    return options == nullptr ? std::string_view{} : marc::as_text(varlena_bytes(options));
}

bool is_key(std::string_view key, std::string_view format, std::string_view options) {
    return key.size() == format.size() + options.size() && key.starts_with(format) && key.ends_with(options);
}

cached_crosswalk* compile(std::string_view format, const struct varlena* options) {
    crosswalk::rule_text const shipped{format, shipped_rules_of(format)};
    MemoryContext const memory = pg_call(
        [] { return AllocSetContextCreate(TopMemoryContext, "compiled marc crosswalk", ALLOCSET_DEFAULT_SIZES); });
    try {
        crosswalk::conversion_options const wanted{options == nullptr ? std::string_view{"{}"}
                                                                      : json_text(PointerGetDatum(options))};
        current_memory const here{memory};
        auto* resource = new (allocate(sizeof(palloc_resource))) palloc_resource;
        auto* made = new (allocate(sizeof(cached_crosswalk))) cached_crosswalk{memory, {}, 0, nullptr};
        std::string_view const bytes = bytes_of(options);
        auto* key = static_cast<char*>(allocate(format.size() + bytes.size() + 1));
        std::copy(bytes.begin(), bytes.end(), std::copy(format.begin(), format.end(), key));
        made->key = {key, format.size() + bytes.size()};
        made->compiled = new (allocate(sizeof(compiled_crosswalk))) compiled_crosswalk{wanted.texts(shipped), resource};
        return made;
    } catch (const crosswalk::rule_error& error) {
        MemoryContextDelete(memory);
        throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                        "these options cannot be used for a crosswalk to \"" + std::string{format} + "\"", error.what(),
                        "See docs/crosswalks.md, and the shipped rules by SELECT marc_crosswalk_rules('" +
                            std::string{format} + "')."};
    } catch (...) {
        MemoryContextDelete(memory);
        throw;
    }
}

} // namespace

std::string_view shipped_rules_of(std::string_view format) {
    if (auto const shipped = crosswalk::find_shipped(format)) {
        return *shipped;
    }
    std::string known;
    for (const crosswalk::shipped_rules& one : crosswalk::shipped()) {
        known.append(known.empty() ? "" : ", ").append(one.format);
    }
    throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                    "there is no crosswalk called \"" + std::string{format} + "\"",
                    {},
                    "There are " + known + "."};
}

compiled_crosswalk& crosswalk_to(std::string_view format, const struct varlena* options) {
    std::string_view const bytes = bytes_of(options);
    cached_crosswalk** place = nullptr;
    for (cached_crosswalk*& known : known_crosswalks) {
        if (known != nullptr && is_key(known->key, format, bytes)) {
            known->last_use = ++uses;
            return *known->compiled;
        }
        if (place == nullptr || (*place != nullptr && (known == nullptr || known->last_use < (*place)->last_use))) {
            place = &known;
        }
    }
    cached_crosswalk* const made = compile(format, options);
    if (*place != nullptr) {
        MemoryContextDelete((*place)->memory);
    }
    made->last_use = ++uses;
    *place = made;
    return *made->compiled;
}

} // namespace marc_pg
