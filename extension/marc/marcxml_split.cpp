#include "marcxml_split.hpp"

#include "byte_block.hpp"
#include "marc/limits.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace marc {
namespace {

constexpr std::string_view white_space = " \t\r\n";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
// The same as in marcxml_elements.cpp; none is the one that needs a look at what stands inside.
constexpr std::array<std::string_view, 3> record_namespaces = {
    "http://www.loc.gov/MARC21/slim", "info:lc/xmlns/marcxchange-v1", "info:lc/xmlns/marcxchange-v2"};

bool ends_name(char c) noexcept {
    return white_space.find(c) != std::string_view::npos || c == '>' || c == '/' || c == '<' || c == '=';
}

std::string_view name_at(std::string_view text, std::size_t at) noexcept {
    std::size_t end = at;
    while (end < text.size() && !ends_name(text[end])) {
        ++end;
    }
    return text.substr(at, end - at);
}

std::string_view prefix_of(std::string_view name) noexcept {
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
}

std::string_view local_name_of(std::string_view name) noexcept {
    return name.substr(name.find(':') + 1); // npos + 1 is 0
}

/// Whether `name` stands at `at` and ends there.
bool is_name_at(std::string_view text, std::size_t at, std::string_view name) noexcept {
    return text.compare(at, name.size(), name) == 0 &&
           (at + name.size() == text.size() || ends_name(text[at + name.size()]));
}

/// The next < from `at` on that starts a comment, a section, or a tag whose name starts with this letter (an end tag
/// also with the other one); near the end of the text any <.
std::size_t find_markup(std::string_view text, std::size_t at, char letter, char other_letter) noexcept {
    constexpr std::size_t looked_at = byte_block::bytes + 2;
    for (; at < text.size() && text.size() - at >= looked_at; at += byte_block::bytes) {
        const char* const block_at = text.data() + at;
        const byte_block second(block_at + 1);
        const byte_block third(block_at + 2);
        const byte_mask mask =
            (byte_block(block_at).where_equal('<') &
             (second.where_equal('!') | second.where_equal(letter) |
              (second.where_equal('/') & (third.where_equal(letter) | third.where_equal(other_letter)))))
                .high();
        if (mask != 0) {
            return at + first_of(mask);
        }
    }
    return text.find('<', at);
}

} // namespace

/// A start tag, as it stands.
struct marcxml_cutter::tag {
    std::size_t start = 0;
    std::size_t end = 0; ///< behind its '>'
    std::string_view name;
    std::string_view attributes;
    bool is_empty = false;
};

marcxml_cutter::marcxml_cutter(std::pmr::memory_resource* memory)
    : memory_(memory), open_(memory), bindings_(memory), start_tag_(memory), end_tag_(memory) {}

cut_result marcxml_cutter::next(std::string_view text, bool at_end, cut& result) {
    std::size_t at = 0;
    result = {};
    while (at < text.size()) {
        const std::size_t markup = text.find('<', at);
        if (open_.empty() && unnamed_depth_ == 0) {
            // Outside of any element nothing may stand.
            std::size_t junk = text.find_first_not_of(white_space, at);
            while (junk != std::string_view::npos && text.substr(junk).starts_with(byte_order_mark)) {
                junk = text.find_first_not_of(white_space, junk + byte_order_mark.size());
            }
            if (junk < std::min(markup, text.size())) {
                result.start = junk;
                if (markup == std::string_view::npos && !at_end) {
                    return cut_result::more;
                }
                result.bytes = std::min(markup, text.size()) - junk;
                result.problem = errc::not_marc;
                return cut_result::found;
            }
        }
        polling_.step(std::min(markup, text.size()) - at);
        if (markup == std::string_view::npos) {
            break;
        }
        at = markup;
        const step s = pass_markup(text, at_end, at, result);
        if (s == step::found) {
            return cut_result::found;
        }
        if (s == step::more) {
            result.start = at;
            return cut_result::more;
        }
    }
    result.start = text.size();
    if (!at_end) {
        return cut_result::more;
    }
    if (!said_truncated_ && !open_.empty()) {
        said_truncated_ = true; // perhaps records are missing
        result.problem = errc::truncated;
        return cut_result::found;
    }
    return cut_result::end;
}

