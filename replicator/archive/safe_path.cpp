#include "archive/safe_path.hpp"

#include "archive/digest.hpp"
#include "base/error.hpp"

namespace everarchive::archive {

namespace {

/// Length of the UTF-8 sequence at the start of `text`, 0 if there is no valid one (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
    const auto at = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto tail = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
    const unsigned first = at(0);
    if (first < 0x80U) {
        return 1;
    }
    if (first >= 0xC2U && first <= 0xDFU) {
        return tail(1) ? 2 : 0;
    }
    if (first >= 0xE0U && first <= 0xEFU) {
        const bool second = first == 0xE0U ? at(1) >= 0xA0U : first != 0xEDU || at(1) <= 0x9FU;
        return second && tail(1) && tail(2) ? 3 : 0;
    }
    if (first >= 0xF0U && first <= 0xF4U) {
        const bool second = first == 0xF0U ? at(1) >= 0x90U : first != 0xF4U || at(1) <= 0x8FU;
        return second && tail(1) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

template <typename Each>
void for_each_element(std::string_view path, Each&& each) {
    std::size_t begin = 0;
    for (;;) {
        const std::size_t end = path.find('/', begin);
        each(path.substr(begin, end == std::string_view::npos ? end : end - begin));
        if (end == std::string_view::npos) {
            return;
        }
        begin = end + 1;
    }
}

} // namespace

std::string why_unsafe(std::string_view path) {
    if (path.empty()) {
        return "it is empty";
    }
    if (path.size() > 4096) {
        return "it is longer than 4096 bytes";
    }
    if (path.front() == '/' || path.back() == '/') {
        return "it begins or ends with a slash";
    }
    for (std::size_t i = 0; i < path.size();) {
        const auto byte = static_cast<unsigned char>(path[i]);
        if (byte < 0x20 || byte == 0x7F) {
            return "it holds a control character";
        }
        if (byte == '\\') {
            return "it holds a backslash";
        }
        const std::size_t length = sequence_length(path.substr(i));
        if (length == 0) {
            return "it is not valid UTF-8";
        }
        i += length;
    }
    if (path.size() > 1 && path[1] == ':' && ((path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z')) {
        return "it begins with a drive letter";
    }
    std::string reason;
    for_each_element(path, [&](std::string_view element) {
        if (element.empty() || element == "." || element == "..") {
            reason = "it has an element that is empty, . or ..";
        }
    });
    return reason;
}

void require_safe(std::string_view path) {
    if (const std::string reason = why_unsafe(path); !reason.empty()) {
        throw error(exit_code::refused, cause::needs_person,
                    "the package has a path that cannot be archived, " + reason + ": " +
                        std::string(path.substr(0, 200)),
                    "mend the package view of the target so that it encodes what comes from the source "
                    "(everarchive.path_encode())");
    }
}

std::string content_name(std::string_view logical_path) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view plain = "._@+=,-";
    std::string name;
    for_each_element(logical_path, [&](std::string_view element) {
        std::string encoded;
        for (const char c : element) {
            const bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            if (letter || plain.find(c) != std::string_view::npos) {
                encoded += c;
            } else {
                const auto byte = static_cast<unsigned char>(c);
                encoded += '%';
                encoded += digits[byte >> 4U];
                encoded += digits[byte & 15U];
            }
        }
        if (!name.empty()) {
            name += '/';
        }
        name += encoded.size() > 255 ? digest_of("sha256", element) : encoded;
    });
    return name;
}

} // namespace everarchive::archive
