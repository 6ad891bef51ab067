#include "vm/execution/tx_error.hpp"

namespace talea::vm {

std::string_view to_string(TxError error) {
    switch (error) {
        case TxError::type_not_supported:
            return "transactions of this type are not accepted on this chain";
        case TxError::wrong_chain_id:
            return "the transaction is signed for another chain";
        case TxError::unprotected:
            return "the transaction is not bound to a chain (EIP-155)";
        case TxError::invalid_signature:
            return "the signature is not valid";
        case TxError::nonce_too_low:
            return "the nonce has been used already";
        case TxError::nonce_too_high:
            return "the nonce is ahead of the account's";
        case TxError::nonce_exhausted:
            return "the account has used its last nonce";
        case TxError::sender_not_eoa:
            return "the sender is a contract";
        case TxError::gas_limit_above_block:
            return "the gas limit is above what the block has left";
        case TxError::gas_limit_above_transaction_cap:
            return "the gas limit is above that of one transaction";
        case TxError::intrinsic_gas_too_low:
            return "the gas limit does not cover the transaction's own cost";
        case TxError::floor_gas_too_low:
            return "the gas limit does not cover the floor for its data";
        case TxError::init_code_too_large:
            return "the creation code is too large";
        case TxError::fee_below_base_fee:
            return "the fee is below the block's base fee";
        case TxError::priority_fee_above_max_fee:
            return "the priority fee is above the largest fee";
        case TxError::insufficient_funds:
            return "the sender cannot pay for gas and value";
        case TxError::fee_overflow:
            return "gas limit times fee does not fit 256 bits";
        case TxError::blob_fee_below_base_fee:
            return "the blob fee is below the block's";
        case TxError::no_blobs:
            return "a blob transaction without blobs";
        case TxError::too_many_blobs:
            return "more blobs than a transaction may have";
        case TxError::blob_gas_above_block:
            return "more blobs than the block has room for";
        case TxError::wrong_blob_version:
            return "a blob hash of an unknown version";
        case TxError::blob_creates:
            return "a blob transaction cannot create a contract";
        case TxError::empty_authorizations:
            return "a set-code transaction without authorizations";
        case TxError::set_code_creates:
            return "a set-code transaction cannot create a contract";
        case TxError::sender_not_permitted:
            return "the sender is not permitted to send transactions";
        case TxError::deploy_not_permitted:
            return "the sender is not permitted to create contracts";
    }
    return {};
}

std::string_view name(TxError error) {
    switch (error) {
        case TxError::type_not_supported:
            return "type_not_supported";
        case TxError::wrong_chain_id:
            return "wrong_chain_id";
        case TxError::unprotected:
            return "unprotected";
        case TxError::invalid_signature:
            return "invalid_signature";
        case TxError::nonce_too_low:
            return "nonce_too_low";
        case TxError::nonce_too_high:
            return "nonce_too_high";
        case TxError::nonce_exhausted:
            return "nonce_exhausted";
        case TxError::sender_not_eoa:
            return "sender_not_eoa";
        case TxError::gas_limit_above_block:
            return "gas_limit_above_block";
        case TxError::gas_limit_above_transaction_cap:
            return "gas_limit_above_transaction_cap";
        case TxError::intrinsic_gas_too_low:
            return "intrinsic_gas_too_low";
        case TxError::floor_gas_too_low:
            return "floor_gas_too_low";
        case TxError::init_code_too_large:
            return "init_code_too_large";
        case TxError::fee_below_base_fee:
            return "fee_below_base_fee";
        case TxError::priority_fee_above_max_fee:
            return "priority_fee_above_max_fee";
        case TxError::insufficient_funds:
            return "insufficient_funds";
        case TxError::fee_overflow:
            return "fee_overflow";
        case TxError::blob_fee_below_base_fee:
            return "blob_fee_below_base_fee";
        case TxError::no_blobs:
            return "no_blobs";
        case TxError::too_many_blobs:
            return "too_many_blobs";
        case TxError::blob_gas_above_block:
            return "blob_gas_above_block";
        case TxError::wrong_blob_version:
            return "wrong_blob_version";
        case TxError::blob_creates:
            return "blob_creates";
        case TxError::empty_authorizations:
            return "empty_authorizations";
        case TxError::set_code_creates:
            return "set_code_creates";
        case TxError::sender_not_permitted:
            return "sender_not_permitted";
        case TxError::deploy_not_permitted:
            return "deploy_not_permitted";
    }
    return {};
}

}  // namespace talea::vm
