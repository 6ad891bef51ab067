#pragma once
#include "unit/random.hpp"
#include "vm/chain/block.hpp"

namespace talea::tests {

inline vm::Hash random_hash(Random& random) {
    vm::Hash hash;
    for (auto& byte : hash.bytes) byte = static_cast<std::uint8_t>(random.next());
    return hash;
}

/// A valid private key: below 2^255, which is below the order.
inline vm::PrivateKey random_key(Random& random) {
    return {vm::Hash{vm::u256{random.next() | 1, random.next(), random.next(), random.next() >> 1}.to_be_bytes()}};
}

/// A signed transaction of any type, with every field its type has and numbers of every width.
inline vm::Transaction random_transaction(Random& random, const vm::PrivateKey& key) {
    vm::Transaction tx;
    tx.type = static_cast<vm::TxType>(random.below(5));
    const bool legacy = tx.type == vm::TxType::legacy;
    if (!legacy || random.one_in(2)) tx.chain_id = random.word().low_u64();
    tx.nonce = random.word().low_u64();
    tx.max_fee_per_gas = random.word();
    const bool one_price = legacy || tx.type == vm::TxType::access_list;
    tx.max_priority_fee_per_gas = one_price ? tx.max_fee_per_gas : random.word();
    tx.gas_limit = random.word().low_u64();
    const bool may_create = tx.type != vm::TxType::blob && tx.type != vm::TxType::set_code;
    if (!may_create || !random.one_in(4)) tx.to = random.address();
    tx.value = random.word();
    tx.data = random.bytes(random.below(100));
    if (!legacy)
        for (std::uint64_t i = random.below(3); i > 0; --i) {
            auto& entry = tx.access_list.emplace_back();
            entry.address = random.address();
            for (std::uint64_t k = random.below(3); k > 0; --k) entry.storage_keys.push_back(random.word());
        }
    if (tx.type == vm::TxType::blob) {
        tx.max_fee_per_blob_gas = random.word();
        for (std::uint64_t i = random.below(3); i > 0; --i) tx.blob_hashes.push_back(random_hash(random));
    }
    if (tx.type == vm::TxType::set_code)
        for (std::uint64_t i = random.below(3); i > 0; --i)
            tx.authorizations.push_back({random.word(), random.address(), random.word().low_u64(),
                                         static_cast<std::uint8_t>(random.next()), random.word(), random.word()});
    sign_transaction(tx, key);
    return tx;
}

/// A header with the fields of the first `forks` of London, Shanghai, Cancun, Prague.
inline vm::Header random_header(Random& random, unsigned forks) {
    vm::Header header;
    header.parent_hash = random_hash(random);
    header.ommers_hash = random_hash(random);
    header.beneficiary = random.address();
    header.state_root = random_hash(random);
    header.transactions_root = random_hash(random);
    header.receipts_root = random_hash(random);
    header.bloom.add(vm::view(header.beneficiary));
    header.difficulty = random.word();
    header.number = {random.word().low_u64()};
    header.gas_limit = random.word().low_u64();
    header.gas_used = random.word().low_u64();
    header.timestamp = {random.word().low_u64()};
    header.extra_data = random.bytes(random.below(40));
    header.mix_hash = random_hash(random);
    header.nonce[7] = static_cast<std::uint8_t>(random.next());
    if (forks > 0) header.base_fee_per_gas = random.word();
    if (forks > 1) header.withdrawals_root = random_hash(random);
    if (forks > 2) {
        header.blob_gas_used = random.word().low_u64();
        header.excess_blob_gas = random.word().low_u64();
        header.parent_beacon_block_root = random_hash(random);
    }
    if (forks > 3) header.requests_hash = random_hash(random);
    return header;
}

}  // namespace talea::tests
