#include "conformance/runner/reasons.hpp"

#include <initializer_list>

namespace talea::conformance {

using vm::BlockError;
using vm::HeaderError;
using vm::TxDecodeError;
using vm::TxError;

namespace {

using Names = std::initializer_list<std::string_view>;

bool contains(std::string_view joined, Names names) {
    while (!joined.empty()) {
        const std::string_view one = joined.substr(0, joined.find('|'));
        for (const std::string_view name : names)
            if (one == name || (one.ends_with(name) && one[one.size() - name.size() - 1] == '.')) return true;
        joined.remove_prefix(one.size() == joined.size() ? one.size() : one.size() + 1);
    }
    return false;
}

}  // namespace

bool matches(TxError error, std::string_view expected) {
    const auto is = [expected](Names names) { return contains(expected, names); };
    switch (error) {
        case TxError::type_not_supported:
            return is({"TYPE_1_TX_PRE_FORK", "TYPE_2_TX_PRE_FORK", "TYPE_3_TX_PRE_FORK", "TYPE_4_TX_PRE_FORK"});
        case TxError::wrong_chain_id:
            return is({"INVALID_CHAINID"});
        case TxError::unprotected:
            return false;
        case TxError::invalid_signature:
            return is({"INVALID_SIGNATURE_VRS", "EC_RECOVERY_FAIL"});
        case TxError::nonce_too_low:
            return is({"NONCE_MISMATCH_TOO_LOW"});
        case TxError::nonce_too_high:
            return is({"NONCE_MISMATCH_TOO_HIGH"});
        case TxError::nonce_exhausted:
            return is({"NONCE_IS_MAX", "NONCE_OVERFLOW"});
        case TxError::sender_not_eoa:
            return is({"SENDER_NOT_EOA"});
        case TxError::gas_limit_above_block:
            return is({"GAS_ALLOWANCE_EXCEEDED"});
        case TxError::gas_limit_above_transaction_cap:
            return is({"GAS_LIMIT_EXCEEDS_MAXIMUM"});
        case TxError::intrinsic_gas_too_low:
            return is({"INTRINSIC_GAS_TOO_LOW"});
        case TxError::floor_gas_too_low:
            return is({"INTRINSIC_GAS_BELOW_FLOOR_GAS_COST"});
        case TxError::init_code_too_large:
            return is({"INITCODE_SIZE_EXCEEDED"});
        case TxError::fee_below_base_fee:
            return is({"INSUFFICIENT_MAX_FEE_PER_GAS"});
        case TxError::priority_fee_above_max_fee:
            return is({"PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS"});
        case TxError::insufficient_funds:
            return is({"INSUFFICIENT_ACCOUNT_FUNDS"});
        case TxError::fee_overflow:
            return is({"GASLIMIT_PRICE_PRODUCT_OVERFLOW", "INSUFFICIENT_ACCOUNT_FUNDS"});
        case TxError::blob_fee_below_base_fee:
            return is({"INSUFFICIENT_MAX_FEE_PER_BLOB_GAS"});
        case TxError::no_blobs:
            return is({"TYPE_3_TX_ZERO_BLOBS"});
        case TxError::too_many_blobs:
            return is({"TYPE_3_TX_BLOB_COUNT_EXCEEDED"});
        case TxError::blob_gas_above_block:
            return is({"TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED"});
        case TxError::wrong_blob_version:
            return is({"TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH"});
        case TxError::blob_creates:
            return is({"TYPE_3_TX_CONTRACT_CREATION"});
        case TxError::empty_authorizations:
            return is({"TYPE_4_EMPTY_AUTHORIZATION_LIST"});
        case TxError::set_code_creates:
            return is({"TYPE_4_TX_CONTRACT_CREATION"});
        case TxError::sender_not_permitted:
            return false;
        case TxError::deploy_not_permitted:
            return false;
    }
    return false;
}

namespace {

bool matches_header(HeaderError error, std::string_view expected) {
    const auto is = [expected](Names names) { return contains(expected, names); };
    switch (error) {
        case HeaderError::wrong_number:
            return is({"INVALID_BLOCK_NUMBER"});
        case HeaderError::wrong_parent:
            return is({"UNKNOWN_PARENT", "UNKNOWN_PARENT_ZERO"});
        case HeaderError::timestamp_before_parent:
            return is({"INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT"});
        case HeaderError::wrong_gas_limit:
            return is({"INVALID_GASLIMIT"});
        case HeaderError::gas_limit_too_large:
            return is({"GASLIMIT_TOO_BIG"});
        case HeaderError::gas_used_above_limit:
            return is({"GAS_USED_OVERFLOW"});
        case HeaderError::wrong_base_fee:
            return is({"INVALID_BASEFEE_PER_GAS"});
        case HeaderError::wrong_difficulty:
            return is({"IMPORT_IMPOSSIBLE_DIFFICULTY_OVER_PARIS"});
        case HeaderError::wrong_ommers:
            return is({"IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS"});
        case HeaderError::wrong_extra_data:
            return is({"EXTRA_DATA_TOO_BIG"});
        case HeaderError::wrong_withdrawals:
            return is({"INVALID_WITHDRAWALS_ROOT"});
        case HeaderError::wrong_blob_gas_used:
            return is({"INCORRECT_BLOB_GAS_USED", "BLOB_GAS_USED_ABOVE_LIMIT"});
        case HeaderError::wrong_excess_blob_gas:
            return is({"INCORRECT_EXCESS_BLOB_GAS"});
        case HeaderError::wrong_requests_hash:
            return is({"INVALID_REQUESTS"});
        case HeaderError::missing_field:
        case HeaderError::unexpected_field:
            return is({"INCORRECT_BLOCK_FORMAT"});
        case HeaderError::wrong_nonce:
        case HeaderError::timestamp_not_test_clock:
        case HeaderError::wrong_mix_hash:
        case HeaderError::wrong_parent_beacon_root:
            return false;
    }
    return false;
}

}  // namespace

bool matches(const vm::BlockFailure& failure, std::string_view expected) {
    const auto is = [expected](Names names) { return contains(expected, names); };
    switch (failure.what) {
        case BlockError::header:
            return matches_header(failure.header.value(), expected);
        case BlockError::transaction:
            return matches(failure.transaction.value(), expected);
        case BlockError::too_large:
            return is({"RLP_BLOCK_LIMIT_EXCEEDED"});
        case BlockError::ommers:
            return is({"IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS"});
        case BlockError::withdrawals:
            return is({"INVALID_WITHDRAWALS_ROOT"});
        case BlockError::transactions_root:
            return is({"INVALID_TRANSACTIONS_ROOT"});
        case BlockError::gas_used:
            return is({"INVALID_GAS_USED"});
        case BlockError::receipts_root:
            return is({"INVALID_RECEIPTS_ROOT"});
        case BlockError::bloom:
            return is({"INVALID_LOG_BLOOM"});
        case BlockError::state_root:
            return is({"INVALID_STATE_ROOT"});
        case BlockError::blob_gas_used:
            return is({"INCORRECT_BLOB_GAS_USED", "BLOB_GAS_USED_ABOVE_LIMIT"});
        case BlockError::deposit_layout:
            return is({"INVALID_DEPOSIT_EVENT_LAYOUT"});
        case BlockError::system_contract_missing:
            return is({"SYSTEM_CONTRACT_EMPTY"});
        case BlockError::system_contract_failed:
            return is({"SYSTEM_CONTRACT_CALL_FAILED"});
        case BlockError::requests_hash:
            return is({"INVALID_REQUESTS"});
        case BlockError::next_validators:
        case BlockError::native_version:
            return false;  // of Talea chains
    }
    return false;
}

bool matches(const vm::BlockDecodeFailure& failure, std::string_view expected) {
    if (failure.transaction && matches(*failure.transaction, expected)) return true;
    return contains(expected, {"RLP_STRUCTURES_ENCODING", "RLP_INVALID_FIELD_OVERFLOW_64", "RLP_INVALID_ADDRESS",
                               "RLP_WITHDRAWALS_NOT_READ", "INCORRECT_BLOCK_FORMAT", "TYPE_3_TX_WITH_FULL_BLOBS"});
}

bool matches(TxDecodeError error, std::string_view expected) {
    // Whatever else an encoding can lack, state tests hold well-formed transactions but for these two.
    if (error == TxDecodeError::blob_creates) return contains(expected, {"TYPE_3_TX_CONTRACT_CREATION"});
    if (error == TxDecodeError::set_code_creates) return contains(expected, {"TYPE_4_TX_CONTRACT_CREATION"});
    return false;
}

}  // namespace talea::conformance
