// everarchive.so: the functions of the extension everarchive that SQL cannot express.
#include "module.hpp"

extern "C" {
MARC_MODULE("everarchive");
}
