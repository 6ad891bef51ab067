#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "vm/base/bytes.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/crypto/secp256k1.hpp"

namespace talea::load {

/// An account of the load's own, whose key follows from its name: nothing but play money may ever stand on it.
struct Account {
    vm::PrivateKey key;
    vm::Address address;
    std::uint64_t nonce = 0;  ///< of the next transaction
};
[[nodiscard]] Account make_account(std::string_view name);

/// What is signed: a call of `to`, or a creation, of no value and no fee.
struct Payload {
    std::optional<vm::Address> to;
    vm::Bytes data;
    std::uint64_t gas = 0;
};

struct Signed {
    vm::Hash hash;
    vm::Bytes encoded;
};
/// Of type 2, with the account's next nonce.
[[nodiscard]] Signed sign(Account& account, std::uint64_t chain_id, Payload payload);

}  // namespace talea::load
