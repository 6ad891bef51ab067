#pragma once
#include <source_location>

namespace talea::vm {

/// Prints the sentence with its place and aborts.
[[noreturn]] void check_failed(const char* invariant, std::source_location where);

/// States an invariant of ours in words; on in every build. Never for what a user, a peer or a disk sends.
inline void check(bool holds, const char* invariant, std::source_location where = std::source_location::current()) {
    if (!holds) [[unlikely]]
        check_failed(invariant, where);
}

}  // namespace talea::vm
