#include "marcxml_scanner.hpp"

#include "byte_block.hpp"
#include "marc/charset.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace marc {
namespace {

constexpr std::uint8_t name_start = 1;
constexpr std::uint8_t name_part = 2;
constexpr std::uint8_t ends_attribute = 4; ///< < & white space other than blank, and control characters

constexpr std::array<std::uint8_t, 256> make_classes() {
    std::array<std::uint8_t, 256> classes{};
    for (std::size_t c = 0; c < 256; ++c) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        unsigned bits = letter || c == '_' ? unsigned{name_start} | name_part : 0U;
        if (digit || c == '-' || c == '.') {
            bits |= name_part;
        }
        if (c == '<' || c == '&' || c < 0x20) {
            bits |= ends_attribute;
        }
        classes[c] = static_cast<std::uint8_t>(bits);
    }
    return classes;
}

constexpr std::array<std::uint8_t, 256> classes = make_classes();

bool is(char c, std::uint8_t bits) noexcept {
    return (classes[static_cast<unsigned char>(c)] & bits) != 0;
}

/// XML 1.0, production 2.
bool is_xml_character(char32_t c) noexcept {
    return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD) ||
           (c >= 0x10000 && c <= 0x10FFFF);
}

} // namespace

marcxml_scanner::marcxml_scanner(std::string_view document, std::size_t origin, marcxml_elements& elements,
                                 std::pmr::memory_resource* memory)
    : text_(document), origin_(origin), elements_(elements), values_(memory) {}

bool marcxml_scanner::skip(std::string_view literal) noexcept {
    // Word by word: the literals are a few bytes, too short to call memcmp for.
    if (text_.size() - at_ < literal.size()) {
        return false;
    }
    const char* const text = text_.data() + at_;
    const auto differ = [&](std::size_t i) {
        return std::memcmp(text + i, literal.data() + i, sizeof(std::uint64_t)) != 0; // one instruction
    };
    std::size_t i = 0;
    for (; literal.size() - i >= sizeof(std::uint64_t); i += sizeof(std::uint64_t)) {
        if (differ(i)) {
            return false;
        }
    }
    for (; i < literal.size(); ++i) {
        if (text[i] != literal[i]) {
            return false;
        }
    }
    at_ += literal.size();
    return true;
}

void marcxml_scanner::skip_space() noexcept {
    if (at_end() || text_[at_] > ' ') {
        return;
    }
    while (text_.size() - at_ >= byte_block::bytes) {
        const byte_block block(text_.data() + at_);
        const byte_mask space =
            (block.where_equal(' ') | block.where_equal('\n') | block.where_equal('\t') | block.where_equal('\r'))
                .high();
        const std::size_t spaces = first_of(~space);
        at_ += spaces;
        if (spaces < byte_block::bytes) {
            return;
        }
    }
    while (!at_end() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
        ++at_;
    }
}

bool marcxml_scanner::scan() {
    // U+FFFE and U+FFFF are no XML characters.
    for (std::size_t at = text_.find("\xEF\xBF"); at != std::string_view::npos; at = text_.find("\xEF\xBF", at + 2)) {
        if (at + 2 < text_.size() && static_cast<unsigned char>(text_[at + 2]) >= 0xBE) {
            return false;
        }
    }
    if (!scan_misc() || at_end() || !scan_start_tag()) {
        return false;
    }
    while (depth_ > 0) {
        if (at_end()) {
            return false;
        }
        if (elements_.ignores_blanks()) {
            const std::size_t start = at_;
            skip_space();
            if (at_end() || text_[at_] != '<') {
                at_ = start; // white space before text belongs to it
            }
        }
        bool known = false;
        const char next = text_.size() - at_ > 1 ? text_[at_ + 1] : ' ';
        if (text_[at_] != '<') {
            known = scan_text();
        } else if (next == '/') {
            known = scan_end_tag();
        } else if (next == '!') {
            known = text_.compare(at_, 4, "<!--") == 0        ? scan_comment()
                    : text_.compare(at_, 9, "<![CDATA[") == 0 ? scan_cdata()
                                                              : false;
        } else {
            known = scan_plain_element() || scan_start_tag();
        }
        if (!known) {
            return false;
        }
    }
    return scan_misc() && at_end();
}

bool marcxml_scanner::scan_misc() {
    for (;;) {
        skip_space();
        if (text_.compare(at_, 4, "<!--") != 0) {
            return true;
        }
        if (!scan_comment()) {
            return false;
        }
    }
}

bool marcxml_scanner::scan_comment() {
    const std::size_t start = at_ + 4;
    const std::size_t end = text_.find("--", start);
    if (end == std::string_view::npos || text_.compare(end, 3, "-->") != 0) {
        return false;
    }
    for (std::size_t at = start; at < end; ++at) {
        if (static_cast<unsigned char>(text_[at]) < 0x20 && !is_xml_character(static_cast<unsigned char>(text_[at]))) {
            return false;
        }
    }
    at_ = end + 3;
    return true;
}

