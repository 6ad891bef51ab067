#include <jemalloc/jemalloc.h>

/// What jemalloc reads before anything else runs. Two arenas: what one thread made another one mostly frees. What is
/// free is the system's again after ten seconds, and gone from the process's memory at once: a node runs for months,
/// and its blocks leave much behind that later ones do not need. After one second, as much came back as page faults of
/// the next blocks: a fortieth of a node's processor time.
extern "C" {
const char* malloc_conf = "narenas:2,dirty_decay_ms:10000,muzzy_decay_ms:0";
}