marcxml_cutter::step marcxml_cutter::pass_markup(std::string_view text, bool at_end, std::size_t& at, cut& result) {
    constexpr std::size_t longest_opening = 9; // <![CDATA[
    const std::string_view rest = text.substr(at);
    if (rest.size() < longest_opening && !at_end) {
        return step::more;
    }
    if (rest.starts_with("<!--")) {
        return pass_section(text, at_end, "-->", at, result);
    }
    if (rest.starts_with("<![CDATA[")) {
        return pass_section(text, at_end, "]]>", at, result);
    }
    if (rest.starts_with("<?")) {
        return pass_section(text, at_end, "?>", at, result);
    }
    if (rest.starts_with("<!")) {
        return pass_doctype(text, at_end, at, result);
    }
    if (!rest.starts_with("</")) {
        return pass_start_tag(text, at_end, at, result);
    }
    const std::size_t end = text.find('>', at);
    if (end == std::string_view::npos) {
        if (!at_end) {
            return step::more;
        }
        at = text.size();
        return step::done;
    }
    pass_end_tag(name_at(text, at + 2));
    at = end + 1;
    return step::done;
}

/// Where a section is closed, or npos. Once the file has ended without a close, that is known for all that follows:
/// each
/// "<!--" would else look through the rest of the file again.
std::size_t marcxml_cutter::find_close(std::string_view text, bool at_end, std::string_view close, std::size_t from) {
    bool& none = close == "-->" ? no_comment_end_ : no_cdata_end_;
    if (none) {
        return std::string_view::npos;
    }
    const std::size_t found = text.find(close, from);
    polling_.step(std::min(found, text.size()) - std::min(from, text.size()));
    none = found == std::string_view::npos && at_end;
    return found;
}

/// For a record in no namespace, which OAI-PMH without its namespace also has: whether what follows the start tag makes
/// it one of MARC. Nothing when that is not at hand.
std::optional<bool> marcxml_cutter::holds_fields(std::string_view text, bool at_end) {
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
        if (!text.starts_with("<!--")) {
            break;
        }
        const std::size_t end = find_close(text, at_end, "-->", 0);
        if (end == std::string_view::npos) {
            return at_end ? std::optional(true) : std::nullopt;
        }
        text.remove_prefix(end + 3);
    }
    const std::string_view name = text.starts_with('<') ? name_at(text, 1) : std::string_view();
    if (!at_end && (text.empty() || name.size() + 1 >= text.size())) {
        return std::nullopt;
    }
    const std::string_view local = local_name_of(name);
    return local.empty() || local == "leader" || local == "controlfield" || local == "datafield";
}

marcxml_cutter::step marcxml_cutter::pass_section(std::string_view text, bool at_end, std::string_view close,
                                                  std::size_t& at, cut& result) {
    const std::size_t end = text.find(close, at + 2);
    if (end != std::string_view::npos) {
        at = end + close.size();
        return step::done;
    }
    if (!at_end) {
        return step::more;
    }
    result = {at, text.size() - at, errc::truncated};
    return step::found;
}

marcxml_cutter::step marcxml_cutter::pass_doctype(std::string_view text, bool at_end, std::size_t& at, cut& result) {
    char quote = 0;
    std::size_t brackets = 0;
    std::size_t end = at;
    for (; end < text.size(); ++end) {
        const char c = text[end];
        if (quote != 0) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[') {
            ++brackets;
        } else if (c == ']') {
            brackets -= brackets > 0 ? 1 : 0;
        } else if (c == '>' && brackets == 0) {
            break;
        }
    }
    if (end == text.size() && !at_end) {
        return step::more;
    }
    result = {at, std::min(end + 1, text.size()) - at, errc::xml_doctype};
    return step::found;
}

