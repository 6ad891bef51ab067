#pragma once
#include <span>
#include <vector>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/rlp/decode.hpp"

namespace talea::vm {

struct Log {
    Address address;
    std::vector<Hash> topics;  ///< at most 4
    Bytes data;
    friend bool operator==(const Log&, const Log&) = default;
};

/// 2,048 bits; three of them set for each address and topic of the logs (Yellow Paper 4.3.1).
struct Bloom {
    std::array<std::uint8_t, 256> bytes{};
    void add(BytesView entry);
    void add(const Log& log);
    void merge(const Bloom& other);
    [[nodiscard]] bool may_contain(BytesView entry) const;
    friend bool operator==(const Bloom&, const Bloom&) = default;
};

struct Receipt {
    TxType type = TxType::legacy;
    bool succeeded = false;
    std::uint64_t cumulative_gas_used = 0;  ///< in the block, this transaction included
    Bloom bloom;
    std::vector<Log> logs;
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// Type byte (but for legacy) and rlp([status, cumulative gas, bloom, logs]) (EIP-2718, EIP-658).
[[nodiscard]] Bytes encode_receipt(const Receipt& receipt);
/// The reverse, refusing what encode_receipt would not have written.
[[nodiscard]] rlp::Result<Receipt> decode_receipt(BytesView encoded);
/// keccak(rlp(logs)), as the public state tests compare it.
[[nodiscard]] Hash logs_hash(std::span<const Log> logs);
void encode_log(Bytes& out, const Log& log);

}  // namespace talea::vm
