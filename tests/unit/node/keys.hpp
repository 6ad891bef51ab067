#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "vm/base/u256.hpp"
#include "vm/crypto/secp256k1.hpp"

/// The keys of the tests of node/: secret 1, 2, 3 and on.
namespace talea::tests {

inline vm::PrivateKey key(std::uint64_t secret) {
    return {vm::to_hash(vm::u256{secret})};
}
/// The first `count`, in the order of their addresses: index 0 is the validator that counts first.
inline std::vector<vm::PrivateKey> keys(std::size_t count) {
    std::vector<vm::PrivateKey> made;
    for (std::size_t i = 0; i < count; ++i) made.push_back(key(i + 1));
    std::ranges::sort(made, {}, [](const auto& k) { return vm::address_of(k); });
    return made;
}
inline std::vector<vm::Address> addresses(const std::vector<vm::PrivateKey>& of) {
    std::vector<vm::Address> made;
    for (const auto& k : of) made.push_back(vm::address_of(k));
    return made;
}

}  // namespace talea::tests
