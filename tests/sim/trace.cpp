#include "sim/trace.hpp"

#include <cstdio>

namespace talea::sim {

void Trace::end_line() {
    ++lines_;
    std::uint64_t word = 0;
    std::size_t in_word = 0;
    for (const char letter : buffer_) {
        word = (word << 8) | static_cast<std::uint8_t>(letter);
        if (++in_word < 8) continue;
        hash_ = (hash_ ^ word) * 0x100000001b3ULL;
        hash_ ^= hash_ >> 29;
        word = 0;
        in_word = 0;
    }
    hash_ = (hash_ ^ word) * 0x100000001b3ULL;
    if (printed_) std::fwrite(buffer_.data(), 1, buffer_.size(), stdout);
}

}  // namespace talea::sim
