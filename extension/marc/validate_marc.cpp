// MARC records for the engine: their leader, their types, and the fields that stand for others.
#include "avram_model.hpp"
#include "linkage.hpp"
#include "marc/poll.hpp"
#include "marc/validate.hpp"

#include <algorithm>
#include <unordered_map>

namespace marc {
namespace {

/// The type of material that 008/18-34 and 006/01-17 are coded for (MARC 21 bibliographic, leader/06-07 and 006/00).
/// @param level leader/07, or 0 for field 006, whose first character says it all
std::string_view material(char type, char level) noexcept {
    switch (type) {
    case 'a':
        return level == 'b' || level == 'i' || level == 's' ? "CR" : "BK";
    case 't':
        return "BK";
    case 'c':
    case 'd':
    case 'i':
    case 'j':
        return "MU";
    case 'e':
    case 'f':
        return "MP";
    case 'g':
    case 'k':
    case 'o':
    case 'r':
        return "VM";
    case 'm':
        return "CF";
    case 'p':
        return "MX";
    case 's':
        return level == 0 ? "CR" : "";
    default:
        return "";
    }
}

/// Stricter than linked_fields(): a tag of digits, two digits of the number at least.
std::optional<linkage> read_sound_linkage(std::string_view text) noexcept {
    linkage found;
    const bool sound = read_linkage(text, found) && found.digits >= 2 && is_number(found.tag);
    return sound ? std::optional(found) : std::nullopt;
}

class marc_validation {
  public:
    marc_validation(const record_view& record, const avram_schema& schema, const validation_options& options,
                    problem_sink& sink, std::pmr::memory_resource* memory)
        : record_(record), model_(schema.get()), engine_(schema, options, sink, memory), subfields_(memory),
          links_(memory), other_tags_(memory) {
        engine_.set_local_rules(true);
        const auto asks = [&](avram::slice rules, avram::known_rule what) {
            return std::any_of(model_.rules.begin() + rules.first, model_.rules.begin() + rules.first + rules.count,
                               [&](const avram::external_rule& r) { return r.known && r.what == what; });
        };
        checks_links_ = asks(model_.root_rules, avram::known_rule::linkage);
        const avram::slice alternate = model_.fields_of("880");
        stands_for_another_ =
            alternate.count != 0 && asks(model_.fields[alternate.first].rules, avram::known_rule::linked_field);
    }

    void run() {
        const std::string_view leader = record_.leader();
        const std::array<std::string_view, 2> types{leader.substr(6, 1), material(leader[6], leader[7])};
        find_language();
        engine_.begin_record(types);
        if (engine_.defines("LDR")) {
            generic_field whole{};
            whole.tag = "LDR";
            whole.value = leader;
            engine_.field(whole, 1);
        }
        for (std::size_t n = 0; n < record_.field_count() && !engine_.stopped(); ++n) {
            field(record_.field(n));
        }
        engine_.end_record();
        if (checks_links_) {
            check_links();
        }
    }

  private:
    struct link {
        std::uint32_t tag;    ///< of the pair's field that is not the 880
        std::uint32_t number; ///< occurrence number
        bool alternate;       ///< an 880
        std::uint32_t ordinal;
        std::string_view own_tag;
        std::string_view value;
    };

    void find_language() {
        for (std::size_t n = 0; n < record_.field_count(); ++n) {
            const field_view f = record_.field(n);
            if (f.tag() == "008" && f.content().size() >= 38) {
                engine_.set_language(f.content().substr(35, 3));
                return;
            }
        }
    }

    static std::uint32_t number_of(std::string_view tag) noexcept {
        std::uint32_t number = 0;
        for (const char c : tag) {
            if (c < '0' || c > '9') {
                return avram::none;
            }
            number = number * 10 + static_cast<std::uint32_t>(c - '0');
        }
        return number;
    }

    std::uint32_t ordinal_of(std::string_view tag) {
        const std::uint32_t number = number_of(tag);
        if (number != avram::none) {
            return ++ordinals_[number];
        }
        std::uint32_t key = 0;
        for (const char c : tag) {
            key = key << 8U | static_cast<unsigned char>(c);
        }
        return ++other_tags_[key];
    }

    void field(const field_view& f) {
        polling_.step(f.content().size() + 1);
        const std::uint32_t ordinal = ordinal_of(f.tag());
        generic_field whole{};
        whole.tag = f.tag();
        if (f.is_control()) {
            whole.value = f.content();
            return control(whole, ordinal);
        }
        problem at{};
        at.tag = whole.tag;
        at.ordinal = ordinal;
        at.what = rule::misplaced_content;
        if (f.has_indicators()) {
            const std::string_view both = f.content().substr(0, 2);
            whole.indicators = {both.substr(0, 1), both.substr(1, 1)};
        }
        if (!f.leading().empty()) {
            at.detail = "text before the first subfield:";
            at.value = f.leading();
            engine_.report(at);
        }
        subfields_.clear();
        for (const subfield_view& s : f.subfields()) {
            if (s.code.empty()) {
                at.detail = "a subfield without a code:";
                at.value = s.value;
                engine_.report(at);
            } else {
                subfields_.push_back(s);
            }
        }
        whole.variable = true;
        whole.subfields = subfields_;
        std::string_view as;
        if (checks_links_ || stands_for_another_) {
            as = collect_link(whole, ordinal);
        }
        engine_.field(whole, ordinal, nullptr, stands_for_another_ && whole.tag == "880" ? as : std::string_view{});
    }

