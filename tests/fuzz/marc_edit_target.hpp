// Fuzz target of edits, differences and merges. The input is parts with NUL between them: a path, a value, merge rules,
// and two records as mnemonic text.
#pragma once

#include "marc/diff.hpp"
#include "marc/edit.hpp"
#include "marc/merge.hpp"
#include "marc/path.hpp"
#include "marc_targets.hpp"

namespace marc_fuzz {

inline marc::stored_record record_of_text(std::string_view text) {
    marc::builder b;
    try {
        marc::read_mrk(text, b);
        return b.finish();
    } catch (const marc::parse_error&) {
        b.clear();
        b.add_field("245", "10\x1F"
                           "aT");
        return b.finish();
    }
}

inline void check_diff(const marc::record_view& a, const marc::record_view& b) {
    std::pmr::memory_resource* memory = std::pmr::get_default_resource();
    const bool same = marc::digest(a) == marc::digest(b);
    const auto changes = marc::diff(a, b, memory);
    demand(changes.empty() == same, "no changes exactly when the digests are equal");
    std::size_t deleted = 0;
    std::size_t added = 0;
    for (const marc::record_change& c : changes) {
        if (c.leader != marc::record_change::none) {
            continue;
        }
        deleted += c.kind == marc::change_kind::deleted ? 1 : 0;
        added += c.kind == marc::change_kind::added ? 1 : 0;
        if (c.kind == marc::change_kind::changed) {
            marc::describe_change(a.field(c.a), b.field(c.b), memory);
        }
    }
    demand(a.field_count() - deleted + added == b.field_count(), "every field is accounted for");
    std::pmr::string text;
    marc::write_diff(a, b, text);
    demand(text.empty() == same, "text exactly when there are changes");
}

inline void check_merge(const marc::record_view& base, const marc::record_view& incoming,
                        const marc::merge_rules& rules) {
    marc::builder into;
    std::pmr::vector<marc::merge_decision> decisions;
    if (!marc::merge(base, incoming, rules, into, &decisions)) {
        return;
    }
    const marc::stored_record once = into.finish();
    once.view().check();
    walk(once.view());
    std::pmr::string text;
    for (const marc::merge_decision& d : decisions) {
        marc::describe_decision(d, text);
        if (!d.incoming && d.why == marc::merge_decision::cause::protect) {
            const auto count = [&](const marc::record_view& r) {
                return std::count_if(r.begin(), r.end(), [&](const marc::field_view& f) {
                    return f.tag() == base.field(d.field).tag() && f.content() == base.field(d.field).content();
                });
            };
            demand(count(base) == count(once.view()), "a protected field survives, as often as before");
        }
    }
    demand(!marc::merge(once.view(), incoming, rules, into), "merging again changes nothing");
}

inline void check_edits(const marc::record_view& r, std::string_view path, std::string_view value) {
    marc::builder into;
    const auto edited = [&](marc::edit_outcome outcome) {
        if (outcome != marc::edit_outcome::changed) {
            demand(into.field_count() == 0, "only a change leaves a record");
            return false;
        }
        const marc::stored_record result = into.finish();
        result.view().check();
        walk(result.view());
        check_diff(r, result.view());
        return true;
    };
    try {
        const marc::path compiled = marc::parse_path(path);
        edited(marc::delete_values(r, compiled, into));
        edited(marc::replace_in_values(r, compiled, value.substr(0, 1), value, into));
        edited(marc::set_values(r, compiled, value, into));
    } catch (const marc::parse_error& e) {
        demand(e.code() == marc::errc::bad_path || e.code() == marc::errc::unsupported_path ||
                   e.code() == marc::errc::bad_utf8,
               "an edit fails because of the path or the value");
    }
    edited(marc::sort_fields(r, into));
}

inline void edit(std::string_view input) {
    std::string_view parts[5];
    for (std::string_view& part : parts) {
        part = input.substr(0, input.find('\0'));
        input.remove_prefix(std::min(input.size(), part.size() + 1));
    }
    const marc::stored_record a = record_of_text(parts[3]);
    const marc::stored_record b = record_of_text(parts[4]);
    check_edits(a.view(), parts[0], parts[1]);
    check_diff(a.view(), b.view());
    try {
        check_merge(a.view(), b.view(), marc::parse_merge_rules(parts[2], std::pmr::get_default_resource()));
    } catch (const marc::parse_error& e) {
        demand(e.code() == marc::errc::bad_rules || e.code() == marc::errc::too_large,
               "rules that cannot be read are named");
    }
}

} // namespace marc_fuzz