bool marcxml_scanner::scan_name(std::string_view& prefix, std::string_view& name) {
    const auto part = [this](std::string_view& result) {
        if (at_end() || !is(text_[at_], name_start)) {
            return false;
        }
        std::size_t end = at_ + 1;
        while (end < text_.size() && is(text_[end], name_part)) {
            ++end;
        }
        result = text_.substr(at_, end - at_);
        at_ = end;
        return true;
    };
    prefix = {};
    if (!part(name)) {
        return false;
    }
    if (!at_end() && text_[at_] == ':') {
        ++at_;
        prefix = name;
        if (!part(name)) {
            return false;
        }
    }
    // A character over 7F or a second colon would go on with the name.
    return !at_end() && static_cast<unsigned char>(text_[at_]) < 0x80 && text_[at_] != ':';
}

bool marcxml_scanner::scan_start_tag() {
    const std::size_t start = at_;
    ++at_;
    std::string_view prefix;
    std::string_view name;
    if (text_[start] != '<' || depth_ == depth_limit || !scan_name(prefix, name)) {
        return false;
    }
    open_[depth_] = text_.substr(start + 1, at_ - start - 1);
    ++depth_;
    attribute_count_ = 0;
    values_.clear();
    bool empty = false;
    for (;;) {
        const std::size_t before = at_;
        skip_space();
        if (at_end()) {
            return false;
        }
        if (text_[at_] == '>') {
            ++at_;
            break;
        }
        if (text_[at_] == '/') {
            if (!skip("/>")) {
                return false;
            }
            empty = true;
            break;
        }
        if (at_ == before || !scan_attribute()) {
            return false;
        }
    }
    std::string_view uri;
    if (!check_attributes() || !find_namespace(prefix, uri)) {
        return false;
    }
    xml_attribute events[attribute_limit];
    for (std::size_t i = 0; i < attribute_count_; ++i) {
        const open_attribute& a = attributes_[i];
        events[i] = {a.prefix, a.name, a.in_values ? std::string_view(values_).substr(a.start, a.bytes) : a.raw};
    }
    elements_.start(name, uri, {events, attribute_count_}, origin_ + start);
    if (empty) {
        elements_.end();
        --depth_;
        while (binding_count_ > 0 && bindings_[binding_count_ - 1].depth > depth_) {
            --binding_count_;
        }
    }
    return true;
}

bool marcxml_scanner::scan_attribute() {
    open_attribute attribute;
    if (!scan_name(attribute.prefix, attribute.name)) {
        return false;
    }
    skip_space();
    if (!skip("=")) {
        return false;
    }
    skip_space();
    if (!scan_attribute_value(attribute)) {
        return false;
    }
    if (attribute.prefix == "xmlns" || (attribute.prefix.empty() && attribute.name == "xmlns")) {
        return bind(attribute);
    }
    if (attribute_count_ == attribute_limit) {
        return false;
    }
    attributes_[attribute_count_] = attribute;
    ++attribute_count_;
    return true;
}

bool marcxml_scanner::scan_attribute_value(open_attribute& attribute) {
    if (at_end() || (text_[at_] != '"' && text_[at_] != '\'')) {
        return false;
    }
    const char quote = text_[at_];
    ++at_;
    std::size_t run = at_;
    attribute.start = values_.size();
    for (;;) {
        if (at_end()) {
            return false;
        }
        const char c = text_[at_];
        if (c == quote) {
            break;
        }
        if (!is(c, ends_attribute)) {
            ++at_;
            continue;
        }
        attribute.in_values = true;
        values_.append(text_.substr(run, at_ - run));
        if (c == '&') {
            char bytes[4];
            std::size_t length = 0;
            if (!scan_reference(bytes, length)) {
                return false;
            }
            values_.append(bytes, length);
        } else if (c == '\t' || c == '\n' || c == '\r') {
            // XML 1.0, 2.11 and 3.3.3: a line end becomes LF, then white space becomes a blank.
            at_ += text_.compare(at_, 2, "\r\n") == 0 ? 2 : 1;
            values_ += ' ';
        } else {
            return false;
        }
        run = at_;
    }
    attribute.raw = text_.substr(run, at_ - run);
    if (attribute.in_values) {
        values_.append(attribute.raw);
        attribute.bytes = values_.size() - attribute.start;
    }
    ++at_;
    return true;
}

bool marcxml_scanner::bind(const open_attribute& attribute) {
    const std::string_view prefix = attribute.prefix.empty() ? std::string_view() : attribute.name;
    // What "Namespaces in XML 1.0" forbids or treats specially is left to libxml2.
    const bool special = attribute.in_values || prefix == "xml" || prefix == "xmlns" ||
                         (!prefix.empty() && attribute.raw.empty()) ||
                         attribute.raw.starts_with("http://www.w3.org/XML/1998/") ||
                         attribute.raw.starts_with("http://www.w3.org/2000/xmlns");
    if (special || binding_count_ == binding_limit) {
        return false;
    }
    for (std::size_t i = binding_count_; i > 0 && bindings_[i - 1].depth == depth_; --i) {
        if (bindings_[i - 1].prefix == prefix) {
            return false;
        }
    }
    bindings_[binding_count_] = {prefix, attribute.raw, depth_};
    ++binding_count_;
    return true;
}

