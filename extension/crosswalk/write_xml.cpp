#include "crosswalk/document.hpp"

#include <algorithm>
#include <array>

namespace crosswalk {
namespace {

/// Bytes that do not simply stand for themselves. XML 1.0 forbids (section 2.2, Char) controls, and U+FFFE and U+FFFF,
/// which begin with EF.
constexpr std::array<bool, 256> is_special = [] {
    std::array<bool, 256> special{};
    std::fill(special.begin(), special.begin() + 0x20, true);
    for (const unsigned char c : {'&', '<', '>', '"', '\xEF'}) {
        special[c] = true;
    }
    return special;
}();

class xml_writer {
  public:
    explicit xml_writer(std::pmr::string& out) : out_(out) {}

    void element(const node& n, const xml_name_space* spaces, std::size_t space_count) {
        if (n.name.empty()) {
            return text(n.text, false);
        }
        out_ += '<';
        out_ += n.name;
        for (std::size_t i = 0; i < space_count; ++i) {
            out_ += spaces[i].prefix.empty() ? " xmlns" : " xmlns:";
            out_ += spaces[i].prefix;
            out_ += "=\"";
            text(spaces[i].uri, true);
            out_ += '"';
        }
        for (const attribute* a = n.attributes; a != nullptr; a = a->next) {
            out_ += ' ';
            out_ += a->name;
            out_ += "=\"";
            text(a->value, true);
            out_ += '"';
        }
        if (n.first == nullptr && n.text.empty()) {
            out_ += "/>";
            return;
        }
        out_ += '>';
        text(n.text, false);
        for (const node* child = n.first; child != nullptr; child = child->next) {
            element(*child, nullptr, 0);
        }
        out_ += "</";
        out_ += n.name;
        out_ += '>';
    }

  private:
    static bool is_forbidden_three(std::string_view rest) noexcept {
        return rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF");
    }

    void text(std::string_view value, bool in_attribute) {
        constexpr std::string_view replacement = "\xEF\xBF\xBD";
        std::size_t plain = 0;
        for (std::size_t i = 0; i < value.size(); ++i) {
            const auto c = static_cast<unsigned char>(value[i]);
            if (!is_special[c] || (c == '"' && !in_attribute)) {
                continue;
            }
            std::string_view instead;
            std::size_t length = 1;
            if (c == '&') {
                instead = "&amp;";
            } else if (c == '<') {
                instead = "&lt;";
            } else if (c == '>') {
                instead = "&gt;";
            } else if (c == '"') {
                instead = "&quot;";
            } else if (c == '\r') {
                instead = "&#13;";
            } else if (c == '\n' || c == '\t') {
                if (!in_attribute) {
                    continue;
                }
                instead = c == '\n' ? "&#10;" : "&#9;";
            } else if (c == 0xEF) {
                if (!is_forbidden_three(value.substr(i, 3))) {
                    continue;
                }
                instead = replacement;
                length = 3;
            } else {
                instead = replacement;
            }
            out_ += value.substr(plain, i - plain);
            out_ += instead;
            i += length - 1;
            plain = i + 1;
        }
        out_ += value.substr(plain);
    }

    std::pmr::string& out_;
};

} // namespace

void write_xml(const node& root, const xml_name_space* spaces, std::size_t space_count, std::pmr::string& out) {
    xml_writer(out).element(root, spaces, space_count);
}

} // namespace crosswalk
