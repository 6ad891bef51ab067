#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace talea::contracts {

/// A contract of contracts/src as the pinned compiler made it. Everything lies in the program itself, for ever.
struct Artifact {
    std::string_view name;                        ///< of the contract: "RestrictedToken"
    std::string_view unit;                        ///< source it comes from: "src/RestrictedToken.sol"
    std::string_view abi;                         ///< JSON text
    std::span<const std::uint8_t> creation_code;  ///< without constructor arguments; empty for an interface
    std::span<const std::uint8_t> runtime_code;   ///< immutables are zero here; empty for an interface

    bool deployable() const { return !creation_code.empty(); }
};

/// The artifact of that exact name, or null. Interfaces (registries among them) are found too: they have an ABI.
const Artifact* find_artifact(std::string_view name);

/// Names of all artifacts in ascending order.
std::vector<std::string_view> artifact_names();

}  // namespace talea::contracts