bool marcxml_scanner::check_attributes() const noexcept {
    for (std::size_t i = 0; i < attribute_count_; ++i) {
        const open_attribute& a = attributes_[i];
        std::string_view uri;
        if (!a.prefix.empty() && a.prefix != "xml" && !find_namespace(a.prefix, uri)) {
            return false;
        }
        for (std::size_t j = 0; j < i; ++j) {
            // Two prefixes may mean the same namespace; that is rare enough for libxml2 to decide.
            if (attributes_[j].name == a.name && attributes_[j].prefix.empty() == a.prefix.empty()) {
                return false;
            }
        }
    }
    return true;
}

bool marcxml_scanner::find_namespace(std::string_view prefix, std::string_view& uri) const noexcept {
    for (std::size_t i = binding_count_; i > 0; --i) {
        if (bindings_[i - 1].prefix == prefix) {
            uri = bindings_[i - 1].uri;
            return true;
        }
    }
    uri = {};
    return prefix.empty();
}

bool marcxml_scanner::scan_end_tag() {
    at_ += 2;
    if (!skip(open_[depth_ - 1])) {
        return false;
    }
    skip_space();
    if (!skip(">")) {
        return false;
    }
    elements_.end();
    --depth_;
    while (binding_count_ > 0 && bindings_[binding_count_ - 1].depth > depth_) {
        --binding_count_;
    }
    return true;
}

bool marcxml_scanner::push_text(std::string_view run) {
    if (!run.empty()) {
        elements_.text(run, origin_ + at_);
    }
    return true;
}

bool marcxml_scanner::scan_text() {
    std::size_t run = at_;
    while (!at_end()) {
        at_ = find_text_end(at_);
        if (at_end()) {
            break;
        }
        const char c = text_[at_];
        if (c == ']') {
            if (text_.compare(at_, 3, "]]>") == 0) {
                return false;
            }
            ++at_;
            continue;
        }
        push_text(text_.substr(run, at_ - run));
        if (c == '<') {
            return true;
        }
        if (c == '&') {
            char bytes[4];
            std::size_t length = 0;
            if (!scan_reference(bytes, length)) {
                return false;
            }
            push_text({bytes, length});
        } else if (c == '\r') {
            ++at_;
            if (at_end() || text_[at_] != '\n') {
                push_text("\n");
            }
        } else {
            return false;
        }
        run = at_;
    }
    return false; // text after which nothing closes the element
}

bool marcxml_scanner::scan_cdata() {
    at_ += 9;
    const std::size_t end = text_.find("]]>", at_);
    if (end == std::string_view::npos) {
        return false;
    }
    std::size_t run = at_;
    for (; at_ < end; ++at_) {
        const auto c = static_cast<unsigned char>(text_[at_]);
        if (c == '\r') {
            push_text(text_.substr(run, at_ - run));
            if (text_[at_ + 1] != '\n') {
                push_text("\n");
            }
            run = at_ + 1;
        } else if (c < 0x20 && !is_xml_character(c)) {
            return false;
        }
    }
    push_text(text_.substr(run, end - run));
    at_ = end + 3;
    return true;
}

bool marcxml_scanner::scan_reference(char (&bytes)[4], std::size_t& length) {
    const std::size_t end = text_.find(';', at_);
    if (end == std::string_view::npos || end - at_ > 12) {
        return false;
    }
    const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    char32_t character = 0;
    if (name.starts_with('#')) {
        const bool hexadecimal = name.starts_with("#x");
        const std::string_view digits = name.substr(hexadecimal ? 2 : 1);
        if (digits.empty() || digits.size() > 7) {
            return false;
        }
        for (const char c : digits) {
            const char lower = static_cast<char>(c | 0x20);
            if (c >= '0' && c <= '9') {
                character = character * (hexadecimal ? 16 : 10) + static_cast<char32_t>(c - '0');
            } else if (hexadecimal && lower >= 'a' && lower <= 'f') {
                character = character * 16 + static_cast<char32_t>(lower - 'a' + 10);
            } else {
                return false;
            }
        }
    } else if (name == "amp") {
        character = '&';
    } else if (name == "lt") {
        character = '<';
    } else if (name == "gt") {
        character = '>';
    } else if (name == "quot") {
        character = '"';
    } else if (name == "apos") {
        character = '\'';
    }
    if (!is_xml_character(character)) {
        return false;
    }
    length = encode_character(character, bytes);
    at_ = end + 1;
    return true;
}

} // namespace marc
