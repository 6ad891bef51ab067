#pragma once
#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TALEA_FUZZ_COUNTS_MEMORY
#include <sanitizer/allocator_interface.h>
#endif
#endif

namespace talea::fuzz {

/// Bytes that are allocated now, as the address sanitizer counts them; always 0 where it is not there.
inline std::size_t allocated_bytes() {
#ifdef TALEA_FUZZ_COUNTS_MEMORY
    return __sanitizer_get_current_allocated_bytes();
#else
    return 0;
#endif
}

}  // namespace talea::fuzz
