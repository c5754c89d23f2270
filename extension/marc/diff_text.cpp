// Changes as people read them.
#include "diff_align.hpp"
#include "marc/builder.hpp"
#include "marc/charset.hpp"
#include "marc/diff.hpp"
#include "marc/digest.hpp"
#include "marc/mrk.hpp"
#include "marc/poll.hpp"

#include <charconv>

namespace marc {
namespace {

using text_list = std::pmr::vector<std::pmr::string>;

class description {
  public:
    explicit description(text_list& out) : out_(out) {}

    void control(std::string_view a, std::string_view b) {
        const std::size_t count = count_characters(a);
        if (count != count_characters(b)) {
            return;
        }
        poller polling;
        std::string_view rest_a = a;
        std::string_view rest_b = b;
        for (std::size_t position = 0; position < count;) {
            std::size_t end = position;
            const std::string_view start_a = rest_a;
            const std::string_view start_b = rest_b;
            while (end < count && character(rest_a) != character(rest_b)) {
                rest_a.remove_prefix(character(rest_a).size());
                rest_b.remove_prefix(character(rest_b).size());
                ++end;
            }
            if (end > position) {
                add({"/", number(position)});
                if (end > position + 1) {
                    append({"-", number(end - 1)});
                }
                append({": ", start_a.substr(0, start_a.size() - rest_a.size()), " > ",
                        start_b.substr(0, start_b.size() - rest_b.size())});
            }
            if (end < count) {
                rest_a.remove_prefix(character(rest_a).size());
                rest_b.remove_prefix(character(rest_b).size());
                ++end;
            }
            polling.step(end - position);
            position = end;
        }
    }

    void indicator(std::string_view name, char a, char b) {
        if (a != b) {
            add({name, ": ", {&a, 1}, " > ", {&b, 1}});
        }
    }

    void changed(const subfield_view& a, const subfield_view& b) { add({"$", a.code, ": ", a.value, " > ", b.value}); }
    void deleted(const subfield_view& s) { add({"-$", s.code, ": ", s.value}); }
    void added(const subfield_view& s) { add({"+$", s.code, ": ", s.value}); }
    void moved(const subfield_view& s) { add({"$", s.code, " moved: ", s.value}); }

  private:
    static std::string_view character(std::string_view text) noexcept { return text.substr(0, character_bytes(text)); }

    /// Valid until the next call.
    std::string_view number(std::size_t n) noexcept {
        return {digits_, static_cast<std::size_t>(std::to_chars(digits_, digits_ + sizeof digits_, n).ptr - digits_)};
    }

    void add(std::initializer_list<std::string_view> pieces) {
        out_.emplace_back();
        append(pieces);
    }
    void append(std::initializer_list<std::string_view> pieces) {
        for (const std::string_view piece : pieces) {
            out_.back() += piece;
        }
    }

