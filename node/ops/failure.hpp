#pragma once
#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "node/base/stop.hpp"

/// How a command ends that could not do it.
namespace talea::node {

[[nodiscard]] inline ExitCode fail(std::string_view sentence) {
    fmt::print(stderr, "talead: {}\n", sentence);
    return ExitCode::failed;
}

/// It was not said right what to do.
[[nodiscard]] inline ExitCode misused(std::string_view sentence) {
    fmt::print(stderr, "talead: {}; see `talead --help`\n", sentence);
    return ExitCode::wrong_usage;
}

}  // namespace talea::node
