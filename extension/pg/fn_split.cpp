// Files of records, of any form, into rows: out of a value, and out of a file of the server.
#include "argument.hpp"
#include "rows.hpp"
#include "value.hpp"

#include "marc/error.hpp"
#include "marc/split.hpp"

#include <cerrno>
#include <sys/stat.h>

namespace marc_pg {
namespace {

/// The columns of every split: ord, byte_offset, record, what the file has there, problem.
struct piece_row {
    std::array<Datum, 5> values{};
    std::array<bool, 5> nulls{false, false, true, false, true};
};

/// Reads the piece that the splitter found. Takes what its fourth column is; `record` keeps the record that it read.
piece_row row_of(marc::file_splitter& splitter, const marc::file_piece& piece, std::int64_t ord, bool is_text,
                 marc::builder& builder, std::optional<marc::stored_record>& record) {
    piece_row row;
    row.values[0] = Int64GetDatum(ord);
    row.values[1] = Int64GetDatum(static_cast<std::int64_t>(piece.offset));
    row.values[3] = is_text ? text_datum_from_utf8(piece.bytes) : bytea_datum(marc::as_bytes(piece.bytes));
    try {
        splitter.read(builder);
        record.emplace(builder.finish(VARHDRSZ));
        row.values[2] = borrowed_datum(*record);
        row.nulls[2] = false;
    } catch (const marc::parse_error& error) {
        row.values[4] = text_datum(error.what());
        row.nulls[4] = false;
    }
    return row;
}

Datum split(const row_set& rows, std::string_view file, marc::form form, bool is_text) {
    palloc_resource memory;
    marc::builder builder{&memory};
    marc::file_splitter splitter{marc::as_bytes(file), form, &memory};
    marc::file_piece piece;
    for (std::int64_t ord = 1; splitter.next(piece); ++ord) {
        poll_interrupts();
        std::optional<marc::stored_record> record;
        row_memory const values_of_row{rows};
        piece_row row = row_of(splitter, piece, ord, is_text, builder, record);
        rows.put(row.values, row.nulls);
    }
    return Datum{0};
}

constexpr std::pair<std::string_view, marc::form> names[] = {
    {"iso2709", marc::form::iso2709}, {"marcxml", marc::form::marcxml}, {"json", marc::form::json},
    {"mrk", marc::form::mrk},         {"line", marc::form::line},       {"aleph", marc::form::aleph}};

/// The form that a person names. Takes a name in lower case.
marc::form form_of(std::string_view name) {
    return choose(name, "form", names, "Without a form, the first bytes of the file decide.");
}

[[noreturn]] void fail_on_file(const char* what, std::string_view path, int error) {
    int const state = error == ENOENT                     ? ERRCODE_UNDEFINED_FILE
                      : error == EACCES || error == EPERM ? ERRCODE_INSUFFICIENT_PRIVILEGE
                                                          : ERRCODE_IO_ERROR;
    throw sql_error{state,
                    "could not " + std::string{what} + " file \"" + std::string{path} + "\": " + strerror(error),
                    {},
                    error == ENOENT || error == EACCES
                        ? "The file must lie on the server's machine, and its operating system user must be able to "
                          "read it."
                        : ""};
}

/// A file of the server. Closed by the memory context that it is made in, at its end or when the query fails.
class server_file final : public marc::byte_source {
  public:
    /// Takes a path that ends in a NUL and lives as long as this. Throws sql_error, pg_error.
    explicit server_file(const char* path) : path_{path} {
        struct stat about {};
        if (stat(path, &about) != 0) {
            fail_on_file("open", path, errno);
        }
        if (!S_ISREG(about.st_mode)) { // opening a pipe would wait for its writer
            throw sql_error{ERRCODE_WRONG_OBJECT_TYPE, "\"" + std::string{path} + "\" is not a regular file"};
        }
        file_ = pg_call([&] { return PathNameOpenFile(path_, O_RDONLY | PG_BINARY); });
        if (file_ < 0) {
            fail_on_file("open", path, errno);
        }
        // Not at the end of the transaction, as the server closes its own files: a cursor may be held beyond it.
        closing_.func = [](void* self) { static_cast<server_file*>(self)->close(); };
        closing_.arg = this;
        MemoryContextRegisterResetCallback(CurrentMemoryContext, &closing_);
    }

    std::size_t read(char* into, std::size_t bytes) override {
        std::size_t const n = read_at(at_, into, bytes);
        at_ += static_cast<off_t>(n);
        return n;
    }

    /// The form that the first bytes show. Throws sql_error, pg_error.
    marc::form detected_form() {
        std::array<char, 1'024> start;
        return marc::detect({start.data(), read_at(0, start.data(), start.size())});
    }

  private:
    std::size_t read_at(off_t at, char* into, std::size_t bytes) {
        int const n = pg_call(
            [&] { return static_cast<int>(FileRead(file_, into, static_cast<int>(bytes), at, PG_WAIT_EXTENSION)); });
        if (n < 0) {
            fail_on_file("read", path_, errno);
        }
        return static_cast<std::size_t>(n);
    }

    void close() noexcept {
        if (file_ >= 0) {
            FileClose(file_);
            file_ = -1;
        }
    }

