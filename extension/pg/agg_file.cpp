// Aggregates that write files: records in ISO 2709 behind each other, and a MARCXML collection.
#include "argument.hpp"
#include "sqlstate.hpp"
#include "value.hpp"

#include "marc/error.hpp"
#include "marc/iso2709.hpp"

namespace marc_pg {
namespace {

constexpr std::string_view record_start = "<record xmlns=\"http://www.loc.gov/MARC21/slim\">";
constexpr std::string_view collection_start = "<collection xmlns=\"http://www.loc.gov/MARC21/slim\">";
constexpr std::string_view collection_end = "</collection>";

/// What an aggregate has written so far, and what it has left out.
struct written_file {
    StringInfoData text;
    std::int64_t left_out;
    char first_left_out[96]; ///< number_of() it
};

/// Appends to a file, which starts with room for its length word, so that the result needs no copy.
void append(written_file& file, std::string_view bytes) {
    if (bytes.size() > MaxAllocSize - 1 - static_cast<std::size_t>(file.text.len)) {
        throw sql_error{ERRCODE_PROGRAM_LIMIT_EXCEEDED,
                        "the file would be longer than 1 GB",
                        {},
                        "Write the records in several files, for instance grouped by a range of their numbers."};
    }
    pg_call([&] { appendBinaryStringInfo(&file.text, bytes.data(), static_cast<int>(bytes.size())); });
}

/// The file that the aggregate has written so far; a new one for its first record.
written_file& file_of(FunctionCallInfo fcinfo, MemoryContext memory, std::string_view start) {
    if (memory == nullptr) {
        throw sql_error{ERRCODE_FEATURE_NOT_SUPPORTED, "this function can only be called by its aggregate"};
    }
    if (!PG_ARGISNULL(0)) {
        return *reinterpret_cast<written_file*>(PG_GETARG_POINTER(0));
    }
    MemoryContext const caller = MemoryContextSwitchTo(memory);
    written_file& file = *new (allocate(sizeof(written_file))) written_file{};
    pg_call([&] { initStringInfo(&file.text); });
    append(file, {"\0\0\0\0", VARHDRSZ});
    append(file, start);
    MemoryContextSwitchTo(caller);
    return file;
}

/// Says which record it is: its control number in printable ASCII, cut to what a message can take.
std::string number_of(const marc::record_view& record) {
    std::string number{marc::control_number(record).substr(0, 60)};
    for (char& c : number) {
        c = c >= 0x20 && c < 0x7F ? c : '?';
    }
    return number.empty() ? "has no control number (001)" : "has the control number (001) " + number;
}

/// Writes a record that may not fit. Takes what writes it, and whether one that does not fit is left out; returns false
/// when it was. Throws sql_error that names the record.
template <class Write>
bool write_or_leave_out(written_file& file, const marc::record_view& record, bool may_leave_out, Write&& write) {
    try {
        write();
        return true;
    } catch (const marc::parse_error& error) {
        if (error.code() == marc::errc::corrupt) {
            throw;
        }
        std::string const number = number_of(record);
        if (!may_leave_out) {
            throw sql_error{sqlstate_of(error.code()), error.what(), "The record " + number + ".", error.hint()};
        }
        if (file.left_out++ == 0) {
            std::memcpy(file.first_left_out, number.c_str(), number.size() + 1);
        }
        return false;
    }
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
    auto& file = *reinterpret_cast<written_file*>(PG_GETARG_POINTER(0));
    append(file, end);
    if (file.left_out > 0) { // one for all: a file of a million records must not fill the log
        warn(std::to_string(file.left_out) +
                 (file.left_out == 1 ? " record was left out of the file" : " records were left out of the file"),
             std::string{"The first one "} + file.first_left_out + ".");
    }
    SET_VARSIZE(file.text.data, file.text.len);
    return PointerGetDatum(file.text.data);
}

} // namespace

MARC_SQL_FUNCTION(marc_iso2709_agg_add) {
    MemoryContext const memory = aggregate_memory(fcinfo);
    struct varlena* value = argument_or_null(fcinfo, 1);
    struct varlena* too_long = PG_NARGS() < 3 ? nullptr : argument_or_null(fcinfo, 2);
    return boundary(fcinfo, [&] {
        if (value == nullptr) {
            return unchanged(fcinfo);
        }
        static constexpr std::pair<std::string_view, bool> words[] = {{"error", false}, {"skip", true}};
        bool const skip = choose(text_or(too_long, "error"), "too_long", words,
                                 "'skip' leaves out records that are too long for ISO 2709 and says how many.");
        written_file& file = file_of(fcinfo, memory, {});
        palloc_resource row;
        std::pmr::string bytes{&row};
        marc::record_view const record = record_of(value);
        if (write_or_leave_out(file, record, skip, [&] { marc::write_iso2709(record, bytes); })) {
            append(file, bytes);
        }
        return PointerGetDatum(&file);
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
        static constexpr std::pair<std::string_view, std::optional<marc::inexpressible_content>> words[] = {
            {"error", marc::inexpressible_content::error},
            {"replace", marc::inexpressible_content::replace},
            {"skip", std::nullopt}};
        auto const policy =
            choose(text_or(inexpressible, "error"), "inexpressible", words,
                   "'replace' writes U+FFFD for a character that MARCXML cannot hold, 'skip' leaves out "
                   "the records and says how many.");
        written_file& file = file_of(fcinfo, memory, collection_start);
        palloc_resource row;
        std::pmr::string xml{&row};
        marc::record_view const record = record_of(value);
        if (!write_or_leave_out(file, record, !policy, [&] {
                marc::write_marcxml(record, xml, policy.value_or(marc::inexpressible_content::error));
            })) {
            return PointerGetDatum(&file);
        }
        // The collection has said the namespace.
        append(file, "<record>");
        std::string_view const content = std::string_view{xml}.substr(record_start.size());
        if (database_is_utf8()) {
            append(file, content);
        } else {
            append(file, with_character_references(content));
        }
        return PointerGetDatum(&file);
    });
}

MARC_SQL_FUNCTION(marc_collection_agg_end) {
    return boundary(fcinfo, [&] { return finish(fcinfo, collection_end); });
}

} // namespace marc_pg
