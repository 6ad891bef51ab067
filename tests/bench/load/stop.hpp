#pragma once
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace talea::load {

/// How long what was sent may stand in no block.
constexpr std::chrono::seconds patience{120};

/// Ends the program: a load that cannot be made as asked measures nothing.
template <class... Arguments>
[[noreturn]] void stop(fmt::format_string<Arguments...> sentence, Arguments&&... arguments) {
    fmt::print(stderr, "talea-load: {}\n", fmt::format(sentence, std::forward<Arguments>(arguments)...));
    std::exit(1);
}

}  // namespace talea::load
