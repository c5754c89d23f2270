// The elements that a record is full of, spelt as nearly every program spells them: read whole, without lists of
// attributes.
#include "byte_block.hpp"
#include "marcxml_scanner.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace marc {
namespace {

constexpr std::array<bool, 256> make_plain() {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0; c < 128; ++c) {
        plain[c] = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ';
    }
    return plain;
}

constexpr std::array<bool, 256> plain_characters = make_plain();

/// Means itself in an attribute value of any quoting.
bool is_plain(char c) noexcept {
    return plain_characters[static_cast<unsigned char>(c)];
}

/// The size is known to the compiler, so that no memcmp is called.
template <std::size_t N>
bool stands_at(std::string_view text, std::size_t at, const char (&literal)[N]) noexcept {
    return text.size() - at >= N - 1 && std::memcmp(text.data() + at, literal, N - 1) == 0;
}

} // namespace

/// What a record is full of, spelt as nearly every program spells it. Anything else, and what the elements do not take,
/// is left to scan_start_tag().
bool marcxml_scanner::scan_plain_element() {
    std::string_view uri;
    if (depth_ == depth_limit || !find_namespace({}, uri)) {
        return false;
    }
    return scan_plain_subfield(uri) || scan_plain_field(uri) || scan_plain_control_field(uri);
}

/// <subfield code="c">value</subfield>, with no reference in the value.
bool marcxml_scanner::scan_plain_subfield(std::string_view uri) {
    constexpr char start[] = "<subfield code=\"";
    constexpr std::size_t start_bytes = 19; // with c">
    const char* const at = text_.data() + at_;
    if (text_.size() - at_ < start_bytes || std::memcmp(at, start, sizeof start - 1) != 0 || !is_plain(at[16]) ||
        at[17] != '"' || at[18] != '>') {
        return false;
    }
    const std::size_t end = find_text_end(at_ + start_bytes);
    const std::string_view value = text_.substr(at_ + start_bytes, end - at_ - start_bytes);
    if (!stands_at(text_, end, "</subfield>") || !elements_.add_plain_subfield(at[16], value, uri)) {
        return false;
    }
    at_ = end + 11;
    return true;
}

/// <controlfield tag="ddd">value</controlfield>.
bool marcxml_scanner::scan_plain_control_field(std::string_view uri) {
    constexpr char start[] = "<controlfield tag=\"";
    constexpr std::size_t start_bytes = 24; // with ddd">
    const char* const at = text_.data() + at_;
    if (text_.size() - at_ < start_bytes || std::memcmp(at, start, sizeof start - 1) != 0 || !is_plain(at[19]) ||
        !is_plain(at[20]) || !is_plain(at[21]) || at[22] != '"' || at[23] != '>') {
        return false;
    }
    const std::size_t end = find_text_end(at_ + start_bytes);
    const std::string_view value = text_.substr(at_ + start_bytes, end - at_ - start_bytes);
    if (!stands_at(text_, end, "</controlfield>") || !elements_.add_plain_control_field({at + 19, 3}, value, uri)) {
        return false;
    }
    at_ = end + 15;
    return true;
}

/// <datafield tag="ddd" ind1="i" ind2="i"> and all plain subfields behind it, and the end tag if it follows.
bool marcxml_scanner::scan_plain_field(std::string_view uri) {
    constexpr char start[] = "<datafield tag=\"";
    constexpr std::size_t start_bytes = 39;
    const char* const at = text_.data() + at_;
    const auto plain_at = [at](std::size_t i) { return is_plain(at[i]); };
    if (text_.size() - at_ < start_bytes || std::memcmp(at, start, sizeof start - 1) != 0 || !plain_at(16) ||
        !plain_at(17) || !plain_at(18) || std::memcmp(at + 19, "\" ind1=\"", 8) != 0 || !plain_at(27) ||
        std::memcmp(at + 28, "\" ind2=\"", 8) != 0 || !plain_at(36) || at[37] != '"' || at[38] != '>' ||
        !elements_.start_plain_field({at + 16, 3}, at[27], at[36], uri)) {
        return false;
    }
    open_[depth_] = text_.substr(at_ + 1, 9);
    ++depth_;
    at_ += start_bytes;
    std::size_t behind = at_;
    do {
        behind = at_;
        skip_space();
    } while (scan_plain_subfield(uri));
    if (stands_at(text_, at_, "</datafield>")) {
        at_ += 12;
        elements_.end();
        --depth_; // a start tag without declarations binds no namespace
    } else {
        at_ = behind;
    }
    return true;
}

/// The next < & ] or control character (but LF and tab) from here on, or the size.
std::size_t marcxml_scanner::find_text_end(std::size_t at) const noexcept {
    const auto stop = [](const char* block_at) {
        const byte_block block(block_at);
        return first_of(
            (block.where_equal('<') | block.where_equal('&') | block.where_equal(']') | block.where_control()).high());
    };
    while (at < text_.size()) {
        const std::size_t left = text_.size() - at;
        std::size_t plain = 0;
        if (left >= byte_block::bytes) {
            plain = stop(text_.data() + at);
        } else {
            char last[byte_block::bytes] = {};
            std::memcpy(last, text_.data() + at, left);
            plain = stop(last);
        }
        at += plain;
        if (plain < std::min(left, byte_block::bytes)) {
            if (text_[at] != '\n' && text_[at] != '\t') {
                break;
            }
            ++at;
        }
    }
    return std::min(at, text_.size());
}

} // namespace marc
