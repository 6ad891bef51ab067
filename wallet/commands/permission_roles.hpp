#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "wallet/session/failure.hpp"

namespace talea::wallet {

/// A role of Permissions and its bit (vm/native/NATIVE.md).
struct PermissionRole {
    const char* name;
    std::uint64_t bit;
};
[[nodiscard]] std::span<const PermissionRole> permission_roles();

/// "ADMIN", "TRANSACT" …: the bits of all of them.
[[nodiscard]] Result<std::uint64_t> parse_permission_roles(std::span<const std::string> names);
/// Names of the bits, parted by spaces; "none".
[[nodiscard]] std::string permission_role_names(std::uint64_t mask);

}  // namespace talea::wallet
