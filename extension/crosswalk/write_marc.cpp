#include "write_marc.hpp"

#include "marc/ascii.hpp"
#include "marc/charset.hpp"
#include "marc/limits.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <string>

namespace crosswalk::detail {
namespace {

/// The tag of a field: its name, or the attribute of a "field".
std::string_view tag_of(const node& n) noexcept {
    return n.name == "field" ? attribute_of(n, "tag") : n.name;
}

class record_writer {
  public:
    record_writer(std::string_view rules, marc::builder& into, std::pmr::vector<conversion_note>* notes, arena& memory)
        : rules_(rules), into_(into), notes_(notes), memory_(memory) {}

    void write(const node& root) {
        into_.clear();
        std::string_view leader;
        std::pmr::vector<ordered> fields(&memory_);
        for (const node* field = root.first; field != nullptr; field = field->next) {
            if (field->name == "leader") {
                leader = field->text;
            } else if (is_tag(tag_of(*field))) {
                fields.push_back({order_of(tag_of(*field)), field});
            } else {
                note(tag_of(*field), "is no tag; left out: ", field->text);
            }
        }
        std::stable_sort(fields.begin(), fields.end(),
                         [](const ordered& a, const ordered& b) { return a.order < b.order; });
        set_leader(leader);
        std::size_t bytes = marc::limits::leader_bytes + 2;
        for (const ordered& one : fields) {
            const std::string_view tag = tag_of(*one.field);
            into_.begin_field(tag);
            if (is_control_tag(tag)) {
                control_field(*one.field, tag);
            } else {
                data_field(*one.field, tag);
            }
            const std::size_t length = into_.open_field_bytes() + 1;
            if (length > marc::limits::iso2709_field_bytes) {
                note(tag, "is longer than the 9,999 bytes that ISO 2709 has for a field: ",
                     into_.data().substr(into_.data().size() - length + 1, 80));
            }
            bytes += length + marc::limits::iso2709_directory_entry_bytes;
            into_.end_field();
            polling_.step(length);
        }
        if (bytes > marc::limits::iso2709_record_bytes) {
            note("record", "is longer than the 99,999 bytes that ISO 2709 has", {});
        }
    }

  private:
    struct ordered {
        unsigned order;
        const node* field;
    };

    /// As cataloguers sort: by tag, but notes and subjects as groups, in the order of their importance.
    static unsigned order_of(std::string_view tag) noexcept {
        const bool grouped = tag[0] == '5' || tag[0] == '6';
        unsigned order = static_cast<unsigned char>(tag[0]);
        for (const char c : tag.substr(1)) {
            order = order * 256 + (grouped ? 0U : static_cast<unsigned char>(c));
        }
        return order;
    }

    void note(std::string_view what, std::string_view is, std::string_view text) {
        if (notes_ == nullptr) {
            return;
        }
        constexpr std::size_t shown = 60;
        std::pmr::string all(what.substr(0, marc::byte_of_character(what, shown)), notes_->get_allocator());
        all += ' ';
        all += is;
        for (const char c : text.substr(0, marc::byte_of_character(text, shown))) {
            all += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
        notes_->push_back({rules_, std::move(all)});
    }

    /// MARC 21: a length and addresses that whoever writes ISO 2709 computes, UTF-8, 22 and 4500.
    void set_leader(std::string_view leader) {
        std::pmr::string all("00000nam a2200000 u 4500", &memory_);
        if (!leader.empty()) {
            for (std::size_t i = 5; i < 20; ++i) {
                all[i] = i < leader.size() ? leader[i] : ' ';
            }
            if (leader.size() != marc::limits::leader_bytes || !marc::is_ascii(leader)) {
                note("leader", "has another length than 24: ", leader);
            }
        }
        all.replace(9, 8, "a2200000");
        into_.set_leader(all);
    }

    /// White space that is no blank is one blank, with what is around it, and none at the ends; what separates in ISO
    /// 2709 and other controls become a blank, and a note.
    void append(std::string_view text, std::string_view tag) {
        const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
        if (std::none_of(text.begin(), text.end(), is_control)) {
            return into_.append(text);
        }
        constexpr std::string_view breaks = "\t\r\n";
        const std::size_t start = text.find_first_not_of(" \t\r\n");
        text = start == std::string_view::npos ? std::string_view{} : text.substr(start);
        text = text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
        bool strange = false;
        for (std::size_t i = 0; i < text.size();) {
            const std::size_t end = std::min(text.find_first_not_of(" \t\r\n", i), text.size());
            const std::string_view blanks = text.substr(i, end - i);
            if (!blanks.empty()) {
                into_.append(blanks.find_first_of(breaks) == std::string_view::npos ? blanks : std::string_view{" "});
                i = end;
            } else {
                strange = strange || is_control(text[i]);
                into_.append(is_control(text[i]) ? ' ' : text[i]);
                ++i;
            }
        }
        if (strange) {
            note(tag, "has control characters, which become blanks: ", text);
        }
    }

    void control_field(const node& field, std::string_view tag) {
        append(field.text, tag);
        for (const node* part = field.first; part != nullptr; part = part->next) {
            if (!part->name.empty()) {
                note(tag, "has no subfields; this becomes plain text: ", part->text);
            }
            append(part->text, tag);
        }
        if (tag == "008" && into_.open_field_bytes() != 40) {
            note(tag, "has another length than 40: ", field.text);
        }
    }

    void indicator(const node& field, std::string_view tag, std::string_view name) {
        const std::string_view value = attribute_of(field, name);
        const bool fits = value.size() == 1 && value[0] >= ' ' && value[0] < 0x7F;
        if (!fits && !value.empty()) {
            note(tag, "has an indicator that is not one character: ", value);
        }
        into_.append(fits ? value[0] : ' ');
    }

    void data_field(const node& field, std::string_view tag) {
        indicator(field, tag, "ind1");
        indicator(field, tag, "ind2");
        if (!field.text.empty()) {
            stray(field.text, tag);
        }
        for (const node* part = field.first; part != nullptr; part = part->next) {
            const std::string_view code = part->name == "subfield" ? attribute_of(*part, "code") : part->name;
            if (part->name.empty()) {
                stray(part->text, tag);
            } else if (code.size() != 1 || code[0] <= ' ' || code[0] >= 0x7F) {
                note(tag, "has a subfield code that is not one character: ", code);
                stray(part->text, tag);
            } else {
                into_.begin_subfield(code[0]);
                texts(*part, tag);
            }
        }
    }

    /// A value and what is below it, which is as deep as the rules nest.
    void texts(const node& part, std::string_view tag) {
        append(part.text, tag);
        for (const node* inner = part.first; inner != nullptr; inner = inner->next) {
            texts(*inner, tag);
        }
    }

    void stray(std::string_view text, std::string_view tag) {
        note(tag, "has text outside of a subfield, which goes into $a: ", text);
        into_.begin_subfield('a');
        append(text, tag);
    }

    std::string_view rules_;
    marc::builder& into_;
    std::pmr::vector<conversion_note>* notes_;
    arena& memory_;
    marc::poller polling_;
};

} // namespace

bool is_tag(std::string_view name) noexcept {
    return name.size() == 3 && std::all_of(name.begin(), name.end(), [](char c) { return marc::is_alphanumeric(c); });
}

void write_marc(const node& root, std::string_view rules, marc::builder& into, std::pmr::vector<conversion_note>* notes,
                arena& memory) {
    record_writer(rules, into, notes, memory).write(root);
}

} // namespace crosswalk::detail
