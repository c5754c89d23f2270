// A decision of a merge in words.
#include "marc/merge.hpp"

#include <charconv>

namespace marc {
namespace {

std::string_view name_of(merge_action action) noexcept {
    constexpr std::array<std::string_view, 6> names = {"update", "replace", "append", "fill", "keep", "remove"};
    return names[static_cast<std::size_t>(action)];
}

} // namespace

void describe_decision(const merge_decision& decision, std::pmr::string& out) {
    using cause = merge_decision::cause;
    char digits[16];
    const auto other = [&] {
        return std::string_view(
            digits, static_cast<std::size_t>(
                        std::to_chars(digits, digits + sizeof digits, std::uint64_t{decision.other} + 1).ptr - digits));
    };
    const auto add = [&](std::initializer_list<std::string_view> pieces) {
        for (const std::string_view piece : pieces) {
            out += piece;
        }
    };
    const std::string_view rule = decision.rule != nullptr ? std::string_view(*decision.rule) : std::string_view();
    switch (decision.why) {
    case cause::protect:
        add({"protected by ", rule});
        return;
    case cause::local:
        add({"a local field by ", rule, ": incoming_local ", decision.in_result ? "append" : "ignore"});
        return;
    case cause::ignore:
        add({"ignored by ", rule});
        return;
    case cause::same_in_base:
        add({"field ", other(), " of base says the same; ", rule});
        return;
    case cause::same_before:
        add({"field ", other(), " of incoming says the same; ", rule});
        return;
    default:
        break;
    }
    add({name_of(decision.action), " by ", rule});
    switch (decision.why) {
    case cause::no_incoming:
        add({": incoming does not replace it"});
        return;
    case cause::has_base:
        add({": base has a field of this tag"});
        return;
    case cause::carried:
        add({", with subfields of field ", other(), " of base"});
        return;
    case cause::positions:
        add({", with characters of base"});
        return;
    default:
        return;
    }
}

} // namespace marc
