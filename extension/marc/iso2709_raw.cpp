#include "iso2709_raw.hpp"

#include "difference.hpp"
#include "iso2709_charset.hpp"
#include "iso2709_digits.hpp"
#include "marc/charset.hpp"
#include "marc/error.hpp"
#include "marc/iso2709.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace marc {
namespace {

struct builder_fields {
    const builder& from;
    std::size_t size() const noexcept { return from.field_count(); }
    std::string_view tag(std::size_t i) const noexcept { return from.tag(i); }
    std::string_view content(std::size_t i) const noexcept { return from.content(i); }
    std::string_view data() const noexcept { return from.data(); }
    void write_directory(char* at) const noexcept {
        std::size_t start = 0;
        for (std::size_t i = 0; i < size(); ++i) {
            const std::size_t end = start + content(i).size() + 1;
            write_entry(at + i * limits::iso2709_directory_entry_bytes, tag(i).data(), end - start, start);
            start = end;
        }
    }
};

struct record_fields {
    const record_view& from;
    std::size_t size() const noexcept { return from.field_count(); }
    std::string_view tag(std::size_t i) const { return from.tags().substr(3 * i, 3); }
    std::string_view content(std::size_t i) const { return from.field(i).content(); }
    std::string_view data() const noexcept { return from.data(); }
    void write_directory(char* at) const { marc::write_directory(from, at); }
};

/// How the input may have been read: whether its encoding was named or found does not follow from the record.
std::array<iso2709_encoding, 2> encodings_of(source_encoding encoding) noexcept {
    switch (encoding) {
    case source_encoding::marc8:
        return {iso2709_encoding::automatic, iso2709_encoding::marc8};
    case source_encoding::latin1:
        return {iso2709_encoding::automatic, iso2709_encoding::latin1};
    case source_encoding::iso5426:
        return {iso2709_encoding::automatic, iso2709_encoding::iso5426};
    default:
        return {iso2709_encoding::automatic, iso2709_encoding::utf8};
    }
}

/// How long an input may be: copies of copies must not make a small value fill the memory.
std::size_t longest_raw(std::string_view rebuilt, std::string_view steps) noexcept {
    constexpr std::size_t growth = 16;
    return std::min(growth * (rebuilt.size() + steps.size()), limits::text_bytes);
}

/// What is rebuilt when there is no residue.
template <typename Fields>
void append_rebuilt(std::string_view leader, const Fields& fields, source_encoding encoding, std::pmr::string& out) {
    constexpr std::size_t entry_bytes = limits::iso2709_directory_entry_bytes;
    const bool as_stored = came_as_stored(encoding);
    std::pmr::string data(out.get_allocator().resource());
    const std::size_t directory = out.size() + leader.size();
    out.reserve(directory + entry_bytes * fields.size() + 2 + fields.data().size());
    out.append(leader);
    out.resize(directory + entry_bytes * fields.size());
    char* entry = out.data() + directory;
    poller polling;
    if (as_stored) {
        fields.write_directory(entry);
    } else {
        for (std::size_t i = 0; i < fields.size(); ++i, entry += entry_bytes) {
            const std::size_t start = data.size();
            append_encoded(fields.content(i), encoding, data);
            data.push_back(field_terminator);
            write_entry(entry, fields.tag(i).data(), data.size() - start, start);
            polling.step(data.size() - start);
        }
    }
    out.push_back(field_terminator);
    out.append(as_stored ? fields.data() : std::string_view(data));
    out.push_back(record_terminator);
}

} // namespace

bool came_as_stored(source_encoding encoding) noexcept {
    return encoding == source_encoding::utf8 || encoding == source_encoding::ascii ||
           encoding == source_encoding::utf8_mislabelled;
}

void keep_raw(builder& into, std::string_view input) {
    std::pmr::string rebuilt(into.memory());
    append_rebuilt(into.leader(), builder_fields{into}, into.encoding(), rebuilt);
    if (rebuilt == input) {
        return;
    }
    std::pmr::string steps(into.memory());
    append_difference(rebuilt, input, steps);
    if (input.size() > longest_raw(rebuilt, steps)) {
        steps.clear();
        append_difference({}, input, steps);
    }
    into.set_residue(residue_kind::iso2709_difference, steps);
}

void keep_raw_of_sound(builder& into, std::string_view input, std::string_view area) {
    if (!into.is_converted() && came_as_stored(into.encoding())) {
        return;
    }
    std::pmr::string encoded(into.memory());
    encoded.reserve(area.size() + 16);
    poller polling;
    for (std::size_t i = 0; i < into.field_count(); ++i) {
        const std::size_t start = encoded.size();
        const std::string_view content = into.content(i);
        if (area.substr(std::min(start, area.size()), content.size()) == content &&
            find_non_ascii(content) == std::string_view::npos) {
            encoded.append(content);
        } else {
            append_encoded(content, into.encoding(), encoded);
        }
        encoded.push_back(field_terminator);
        polling.step(encoded.size() - start);
        if (area.substr(std::min(start, area.size()), encoded.size() - start) !=
            std::string_view(encoded).substr(start)) {
            return keep_raw(into, input);
        }
    }
}

bool append_raw(const record_view& record, std::pmr::string& out) {
    if (record.format() != source_format::iso2709) {
        return false;
    }
    if (record.residue().empty()) {
        append_rebuilt(record.leader(), record_fields{record}, record.encoding(), out);
        return true;
    }
    std::pmr::string rebuilt(out.get_allocator().resource());
    append_rebuilt(record.leader(), record_fields{record}, record.encoding(), rebuilt);
    const std::string_view steps = record.residue().substr(1);
    if (!apply_difference(rebuilt, steps, longest_raw(rebuilt, steps), out)) {
        throw parse_error(errc::corrupt, record.bytes().size() - record.residue().size());
    }
    return true;
}

bool restore_raw(builder& into, std::string_view steps) {
    std::pmr::string rebuilt(into.memory());
    append_rebuilt(into.leader(), builder_fields{into}, into.encoding(), rebuilt);
    std::pmr::string input(into.memory());
    if (steps.empty()) {
        input.swap(rebuilt);
    } else if (!apply_difference(rebuilt, steps, longest_raw(rebuilt, steps), input)) {
        return false;
    }
    const unsigned flags = into.flags() | (steps.empty() ? 0U : record_flag::residue);
    builder again(into.memory());
    for (const iso2709_encoding encoding : encodings_of(into.encoding())) {
        try {
            read_iso2709(as_bytes(input), again, nullptr, encoding);
        } catch (const parse_error&) {
            return false; // not what a reader keeps
        }
        if (again.holds_fields_of(into) && again.encoding() == into.encoding() && again.flags() == flags &&
            (steps.empty() || again.residue().substr(1) == steps)) {
            if (!steps.empty()) {
                into.set_residue(residue_kind::iso2709_difference, steps);
            }
            return true;
        }
    }
    return false;
}

void check_raw(const record_view& record, std::pmr::memory_resource* memory) {
    const std::size_t residue_at = record.bytes().size() - record.residue().size();
    std::pmr::string input(memory);
    if (!append_raw(record, input)) {
        throw parse_error(errc::corrupt, residue_at);
    }
    for (const iso2709_encoding encoding : encodings_of(record.encoding())) {
        builder again(memory);
        try {
            read_iso2709(as_bytes(input), again, nullptr, encoding);
            if (as_text(again.finish().bytes()) == as_text(record.bytes())) {
                return;
            }
        } catch (const parse_error&) {
            break; // not what a reader keeps
        }
    }
    throw parse_error(errc::corrupt, residue_at);
}

} // namespace marc