marcxml_cutter::step marcxml_cutter::pass_start_tag(std::string_view text, bool at_end, std::size_t& at, cut& result) {
    tag t;
    t.start = at;
    char quote = 0;
    std::size_t end = at + 1;
    for (; end < text.size() && text[end] != '<'; ++end) {
        const char c = text[end];
        if (quote != 0) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '>') {
            break;
        } else if (c == '"' || c == '\'') {
            quote = c;
        }
    }
    if (end == text.size() && !at_end) {
        return step::more;
    }
    t.name = name_at(text, at + 1);
    if (end == text.size() || text[end] == '<' || t.name.empty()) {
        at = std::max(end, at + 1); // no tag
        return step::done;
    }
    t.end = end + 1;
    t.is_empty = text[end - 1] == '/';
    t.attributes = text.substr(at + 1 + t.name.size(), end - at - 1 - t.name.size());
    const std::size_t depth = open_.size() + 1;
    bind(t);
    bool is_record = false;
    if (local_name_of(t.name) == "record") {
        const std::string_view uri = find_namespace(prefix_of(t.name));
        const std::optional<bool> fields =
            !uri.empty() || t.is_empty ? uri.empty() : holds_fields(text.substr(t.end), at_end);
        if (!fields) {
            unbind(depth - 1);
            return step::more;
        }
        is_record =
            *fields || std::find(record_namespaces.begin(), record_namespaces.end(), uri) != record_namespaces.end();
    }
    if (is_record) {
        unbind(depth - 1); // the record itself holds its own
        return find_record_end(text, at_end, t, result);
    }
    at = t.end;
    if (t.is_empty) {
        unbind(depth - 1);
    } else if (open_.size() < limits::xml_depth) {
        open_.emplace_back(t.name);
    } else {
        ++unnamed_depth_;
    }
    return step::done;
}

marcxml_cutter::step marcxml_cutter::find_record_end(std::string_view text, bool at_end, const tag& start,
                                                     cut& result) {
    const auto found = [&](std::size_t end, std::optional<errc> problem) {
        result = {start.start, end - start.start, problem};
        write_tags();
        return step::found;
    };
    if (start.is_empty) {
        return found(start.end, {});
    }
    const std::string_view outer = parent();
    const std::size_t enough = std::max({start.name.size(), outer.size(), std::size_t{8}}) + 3;
    const char letter = start.name.front();
    const char outer_letter = outer.empty() ? letter : outer.front();
    std::size_t at = find_markup(text, start.end, letter, outer_letter);
    while (at != std::string_view::npos) {
        const std::string_view rest = text.substr(at);
        if (rest.size() < enough && !at_end) {
            return step::more;
        }
        const std::size_t before = at;
        const bool is_comment = rest.starts_with("<!--");
        if (is_comment || rest.starts_with("<![CDATA[")) {
            const std::size_t close = find_close(text, at_end, is_comment ? "-->" : "]]>", at);
            if (close == std::string_view::npos && !at_end) {
                return step::more;
            }
            at = close == std::string_view::npos ? at + 1 : close; // what is not closed is no section
        } else if (rest.starts_with("</")) {
            if (is_name_at(text, at + 2, start.name)) {
                const std::size_t end = text.find('>', at);
                if (end != std::string_view::npos) {
                    return found(end + 1, {});
                }
                return at_end ? found(text.size(), errc::truncated) : step::more; // no tag ends any more
            } else if (!outer.empty() && is_name_at(text, at + 2, outer)) {
                return found(at, errc::bad_xml);
            }
        } else if (is_name_at(text, at + 1, start.name)) {
            return found(at, errc::bad_xml); // records do not hold records
        }
        at = find_markup(text, at + 1, letter, outer_letter);
        polling_.step(std::min(at, text.size()) - before);
    }
    return at_end ? found(text.size(), errc::truncated) : step::more;
}

