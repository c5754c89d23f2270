// What the tests of validation share: the built-in schemas, and problems as text.
#pragma once

#include "marc/avram.hpp"
#include "marc/validate.hpp"
#include "marc_support.hpp"

#include <array>
#include <string>

namespace marc_test {

using namespace marc;

inline const avram_schema& builtin(std::size_t index) {
    static const std::array<avram_schema, 3> schemas{avram_schema(builtin_schemas()[0].json),
                                                     avram_schema(builtin_schemas()[1].json),
                                                     avram_schema(builtin_schemas()[2].json)};
    return schemas[index];
}

/// Problems as lines: severity rule tag/ordinal position $subfield: message.
struct lines final : problem_sink {
    const avram_schema& schema;
    std::string text;
    explicit lines(const avram_schema& s) : schema(s) {}
    bool put(const problem& p) override {
        text += std::string(name_of(p.level)) + " " + std::string(name_of(p.what)) + " " + std::string(p.tag);
        text += p.ordinal > 1 ? "#" + std::to_string(p.ordinal) : "";
        text += p.indicator != 0 ? " ind" + std::to_string(p.indicator) : "";
        text += p.position.empty() ? "" : " /" + std::string(p.position);
        text += p.subfield.empty() ? "" : " $" + std::string(p.subfield);
        std::pmr::string message;
        write_message(p, &schema, message);
        text += ": ";
        text += message;
        text += '\n';
        return true;
    }
};

inline std::string problems_of(std::string_view mrk, const avram_schema* own = nullptr,
                               std::string_view options = "{}") {
    const stored_record r = from_mrk(mrk);
    const std::optional<std::size_t> index = builtin_schema_for(r.view());
    if (own == nullptr && !index) {
        return "none";
    }
    const avram_schema& schema = own != nullptr ? *own : builtin(*index);
    lines sink(schema);
    validate(r.view(), schema, validation_options::parse(options), sink);
    return sink.text;
}

inline const std::string head = "=LDR  00000nam a2200000 a 4500\n=001  1\n"
                                "=008  920219s1993    caua   j      000 0 eng  \n";
inline std::string bib(std::string_view fields, std::string_view options = "{}") {
    return problems_of(head + "=245  10$aTitle\n" + std::string(fields), nullptr, options);
}

} // namespace marc_test
