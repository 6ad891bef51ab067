#pragma once
#include <cstdint>
#include <string_view>

namespace talea::vm {

/// Why a transaction may not stand in a block: one value a broken rule.
enum class TxError : std::uint8_t {
    type_not_supported,  ///< a type of a later fork, or blobs on a Talea chain
    wrong_chain_id,      ///< EIP-155
    unprotected,         ///< no chain id, where the chain demands one
    invalid_signature,   ///< EIP-2
    nonce_too_low,
    nonce_too_high,
    nonce_exhausted,  ///< EIP-2681
    sender_not_eoa,   ///< EIP-3607 (EIP-7702 delegations may send)
    gas_limit_above_block,
    gas_limit_above_transaction_cap,  ///< EIP-7825
    intrinsic_gas_too_low,
    floor_gas_too_low,           ///< EIP-7623
    init_code_too_large,         ///< EIP-3860
    fee_below_base_fee,          ///< EIP-1559
    priority_fee_above_max_fee,  ///< EIP-1559
    insufficient_funds,
    fee_overflow,             ///< gas limit times price beyond 256 bits
    blob_fee_below_base_fee,  ///< EIP-4844
    no_blobs,
    too_many_blobs,        ///< EIP-7594: in one transaction
    blob_gas_above_block,  ///< EIP-4844: more than the block has left
    wrong_blob_version,
    blob_creates,
    empty_authorizations,  ///< EIP-7702
    set_code_creates,
    sender_not_permitted,  ///< DESIGN 5: no TRANSACT
    deploy_not_permitted,  ///< DESIGN 5: creating without DEPLOY
};
/// One sentence.
[[nodiscard]] std::string_view to_string(TxError error);
/// The name as in RPC data and DESIGN 5's table: the enumerator's.
[[nodiscard]] std::string_view name(TxError error);

}  // namespace talea::vm
