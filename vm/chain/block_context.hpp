#pragma once
#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"
#include "vm/base/u256.hpp"
#include "vm/chain/fork.hpp"
#include "vm/chain/native_version.hpp"

namespace talea::vm {

/// What a contract can learn of its block and chain.
struct BlockContext {
    Fork fork = Fork::osaka;
    std::uint64_t chain_id = 1;
    BlockNumber number;
    Timestamp timestamp;
    Address beneficiary;
    std::uint64_t gas_limit = 0;
    u256 base_fee;
    Hash prev_randao;
    u256 blob_base_fee;
    Hash genesis_hash;  ///< Talea chains: what signatures for a registry name the chain by; no instruction shows it
    std::uint32_t native_version = native_version_max;  ///< Talea chains: by which the registries answer
};

/// What a contract can learn of its transaction.
struct TxContext {
    Address origin;
    u256 gas_price;
    std::span<const Hash> blob_hashes;
};

}  // namespace talea::vm
