// Files of every form: the pieces lie in the file in their order, and are the same whether the file is in memory or
// read in small steps.
#pragma once

#include "marc_targets.hpp"

#include "marc/split.hpp"

#include <vector>

namespace marc_fuzz {

/// Gives a file in as many bytes as are asked for.
class file_in_memory final : public marc::byte_source {
  public:
    explicit file_in_memory(std::string_view file) : file_(file) {}
    std::size_t read(char* into, std::size_t bytes) override {
        const std::size_t n = std::min(bytes, file_.size());
        std::copy_n(file_.data(), n, into);
        file_.remove_prefix(n);
        return n;
    }

  private:
    std::string_view file_;
};

struct read_piece {
    std::size_t offset;
    std::string bytes;
    std::string record; ///< or why there is none
    friend bool operator==(const read_piece& a, const read_piece& b) {
        return a.offset == b.offset && a.bytes == b.bytes && a.record == b.record;
    }
};

inline std::vector<read_piece> pieces_of(marc::file_splitter& splitter) {
    std::vector<read_piece> pieces;
    marc::builder b;
    marc::file_piece piece;
    while (splitter.next(piece)) {
        pieces.push_back({piece.offset, std::string(piece.bytes), {}});
        try {
            splitter.read(b);
            const marc::stored_record r = b.finish();
            r.view().check();
            pieces.back().record = marc::as_text(r.bytes());
        } catch (const marc::parse_error& e) {
            pieces.back().record = e.what();
        }
    }
    return pieces;
}

/// @param input first byte: which form; the rest is the file
inline void split(std::string_view input) {
    constexpr marc::form forms[] = {marc::form::iso2709, marc::form::marcxml, marc::form::json,
                                    marc::form::mrk,     marc::form::line,    marc::form::aleph};
    if (input.empty()) {
        return;
    }
    const marc::form form = forms[static_cast<unsigned char>(input.front()) % std::size(forms)];
    const std::size_t step = 1 + static_cast<unsigned char>(input.front()) / std::size(forms);
    const std::string_view file = input.substr(1);
    auto* const memory = std::pmr::get_default_resource();

    marc::file_splitter whole(marc::as_bytes(file), form, memory);
    const std::vector<read_piece> pieces = pieces_of(whole);
    std::size_t end = 0;
    for (const read_piece& p : pieces) {
        demand(p.offset >= end, "pieces follow each other");
        end = p.offset + p.bytes.size();
        demand(end <= file.size() && file.substr(p.offset, p.bytes.size()) == p.bytes, "a piece is what the file has");
    }
    file_in_memory source(file);
    marc::file_splitter stepwise(source, form, memory, step);
    demand(pieces_of(stepwise) == pieces, "steps make no difference");

    file_in_memory any(file);
    marc::file_splitter recognised(any, marc::form::unknown, memory);
    try {
        pieces_of(recognised);
    } catch (const marc::parse_error& e) {
        demand(e.code() == marc::errc::not_marc, "only what is no MARC is refused as a whole");
    }
}

} // namespace marc_fuzz
