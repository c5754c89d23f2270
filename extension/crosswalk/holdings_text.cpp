// The statements of a record. Textual fields (866-868) stand beside the others, or in their place: with link number 0
// in place of all of their kind, with the link number of a caption in place of what that one names (MARC 21 Holdings,
// 866-868, "relationship to fields 853-855 and 863-865").
#include "crosswalk/holdings.hpp"

#include "holdings_fields.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace crosswalk {
namespace detail {
namespace {

/// Each of a few problems once, however many fields have it.
class problem_list {
  public:
    explicit problem_list(std::pmr::memory_resource* memory) : texts_(memory) {}

    void add(std::string_view text) {
        if (text.empty() || std::find(texts_.begin(), texts_.end(), text) != texts_.end()) {
            return;
        }
        if (texts_.size() < most) {
            texts_.emplace_back(text);
        } else {
            ++more_;
        }
    }
    void write(std::pmr::string& out) {
        for (const std::pmr::string& text : texts_) {
            out.append(out.empty() ? "" : "; ").append(text);
        }
        if (more_ != 0) {
            out.append("; and others");
        }
        texts_.clear();
        more_ = 0;
    }

  private:
    static constexpr std::size_t most = 5;
    std::pmr::vector<std::pmr::string> texts_;
    std::size_t more_ = 0;
};

class statement_writer {
  public:
    statement_writer(const marc::record_view& record, std::pmr::memory_resource* memory)
        : record_(record), fields_(record, memory), textual_(memory), problems_(memory), memory_(memory),
          statements_(memory) {}

    std::pmr::vector<holdings_statement> write() {
        index_textual();
        const auto& all = fields_.enumerations();
        for (std::size_t i = 0; i < all.size();) {
            std::size_t end = i + 1;
            while (end < all.size() && compare_links(all[i], all[end]) == 0) {
                ++end;
            }
            if (!is_replaced(all[i])) {
                group(i, end);
            }
            i = end;
        }
        for (const holdings_field& text : fields_.texts()) {
            textual(text);
        }
        order();
        return std::move(statements_);
    }

  private:
    /// All $8 of textual fields: one may stand for several captions.
    void index_textual() {
        for (const holdings_field& text : fields_.texts()) {
            for (const marc::subfield_view& s : record_.field(text.field).subfields()) {
                if (s.code == "8") {
                    textual_.push_back({text.section, text.kind, read_link(s.value), text.field});
                }
            }
        }
        std::sort(textual_.begin(), textual_.end(), is_before);
    }
    static bool is_before(const holdings_field& a, const holdings_field& b) { return compare_links(a, b) < 0; }
    bool has_textual(const holdings_field& link) const {
        return std::binary_search(textual_.begin(), textual_.end(), link, is_before);
    }
    bool is_replaced(const holdings_field& one) const {
        holdings_field all = one;
        all.link.link = "0";
        return has_textual(all) || (!one.link.link.empty() && has_textual(one));
    }

    holdings_statement& add(const holdings_field& of) {
        holdings_statement& one = statements_.emplace_back(memory_);
        one.location = fields_.location(of.section);
        one.kind = of.kind;
        one.link = of.link.link;
        places_.push_back(of);
        return one;
    }

    void group(std::size_t begin, std::size_t end) {
        const auto& all = fields_.enumerations();
        holdings_statement& into = add(all[begin]);
        const holdings_fields::found_caption found = fields_.caption_of(all[begin]);
        std::optional<marc::field_view> caption;
        if (found.field != holdings_statement::nowhere) {
            caption = record_.field(found.field);
        }
        report_link(all[begin], found);
        char gap = 0;
        enumeration_text one(memory_);
        for (std::size_t i = begin; i < end; ++i) {
            const marc::field_view field = record_.field(all[i].field);
            work_.step(field.content().size() + 1);
            one.enumeration.clear();
            one.chronology.clear();
            one.text.clear();
            one.problem.clear();
            write_enumeration(field, caption ? &*caption : nullptr, one);
            problems_.add(one.problem);
            if (field.indicator2() == '2' || field.indicator2() == '3') {
                problems_.add("textual holdings should be shown, and there are none");
            }
            const bool published = field.indicator2() != '4';
            std::pmr::string& out = published ? into.text : into.note;
            prefix_unit(field, caption && out.empty() ? first_subfield(*caption, 'o') : std::string_view{}, one.text);
            if (!one.text.empty()) {
                if (published) {
                    separate(gap, out);
                } else {
                    out.append(out.empty() ? "" : "; ").append("not published: ");
                }
                out.append(one.text);
            }
            notes(field, end - begin > 1 ? std::string_view{one.text} : std::string_view{}, into.note);
            if (published) {
                gap = break_of(field);
            }
        }
        problems_.write(into.problem);
    }

