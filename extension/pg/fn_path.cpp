// Field paths: marc_values (->), marc_value (->>), marc_exists (@?).
#include "value.hpp"

#include "marc/path.hpp"

namespace marc_pg {
namespace {

/// The compiled path of one call site, in the memory of the plan. Trivially destructible: the plan frees it.
struct path_cache {
    marc::path path;
    std::size_t capacity;
    std::size_t size; // of the text that was compiled
    char* text;
};
static_assert(std::is_trivially_destructible_v<path_cache>);

/// The compiled form of a path; compiled anew only when its text is another than in the last call from here.
/// Throws parse_error bad_path (22023) or unsupported_path (0A000).
const marc::path& compiled_path(FunctionCallInfo fcinfo, const struct varlena* argument) {
    std::string_view const text = text_view(argument);
    auto* cache = static_cast<path_cache*>(fcinfo->flinfo->fn_extra);
    if (cache != nullptr && std::string_view{cache->text, cache->size} == text) {
        return cache->path;
    }
    marc::path const path = marc::parse_path(utf8_of(text));
    if (cache == nullptr) {
        cache = new (allocate(sizeof(path_cache), fcinfo->flinfo->fn_mcxt)) path_cache{};
        fcinfo->flinfo->fn_extra = cache;
    }
    if (cache->capacity < text.size()) {
        char* larger = static_cast<char*>(allocate(text.size(), fcinfo->flinfo->fn_mcxt));
        if (cache->text != nullptr) {
            pfree(cache->text);
        }
        cache->text = larger;
        cache->capacity = text.size();
    }
    std::copy(text.begin(), text.end(), cache->text);
    cache->size = text.size();
    cache->path = path;
    return cache->path;
}

} // namespace

MARC_SQL_FUNCTION(marc_value) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* path = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::record_view const record = record_of(value);
        std::pmr::string scratch{&memory};
        marc::path_cursor cursor{compiled_path(fcinfo, path), record, scratch};
        std::string_view found;
        if (!cursor.next(found)) {
            fcinfo->isnull = true;
            return Datum{0};
        }
        return text_datum(record, found);
    });
}

MARC_SQL_FUNCTION(marc_values) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* path = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::record_view const record = record_of(value);
        std::pmr::string scratch{&memory};
        std::pmr::vector<Datum> found{&memory};
        marc::evaluate(compiled_path(fcinfo, path), record, scratch, [&](std::string_view text) {
            poll_interrupts();
            found.push_back(text_datum(record, text));
        });
        return pg_call([&] {
            ArrayType* array = found.empty() ? construct_empty_array(TEXTOID)
                                             : construct_array(found.data(), static_cast<int>(found.size()), TEXTOID,
                                                               -1, false, TYPALIGN_INT);
            return PointerGetDatum(array);
        });
    });
}

MARC_SQL_FUNCTION(marc_exists) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    struct varlena* path = varlena_argument(fcinfo, 1);
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::record_view const record = record_of(value);
        std::pmr::string scratch{&memory};
        marc::path_cursor cursor{compiled_path(fcinfo, path), record, scratch};
        std::string_view found;
        return BoolGetDatum(cursor.next(found));
    });
}

} // namespace marc_pg
