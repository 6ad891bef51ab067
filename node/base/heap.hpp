#pragma once

namespace talea::node {

/// Sets the C library's allocator up for a process that runs for months; the first thing in `main`. Large pieces are
/// the system's again when they are freed, and all threads share two heaps. Left to itself, glibc takes large pieces
/// from the heap as soon as one was freed, and makes a heap for each thread: what is small and stays then keeps holes
/// open between what was large, and half of a loaded node's memory was such holes. With another C library this does
/// nothing.
void keep_heap_small();

}  // namespace talea::node
