#include "vm/chain/header_rules.hpp"

#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/chain/blob_fee.hpp"
#include "vm/chain/limits.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"
#include "vm/trie/trie.hpp"

namespace talea::vm {

namespace {

constexpr std::size_t qbft_extra_data_bytes = 32;

constexpr std::size_t extra_data_bytes_max = 32;          // Yellow Paper 4.3.4
constexpr std::uint64_t gas_limit_bound_divisor = 1'024;  // the same
constexpr std::uint64_t gas_limit_elasticity = 2;         // EIP-1559
constexpr std::uint64_t base_fee_change_denominator = 8;  // EIP-1559
constexpr std::uint64_t blob_base_cost = 1ULL << 13;      // EIP-7918

/// Ommers, proof of work and their leftovers (EIP-3675, EIP-4399).
std::expected<void, HeaderError> check_after_merge(const Header& header) {
    if (!header.difficulty.is_zero()) return std::unexpected(HeaderError::wrong_difficulty);
    if (header.nonce != std::array<std::uint8_t, 8>{}) return std::unexpected(HeaderError::wrong_nonce);
    if (header.ommers_hash != empty_ommers_hash) return std::unexpected(HeaderError::wrong_ommers);
    return {};
}

/// The optional fields are exactly those of the fork.
std::expected<void, HeaderError> check_fields(const Header& header, Fork fork) {
    const bool blobs = fork >= Fork::cancun, requests = fork >= Fork::prague;
    const struct {
        bool due, there;
    } fields[] = {{true, header.base_fee_per_gas.has_value()},
                  {true, header.withdrawals_root.has_value()},
                  {blobs, header.blob_gas_used.has_value()},
                  {blobs, header.excess_blob_gas.has_value()},
                  {blobs, header.parent_beacon_block_root.has_value()},
                  {requests, header.requests_hash.has_value()}};
    for (const auto& [due, there] : fields)
        if (due != there) return std::unexpected(due ? HeaderError::missing_field : HeaderError::unexpected_field);
    return {};
}

std::expected<void, HeaderError> check_linked(const Header& header, const Header& parent, const Hash& parent_hash) {
    if (parent.number.value == ~0ULL || header.number != next(parent.number))
        return std::unexpected(HeaderError::wrong_number);
    if (header.parent_hash != parent_hash) return std::unexpected(HeaderError::wrong_parent);
    return {};
}

/// What a Talea block never has: withdrawals, blobs, a beacon chain, requests.
std::expected<void, HeaderError> check_nothing_of_beacon(const Header& header) {
    if (*header.withdrawals_root != empty_trie_root) return std::unexpected(HeaderError::wrong_withdrawals);
    if (*header.blob_gas_used != 0) return std::unexpected(HeaderError::wrong_blob_gas_used);
    if (*header.excess_blob_gas != 0) return std::unexpected(HeaderError::wrong_excess_blob_gas);
    if (!header.parent_beacon_block_root->is_zero()) return std::unexpected(HeaderError::wrong_parent_beacon_root);
    if (header.requests_hash && *header.requests_hash != empty_requests_hash)
        return std::unexpected(HeaderError::wrong_requests_hash);
    return {};
}

}  // namespace

std::string_view to_string(HeaderError error) {
    switch (error) {
        case HeaderError::wrong_number:
            return "the block's number is not its parent's plus one";
        case HeaderError::wrong_parent:
            return "the parent hash is not the parent's";
        case HeaderError::timestamp_before_parent:
            return "the timestamp is before what the parent allows";
        case HeaderError::timestamp_not_test_clock:
            return "the timestamp is not the stepped clock's";
        case HeaderError::wrong_gas_limit:
            return "the gas limit is not what the parent's state says";
        case HeaderError::gas_limit_too_large:
            return "the gas limit is above what a block may have";
        case HeaderError::gas_used_above_limit:
            return "the gas used is above the gas limit";
        case HeaderError::wrong_base_fee:
            return "the base fee is not what the parent decides";
        case HeaderError::wrong_difficulty:
            return "the difficulty is not zero";
        case HeaderError::wrong_nonce:
            return "the nonce is not zero";
        case HeaderError::wrong_ommers:
            return "the block has ommers";
        case HeaderError::wrong_mix_hash:
            return "the mix hash is not zero";
        case HeaderError::wrong_extra_data:
            return "the extra data has the wrong length";
        case HeaderError::wrong_withdrawals:
            return "the withdrawals root is wrong";
        case HeaderError::wrong_blob_gas_used:
            return "the blob gas used is wrong";
        case HeaderError::wrong_excess_blob_gas:
            return "the excess blob gas is wrong";
        case HeaderError::wrong_parent_beacon_root:
            return "the parent beacon block root is not zero";
        case HeaderError::wrong_requests_hash:
            return "the requests hash is wrong";
        case HeaderError::missing_field:
            return "the header lacks a field of the fork";
        case HeaderError::unexpected_field:
            return "the header has a field of a later fork";
    }
    return {};
}

std::string_view name(HeaderError error) {
    switch (error) {
        case HeaderError::wrong_number:
            return "wrong_number";
        case HeaderError::wrong_parent:
            return "wrong_parent";
        case HeaderError::timestamp_before_parent:
            return "timestamp_before_parent";
        case HeaderError::timestamp_not_test_clock:
            return "timestamp_not_test_clock";
        case HeaderError::wrong_gas_limit:
            return "wrong_gas_limit";
        case HeaderError::gas_limit_too_large:
            return "gas_limit_too_large";
        case HeaderError::gas_used_above_limit:
            return "gas_used_above_limit";
        case HeaderError::wrong_base_fee:
            return "wrong_base_fee";
        case HeaderError::wrong_difficulty:
            return "wrong_difficulty";
        case HeaderError::wrong_nonce:
            return "wrong_nonce";
        case HeaderError::wrong_ommers:
            return "wrong_ommers";
        case HeaderError::wrong_mix_hash:
            return "wrong_mix_hash";
        case HeaderError::wrong_extra_data:
            return "wrong_extra_data";
        case HeaderError::wrong_withdrawals:
            return "wrong_withdrawals";
        case HeaderError::wrong_blob_gas_used:
            return "wrong_blob_gas_used";
        case HeaderError::wrong_excess_blob_gas:
            return "wrong_excess_blob_gas";
        case HeaderError::wrong_parent_beacon_root:
            return "wrong_parent_beacon_root";
        case HeaderError::wrong_requests_hash:
            return "wrong_requests_hash";
        case HeaderError::missing_field:
            return "missing_field";
        case HeaderError::unexpected_field:
            return "unexpected_field";
    }
    return {};
}

std::expected<void, HeaderError> check_qbft_header(const Header& header, const Header& parent, const Hash& parent_hash,
                                                   Fork fork, const QbftSettings& settings) {
    if (const auto linked = check_linked(header, parent, parent_hash); !linked) return linked;
    if (const auto fields = check_fields(header, fork); !fields) return fields;
    if (const auto merged = check_after_merge(header); !merged) return merged;
    if (header.timestamp < parent.timestamp) return std::unexpected(HeaderError::timestamp_before_parent);
    if (settings.stepped_clock && header.timestamp != *settings.stepped_clock)
        return std::unexpected(HeaderError::timestamp_not_test_clock);
    if (header.gas_limit != settings.gas_limit) return std::unexpected(HeaderError::wrong_gas_limit);
    if (header.gas_used > header.gas_limit) return std::unexpected(HeaderError::gas_used_above_limit);
    if (*header.base_fee_per_gas != settings.base_fee_per_gas) return std::unexpected(HeaderError::wrong_base_fee);
    if (!header.mix_hash.is_zero()) return std::unexpected(HeaderError::wrong_mix_hash);
    if (header.extra_data.size() != qbft_extra_data_bytes) return std::unexpected(HeaderError::wrong_extra_data);
    return check_nothing_of_beacon(header);
}

Header make_qbft_header(const Header& parent, const Hash& parent_hash, Fork fork, const QbftSettings& settings,
                        const QbftHeaderRequest& request) {
    check(parent.number.value != ~0ULL, "a chain ends before its block numbers do");
    Header header;
    header.parent_hash = parent_hash;
    header.beneficiary = request.beneficiary;
    header.number = next(parent.number);
    header.gas_limit = settings.gas_limit;
    header.timestamp = request.timestamp;
    header.base_fee_per_gas = settings.base_fee_per_gas;
    fill_qbft_constants(header, fork);
    return header;
}

void fill_qbft_constants(Header& header, Fork fork) {
    header.ommers_hash = empty_ommers_hash;
    header.withdrawals_root = empty_trie_root;
    header.blob_gas_used = 0;
    header.excess_blob_gas = 0;
    header.parent_beacon_block_root = Hash{};
    if (fork >= Fork::prague) header.requests_hash = empty_requests_hash;
}

std::expected<void, HeaderError> check_ethereum_header(const Header& header, const Header& parent,
                                                       const Hash& parent_hash, Fork fork, const BlobSchedule& blobs) {
    if (const auto linked = check_linked(header, parent, parent_hash); !linked) return linked;
    if (const auto fields = check_fields(header, fork); !fields) return fields;
    if (const auto merged = check_after_merge(header); !merged) return merged;
    if (header.timestamp <= parent.timestamp) return std::unexpected(HeaderError::timestamp_before_parent);
    if (header.extra_data.size() > extra_data_bytes_max) return std::unexpected(HeaderError::wrong_extra_data);
    if (header.gas_limit > gas_limit_max) return std::unexpected(HeaderError::gas_limit_too_large);
    const std::uint64_t step =
        std::max(header.gas_limit, parent.gas_limit) - std::min(header.gas_limit, parent.gas_limit);
    if (step >= parent.gas_limit / gas_limit_bound_divisor || header.gas_limit < gas_limit_min)
        return std::unexpected(HeaderError::wrong_gas_limit);
    if (header.gas_used > header.gas_limit) return std::unexpected(HeaderError::gas_used_above_limit);
    if (!parent.base_fee_per_gas || *header.base_fee_per_gas != next_base_fee(parent))
        return std::unexpected(HeaderError::wrong_base_fee);
    if (fork >= Fork::cancun && *header.excess_blob_gas != next_excess_blob_gas(parent, fork, blobs))
        return std::unexpected(HeaderError::wrong_excess_blob_gas);
    return {};
}

u256 next_base_fee(const Header& parent) {
    const u256& fee = *parent.base_fee_per_gas;
    const std::uint64_t target = parent.gas_limit / gas_limit_elasticity;
    if (parent.gas_used == target) return fee;
    const std::uint64_t distance = std::max(parent.gas_used, target) - std::min(parent.gas_used, target);
    const u256 change =
        divmod(divmod(fee * u256{distance}, u256{target}).quotient, u256{base_fee_change_denominator}).quotient;
    return parent.gas_used > target ? fee + std::max(change, u256{1}) : fee - change;
}

std::uint64_t next_excess_blob_gas(const Header& parent, Fork fork, const BlobSchedule& blobs) {
    const std::uint64_t excess = parent.excess_blob_gas.value_or(0);
    const std::uint64_t used = parent.blob_gas_used.value_or(0);
    const std::uint64_t target = blobs.target * gas_per_blob;
    if (excess + used < target) return 0;
    // Since EIP-7918 the excess only grows while executing is dearer than the blobs of a transaction.
    if (fork >= Fork::osaka &&
        u256{blob_base_cost} * *parent.base_fee_per_gas > u256{gas_per_blob} * blob_base_fee(excess, blobs))
        return excess + used * (blobs.max - blobs.target) / blobs.max;
    return excess + used - target;
}

Hash validators_hash(std::span<const Address> validators) {
    Bytes encoded;
    {
        rlp::List list(encoded);
        for (const Address& validator : validators) rlp::encode(encoded, validator);
    }
    return keccak256(encoded);
}

}  // namespace talea::vm
