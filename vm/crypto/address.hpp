#pragma once
#include <string>

#include "vm/base/bytes.hpp"

namespace talea::vm {

/// Mixed-case form with the checksum of EIP-55.
[[nodiscard]] std::string to_checksum_hex(const Address& address);

}  // namespace talea::vm
