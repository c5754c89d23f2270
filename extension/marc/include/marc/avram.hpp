// Avram schemas (https://format.gbv.de/schema/avram/specification, version 0.9.7): what a record format allows, as
// JSON. A schema is compiled once and then validates many records: see validate.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

namespace marc {

namespace avram {
struct model;
}

/// A compiled schema: immutable, owns nothing outside of its memory resource.
class avram_schema {
  public:
    /// Compiles a schema.
    /// @param json UTF-8
    /// @throws parse_error bad_schema: what() shows the place, such as fields/245/subfields/a; too_large
    explicit avram_schema(std::string_view json, std::pmr::memory_resource* memory = std::pmr::get_default_resource());
    avram_schema(avram_schema&& other) noexcept;
    avram_schema(const avram_schema&) = delete;
    avram_schema& operator=(const avram_schema&) = delete;
    avram_schema& operator=(avram_schema&&) = delete;
    ~avram_schema();

    const avram::model& get() const noexcept { return *model_; }
    std::size_t field_count() const noexcept;

  private:
    std::pmr::memory_resource* memory_;
    avram::model* model_;
};

/// A problem of a schema itself.
struct schema_problem {
    bool is_error;            ///< it breaks a MUST of the specification; otherwise a doubt
    std::string_view path;    ///< where: fields/245/subfields/a/pattern
    std::string_view message; ///< what is wrong, lower case, no full stop
};

/// Receives problems one by one; the views live until it returns.
class schema_problem_sink {
  public:
    virtual void put(const schema_problem& problem) = 0;

  protected:
    ~schema_problem_sink() = default;
};

/// Checks a schema against the rules of the specification and of its metaschema.
/// @throws parse_error bad_schema when it is not JSON at all; too_large
void check_schema(std::string_view json, schema_problem_sink& sink);

/// A schema that comes with this library.
struct builtin_schema {
    std::string_view name; ///< bibliographic, authority, holdings
    std::string_view json;
};

/// MARC 21 bibliographic, authority and holdings.
std::span<const builtin_schema> builtin_schemas() noexcept;

} // namespace marc
