#pragma once
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"
#include "vm/base/u256.hpp"
#include "vm/chain/receipt.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/rlp/decode.hpp"

namespace talea::vm {

/// A block's header. Fields of later forks are absent in encodings of earlier ones; in ours (Cancun and later) all up
/// to `parent_beacon_block_root` are there, `requests_hash` since Prague.
struct Header {
    Hash parent_hash;
    Hash ommers_hash;
    Address beneficiary;
    Hash state_root;
    Hash transactions_root;
    Hash receipts_root;
    Bloom bloom;
    u256 difficulty;
    BlockNumber number;
    std::uint64_t gas_limit = 0;
    std::uint64_t gas_used = 0;
    Timestamp timestamp;
    Bytes extra_data;
    Hash mix_hash;  ///< prev_randao since Paris
    std::array<std::uint8_t, 8> nonce{};
    std::optional<u256> base_fee_per_gas;          ///< London
    std::optional<Hash> withdrawals_root;          ///< Shanghai
    std::optional<std::uint64_t> blob_gas_used;    ///< Cancun
    std::optional<std::uint64_t> excess_blob_gas;  ///< Cancun
    std::optional<Hash> parent_beacon_block_root;  ///< Cancun
    std::optional<Hash> requests_hash;             ///< Prague
    friend bool operator==(const Header&, const Header&) = default;
};
[[nodiscard]] Bytes encode_header(const Header& header);
[[nodiscard]] rlp::Result<Header> decode_header(BytesView encoded);
[[nodiscard]] Hash header_hash(const Header& header);

/// EIP-4895.
struct Withdrawal {
    std::uint64_t index = 0, validator_index = 0;
    Address address;
    std::uint64_t amount_gwei = 0;
    friend bool operator==(const Withdrawal&, const Withdrawal&) = default;
};

struct Block {
    Header header;
    std::vector<Transaction> transactions;
    std::vector<Header> ommers;
    std::optional<std::vector<Withdrawal>> withdrawals;
};

enum class BlockDecodeError : std::uint8_t { rlp, transaction };
struct BlockDecodeFailure {
    BlockDecodeError what;
    std::optional<rlp::Error> rlp;
    std::optional<TxDecodeError> transaction;
    std::size_t transaction_index = 0;
};
[[nodiscard]] std::string_view to_string(BlockDecodeError error);
[[nodiscard]] std::expected<Block, BlockDecodeFailure> decode_block(BytesView encoded);
[[nodiscard]] Bytes encode_block(const Block& block);

[[nodiscard]] Hash transactions_root(std::span<const Transaction> transactions);
[[nodiscard]] Hash receipts_root(std::span<const Receipt> receipts);
[[nodiscard]] Hash withdrawals_root(std::span<const Withdrawal> withdrawals);
/// keccak(rlp([])), the ommers hash of every block since Paris.
extern const Hash empty_ommers_hash;
/// sha256 of nothing: the requests hash of a block without requests (EIP-7685).
extern const Hash empty_requests_hash;

}  // namespace talea::vm
