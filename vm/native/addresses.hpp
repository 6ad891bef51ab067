#pragma once
#include <cstdint>

#include "vm/base/bytes.hpp"

namespace talea::vm {

/// Where the native registries stand (DESIGN 5).
inline constexpr Address permissions_address = low_address(0x7a01);
inline constexpr Address identities_address = low_address(0x7a02);
inline constexpr Address policies_address = low_address(0x7a03);

enum class Registry : std::uint8_t { permissions, identities, policies };
[[nodiscard]] constexpr const Address& address_of(Registry registry) {
    switch (registry) {
        case Registry::permissions:
            return permissions_address;
        case Registry::identities:
            return identities_address;
        case Registry::policies:
            break;
    }
    return policies_address;
}

/// The code of their accounts, so that a contract that asks for their code size finds some; the nonce is 1.
inline constexpr std::uint8_t registry_code = 0xfe;

[[nodiscard]] constexpr bool is_registry(const Address& address) {
    return address == permissions_address || address == identities_address || address == policies_address;
}

}  // namespace talea::vm