void marcxml_cutter::pass_end_tag(std::string_view name) {
    if (unnamed_depth_ > 0) {
        --unnamed_depth_;
        return;
    }
    // A tag that closes nothing is passed over; one that closes an outer element closes those inside, too.
    const auto open = std::find(open_.rbegin(), open_.rend(), name);
    if (open != open_.rend()) {
        open_.resize(static_cast<std::size_t>(open_.rend() - open) - 1);
        unbind(open_.size());
    }
}

void marcxml_cutter::bind(const tag& t) {
    constexpr std::string_view word = "xmlns";
    const std::string_view text = t.attributes;
    for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
        const std::string_view name = name_at(text, at);
        const bool is_declaration = at > 0 && white_space.find(text[at - 1]) != std::string_view::npos &&
                                    (name == word || (name.size() > word.size() && name[word.size()] == ':'));
        const std::size_t equals = text.find_first_not_of(white_space, at + name.size());
        if (!is_declaration || equals == std::string_view::npos || text[equals] != '=') {
            continue;
        }
        const std::size_t quote = text.find_first_not_of(white_space, equals + 1);
        if (quote == std::string_view::npos || (text[quote] != '"' && text[quote] != '\'')) {
            continue;
        }
        const std::size_t end = text.find(text[quote], quote + 1);
        if (end == std::string_view::npos || bindings_.size() == limits::xml_attributes) {
            return;
        }
        const std::string_view prefix = name == word ? std::string_view() : name.substr(word.size() + 1);
        bindings_.push_back({std::pmr::string(prefix, memory_),
                             std::pmr::string(text.substr(quote + 1, end - quote - 1), memory_),
                             std::pmr::string(text.substr(at, end + 1 - at), memory_), open_.size() + 1});
        tags_are_current_ = false;
        at = end;
    }
}

void marcxml_cutter::unbind(std::size_t depth) noexcept {
    while (!bindings_.empty() && bindings_.back().depth > depth) {
        bindings_.pop_back();
        tags_are_current_ = false;
    }
}

std::string_view marcxml_cutter::find_namespace(std::string_view prefix) const noexcept {
    const auto found =
        std::find_if(bindings_.rbegin(), bindings_.rend(), [prefix](const binding& b) { return b.prefix == prefix; });
    return found == bindings_.rend() ? std::string_view() : std::string_view(found->uri);
}

std::string_view marcxml_cutter::parent() const noexcept {
    return open_.empty() || unnamed_depth_ > 0 ? std::string_view() : std::string_view(open_.back());
}

void marcxml_cutter::write_tags() {
    if (tags_are_current_) {
        return;
    }
    tags_are_current_ = true;
    start_tag_.clear();
    end_tag_.clear();
    // The usual file has one default namespace. A record reads the same without it, as with none.
    const bool has_prefix =
        std::any_of(bindings_.begin(), bindings_.end(), [](const binding& b) { return !b.prefix.empty(); });
    if (bindings_.empty() || (!has_prefix && std::find(record_namespaces.begin(), record_namespaces.end(),
                                                       bindings_.back().uri) != record_namespaces.end())) {
        return;
    }
    // A collection by a prefix that the file does not use.
    std::pmr::string prefix("around", memory_);
    while (!find_namespace(prefix).empty()) {
        prefix += '_';
    }
    start_tag_ = "<";
    start_tag_ += prefix;
    start_tag_ += ":collection xmlns:";
    start_tag_ += prefix;
    start_tag_ += "=\"http://www.loc.gov/MARC21/slim\"";
    for (const binding& b : bindings_) {
        const auto is_last = [&](const binding& other) {
            return &other != &b && other.depth > b.depth && other.prefix == b.prefix;
        };
        if (std::none_of(bindings_.begin(), bindings_.end(), is_last)) {
            start_tag_ += ' ';
            start_tag_ += b.attribute;
        }
    }
    start_tag_ += '>';
    end_tag_ = "</";
    end_tag_ += prefix;
    end_tag_ += ":collection>";
}

} // namespace marc