    const char* path_;
    File file_ = -1;
    off_t at_ = 0;
    MemoryContextCallback closing_{};
};

/// What marc_read_file() keeps from row to row. Lies in the memory of the whole call, which frees it without running
/// destructors: all that it owns besides memory is the file, which closes itself.
struct file_reading {
    file_reading(const char* path, marc::form form) : file{path}, builder{&memory}, splitter{file, form, &memory} {}
    palloc_resource memory;
    server_file file;
    marc::builder builder;
    marc::file_splitter splitter;
    std::int64_t ord = 0;
};

file_reading* begin_reading(std::string_view path, std::optional<std::string_view> form) {
    if (path.find('\0') != std::string_view::npos || path.empty()) {
        throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "the path is empty"};
    }
    char* const kept = static_cast<char*>(allocate(path.size() + 1));
    std::memcpy(kept, path.data(), path.size());
    kept[path.size()] = '\0';
    void* const block = allocate(sizeof(file_reading));
    static_assert(alignof(file_reading) <= MAXIMUM_ALIGNOF);
    return new (block) file_reading{kept, form ? form_of(*form) : marc::form::unknown};
}

/// The next piece of the file. Throws sql_error where a form must be named, or is not the one that was named.
bool next_piece(file_reading& reading, marc::file_piece& piece) {
    try {
        if (reading.splitter.next(piece)) {
            return true;
        }
    } catch (const marc::parse_error& error) {
        marc::form const form = reading.splitter.file_form();
        if (error.code() != marc::errc::not_marc || form == marc::form::gzip || form == marc::form::zip) {
            throw; // it says what to do
        }
        throw sql_error{ERRCODE_INVALID_TEXT_REPRESENTATION, error.what(), "The first bytes show no form of MARC.",
                        "Name the form, for instance marc_read_file(path, 'iso2709')."};
    }
    if (reading.ord == 0) {
        marc::form const shown = reading.file.detected_form();
        for (const auto& [name, form] : names) {
            if (form == shown && form != reading.splitter.file_form()) {
                throw sql_error{ERRCODE_INVALID_TEXT_REPRESENTATION,
                                "the file holds no record of the form that was named",
                                "Its first bytes look like " + std::string{name} + ".",
                                "Leave the form out, and the first bytes decide."};
            }
        }
    }
    return false;
}

} // namespace

MARC_SQL_FUNCTION(marc_split) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* bytes = varlena_argument(fcinfo, 0);
    return boundary(fcinfo,
                    [&] { return split(rows, marc::as_text(varlena_bytes(bytes)), marc::form::iso2709, false); });
}

MARC_SQL_FUNCTION(marc_split_json) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] { return split(rows, utf8_of(text_view(text)), marc::form::json, true); });
}

MARC_SQL_FUNCTION(marc_split_xml_text) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] { return split(rows, utf8_of(text_view(text)), marc::form::marcxml, true); });
}

MARC_SQL_FUNCTION(marc_split_xml_bytea) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* bytes = varlena_argument(fcinfo, 0);
    return boundary(fcinfo,
                    [&] { return split(rows, marc::as_text(varlena_bytes(bytes)), marc::form::marcxml, false); });
}

MARC_SQL_FUNCTION(marc_split_mrk) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] { return split(rows, utf8_of(text_view(text)), marc::form::mrk, true); });
}

MARC_SQL_FUNCTION(marc_split_line) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] { return split(rows, utf8_of(text_view(text)), marc::form::line, true); });
}

MARC_SQL_FUNCTION(marc_split_aleph) {
    row_set rows = row_set::begin(fcinfo);
    struct varlena* text = varlena_argument(fcinfo, 0);
    return boundary(fcinfo, [&] { return split(rows, utf8_of(text_view(text)), marc::form::aleph, true); });
}

MARC_SQL_FUNCTION(marc_read_file) {
    // One row a call, not a set of rows: in a SELECT list, nothing is kept of the file.
    bool const is_first = SRF_IS_FIRSTCALL();
    struct varlena* path = nullptr;
    struct varlena* form = nullptr;
    bool allowed = true;
    if (is_first) {
        FuncCallContext* call = SRF_FIRSTCALL_INIT();
        // As in genericfile.c of the server, without its exception for the data directory.
        allowed = has_privs_of_role(GetUserId(), role_that_reads_server_files());
        MemoryContext const caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
        call->tuple_desc = new_row_type(fcinfo);
        path = argument_or_null(fcinfo, 0);
        form = argument_or_null(fcinfo, 1);
        MemoryContextSwitchTo(caller);
    }
    FuncCallContext* call = SRF_PERCALL_SETUP();
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    return boundary(fcinfo, [&] {
        if (!allowed) {
            throw sql_error{ERRCODE_INSUFFICIENT_PRIVILEGE, "permission denied to read files of the server",
                            "Only roles with the privileges of pg_read_server_files may read files of the server.",
                            "Load the file on the client's side, for instance with everarchive import."};
        }
        auto*& reading = reinterpret_cast<file_reading*&>(call->user_fctx);
        if (is_first && path != nullptr) {
            MemoryContext const caller = MemoryContextSwitchTo(call->multi_call_memory_ctx);
            reading = begin_reading(text_view(path), form == nullptr ? std::nullopt : std::optional{text_view(form)});
            MemoryContextSwitchTo(caller);
        }
        poll_interrupts();
        marc::file_piece piece;
        if (reading == nullptr || !next_piece(*reading, piece)) {
            pg_call([&] { end_MultiFuncCall(fcinfo, call); });
            result->isDone = ExprEndResult;
            fcinfo->isnull = true;
            return Datum{0};
        }
        std::optional<marc::stored_record> record;
        piece_row row = row_of(reading->splitter, piece, ++reading->ord, false, reading->builder, record);
        result->isDone = ExprMultipleResult;
        return row_datum(call->tuple_desc, row.values, row.nulls);
    });
}

} // namespace marc_pg
