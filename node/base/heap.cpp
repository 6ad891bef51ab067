#include "node/base/heap.hpp"

#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace talea::node {

void keep_heap_small() {
#ifdef __GLIBC__
    /// With what glibc begins; saying so keeps it from raising it. Below the pieces of trie nodes, blocks and batches.
    constexpr int large_piece_bytes = 128 * 1024;
    /// Free at the end of a heap before it is cut: enough that no block cuts it and the next one grows it again.
    constexpr int spare_bytes = 64 * 1024 * 1024;
    /// What one thread made another one mostly frees.
    constexpr int heaps_max = 2;
    (void)mallopt(M_MMAP_THRESHOLD, large_piece_bytes);
    (void)mallopt(M_TRIM_THRESHOLD, spare_bytes);
    (void)mallopt(M_ARENA_MAX, heaps_max);
#endif
}

}  // namespace talea::node
