#include "marc/aleph.hpp"
#include "marc/iso2709.hpp"
#include "marc/json.hpp"
#include "marc/limits.hpp"
#include "marc/line.hpp"
#include "marc/mrk.hpp"
#include "marc/split.hpp"
#include "marcxml_encoding.hpp"
#include "marcxml_split.hpp"
#include "split_cut.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <vector>

namespace marc {
namespace {

// What must be at hand for the form to be recognised.
constexpr std::size_t detect_bytes = 1'024;

bool is_utf16(xml_encoding encoding) noexcept {
    return encoding == xml_encoding::utf16_little || encoding == xml_encoding::utf16_big;
}

} // namespace

cut_result cut_iso2709(std::string_view text, bool at_end, cut& result) {
    // The length in a leader decides as far as five digits reach, and what follows the record: filler and a leader.
    constexpr std::size_t record_ahead = limits::iso2709_record_bytes + 1;
    constexpr std::size_t next_ahead = 4'096;
    // Blanks that were passed over may be the start of a leader without length.
    constexpr std::size_t filler_kept = 8;
    iso2709_splitter splitter(as_bytes(text));
    iso2709_piece piece;
    if (!splitter.next(piece)) {
        result = {at_end ? text.size() : text.size() - std::min(text.size(), filler_kept), 0, {}};
        return at_end ? cut_result::end : cut_result::more;
    }
    result = {piece.offset, piece.bytes.size(), piece.problem};
    const std::size_t ahead = text.size() - piece.offset;
    return at_end || (ahead >= record_ahead && ahead - result.bytes >= next_ahead) ? cut_result::found
                                                                                   : cut_result::more;
}

struct file_splitter::state {
    state(form f, std::pmr::memory_resource* memory) : file_form(f), buffer(memory), decoded(memory), xml(memory) {}

    /// What is at hand, as UTF-8 for UTF-16.
    std::string_view text() const noexcept {
        return is_utf16(encoding) ? std::string_view(decoded).substr(decoded_start) : raw;
    }

    /// Leaves this many bytes of text() behind.
    void pass(std::size_t bytes) {
        std::size_t in_file = bytes;
        if (is_utf16(encoding)) {
            in_file = std::min(utf16_bytes(text().substr(0, bytes)), raw_decoded);
            raw_decoded -= in_file;
            decoded_start += bytes;
            if (decoded_start > decoded.size() / 2) {
                decoded.erase(0, decoded_start);
                decoded_start = 0;
            }
        }
        raw.remove_prefix(in_file);
        offset += in_file;
    }

    /// Reads more of the file.
    void fill() {
        if (source != nullptr) {
            // As much again as there is, so that looking at it anew takes linear time in all.
            const std::size_t wanted = std::max(step_bytes, raw.size());
            if (raw.data() != buffer.data() && !raw.empty()) {
                std::copy(raw.begin(), raw.end(), buffer.begin());
            }
            const std::size_t kept = raw.size();
            buffer.resize(std::max(buffer.size(), kept + wanted));
            std::size_t n = 0;
            while (n < wanted && !at_end) {
                const std::size_t more = source->read(buffer.data() + kept + n, wanted - n);
                at_end = more == 0;
                n += more;
            }
            raw = {buffer.data(), kept + n};
        }
        if (is_utf16(encoding)) {
            raw_decoded += decode_xml(raw.substr(raw_decoded), encoding, at_end, decoded);
        }
    }

    /// Looks at the first bytes: encoding, and the form when it is not given.
    void begin() {
        begun = true;
        while (!at_end && raw.size() < detect_bytes) {
            fill();
        }
        encoding = declared_encoding(raw);
        if (file_form == form::iso2709) {
            encoding = xml_encoding::utf8; // it has its own way to say so
        }
        if (is_utf16(encoding)) {
            raw_decoded = decode_xml(raw, encoding, at_end, decoded);
        }
        const form found = detect(text());
        if (file_form == form::unknown) {
            file_form = found;
        }
        is_html = found == form::html;
        const bool is_known = file_form == form::iso2709 || file_form == form::marcxml || file_form == form::json ||
                              file_form == form::mrk || file_form == form::line || file_form == form::aleph;
        if (!is_known && !text().empty()) {
            const bool compressed = found == form::gzip || found == form::zip;
            throw parse_error(errc::not_marc, 0, {},
                              compressed ? "a compressed file: decompress it first" : text().substr(0, 40));
        }
    }

