#include "bench/load/account.hpp"

#include <utility>

#include "vm/crypto/keccak.hpp"

namespace talea::load {

Account make_account(std::string_view name) {
    // A keccak is a valid key but for odds nobody meets.
    const vm::BytesView bytes(reinterpret_cast<const std::uint8_t*>(name.data()), name.size());
    const vm::PrivateKey key{vm::keccak256(bytes)};
    return {key, vm::address_of(key), 0};
}

Signed sign(Account& account, std::uint64_t chain_id, Payload payload) {
    vm::Transaction tx;
    tx.type = vm::TxType::dynamic_fee;
    tx.chain_id = chain_id;
    tx.nonce = account.nonce++;
    tx.gas_limit = payload.gas;
    tx.to = payload.to;
    tx.data = std::move(payload.data);
    vm::sign_transaction(tx, account.key);
    auto encoded = vm::encode_transaction(tx);
    // A typed transaction's hash is the keccak of its encoding (EIP-2718).
    return {vm::keccak256(encoded), std::move(encoded)};
}

}  // namespace talea::load
