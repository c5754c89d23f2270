// What is compiled out of an argument (a path, a query, rules): once for each place where an SQL query uses it, not
// once for each row.
#pragma once

#include "guard.hpp"

#include <type_traits>

namespace marc_pg {

/// While it lives, another memory context is current.
class current_memory {
  public:
    explicit current_memory(MemoryContext memory) : before_{MemoryContextSwitchTo(memory)} {}
    ~current_memory() { MemoryContextSwitchTo(before_); }
    current_memory(const current_memory&) = delete;
    current_memory& operator=(const current_memory&) = delete;

  private:
    MemoryContext before_;
};

/// The last few compiled forms of one call site. Each lies in a memory context of its own with all that it owns:
/// deleting that is its destructor, and the query's memory context does it.
template <class Compiled>
struct compiled_forms {
    static constexpr std::size_t capacity = 8;
    struct form {
        MemoryContext memory;
        const Compiled* compiled;
        std::string_view source;
        bool is_of(std::string_view other) const { return compiled != nullptr && source == other; }
    };
    std::array<form, capacity> forms;
    std::size_t latest; // the one that was asked for last
    std::size_t oldest; // the one that goes next
};

/// The compiled form of a source; the call site keeps the last few, for queries that take them from a column. The
/// result lives until the next call of this function. Takes the call, whose fn_extra must be unused otherwise; the
/// bytes of the argument; a function that compiles it, with all memory from the resource it is given. Inside
/// boundary(). Throws what `compile` throws.
template <class Compiled, class Compile>
const Compiled& compiled(FunctionCallInfo fcinfo, std::string_view source, Compile&& compile) {
    using cache_type = compiled_forms<Compiled>;
    static_assert(std::is_trivially_destructible_v<cache_type>);
    static_assert(alignof(Compiled) <= MAXIMUM_ALIGNOF);
    MemoryContext const query = fcinfo->flinfo->fn_mcxt;
    auto* cache = static_cast<cache_type*>(fcinfo->flinfo->fn_extra);
    if (cache == nullptr) {
        cache = new (allocate(sizeof(cache_type), query)) cache_type{};
        fcinfo->flinfo->fn_extra = cache;
    }
    if (cache->forms[cache->latest].is_of(source)) {
        return *cache->forms[cache->latest].compiled;
    }
    for (std::size_t i = 0; i < cache_type::capacity; ++i) {
        if (cache->forms[i].is_of(source)) {
            cache->latest = i;
            return *cache->forms[i].compiled;
        }
    }
    typename cache_type::form& replaced = cache->forms[cache->oldest];
    replaced.compiled = nullptr; // also when compiling fails
    if (replaced.memory == nullptr) {
        replaced.memory =
            pg_call([&] { return AllocSetContextCreate(query, "compiled for marc", ALLOCSET_SMALL_SIZES); });
    } else {
        pg_call([&] { MemoryContextReset(replaced.memory); });
    }
    current_memory const here{replaced.memory};
    auto* copy = static_cast<char*>(allocate(source.size() + 1));
    std::copy(source.begin(), source.end(), copy);
    replaced.source = {copy, source.size()};
    auto* memory = new (allocate(sizeof(palloc_resource))) palloc_resource;
    replaced.compiled = new (allocate(sizeof(Compiled))) Compiled{compile(memory)};
    cache->latest = cache->oldest;
    cache->oldest = (cache->oldest + 1) % cache_type::capacity;
    return *replaced.compiled;
}

} // namespace marc_pg
