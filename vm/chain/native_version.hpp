#pragma once
#include <cstdint>

namespace talea::vm {

/// This program executes blocks of the versions 1 to this one of the native registries (vm/native/NATIVE.md). What a
/// version adds stands in vm/native/version.hpp.
inline constexpr std::uint32_t native_version_max = 2;

}  // namespace talea::vm
