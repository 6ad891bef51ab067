#include "conformance/runner/reasons.hpp"

#include <initializer_list>

namespace talea::conformance {

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

bool matches(TxDecodeError error, std::string_view expected) {
    // Whatever else an encoding can lack, state tests hold well-formed transactions but for these two.
    if (error == TxDecodeError::blob_creates) return contains(expected, {"TYPE_3_TX_CONTRACT_CREATION"});
    if (error == TxDecodeError::set_code_creates) return contains(expected, {"TYPE_4_TX_CONTRACT_CREATION"});
    return false;
}

}  // namespace talea::conformance
