// Compiled schemas: each is compiled once for a session, and found again by the bytes of the argument.
#pragma once

#include "guard.hpp"

#include "marc/avram.hpp"
#include "marc/validate.hpp"

namespace marc_pg {

/// A compiled schema in a memory context of its own.
struct cached_schema;

/// What one call site knows: the schemas and the options of its last calls. Lives in fn_extra, in the memory of the
/// plan. Trivially destructible: a callback of that memory gives back what it holds.
///
/// The argument's bytes are compared as they come, before they are fetched from TOAST and unpacked: a table's schema
/// costs a comparison of 18 bytes for each row. A pointer into TOAST never names another value while the transaction
/// lasts that made this call site.
class validation_site {
  public:
    static validation_site& of(FunctionCallInfo fcinfo);

    /// The compiled form of a jsonb argument. Throws parse_error bad_schema (22023), too_large (54000).
    const marc::avram_schema& schema(Datum argument);
    /// Options of a jsonb argument, or the usual ones. Throws parse_error bad_options (22023).
    const marc::validation_options& options(const NullableDatum& argument);

  private:
    static constexpr std::size_t slots = 8;
    /// The bytes of an argument as they came.
    struct raw_copy {
        char* bytes;
        std::size_t size;
        std::size_t capacity;
        bool is(std::string_view raw) const { return size != 0 && std::string_view{bytes, size} == raw; }
        void keep(std::string_view raw, MemoryContext memory);
    };
    static void release(void* site);

    MemoryContext memory_;
    MemoryContextCallback callback_;
    raw_copy raw_schemas_[slots];
    cached_schema* schemas_[slots];
    std::size_t next_;
    raw_copy raw_options_;
    marc::validation_options options_;
};

/// The built-in schema with this index in marc::builtin_schemas(), compiled once for a session.
const marc::avram_schema& builtin_schema_at(std::size_t index);

} // namespace marc_pg
