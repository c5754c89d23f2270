#include "guard.hpp"
#include "sqlstate.hpp"

namespace marc_pg {
namespace {

/// Copies text into a fixed buffer, cut at its end. Bytes that are not printable ASCII become \xNN: messages may quote
/// hostile input, and must be valid in the log and in every client encoding.
template <std::size_t N>
void copy_text(char (&to)[N], std::string_view text) noexcept {
    static constexpr char digits[] = "0123456789abcdef";
    std::size_t at = 0;
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (at + 5 > N) {
            break;
        }
        if (byte >= 0x20 && byte < 0x7F) {
            to[at++] = c;
        } else {
            to[at++] = '\\';
            to[at++] = 'x';
            to[at++] = digits[byte >> 4];
            to[at++] = digits[byte & 15];
        }
    }
    to[at] = '\0';
}

void out_of_memory(detail::failure& why) noexcept {
    why.sqlstate = ERRCODE_OUT_OF_MEMORY;
    copy_text(why.message, "out of memory");
    copy_text(why.detail, "The record needs more memory than the server gives, or a value of more than 1 GB.");
}

/// Where errors of the server are copied to: set by the innermost boundary().
MemoryContext error_memory_now = nullptr;

} // namespace

namespace detail {

MemoryContext exchange_error_memory(MemoryContext memory) noexcept {
    return std::exchange(error_memory_now, memory);
}

void describe_current_exception(failure& why) noexcept {
    why.postgres = nullptr;
    why.sqlstate = ERRCODE_INTERNAL_ERROR;
    why.soft = false;
    why.message[0] = why.detail[0] = why.hint[0] = '\0';
    try {
        throw;
    } catch (const pg_error& error) {
        why.postgres = error.data;
    } catch (const sql_error& error) {
        why.sqlstate = error.sqlstate;
        why.soft = ERRCODE_TO_CATEGORY(error.sqlstate) == ERRCODE_DATA_EXCEPTION;
        copy_text(why.message, error.message);
        copy_text(why.detail, error.detail);
        copy_text(why.hint, error.hint);
    } catch (const marc::parse_error& error) {
        why.sqlstate = sqlstate_of(error.code());
        why.soft = error.code() != marc::errc::corrupt;
        copy_text(why.message, error.what());
        copy_text(why.hint, error.hint());
    } catch (const std::bad_alloc&) {
        out_of_memory(why);
    } catch (const std::length_error&) {
        out_of_memory(why);
    } catch (const std::exception& error) {
        copy_text(why.message, error.what());
        copy_text(why.hint, "This is a defect of the extension; please report it with the statement that shows it.");
    } catch (...) {
        copy_text(why.message, "unknown C++ exception");
        copy_text(why.hint, "This is a defect of the extension; please report it with the statement that shows it.");
    }
}

Datum report(FunctionCallInfo fcinfo, const failure& why) {
    if (why.postgres != nullptr) {
        ReThrowError(why.postgres);
    }
#if PG_VERSION_NUM >= 160000
    if (why.soft && wants_soft_errors(fcinfo)) {
        ereturn(fcinfo->context, Datum{0},
                (errcode(why.sqlstate), errmsg_internal("%s", why.message),
                 why.detail[0] != '\0' ? errdetail_internal("%s", why.detail) : 0,
                 why.hint[0] != '\0' ? errhint("%s", why.hint) : 0));
    }
#else
    (void)fcinfo;
#endif
    ereport(ERROR, (errcode(why.sqlstate), errmsg_internal("%s", why.message),
                    why.detail[0] != '\0' ? errdetail_internal("%s", why.detail) : 0,
                    why.hint[0] != '\0' ? errhint("%s", why.hint) : 0));
    pg_unreachable();
}

void throw_caught_error(MemoryContext context) {
    // CopyErrorData() allocates and may itself fail; that error must not jump over the C++ frames above us.
    sigjmp_buf* const handler = PG_exception_stack;
    ErrorData* volatile copy = nullptr;
    sigjmp_buf here;
    MemoryContextSwitchTo(error_memory_now != nullptr ? error_memory_now : context);
    if (sigsetjmp(here, 0) == 0) {
        PG_exception_stack = &here;
        copy = CopyErrorData();
    }
    PG_exception_stack = handler;
    MemoryContextSwitchTo(context);
    FlushErrorState();
    if (copy == nullptr) {
        throw std::bad_alloc{};
    }
    throw pg_error{copy};
}

ErrorData* attempt(void (*call)(void* argument), void* argument) {
    MemoryContext const context = CurrentMemoryContext;
    ResourceOwner const owner = CurrentResourceOwner;
    // A subtransaction switches to its own memory context and resource owner, at its begin and at its end.
    auto const restore = [&] {
        MemoryContextSwitchTo(context);
        CurrentResourceOwner = owner;
    };
    pg_call([&] {
        BeginInternalSubTransaction(nullptr);
        MemoryContextSwitchTo(context);
    });
    ErrorData* error = nullptr;
    try {
        pg_call([&] { call(argument); });
        pg_call([&] { ReleaseCurrentSubTransaction(); });
    } catch (const pg_error& caught) {
        error = caught.data;
    }
    if (error != nullptr) {
        pg_call([&] { RollbackAndReleaseCurrentSubTransaction(); });
    }
    restore();
    return error;
}

} // namespace detail

void warn(const std::string& message, const std::string& detail) {
    pg_call([&] {
        ereport(WARNING, (errcode(ERRCODE_WARNING), errmsg_internal("%s", message.c_str()),
                          errdetail_internal("%s", detail.c_str())));
    });
}

void* allocate(std::size_t bytes, MemoryContext context) {
    // The check comes first: the allocator raises an error, instead of returning null, for a size over 1 GB.
    if (!AllocSizeIsValid(bytes)) {
        throw std::bad_alloc{};
    }
    void* memory = MemoryContextAllocExtended(context, bytes, MCXT_ALLOC_NO_OOM);
    if (memory == nullptr) {
        throw std::bad_alloc{};
    }
    return memory;
}

} // namespace marc_pg
