#pragma once
#include <ctime>

namespace talea::bench {

/// Seconds of processor time of this thread: what other programs do beside it does not count.
inline double processor_seconds() {
    std::timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace talea::bench
