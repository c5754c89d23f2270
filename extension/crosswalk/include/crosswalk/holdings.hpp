// Textual holdings: what fields 853-855, 863-865 and 866-868 of a holdings record, or of a bibliographic record with
// embedded holdings, say in words (MARC 21 Format for Holdings Data; display as in ANSI/NISO Z39.71).
#pragma once

#include "marc/record.hpp"

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

namespace crosswalk {

/// Which of the three groups of fields: 853/863/866, 854/864/867, 855/865/868.
enum class holdings_kind : std::uint8_t { basic, supplement, index };

/// "basic", "supplement" or "index".
std::string_view name_of(holdings_kind kind) noexcept;

/// The holdings of one link number, or one textual field.
struct holdings_statement {
    static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

    explicit holdings_statement(std::pmr::memory_resource* memory) : text(memory), note(memory), problem(memory) {}

    std::size_t location = nowhere; ///< number of the field 852 that it belongs to
    holdings_kind kind = holdings_kind::basic;
    std::string_view link; ///< number in $8, borrowed from the record; empty when there is none
    std::pmr::string text;
    std::pmr::string note;    ///< public notes, condition, copy, what was not published
    std::pmr::string problem; ///< what is odd in the fields
};

/// All statements of a record: by location, kind and link number. Odd fields give text and a problem.
/// @throws marc::parse_error corrupt
std::pmr::vector<holdings_statement>
holdings_text(const marc::record_view& record, std::pmr::memory_resource* memory = std::pmr::get_default_resource());

} // namespace crosswalk
