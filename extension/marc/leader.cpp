#include "marc/leader.hpp"

#include <algorithm>

namespace marc {

unicode_leader::unicode_leader(const record_view& record) noexcept {
    std::copy_n(record.leader().data(), bytes_.size(), bytes_.data());
    if (record.has(record_flag::non_ascii) && !record.is_unimarc()) {
        bytes_[9] = 'a';
    }
}

} // namespace marc
