#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"

namespace talea::vm {

/// Lower-case, two digits a byte, with "0x" before.
[[nodiscard]] std::string to_hex(BytesView bytes);
[[nodiscard]] std::string to_hex(const Address& address);
[[nodiscard]] std::string to_hex(const Hash& hash);

/// A quantity of JSON-RPC: "0x", no leading zeros, "0x0" for zero.
[[nodiscard]] std::string to_quantity(std::uint64_t value);
[[nodiscard]] std::string to_quantity(const u256& value);

/// The reverse; "0x" is optional, case does not matter. Nothing for an odd number of digits or any other character.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);
/// Exactly 20 (32) bytes.
[[nodiscard]] std::optional<Address> address_from_hex(std::string_view text);
[[nodiscard]] std::optional<Hash> hash_from_hex(std::string_view text);

/// The checksummed form of an address (EIP-55) is in vm/crypto/address.hpp, since it needs keccak.

}  // namespace talea::vm
