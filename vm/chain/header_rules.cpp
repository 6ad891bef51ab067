#include "vm/chain/header_rules.hpp"

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/encode.hpp"
#include "vm/trie/trie.hpp"

namespace talea::vm {

namespace {

constexpr std::size_t qbft_extra_data_bytes = 32;

/// Ommers, proof of work and their leftovers (EIP-3675, EIP-4399).
std::expected<void, HeaderError> check_after_merge(const Header& header) {
    if (!header.difficulty.is_zero()) return std::unexpected(HeaderError::wrong_difficulty);
    if (header.nonce != std::array<std::uint8_t, 8>{}) return std::unexpected(HeaderError::wrong_nonce);
    if (header.ommers_hash != empty_ommers_hash) return std::unexpected(HeaderError::wrong_ommers);
    return {};
}

/// The optional fields are exactly those of the fork.
std::expected<void, HeaderError> check_fields(const Header& header, Fork fork) {
    if (!header.base_fee_per_gas || !header.withdrawals_root || !header.blob_gas_used || !header.excess_blob_gas ||
        !header.parent_beacon_block_root)
        return std::unexpected(HeaderError::missing_field);
    if (fork >= Fork::prague && !header.requests_hash) return std::unexpected(HeaderError::missing_field);
    if (fork < Fork::prague && header.requests_hash) return std::unexpected(HeaderError::unexpected_field);
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

Hash validators_hash(std::span<const Address> validators) {
    Bytes encoded;
    {
        rlp::List list(encoded);
        for (const Address& validator : validators) rlp::encode(encoded, validator);
    }
    return keccak256(encoded);
}

}  // namespace talea::vm
