// The magic block of a shared library: the server refuses a library that was built for another major version.
#pragma once

#include "pg.hpp"

// 18 shows the name and version in pg_get_loaded_modules().
#ifdef PG_MODULE_MAGIC_EXT
#define MARC_MODULE(module_name) PG_MODULE_MAGIC_EXT(.name = module_name, .version = EVERARCHIVE_VERSION)
#else
#define MARC_MODULE(module_name) PG_MODULE_MAGIC
#endif
