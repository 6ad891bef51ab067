#include <jemalloc/jemalloc.h>

/// What jemalloc reads before anything else runs. Two arenas: what one thread made another one mostly frees. What is
/// free is the system's again after a second, and gone from the process's memory at once: a node runs for months, and
/// its blocks leave much behind that the next ones do not need.
extern "C" {
const char* malloc_conf = "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0";
}
