#include "wallet/commands/permission_roles.hpp"

#include <algorithm>

namespace talea::wallet {
namespace {

constexpr PermissionRole roles[] = {
    {"ADMIN", 1}, {"NETWORK", 2}, {"REGISTRAR_ADMIN", 4}, {"TRANSACT", 8}, {"DEPLOY", 16}};

}  // namespace

std::span<const PermissionRole> permission_roles() {
    return roles;
}

Result<std::uint64_t> parse_permission_roles(std::span<const std::string> names) {
    std::uint64_t mask = 0;
    for (const std::string& name : names) {
        const PermissionRole* found =
            std::ranges::find_if(roles, [&](const PermissionRole& role) { return name == role.name; });
        if (found == std::end(roles)) {
            return fail(Exit::usage,
                        "there is no role \"" + name +
                            "\" of Permissions; ADMIN, NETWORK, REGISTRAR_ADMIN, TRANSACT and DEPLOY are the roles");
        }
        mask |= found->bit;
    }
    return mask;
}

std::string permission_role_names(std::uint64_t mask) {
    std::string names;
    for (const PermissionRole& role : roles) {
        if ((mask & role.bit) != 0) names += (names.empty() ? "" : " ") + std::string(role.name);
    }
    return names.empty() ? "none" : names;
}

}  // namespace talea::wallet
