#include "schema_cache.hpp"

#include "value.hpp"

#include "marc/digest.hpp"

namespace marc_pg {

struct cached_schema {
    cached_schema(MemoryContext context, const marc::digest_bytes& digest, std::string_view json)
        : memory{context}, key{digest}, schema{json, &resource} {}

    MemoryContext memory; // holds this object and all that it refers to
    marc::digest_bytes key;
    palloc_resource resource;
    marc::avram_schema schema;
    std::uint64_t last_use = 0;
    std::uint32_t users = 0; // slots of call sites
    bool listed = false;
};

namespace {

// The session's schemas. A session is one process with one thread.
std::array<cached_schema*, 16> known_schemas{};
std::array<cached_schema*, 3> builtin{};
std::uint64_t uses = 0;

/// Compiles into a new memory context, which is gone again after an exception.
cached_schema* compile(const marc::digest_bytes& key, std::string_view json) {
    MemoryContext const memory =
        pg_call([] { return AllocSetContextCreate(TopMemoryContext, "compiled marc schema", ALLOCSET_DEFAULT_SIZES); });
    MemoryContext const before = MemoryContextSwitchTo(memory);
    try {
        auto* made = new (allocate(sizeof(cached_schema), memory)) cached_schema{memory, key, json};
        MemoryContextSwitchTo(before);
        return made;
    } catch (...) {
        MemoryContextSwitchTo(before);
        MemoryContextDelete(memory);
        throw;
    }
}

void drop(cached_schema* schema) {
    MemoryContextDelete(schema->memory);
}

/// The place for a further schema: free, or that of the schema which was not used for longest; null when call sites
/// use all of them.
cached_schema** place_for_schema() {
    cached_schema** oldest = nullptr;
    for (cached_schema*& place : known_schemas) {
        if (place == nullptr) {
            return &place;
        }
        if (place->users == 0 && (oldest == nullptr || place->last_use < (*oldest)->last_use)) {
            oldest = &place;
        }
    }
    if (oldest != nullptr) {
        drop(*oldest);
        *oldest = nullptr;
    }
    return oldest;
}

cached_schema* find_or_compile(Datum argument) {
    struct varlena* value = pg_call([&] { return PG_DETOAST_DATUM(argument); });
    marc::sha256 hash;
    hash.update(marc::as_text(varlena_bytes(value)));
    marc::digest_bytes const key = hash.finish();
    for (cached_schema* known : known_schemas) {
        if (known != nullptr && known->key == key) {
            return known;
        }
    }
    cached_schema* made = compile(key, json_text(PointerGetDatum(value)));
    if (cached_schema** place = place_for_schema()) {
        *place = made;
        made->listed = true;
    }
    return made;
}

/// The bytes of an argument as they stand in the row: packed, or a pointer into TOAST. Nothing for pointers into
/// memory, whose bytes do not tell the value.
std::optional<std::string_view> raw_bytes(Datum argument) {
    auto const* value = reinterpret_cast<const struct varlena*>(DatumGetPointer(argument));
    if (VARATT_IS_EXTERNAL(value) && !VARATT_IS_EXTERNAL_ONDISK(value)) {
        return std::nullopt;
    }
    return std::string_view{reinterpret_cast<const char*>(value), static_cast<std::size_t>(VARSIZE_ANY(value))};
}

} // namespace

void validation_site::raw_copy::keep(std::string_view raw, MemoryContext memory) {
    size = 0;
    if (capacity < raw.size()) {
        char* larger = static_cast<char*>(allocate(raw.size(), memory));
        if (bytes != nullptr) {
            pfree(bytes);
        }
        bytes = larger;
        capacity = raw.size();
    }
    std::copy(raw.begin(), raw.end(), bytes);
    size = raw.size();
}

void validation_site::release(void* argument) {
    for (cached_schema* schema : static_cast<validation_site*>(argument)->schemas_) {
        if (schema != nullptr && --schema->users == 0 && !schema->listed) {
            drop(schema);
        }
    }
}

validation_site& validation_site::of(FunctionCallInfo fcinfo) {
    static_assert(std::is_trivially_destructible_v<validation_site>);
    if (fcinfo->flinfo->fn_extra == nullptr) {
        auto* site = new (allocate(sizeof(validation_site), fcinfo->flinfo->fn_mcxt)) validation_site{};
        site->memory_ = fcinfo->flinfo->fn_mcxt;
        site->callback_.func = &validation_site::release;
        site->callback_.arg = site;
        MemoryContextRegisterResetCallback(site->memory_, &site->callback_);
        fcinfo->flinfo->fn_extra = site;
    }
    return *static_cast<validation_site*>(fcinfo->flinfo->fn_extra);
}

const marc::avram_schema& validation_site::schema(Datum argument) {
    std::optional<std::string_view> const raw = raw_bytes(argument);
    for (std::size_t n = 0; raw && n < slots; ++n) {
        if (schemas_[n] != nullptr && raw_schemas_[n].is(*raw)) {
            return schemas_[n]->schema;
        }
    }
    cached_schema* found = find_or_compile(argument);
    found->last_use = ++uses;
    ++found->users;
    std::size_t const slot = next_;
    next_ = (next_ + 1) % slots;
    cached_schema* before = std::exchange(schemas_[slot], found);
    if (before != nullptr && --before->users == 0 && !before->listed) {
        drop(before);
    }
    raw_schemas_[slot].keep(raw.value_or(std::string_view{}), memory_);
    return found->schema;
}

const marc::validation_options& validation_site::options(const NullableDatum& argument) {
    if (argument.isnull) {
        raw_options_.size = 0;
        options_ = marc::validation_options{};
        return options_;
    }
    std::optional<std::string_view> const raw = raw_bytes(argument.value);
    if (raw && raw_options_.is(*raw)) {
        return options_;
    }
    raw_options_.size = 0;
    options_ = marc::validation_options::parse(json_text(argument.value));
    for (marc::rule const counting : {marc::rule::count_record, marc::rule::count_field, marc::rule::count_subfield}) {
        if (options_.on(counting)) {
            throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE,
                            "the rule " + std::string{marc::name_of(counting)} + " is about a set of records",
                            {},
                            "Count with SQL: SELECT count(*) FROM ... WHERE m @? '245'."};
        }
    }
    raw_options_.keep(raw.value_or(std::string_view{}), memory_);
    return options_;
}

const marc::avram_schema& builtin_schema_at(std::size_t index) {
    if (builtin[index] == nullptr) {
        builtin[index] = compile({}, marc::builtin_schemas()[index].json);
    }
    return builtin[index]->schema;
}

} // namespace marc_pg
