// Arguments of SQL functions that are not strict, or that choose among words.
#pragma once

#include "text.hpp"

namespace marc_pg {

/// A detoasted argument, or null. May raise an error.
inline struct varlena* argument_or_null(FunctionCallInfo fcinfo, int number) {
    return PG_ARGISNULL(number) ? nullptr : varlena_argument(fcinfo, number);
}

/// A text argument, or what stands for it when it is null.
inline std::string_view text_or(const struct varlena* argument, std::string_view otherwise) {
    return argument != nullptr ? text_view(argument) : otherwise;
}

/// The value that a word stands for. Takes the name of the argument, which the message names, the words that it may be,
/// and what to tell the person who gave another one. Throws sql_error 22023.
template <class Value, std::size_t N>
Value choose(std::string_view given, const char* argument, const std::pair<std::string_view, Value> (&words)[N],
             const char* hint) {
    std::string message = std::string{argument} + " must be ";
    for (std::size_t i = 0; i < N; ++i) {
        auto const& [word, value] = words[i];
        if (word == given) {
            return value;
        }
        message.append(i == 0 ? "'" : i + 1 < N ? ", '" : " or '").append(word).append("'");
    }
    throw sql_error{ERRCODE_INVALID_PARAMETER_VALUE, message, {}, hint};
}

} // namespace marc_pg
