#pragma once
#include <cstdint>

#include "vm/native/selector.hpp"

/// Which version of the native registries brought what; what is not named here came with the first. A version only
/// adds: what an earlier one did stays as it was, and a block is executed by the version in force at its number.
namespace talea::vm {

/// The version that brought the entry point `called` of any registry; before, it answers as an unknown one.
[[nodiscard]] constexpr std::uint32_t version_of_entry(std::uint32_t called) {
    switch (called) {
        case selector("setThreshold(uint256,uint8)"):
        case selector("threshold(uint256)"):
        case selector("propose(uint8,address,uint256,uint8,uint64)"):
        case selector("approve(uint64)"):
        case selector("cancel(uint64)"):
        case selector("proposal(uint64)"):
        case selector("proposalCount()"):
        case selector("authorizeNet(uint8,address,(address,address,uint256)[])"):
        case selector("previewNet(address,uint8,address,(address,address,uint256)[])"):
            return 2;
        default:
            return 1;
    }
}

/// The version that brought rules of `kind`; before, setting one reverts RuleKindNotSupported.
[[nodiscard]] constexpr std::uint32_t version_of_kind(std::uint64_t kind) {
    return kind == 1 || kind == 7 || kind == 8 ? 2 : 1;
}

}  // namespace talea::vm
