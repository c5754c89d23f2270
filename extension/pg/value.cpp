#include "value.hpp"

namespace marc_pg {

Datum marc_datum(marc::stored_record&& record) {
    std::span<std::byte> const block = record.release();
    if (!AllocSizeIsValid(block.size())) {
        throw std::bad_alloc{};
    }
    SET_VARSIZE(block.data(), block.size());
    return PointerGetDatum(block.data());
}

} // namespace marc_pg