    /// Between two statements: a comma for a gap, a semicolon where nothing is missing ($w).
    static void separate(char gap, std::pmr::string& out) {
        if (!out.empty()) {
            out.push_back(gap == 'n' ? ';' : ',');
        }
    }
    char break_of(const marc::field_view& field) {
        const std::string_view w = first_subfield(field, 'w');
        if (!w.empty() && w != "g" && w != "n") {
            problems_.add("$w is neither g nor n");
        }
        return w.empty() ? '\0' : w[0];
    }

    void report_link(const holdings_field& one, const holdings_fields::found_caption& found) {
        const char tag[] = {'8', '5', static_cast<char>('3' + static_cast<int>(one.kind)), '\0'};
        std::pmr::string text(memory_);
        if (found.field == holdings_statement::nowhere) {
            text.append("no ").append(tag);
            if (!one.link.link.empty()) {
                text.append(" with link ").append(one.link.link);
            }
        } else if (found.several) {
            text.append("more than one ").append(tag).append(" with link ").append(one.link.link);
        } else if (found.only) {
            text.append("no $8");
        }
        problems_.add(text);
    }

    /// What kind of unit the field is about, $o of the caption, and the title in $o of the field.
    static void prefix_unit(const marc::field_view& field, std::string_view kind, std::pmr::string& text) {
        const std::string_view title = first_subfield(field, 'o');
        std::pmr::string unit(kind, text.get_allocator());
        unit.append(kind.empty() || title.empty() ? "" : ": ").append(title);
        if (!unit.empty() && !text.empty()) {
            unit.push_back(' ');
        }
        text.insert(0, unit);
    }

    static void notes(const marc::field_view& field, std::string_view about, std::pmr::string& out) {
        bool first = true;
        const auto add = [&](std::string_view label, std::string_view value) {
            if (value.empty()) {
                return;
            }
            out.append(out.empty() ? "" : "; ");
            if (first && !about.empty()) {
                out.append(about).append(": ");
            }
            out.append(label).append(value);
            first = false;
        };
        for (const marc::subfield_view& s : field.subfields()) {
            if (s.code == "z" || s.code == "q") {
                add("", s.value);
            } else if (s.code == "t") {
                add("copy ", s.value);
            }
        }
    }

    void textual(const holdings_field& of) {
        const marc::field_view field = record_.field(of.field);
        work_.step(field.content().size() + 1);
        std::pmr::string text(memory_);
        std::pmr::string note(memory_);
        for (const marc::subfield_view& s : field.subfields()) {
            if (s.code == "a" && !s.value.empty()) {
                text.append(text.empty() ? "" : "; ").append(s.value);
            } else if (s.code == "z" && !s.value.empty()) {
                note.append(note.empty() ? "" : "; ").append(s.value);
            }
        }
        if (!text.empty() || !note.empty()) {
            holdings_statement& into = add(of);
            into.text = std::move(text);
            into.note = std::move(note);
        }
    }

    /// By location, kind and link; what has the same link stays in the order of the record.
    void order() {
        std::pmr::vector<std::size_t> numbers(memory_);
        numbers.reserve(statements_.size());
        for (std::size_t i = 0; i < statements_.size(); ++i) {
            numbers.push_back(i);
        }
        std::sort(numbers.begin(), numbers.end(), [&](std::size_t a, std::size_t b) {
            const int links = compare_links(places_[a], places_[b]);
            return links != 0 ? links < 0 : places_[a].field < places_[b].field;
        });
        std::pmr::vector<holdings_statement> ordered(memory_);
        ordered.reserve(statements_.size());
        for (const std::size_t n : numbers) {
            ordered.push_back(std::move(statements_[n]));
        }
        statements_ = std::move(ordered);
    }

    const marc::record_view& record_;
    holdings_fields fields_;
    std::pmr::vector<holdings_field> textual_;
    problem_list problems_;
    std::pmr::memory_resource* memory_;
    std::pmr::vector<holdings_statement> statements_;
    std::pmr::vector<holdings_field> places_{memory_}; ///< of the statements
    marc::poller work_;
};

} // namespace
} // namespace detail

std::string_view name_of(holdings_kind kind) noexcept {
    constexpr std::string_view names[] = {"basic", "supplement", "index"};
    return names[static_cast<std::size_t>(kind)];
}

std::pmr::vector<holdings_statement> holdings_text(const marc::record_view& record, std::pmr::memory_resource* memory) {
    return detail::statement_writer(record, memory).write();
}

} // namespace crosswalk
