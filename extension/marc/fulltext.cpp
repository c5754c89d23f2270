#include "marc/fulltext.hpp"

#include "linkage.hpp"
#include "marc/charset.hpp"
#include "marc/poll.hpp"

#include <algorithm>

namespace marc {
namespace {

constexpr int left_out = -1;
enum weight : int { a, b, c, d };

bool is_one_of(std::string_view tag, std::initializer_list<std::string_view> tags) noexcept {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

int marc21_weight(std::string_view tag, char code) noexcept {
    if (is_one_of(tag, {"130", "210", "222", "240", "242", "245", "246", "247", "730", "740"})) {
        return tag == "245" && code == 'c' ? b : code == 'h' ? left_out : a;
    }
    if (is_one_of(tag, {"100", "110", "111", "700", "710", "711", "720", "800", "810", "811"})) {
        return b;
    }
    switch (tag[0]) {
    case '6':
        return c;
    case '0':
        return is_one_of(tag, {"010", "020", "022", "024", "027", "028", "030", "074", "086", "088"}) ? d : left_out;
    case '3':
        return is_one_of(tag, {"336", "337", "338"}) ? left_out : d;
    case '1':
    case '2':
    case '4':
    case '5':
    case '7':
    case '8':
        return d;
    default:
        return left_out;
    }
}

int unimarc_weight(std::string_view tag, char code) noexcept {
    if (tag == "200") {
        return code == 'f' || code == 'g' ? b : a;
    }
    if (tag[0] == '5' && tag[1] <= '4') {
        return a;
    }
    if (tag[0] == '7' && tag[1] <= '2') {
        return b;
    }
    if (tag[0] == '6') {
        return c;
    }
    const bool rest =
        tag[0] == '3' || tag[0] == '4' || is_one_of(tag, {"010", "011", "205", "210", "214", "215", "225"});
    return rest ? static_cast<int>(d) : left_out;
}

} // namespace

void collect_fulltext(const record_view& record, std::array<std::pmr::string, 4>& weights) {
    std::size_t left = limits::fulltext_bytes;
    const bool unimarc = record.is_unimarc();
    poller stop;
    for (const field_view f : record) {
        stop.step(f.content().size());
        if (f.is_control()) {
            continue;
        }
        const std::string_view tag = represented_tag(f.tag(), f.subfields());
        for (const subfield_view& s : f.subfields()) {
            const char code = s.code.size() == 1 ? s.code.front() : ' ';
            const bool label = tag == "856" && code == '3';
            if (!(label || (code >= 'a' && code <= 'z' && code != 'u' && code != 'w'))) {
                continue;
            }
            const int weight = unimarc ? unimarc_weight(tag, code) : marc21_weight(tag, code);
            if (weight == left_out) {
                continue;
            }
            const bool fits = s.value.size() < left;
            weights[static_cast<std::size_t>(weight)].append(first_bytes(s.value, left));
            weights[static_cast<std::size_t>(weight)].push_back('\n');
            if (!fits) {
                return;
            }
            left -= s.value.size() + 1;
        }
    }
}

} // namespace marc
