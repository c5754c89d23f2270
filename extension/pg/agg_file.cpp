// Aggregates that write files: records in ISO 2709 behind each other, and a MARCXML collection.
#include "argument.hpp"
#include "value.hpp"

#include "marc/iso2709.hpp"

namespace marc_pg {
namespace {

constexpr std::string_view record_start = "<record xmlns=\"http://www.loc.gov/MARC21/slim\">";
constexpr std::string_view collection_start = "<collection xmlns=\"http://www.loc.gov/MARC21/slim\">";
constexpr std::string_view collection_end = "</collection>";

/// Appends to a file, which starts with room for its length word, so that the result needs no copy.
void append(StringInfo file, std::string_view bytes) {
    if (bytes.size() > MaxAllocSize - 1 - static_cast<std::size_t>(file->len)) {
        throw sql_error{ERRCODE_PROGRAM_LIMIT_EXCEEDED,
                        "the file would be longer than 1 GB",
                        {},
                        "Write the records in several files, for instance grouped by a range of their numbers."};
    }
    pg_call([&] { appendBinaryStringInfo(file, bytes.data(), static_cast<int>(bytes.size())); });
}

/// The file that the aggregate has written so far; a new one for its first record.
StringInfo file_of(FunctionCallInfo fcinfo, MemoryContext memory, std::string_view start) {
    if (memory == nullptr) {
        throw sql_error{ERRCODE_FEATURE_NOT_SUPPORTED, "this function can only be called by its aggregate"};
    }
    if (!PG_ARGISNULL(0)) {
        return reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    }
    MemoryContext const caller = MemoryContextSwitchTo(memory);
    StringInfo file = pg_call([] { return makeStringInfo(); });
    append(file, {"\0\0\0\0", VARHDRSZ});
    append(file, start);
    MemoryContextSwitchTo(caller);
    return file;
}

/// The aggregate's memory, or null outside of one.
MemoryContext aggregate_memory(FunctionCallInfo fcinfo) {
    MemoryContext memory = nullptr;
    return AggCheckCallContext(fcinfo, &memory) != 0 ? memory : nullptr;
}

/// The state when a row has no record: as it was, also when there is none yet.
Datum unchanged(FunctionCallInfo fcinfo) {
    fcinfo->isnull = PG_ARGISNULL(0);
    return fcinfo->args[0].value;
}

Datum finish(FunctionCallInfo fcinfo, std::string_view end) {
    if (PG_ARGISNULL(0)) {
        fcinfo->isnull = true;
        return Datum{0};
    }
    auto* file = reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0));
    append(file, end);
    SET_VARSIZE(file->data, file->len);
    return PointerGetDatum(file->data);
}

} // namespace

MARC_SQL_FUNCTION(marc_iso2709_agg_add) {
    MemoryContext const memory = aggregate_memory(fcinfo);
    struct varlena* value = argument_or_null(fcinfo, 1);
    return boundary(fcinfo, [&] {
        if (value == nullptr) {
            return unchanged(fcinfo);
        }
        StringInfo file = file_of(fcinfo, memory, {});
        palloc_resource row;
        std::pmr::string bytes{&row};
        marc::write_iso2709(record_of(value), bytes);
        append(file, bytes);
        return PointerGetDatum(file);
    });
}

MARC_SQL_FUNCTION(marc_iso2709_agg_end) {
    return boundary(fcinfo, [&] { return finish(fcinfo, {}); });
}

MARC_SQL_FUNCTION(marc_collection_agg_add) {
    MemoryContext const memory = aggregate_memory(fcinfo);
    struct varlena* value = argument_or_null(fcinfo, 1);
    struct varlena* inexpressible = PG_NARGS() < 3 ? nullptr : argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        if (value == nullptr) {
            return unchanged(fcinfo);
        }
        StringInfo file = file_of(fcinfo, memory, collection_start);
        palloc_resource row;
        std::pmr::string xml{&row};
        marc::write_marcxml(record_of(value), xml,
                            inexpressible == nullptr ? marc::inexpressible_content::error
                                                     : policy_of(text_view(inexpressible)));
        // The collection has said the namespace.
        append(file, "<record>");
        std::string_view const content = std::string_view{xml}.substr(record_start.size());
        if (database_is_utf8()) {
            append(file, content);
        } else {
            append(file, with_character_references(content));
        }
        return PointerGetDatum(file);
    });
}

MARC_SQL_FUNCTION(marc_collection_agg_end) {
    return boundary(fcinfo, [&] { return finish(fcinfo, collection_end); });
}

} // namespace marc_pg
