// A schema and a record that is validated with it.
#pragma once

#include "marc/avram.hpp"
#include "marc/validate.hpp"
#include "marc_targets.hpp"

namespace marc_fuzz {

/// Looks at every part of a problem.
class reading_sink final : public marc::problem_sink, public marc::schema_problem_sink {
  public:
    explicit reading_sink(const marc::avram_schema* schema) : schema_(schema) {}
    bool put(const marc::problem& p) override {
        message_.clear();
        marc::write_message(p, schema_, message_);
        demand(!message_.empty(), "every problem has a message");
        demand(p.level != marc::severity::off, "a rule that is off reports nothing");
        bytes_ += p.value.size() + p.tag.size() + p.subfield.size();
        return ++count_ < 100'000;
    }
    void put(const marc::schema_problem& p) override { demand(!p.message.empty(), "every problem has a message"); }

  private:
    const marc::avram_schema* schema_;
    std::pmr::string message_;
    std::size_t bytes_ = 0;
    std::size_t count_ = 0;
};

/// The input: the JSON of a schema, a line "---", and a record in mnemonic text.
inline void avram(std::string_view input) {
    const std::size_t end = input.find("\n---\n");
    const std::string_view json = input.substr(0, end);
    marc::builder builder;
    try {
        marc::read_mrk(end == std::string_view::npos ? std::string_view{} : input.substr(end + 5), builder);
    } catch (const marc::parse_error&) {
        builder.clear();
    }
    const marc::stored_record record = builder.finish();
    marc::validation_options options;
    for (const marc::rule on : {marc::rule::undefined_codelist, marc::rule::external_rule, marc::rule::local_field}) {
        options.set(on, marc::severity::info);
    }
    try {
        reading_sink sink(nullptr);
        marc::check_schema(json, sink);
        const marc::avram_schema schema(json);
        reading_sink problems(&schema);
        marc::validate(record.view(), schema, options, problems);
    } catch (const marc::parse_error& e) {
        demand(e.what()[0] != '\0', "an error has a message");
    }
    static const marc::avram_schema builtin(marc::builtin_schemas()[0].json);
    reading_sink problems(&builtin);
    marc::validate(record.view(), builtin, options, problems);
    try {
        marc::validation_options::parse(json);
    } catch (const marc::parse_error&) {}
}

} // namespace marc_fuzz