    cut_result find(cut& c) {
        switch (file_form) {
        case form::iso2709:
            return cut_iso2709(text(), at_end, c);
        case form::marcxml:
            return xml.next(text(), at_end, c);
        case form::json:
            return cut_json(text(), at_end, c);
        case form::mrk:
            return cut_mrk(text(), at_end, c);
        case form::line:
            return cut_line(text(), at_end, c);
        case form::aleph:
            return cut_aleph(text(), at_end, c);
        default:
            return cut_result::end;
        }
    }

    form file_form;
    byte_source* source = nullptr;
    std::size_t step_bytes = 0;
    std::pmr::vector<char> buffer;
    std::string_view raw; ///< what is at hand, as it stands in the file
    std::size_t offset = 0;
    std::pmr::string decoded;
    std::size_t decoded_start = 0;
    std::size_t raw_decoded = 0; ///< how much of raw is in decoded
    marcxml_cutter xml;
    xml_encoding encoding = xml_encoding::utf8;
    bool at_end = false;
    bool begun = false;
    bool is_html = false;
    std::size_t pending = 0; ///< what the last piece took of text()
    std::string_view piece;  ///< the last piece in text()
    std::optional<errc> problem;
};

void file_splitter::free_state::operator()(state* s) const noexcept {
    s->~state();
    memory->deallocate(s, sizeof(state), alignof(state));
}

namespace {

template <typename State>
State* make(std::pmr::memory_resource* memory, form f) {
    static_assert(alignof(State) <= stored_record::alignment);
    void* block = memory->allocate(sizeof(State), alignof(State));
    return new (block) State(f, memory); // constructors of pmr containers do not throw
}

} // namespace

file_splitter::file_splitter(std::span<const std::byte> file, form f, std::pmr::memory_resource* memory)
    : state_(make<state>(memory, f), free_state{memory}) {
    state_->raw = as_text(file);
    state_->at_end = true;
}

file_splitter::file_splitter(byte_source& source, form f, std::pmr::memory_resource* memory, std::size_t step_bytes)
    : state_(make<state>(memory, f), free_state{memory}) {
    state_->step_bytes = step_bytes;
    state_->source = &source;
}

file_splitter::~file_splitter() = default;

form file_splitter::file_form() const noexcept {
    return state_->file_form;
}

bool file_splitter::next(file_piece& piece) {
    state& s = *state_;
    if (!s.begun) {
        s.begin();
    }
    s.pass(s.pending);
    s.pending = 0;
    for (;;) {
        cut c;
        cut_result result = cut_result::found;
        if (s.is_html) {
            s.is_html = false;
            c = {0, s.text().size(), errc::not_marc};
        } else {
            result = s.find(c);
        }
        if (result == cut_result::end) {
            return false;
        }
        if (result == cut_result::more) {
            s.pass(c.start);
            if (s.text().size() < limits::piece_bytes && !s.at_end) {
                s.fill();
                continue;
            }
            if (s.text().empty()) {
                return false;
            }
            c = {0, s.text().size(), errc::too_large};
        }
        s.pass(c.start);
        s.pending = c.bytes;
        s.piece = s.text().substr(0, c.bytes);
        s.problem = c.problem;
        piece.offset = s.offset;
        piece.bytes = is_utf16(s.encoding) ? s.raw.substr(0, std::min(utf16_bytes(s.piece), s.raw.size())) : s.piece;
        return true;
    }
}

void file_splitter::read(builder& into, report* notes) {
    state& s = *state_;
    if (s.problem) {
        throw parse_error(*s.problem, 0, {},
                          *s.problem == errc::truncated ? std::string_view() : s.piece.substr(0, 40));
    }
    switch (s.file_form) {
    case form::iso2709:
        read_iso2709(as_bytes(s.piece), into, notes);
        break;
    case form::marcxml:
        read_encoded_marcxml(s.xml.start_tag(), s.piece, s.xml.end_tag(),
                             is_utf16(s.encoding) ? xml_encoding::utf8 : s.encoding, into, notes);
        break;
    case form::json:
        read_json(s.piece, into, notes);
        break;
    case form::mrk:
        read_mrk(s.piece, into, notes);
        break;
    case form::line:
        read_line(s.piece, into, notes);
        break;
    default:
        read_aleph(s.piece, into, notes);
        break;
    }
}

} // namespace marc
