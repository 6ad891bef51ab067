#pragma once
#include <optional>

#include "vm/base/bytes.hpp"

namespace talea::vm {

/// The account whose code runs instead of this one: the address of a delegation designator, 0xef0100 ++ address
/// (EIP-7702); nothing for any other code. Designators appear in state since Prague only.
[[nodiscard]] inline std::optional<Address> delegate_of(const Bytes& code) {
    if (code.size() != 23 || code[0] != 0xef || code[1] != 0x01 || code[2] != 0x00) return std::nullopt;
    Address address;
    std::memcpy(address.bytes.data(), code.data() + 3, 20);
    return address;
}

}  // namespace talea::vm
