// marc.so: the type marc and its functions.
#include "module.hpp"
#include "text.hpp"

#include "marc/poll.hpp"

extern "C" {
MARC_MODULE("marc");

PGDLLEXPORT void _PG_init(void); // NOLINT(bugprone-reserved-identifier): the server asks for this name

// Cannot fail: sets one pointer, so that long loops of the library can be cancelled.
void _PG_init(void) {
    marc::set_poll_hook(&marc_pg::poll_interrupts);
}
}

namespace marc_pg {

MARC_SQL_FUNCTION(marc_version) {
    return boundary(fcinfo, [] { return text_datum(EVERARCHIVE_VERSION); });
}

} // namespace marc_pg
