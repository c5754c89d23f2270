// The keys of a record.
#include "marc/index_terms.hpp"

#include "index_terms.hpp"
#include "marc/charset.hpp"
#include "marc/fold.hpp"
#include "marc/poll.hpp"

#include <algorithm>
#include <cstring>

namespace marc {

bool index_options::keeps(std::string_view tag) const noexcept {
    if (tags.empty()) {
        return true;
    }
    for (std::size_t at = 0; at + 3 <= tags.size(); at += 4) {
        if (tag_matches(tags.substr(at, 3), tag)) {
            return true;
        }
    }
    return false;
}

std::span<const std::string_view> term_collector::collect(const record_view& record, const index_options& options) {
    keys_.clear();
    bytes_.clear();
    result_.clear();
    next_compaction_ = 65'536;
    if (options.keeps("LDR")) {
        add_positions("LDR", record.leader());
    }
    poller stop;
    for (const field_view f : record) {
        stop.step(16 + f.content().size());
        if (options.keeps(f.tag())) {
            add_field(f, options);
        }
    }
    compact();
    result_.reserve(keys_.size());
    for (const place& p : keys_) {
        result_.push_back(std::string_view(bytes_).substr(p.at, p.size));
    }
    return result_;
}

void term_collector::add_field(const field_view& f, const index_options& options) {
    const std::string_view tag = f.tag();
    add_key({}, index_key::presence, tag, {});
    if (f.is_control()) {
        // A field may be tagged LDR (ISO 2709 allows it), but queries mean the leader.
        if (tag != "LDR") {
            add_positions(tag, f.content());
        }
        if (holds_words(tag)) {
            add_text(tag, {}, f.content(), options.words);
        }
        return;
    }
    add_indicator(tag, 1, f.indicator1());
    add_indicator(tag, 2, f.indicator2());
    const bool searched = holds_words(tag);
    if (searched && !f.leading().empty()) {
        add_text(tag, {}, f.leading(), options.words);
    }
    for (const subfield_view& s : f.subfields()) {
        add_key({}, index_key::presence, tag, s.code);
        if (searched) {
            add_text(tag, s.code, s.value, options.words && !is_control_code(s.code));
        }
    }
}

void term_collector::add_text(std::string_view tag, std::string_view code, std::string_view text, bool words) {
    scratch_.clear();
    fold(text, scratch_);
    const std::string_view folded = scratch_;
    const identifier number = normalize(identifier_of(tag, code), text, folded);
    const std::string_view value = number ? number.text() : folded;
    std::string_view covered; // the word that the value's key stands for
    const bool whole = !words || number || folded.empty() || index_key::is_one_word(folded);
    if (whole && value.size() <= limits::index_value_bytes) {
        add_key(value, index_key::value, tag, code);
        covered = value;
    } else if (!words && value.size() <= limits::index_hashed_value_bytes) {
        const std::size_t start = bytes_.size();
        bytes_.push_back(index_key::hashed_value);
        bytes_.append(index_key::hash_bytes(value).view());
        bytes_.append(tag);
        bytes_.append(code);
        close_key(start);
    }
    if (!words) {
        return;
    }
    word_cursor cursor(folded);
    for (std::string_view word = cursor.next(); !word.empty(); word = cursor.next()) {
        if (word.size() > limits::index_word_bytes) {
            add_key(first_bytes(word, limits::index_word_bytes), index_key::long_word, tag, code);
        } else if (word != covered) {
            add_key(word, index_key::word, tag, code);
        }
    }
}

void term_collector::add_positions(std::string_view tag, std::string_view content) {
    for (const index_key::place& p : index_key::places) {
        if (p.tag != tag) {
            continue;
        }
        const std::string_view characters = characters_of(content, p.first, p.last);
        if (!characters.empty()) {
            const std::size_t start = bytes_.size();
            bytes_.push_back(index_key::characters);
            bytes_.append(tag);
            bytes_.push_back(static_cast<char>(index_key::first_text_byte + p.first));
            bytes_.append(characters);
            close_key(start);
        }
    }
}

void term_collector::add_indicator(std::string_view tag, std::uint8_t number, char value) {
    if (index_key::keeps_indicator(value)) {
        const std::size_t start = bytes_.size();
        index_key::append_indicator(number, value, tag, bytes_);
        close_key(start);
    }
}

void term_collector::add_key(std::string_view text, char kind, std::string_view tag, std::string_view code) {
    const std::size_t start = bytes_.size();
    bytes_.append(text);
    bytes_.push_back(kind);
    bytes_.append(tag);
    bytes_.append(code);
    close_key(start);
}

void term_collector::close_key(std::size_t start) {
    unsigned char first[8] = {};
    const std::size_t size = bytes_.size() - start;
    std::memcpy(first, bytes_.data() + start, std::min<std::size_t>(8, size));
    std::uint64_t number = 0;
    for (const unsigned char c : first) {
        number = (number << 8U) | c;
    }
    keys_.push_back({number, static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(size)});
    // A record has at most 64 MiB, but each of its bytes may be a word: what repeats must not add up.
    if (keys_.size() >= next_compaction_) {
        poll();
        compact();
        next_compaction_ = std::max<std::size_t>(next_compaction_, 2 * keys_.size());
    }
}

/// Sorts the keys and drops what is there twice.
void term_collector::compact() {
    const std::string_view bytes = bytes_;
    const auto text = [bytes](const place& p) { return bytes.substr(p.at, p.size); };
    std::sort(keys_.begin(), keys_.end(), [&](const place& a, const place& b) {
        return a.start != b.start ? a.start < b.start : text(a) < text(b);
    });
    keys_.erase(std::unique(keys_.begin(), keys_.end(),
                            [&](const place& a, const place& b) { return a.start == b.start && text(a) == text(b); }),
                keys_.end());
    if (bytes.size() < (1U << 20U)) {
        return;
    }
    compacted_.clear();
    for (place& p : keys_) {
        const auto at = static_cast<std::uint32_t>(compacted_.size());
        compacted_.append(text(p));
        p.at = at;
    }
    bytes_.swap(compacted_);
}

} // namespace marc
