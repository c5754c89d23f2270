// Regular expressions of schemas (ECMAScript with Unicode): compiled to a small program, run in time proportional to
// pattern × value and with no recursion, whatever either holds. Look-around, back-references and \p are not supported.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace marc::avram {

/// A pattern searches anywhere in the value unless it is anchored.
class pattern {
  public:
    enum class outcome : std::uint8_t { match, mismatch, too_costly };
    enum class state : std::uint8_t { good, malformed, unsupported };

    /// Compiles; see status() for whether it could. The text is not kept.
    pattern(std::string_view text, std::pmr::memory_resource* memory);

    state status() const noexcept { return state_; }
    /// Where in the text the trouble is, when status() is not good.
    std::size_t error_offset() const noexcept { return error_offset_; }

    /// Whether a part of the value (UTF-8) matches. too_costly: instructions × characters would pass 1 << 27.
    /// Polls while it runs.
    outcome search(std::string_view value, std::pmr::memory_resource* scratch) const;

    static constexpr std::size_t max_instructions = 20'000;
    static constexpr std::size_t max_steps = std::size_t{1} << 27U;

  private:
    friend class pattern_compiler;
    enum class op : std::uint8_t { character, any, set, negated_set, split, jump, begin, end, word, not_word, accept };
    struct instruction {
        op what;
        std::uint32_t a; ///< character; first range; first target
        std::uint32_t b; ///< number of ranges, which ascend and do not touch; second target
    };
    struct range {
        char32_t first;
        char32_t last;
    };
    bool consumes(const instruction& i, char32_t c) const noexcept;

    std::pmr::vector<instruction> program_;
    std::pmr::vector<range> ranges_;
    state state_ = state::good;
    std::size_t error_offset_ = 0;
};

} // namespace marc::avram