    /// 006 and 007 say themselves what they are coded for.
    void control(const generic_field& whole, std::uint32_t ordinal) {
        if ((whole.tag != "006" && whole.tag != "007") || whole.value.empty()) {
            return engine_.field(whole, ordinal);
        }
        const char category[4] = {'0', '0', '7', whole.value[0]};
        const std::array<std::string_view, 2> types{
            whole.tag == "006" ? material(whole.value[0], 0) : std::string_view(category, 4), whole.value.substr(0, 1)};
        const std::span<const std::string_view> own(types);
        engine_.field(whole, ordinal, &own);
    }

    /// Notes the linkage of a field; returns the tag that an 880 stands for.
    std::string_view collect_link(const generic_field& whole, std::uint32_t ordinal) {
        const bool alternate = whole.tag == "880";
        const auto six = std::find_if(whole.subfields.begin(), whole.subfields.end(),
                                      [](const subfield_view& s) { return s.code == "6"; });
        problem at{};
        at.what = rule::invalid_linkage;
        at.tag = whole.tag;
        at.ordinal = ordinal;
        at.subfield = "6";
        if (six == whole.subfields.end()) {
            if (alternate && checks_links_) {
                at.detail = "missing";
                engine_.report(at);
            }
            return {};
        }
        const std::optional<linkage> found = read_sound_linkage(six->value);
        if (!found || (found->tag == "880") == alternate) {
            if (checks_links_) {
                at.value = six->value;
                engine_.report(at);
            }
            return {};
        }
        if (checks_links_) {
            const std::uint32_t tag = alternate ? number_of(found->tag) : number_of(whole.tag);
            if (tag != avram::none) {
                links_.push_back({tag, found->occurrence, alternate, ordinal, whole.tag, six->value});
            }
        }
        return alternate ? found->tag : std::string_view{};
    }

    /// Each occurrence number of a tag needs a field of that tag and an 880. 00 in an 880: it stands alone.
    void check_links() {
        std::stable_sort(links_.begin(), links_.end(), [](const link& a, const link& b) {
            return a.tag != b.tag ? a.tag < b.tag : a.number < b.number;
        });
        for (std::size_t first = 0; first < links_.size();) {
            std::size_t end = first;
            bool alternates = false;
            bool originals = false;
            for (; end < links_.size() && links_[end].tag == links_[first].tag &&
                   links_[end].number == links_[first].number;
                 ++end) {
                (links_[end].alternate ? alternates : originals) = true;
            }
            for (std::size_t n = first; n < end && alternates != originals; ++n) {
                if (links_[n].alternate && links_[n].number == 0) {
                    continue;
                }
                problem at{};
                at.what = rule::unlinked_field;
                at.tag = links_[n].own_tag;
                at.ordinal = links_[n].ordinal;
                at.subfield = "6";
                at.value = links_[n].value;
                engine_.report(at);
            }
            first = end;
        }
    }

    const record_view& record_;
    const avram::model& model_;
    validation engine_;
    std::pmr::vector<subfield_view> subfields_;
    std::pmr::vector<link> links_;
    std::array<std::uint32_t, 1000> ordinals_{};
    std::pmr::unordered_map<std::uint32_t, std::uint32_t> other_tags_;
    poller polling_;
    bool checks_links_ = false;
    bool stands_for_another_ = false;
};

} // namespace

void validate(const record_view& record, const avram_schema& schema, const validation_options& options,
              problem_sink& sink, std::pmr::memory_resource* memory) {
    marc_validation(record, schema, options, sink, memory).run();
}

std::optional<std::size_t> builtin_schema_for(const record_view& record) noexcept {
    if (record.is_unimarc()) {
        return std::nullopt;
    }
    switch (record.leader()[6]) {
    case 'z':
        return 1;
    case 'u':
    case 'v':
    case 'x':
    case 'y':
        return 2;
    case 'w':
    case 'q':
        return std::nullopt;
    default:
        return 0; // whose definition of leader/06 names other types
    }
}

problem unknown_format_of(const record_view& record, const validation_options& options) noexcept {
    problem at{};
    at.what = rule::unknown_format;
    at.level = options.level(rule::unknown_format);
    at.tag = "LDR";
    at.ordinal = 1;
    at.position = "06";
    at.value = record.leader().substr(6, 1);
    at.detail = record.is_unimarc() ? "UNIMARC"
                : at.value == "w"   ? "MARC 21 classification data"
                                    : "MARC 21 community information";
    return at;
}

} // namespace marc
