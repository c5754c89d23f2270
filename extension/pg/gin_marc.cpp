// The GIN operator class marc_gin_ops: keys are bytea as marc/index_terms.hpp has them.
#include "value.hpp"

#include "marc/index_terms.hpp"

namespace marc_pg {
namespace {

enum strategy : int { matches = 1, contains = 2, path_exists = 3 };

/// The options of an index, as the server stores them: a varlena.
struct gin_options {
    std::int32_t vl_len_;
    bool words;
    int tags; // offset of a C string, or 0
};

marc::index_options options_of(FunctionCallInfo fcinfo) {
    if (!PG_HAS_OPCLASS_OPTIONS()) {
        return {};
    }
    auto* options = reinterpret_cast<gin_options*>(PG_GET_OPCLASS_OPTIONS());
    const char* tags = GET_STRING_RELOPTION(options, tags);
    return {options->words, tags == nullptr ? std::string_view{} : std::string_view{tags}};
}

/// What an index scan keeps about its query. All memory is of the scan, which frees it without destructors.
struct scan_query {
    palloc_resource memory;
    std::optional<marc::query> query;
    std::optional<marc::query_terms> terms;
};

/// What GIN hands back with each key.
struct scan_entry {
    const scan_query* scan;
    const marc::query_term* term;
};

/// Writes keys as bytea values into one block. A key has at most index_key_bytes, so a short header holds its size.
class key_writer {
  public:
    key_writer(std::size_t keys, std::size_t bytes)
        : datums_{static_cast<Datum*>(allocate(std::max<std::size_t>(1, keys) * sizeof(Datum)))},
          next_{static_cast<char*>(allocate(keys * VARHDRSZ_SHORT + bytes + 1))} {}
    void add(std::string_view key) {
        datums_[count_++] = PointerGetDatum(next_);
        SET_VARSIZE_SHORT(next_, VARHDRSZ_SHORT + key.size());
        std::copy(key.begin(), key.end(), next_ + VARHDRSZ_SHORT);
        next_ += VARHDRSZ_SHORT + key.size();
    }
    Datum* datums() const { return datums_; }

  private:
    Datum* datums_;
    char* next_;
    std::size_t count_ = 0;
};
static_assert(marc::limits::index_key_bytes + VARHDRSZ_SHORT <= VARATT_SHORT_MAX);

/// Three-valued answer for a record. `known` gives what GIN knows of key i.
template <class Known>
marc::truth judge(FunctionCallInfo fcinfo, Known&& known) {
    int const keys = PG_GETARG_INT32(3);
    auto* const extra = reinterpret_cast<Pointer*>(PG_GETARG_POINTER(4));
    if (keys == 0 || extra == nullptr) {
        return marc::truth::maybe; // nothing of the query is in the index
    }
    scan_query const& scan = *reinterpret_cast<scan_entry*>(extra[0])->scan;
    marc::truth few[64];
    auto const count = static_cast<std::size_t>(keys);
    marc::truth* found = count <= std::size(few) ? few : static_cast<marc::truth*>(allocate(count));
    for (std::size_t i = 0; i < count; ++i) {
        found[i] = known(i);
    }
    marc::truth const result = scan.terms->evaluate(found);
    if (found != few) {
        pfree(found);
    }
    return result;
}

/// Calls `receive` with each tag of an option `tags`, in which commas or blanks stand between them. Returns false where
/// one is no tag.
template <class Receive>
bool read_tags(std::string_view text, Receive&& receive) {
    constexpr std::string_view gaps = ", ";
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(gaps), text.size()));
        if (text.empty()) {
            return true;
        }
        marc::tag_pattern tag;
        std::string_view const written = text.substr(0, text.find_first_of(gaps));
        if (!marc::read_tag_pattern(written, tag)) {
            return false;
        }
        receive(tag);
        text.remove_prefix(written.size());
    }
}

/// Writes the tags as marc::index_options has them, with a NUL. Returns the size.
std::size_t write_tags(const char* text, char* out) {
    std::size_t size = 0;
    auto const put = [&](std::string_view characters) {
        if (out != nullptr) {
            std::copy(characters.begin(), characters.end(), out + size);
        }
        size += characters.size();
    };
    read_tags(text, [&](const marc::tag_pattern& tag) {
        put(size > 0 ? "," : "");
        put(tag.view());
    });
    put({"\0", 1});
    return size;
}

extern "C" {

/// Called by the server without a call frame of its own: makes one for the guard.
static void marc_gin_check_tags(const char* text) {
    LOCAL_FCINFO(fcinfo, 0);
    InitFunctionCallInfoData(*fcinfo, nullptr, 0, InvalidOid, nullptr, nullptr);
    boundary(fcinfo, [&] {
        std::string_view const tags = text == nullptr ? std::string_view{} : std::string_view{text};
        if (!read_tags(tags, [](const marc::tag_pattern&) {})) {
            throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, "the option tags is no list of tags",
                            "It is: " + std::string{tags},
                            "Write tags with commas between them, such as '001,020,245,6XX'; X is any character."};
        }
        return Datum{0};
    });
}

static Size marc_gin_fill_tags(const char* text, void* out) {
    if (text == nullptr || *text == '\0') {
        return 0;
    }
    return write_tags(text, static_cast<char*>(out));
}

} // extern "C"

} // namespace