    text_list& out_;
    char digits_[20] = {};
};

bool is_sound(const field_view& f) noexcept {
    return f.has_indicators() && f.leading().empty();
}

void describe_subfields(const field_view& a, const field_view& b, description& out, std::pmr::memory_resource* memory) {
    std::pmr::vector<subfield_view> subfields(memory);
    for (const field_view* f : {&a, &b}) {
        for (const subfield_view& s : f->subfields()) {
            subfields.push_back(s);
        }
    }
    const std::size_t of_a = a.subfield_count();
    const auto numbers = align::number(subfields.size(), memory, [&](std::uint32_t x, std::uint32_t y) {
        const int order = subfields[x].code.compare(subfields[y].code);
        return order != 0 ? order : subfields[x].value.compare(subfields[y].value);
    });
    const std::size_t different = numbers.empty() ? 0 : 1 + *std::max_element(numbers.begin(), numbers.end());
    const std::span<const std::uint32_t> all(numbers);
    const auto same = align::common(all.first(of_a), all.subspan(of_a), different, memory);

    // A value that is gone at one place and stands at another was moved.
    std::pmr::vector<std::uint32_t> surplus(different, 0, memory);
    std::pmr::vector<bool> kept_in_b(subfields.size() - of_a, false, memory);
    for (std::size_t i = 0; i < of_a; ++i) {
        if (same[i] != align::none) {
            kept_in_b[same[i]] = true;
        } else {
            ++surplus[numbers[i]];
        }
    }
    std::pmr::vector<std::uint32_t> missing(surplus, memory);
    std::pmr::vector<bool> moved_in_b(kept_in_b.size(), false, memory);
    for (std::size_t j = 0; j < kept_in_b.size(); ++j) {
        std::uint32_t& left = missing[numbers[of_a + j]];
        if (!kept_in_b[j] && left > 0) {
            --left;
            moved_in_b[j] = true;
        }
    }
    // Now `missing` counts what is in no place of b: the last occurrences in a.
    std::size_t j = 0;
    std::size_t i = 0;
    poller polling;
    while (i < of_a || j < kept_in_b.size()) {
        polling.step();
        const bool i_kept = i < of_a && same[i] != align::none;
        const bool j_kept = j < kept_in_b.size() && kept_in_b[j];
        if (i_kept && j_kept) {
            ++i;
            ++j;
            continue;
        }
        if (j < kept_in_b.size() && !j_kept && moved_in_b[j]) {
            out.moved(subfields[of_a + j]);
            ++j;
            continue;
        }
        if (i < of_a && !i_kept) {
            std::uint32_t& moved = surplus[numbers[i]];
            if (moved > missing[numbers[i]]) {
                --moved;
                ++i;
                continue;
            }
            const bool pair = j < kept_in_b.size() && !j_kept && subfields[i].code == subfields[of_a + j].code;
            if (pair) {
                out.changed(subfields[i], subfields[of_a + j]);
                ++j;
            } else {
                out.deleted(subfields[i]);
            }
            ++i;
            continue;
        }
        out.added(subfields[of_a + j]);
        ++j;
    }
}

/// The leader as it is compared, without a field behind it.
void write_leader(const record_view& record, std::pmr::string& out) {
    const auto leader = canonical_leader(record);
    builder b(out.get_allocator().resource());
    b.set_leader({leader.data(), leader.size()});
    write_mrk(b.finish().view(), out, {.ascii_only = true});
}

} // namespace

std::pmr::vector<std::pmr::string> describe_change(const field_view& a, const field_view& b,
                                                   std::pmr::memory_resource* memory) {
    text_list result(memory);
    description out(result);
    if (a.is_control() && b.is_control()) {
        out.control(a.content(), b.content());
    } else if (is_sound(a) && is_sound(b)) {
        out.indicator("ind1", a.indicator1(), b.indicator1());
        out.indicator("ind2", a.indicator2(), b.indicator2());
        describe_subfields(a, b, out, memory);
    }
    return result;
}

void write_diff(const record_view& a, const record_view& b, std::pmr::string& out, diff_text_options options) {
    std::pmr::memory_resource* memory = out.get_allocator().resource();
    const auto changes = diff(a, b, memory);
    const std::size_t start = out.size();
    const auto line = [&](char mark) -> std::pmr::string& {
        if (out.size() > start) {
            out += '\n';
        }
        out += mark;
        return out;
    };
    const auto field = [&](char mark, const field_view& f) { write_mrk_field(f, line(mark), {options.ascii_only}); };

    auto next = changes.begin();
    if (next != changes.end() && next->leader != record_change::none) {
        write_leader(a, line('-'));
        write_leader(b, line('+'));
        next =
            std::find_if(next, changes.end(), [](const record_change& c) { return c.leader == record_change::none; });
    }
    const std::size_t fields = b.field_count();
    const std::size_t context = std::min(options.context, fields);
    std::size_t shown = 0; // the next field of b
    std::size_t until = 0; // fields of b before this one are shown as context of the change before
    poller polling;
    const auto unchanged = [&](std::size_t end, bool change_follows) {
        for (; shown < std::min(end, until); ++shown) {
            field(' ', b.field(shown));
            polling.step();
        }
        const std::size_t from = change_follows ? end - std::min(end - shown, context) : end;
        if (from > shown) {
            line('.') += "..";
        }
        for (shown = from; shown < end; ++shown) {
            field(' ', b.field(shown));
            polling.step();
        }
    };
    for (; next != changes.end(); ++next) {
        const record_change& c = *next;
        polling.step();
        unchanged(c.at, true);
        if (c.kind == change_kind::deleted || c.kind == change_kind::changed) {
            field('-', a.field(c.a));
        }
        if (c.kind != change_kind::deleted) {
            field(c.kind == change_kind::moved ? '~' : '+', b.field(c.b));
            ++shown;
        }
        until = shown + context;
    }
    if (out.size() > start) {
        unchanged(fields, false);
    }
}

} // namespace marc
