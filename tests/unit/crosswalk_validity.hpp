// What the tests of crosswalks into MARC share: records made by shipped rules, as text, and what is wrong with them.
#pragma once

#include "crosswalk/convert.hpp"
#include "marc/mrk.hpp"
#include "marc_validate_support.hpp"

#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace crosswalk_test {

/// Rules that are shipped; the format must be one.
class shipped_rules_of {
  public:
    explicit shipped_rules_of(std::string_view format)
        : text_{format, crosswalk::find_shipped(format).value()}, set_({&text_, 1}) {}
    const crosswalk::rule_set& set() const noexcept { return set_; }

  private:
    crosswalk::rule_text text_;
    crosswalk::rule_set set_;
};

inline std::string mrk_of(const marc::record_view& record) {
    std::pmr::string mrk;
    marc::write_mrk(record, mrk);
    return std::string(mrk);
}

/// The lines of some tags.
inline std::string lines_of(std::string_view mrk, const std::vector<std::string_view>& tags) {
    std::string some;
    for (std::size_t at = 0; at < mrk.size();) {
        const std::size_t end = std::min(mrk.find('\n', at), mrk.size());
        const std::string_view line = mrk.substr(at, end - at);
        if (line.size() > 4 && std::find(tags.begin(), tags.end(), line.substr(1, 3)) != tags.end()) {
            some += line;
            some += '\n';
        }
        at = end + 1;
    }
    return some;
}

/// Counts what validation finds, by its sentence, with an example.
class validity {
  public:
    /// @return whether the record has no error
    bool add(const marc::record_view& record, std::string_view name) {
        const auto index = marc::builtin_schema_for(record);
        if (!index) {
            ++kinds_["no schema for this leader: " + std::string(record.leader())];
            ++records_with_errors_;
            return false;
        }
        collector sink(marc_test::builtin(*index), *this, name);
        marc::validate(record, marc_test::builtin(*index), marc::validation_options(), sink);
        records_with_errors_ += sink.errors ? 1U : 0U;
        return !sink.errors;
    }
    std::size_t records_with_errors() const noexcept { return records_with_errors_; }
    /// Errors that are none of these: each the start of what comes behind "error ".
    std::size_t errors_but(const std::vector<std::string_view>& known) const {
        std::size_t n = 0;
        for (const auto& [kind, count] : kinds_) {
            const std::string_view what = std::string_view(kind);
            const bool is_known = std::any_of(known.begin(), known.end(), [&](std::string_view start) {
                return what.substr(std::min<std::size_t>(what.size(), 6)).starts_with(start);
            });
            n += what.starts_with("error ") && !is_known ? count : 0;
        }
        return n;
    }
    void print() const {
        for (const auto& [kind, count] : kinds_) {
            std::printf("%6zu %s\n", count, kind.c_str());
        }
    }

  private:
    struct collector final : marc::problem_sink {
        const marc::avram_schema& schema;
        validity& into;
        std::string_view name;
        bool errors = false;
        collector(const marc::avram_schema& s, validity& v, std::string_view n) : schema(s), into(v), name(n) {}
        bool put(const marc::problem& p) override {
            errors = errors || p.level == marc::severity::error;
            std::string kind = std::string(marc::name_of(p.level)) + " " + std::string(marc::name_of(p.what)) + " " +
                               std::string(p.tag) + (p.position.empty() ? "" : "/" + std::string(p.position)) +
                               (p.subfield.empty() ? "" : "$" + std::string(p.subfield)) +
                               (p.indicator == 0 ? "" : " ind" + std::to_string(p.indicator));
            if (++into.kinds_[kind] == 1) {
                into.examples_[kind] = std::string(name) + ": " + std::string(p.value);
                if (std::getenv("EVERARCHIVE_SHOW") != nullptr) {
                    std::printf("       %s, as in %s\n", kind.c_str(), into.examples_[kind].c_str());
                }
            }
            return true;
        }
    };
    std::map<std::string, std::size_t> kinds_;
    std::map<std::string, std::string> examples_;
    std::size_t records_with_errors_ = 0;
};

} // namespace crosswalk_test
