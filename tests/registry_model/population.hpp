#pragma once
#include <cstdint>

#include "vm/base/u256.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/crypto/secp256k1.hpp"

/// Who and what there is in a walk: so few that calls meet again.
namespace talea::tests::population {

constexpr std::uint16_t admins = 5, registrars = 4, owners = 3, tokens = 6, wallets = 30, escrows = 3, identities = 12,
                        policies = 5, validators = 4, nodes = 5;
constexpr std::uint64_t uncounted_policy = 5, unruled_policy = 2;  // without kind 2
constexpr std::uint64_t bound_tokens = 5;
constexpr std::uint64_t identity_life = 400'000;

inline vm::PrivateKey key(std::uint64_t i) {
    return vm::PrivateKey{vm::to_hash(vm::u256{0x5eed00 + i})};
}
inline vm::u256 id_at(std::uint64_t i) {
    return vm::to_u256(vm::keccak256(vm::to_hash(vm::u256{i}).bytes));
}

}  // namespace talea::tests::population
