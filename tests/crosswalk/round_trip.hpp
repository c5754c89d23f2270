// What is kept when a record becomes a document, a record again, and a document again: by path, how many texts and
// attribute values of the first document the second one has, and how many it lacks.
#pragma once

#include "crosswalk/convert.hpp"
#include "marc/builder.hpp"

#include <map>
#include <string>
#include <string_view>

namespace crosswalk_test {

struct kept_and_lost {
    std::size_t kept = 0;
    std::size_t lost = 0;
    std::string example; ///< of a text that was lost
};

class round_trip {
  public:
    round_trip(const crosswalk::rule_set& there, const crosswalk::rule_set& back) : there_(there), back_(back) {}

    void add(const marc::record_view& record, std::string_view name) {
        const values first = read(there_.build(record));
        std::pmr::string document;
        there_.convert(record, document);
        marc::builder made;
        notes_.clear();
        back_.document_to_marc(document, made, &notes_);
        const marc::stored_record again = made.finish();
        values second = read(there_.build(again.view()));
        ++documents_;
        for (const auto& [key, count] : first) {
            const auto found = second.find(key);
            const std::size_t same = found == second.end() ? 0 : std::min(found->second, count);
            kept_and_lost& path = paths_[key.first];
            path.kept += same;
            path.lost += count - same;
            if (same < count && path.example.empty()) {
                path.example = std::string(name) + ": " + key.second;
            }
        }
    }

    std::size_t documents() const noexcept { return documents_; }
    const std::map<std::string, kept_and_lost>& paths() const noexcept { return paths_; }
    const std::pmr::vector<crosswalk::conversion_note>& notes() const noexcept { return notes_; }

  private:
    using values = std::map<std::pair<std::string, std::string>, std::size_t>;

    static values read(const crosswalk::node& root) {
        values all;
        add(root, {}, all);
        return all;
    }
    static void add(const crosswalk::node& n, const std::string& above, values& all) {
        const std::string path = n.name.empty() ? above : above + "/" + std::string(n.name);
        if (!n.text.empty()) {
            ++all[{path, std::string(n.text)}];
        }
        for (const crosswalk::attribute* a = n.attributes; a != nullptr; a = a->next) {
            ++all[{path + "/@" + std::string(a->name), std::string(a->value)}];
        }
        for (const crosswalk::node* child = n.first; child != nullptr; child = child->next) {
            add(*child, path, all);
        }
    }

    crosswalk::converter there_;
    crosswalk::converter back_;
    std::pmr::vector<crosswalk::conversion_note> notes_;
    std::size_t documents_ = 0;
    std::map<std::string, kept_and_lost> paths_;
};

} // namespace crosswalk_test