MARC_SQL_FUNCTION(marc_gin_options) {
    auto* options = reinterpret_cast<local_relopts*>(PG_GETARG_POINTER(0));
    init_local_reloptions(options, sizeof(gin_options));
    add_local_bool_reloption(options, "words", "keep the words of values, for : in queries", true,
                             offsetof(gin_options, words));
    add_local_string_reloption(options, "tags", "tags to keep, with commas between them; all when empty", nullptr,
                               marc_gin_check_tags, marc_gin_fill_tags, offsetof(gin_options, tags));
    return boundary(fcinfo, [&] { return Datum{0}; });
}

MARC_SQL_FUNCTION(marc_gin_extract_value) {
    struct varlena* value = varlena_argument(fcinfo, 0);
    auto* count = reinterpret_cast<std::int32_t*>(PG_GETARG_POINTER(1));
    return boundary(fcinfo, [&] {
        palloc_resource memory;
        marc::term_collector collector{&memory};
        auto const keys = collector.collect(record_of(value), options_of(fcinfo));
        std::size_t bytes = 0;
        for (std::string_view const key : keys) {
            bytes += key.size();
        }
        key_writer writer{keys.size(), bytes};
        for (std::string_view const key : keys) {
            writer.add(key);
        }
        *count = static_cast<std::int32_t>(keys.size());
        free_if_copy(fcinfo, 0, value);
        return PointerGetDatum(writer.datums());
    });
}

MARC_SQL_FUNCTION(marc_gin_extract_query) {
    struct varlena* query = varlena_argument(fcinfo, 0);
    auto* count = reinterpret_cast<std::int32_t*>(PG_GETARG_POINTER(1));
    int const strategy = PG_GETARG_UINT16(2);
    auto** partial = reinterpret_cast<bool**>(PG_GETARG_POINTER(3));
    auto** extra = reinterpret_cast<Pointer**>(PG_GETARG_POINTER(4));
    auto* mode = reinterpret_cast<std::int32_t*>(PG_GETARG_POINTER(6));
    return boundary(fcinfo, [&] {
        auto* scan = new (allocate(sizeof(scan_query))) scan_query{};
        std::string_view const text = utf8_of(text_view(query));
        if (strategy == path_exists) {
            scan->terms.emplace(text, options_of(fcinfo), &scan->memory);
        } else {
            scan->query.emplace(text, &scan->memory);
            scan->terms.emplace(scan->query->view(), options_of(fcinfo), &scan->memory);
        }
        auto const terms = scan->terms->terms();
        std::size_t const n = terms.size();
        *count = static_cast<std::int32_t>(n);
        std::pmr::vector<marc::truth> const nothing(n, marc::truth::no, &scan->memory);
        *mode =
            scan->terms->evaluate(nothing.data()) == marc::truth::no ? GIN_SEARCH_MODE_DEFAULT : GIN_SEARCH_MODE_ALL;
        if (n == 0) {
            return PointerGetDatum(nullptr);
        }
        *partial = static_cast<bool*>(allocate(n * sizeof(bool)));
        *extra = static_cast<Pointer*>(allocate(n * sizeof(Pointer)));
        auto* entries = static_cast<scan_entry*>(allocate(n * sizeof(scan_entry)));
        std::size_t bytes = 0;
        for (marc::query_term const& term : terms) {
            bytes += term.size;
        }
        key_writer writer{n, bytes};
        for (std::size_t i = 0; i < n; ++i) {
            (*partial)[i] = terms[i].is_range;
            entries[i] = {scan, &terms[i]};
            (*extra)[i] = reinterpret_cast<Pointer>(&entries[i]);
            writer.add(scan->terms->key(terms[i]));
        }
        return PointerGetDatum(writer.datums());
    });
}

MARC_SQL_FUNCTION(marc_gin_compare_partial) {
    struct varlena* key = varlena_argument(fcinfo, 1);
    auto* entry = reinterpret_cast<scan_entry*>(PG_GETARG_POINTER(3));
    return boundary(fcinfo, [&] {
        return Int32GetDatum(entry->scan->terms->compare(*entry->term, marc::as_text(varlena_bytes(key))));
    });
}

MARC_SQL_FUNCTION(marc_gin_consistent) {
    auto* check = reinterpret_cast<bool*>(PG_GETARG_POINTER(0));
    auto* recheck = reinterpret_cast<bool*>(PG_GETARG_POINTER(5));
    return boundary(fcinfo, [&] {
        marc::truth const result =
            judge(fcinfo, [&](std::size_t i) { return check[i] ? marc::truth::yes : marc::truth::no; });
        *recheck = result == marc::truth::maybe;
        return BoolGetDatum(result != marc::truth::no);
    });
}

MARC_SQL_FUNCTION(marc_gin_triconsistent) {
    auto* check = reinterpret_cast<GinTernaryValue*>(PG_GETARG_POINTER(0));
    return boundary(fcinfo, [&] {
        marc::truth const result = judge(fcinfo, [&](std::size_t i) {
            return check[i] == GIN_TRUE    ? marc::truth::yes
                   : check[i] == GIN_FALSE ? marc::truth::no
                                           : marc::truth::maybe;
        });
        int const answer = result == marc::truth::yes ? GIN_TRUE : result == marc::truth::no ? GIN_FALSE : GIN_MAYBE;
        return GinTernaryValueGetDatum(static_cast<GinTernaryValue>(answer));
    });
}

} // namespace marc_pg
