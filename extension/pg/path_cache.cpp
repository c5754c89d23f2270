#include "path_cache.hpp"

#include "text.hpp"

namespace marc_pg {
namespace {

/// A compiled path and all that it owns lie in one memory context: deleting that is its destructor.
struct cached_path {
    MemoryContext memory;
    const marc::path* path;
    const char* text;
    std::size_t size;
};

struct path_cache {
    static constexpr std::size_t capacity = 8;
    std::array<cached_path, capacity> paths;
    std::size_t latest; // the one that was asked for last
    std::size_t oldest; // the one that goes next
};
static_assert(std::is_trivially_destructible_v<path_cache>, "the query's memory context frees it");

bool is_for(const cached_path& cached, std::string_view text) {
    return cached.path != nullptr && std::string_view{cached.text, cached.size} == text;
}

class current_memory {
  public:
    explicit current_memory(MemoryContext memory) : before_{MemoryContextSwitchTo(memory)} {}
    ~current_memory() { MemoryContextSwitchTo(before_); }
    current_memory(const current_memory&) = delete;
    current_memory& operator=(const current_memory&) = delete;

  private:
    MemoryContext before_;
};

void compile(cached_path& cached, std::string_view text) {
    current_memory const here{cached.memory};
    auto* copy = static_cast<char*>(allocate(text.size() + 1));
    std::copy(text.begin(), text.end(), copy);
    auto* memory = new (allocate(sizeof(palloc_resource))) palloc_resource;
    cached.path = new (allocate(sizeof(marc::path))) marc::path{marc::parse_path(utf8_of(text), memory)};
    cached.text = copy;
    cached.size = text.size();
}

} // namespace

const marc::path& compiled_path(FunctionCallInfo fcinfo, std::string_view text) {
    MemoryContext const query = fcinfo->flinfo->fn_mcxt;
    auto* cache = static_cast<path_cache*>(fcinfo->flinfo->fn_extra);
    if (cache == nullptr) {
        cache = new (allocate(sizeof(path_cache), query)) path_cache{};
        fcinfo->flinfo->fn_extra = cache;
    }
    if (is_for(cache->paths[cache->latest], text)) {
        return *cache->paths[cache->latest].path;
    }
    for (std::size_t i = 0; i < path_cache::capacity; ++i) {
        if (is_for(cache->paths[i], text)) {
            cache->latest = i;
            return *cache->paths[i].path;
        }
    }
    cached_path& replaced = cache->paths[cache->oldest];
    replaced.path = nullptr; // also when compiling fails
    if (replaced.memory == nullptr) {
        replaced.memory = pg_call([&] { return AllocSetContextCreate(query, "marc path", ALLOCSET_SMALL_SIZES); });
    } else {
        pg_call([&] { MemoryContextReset(replaced.memory); });
    }
    compile(replaced, text);
    cache->latest = cache->oldest;
    cache->oldest = (cache->oldest + 1) % path_cache::capacity;
    return *replaced.path;
}

} // namespace marc_pg
