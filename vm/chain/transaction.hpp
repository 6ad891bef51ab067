#pragma once
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"
#include "vm/base/u256.hpp"
#include "vm/crypto/secp256k1.hpp"

namespace talea::vm {

/// EIP-2718 types.
enum class TxType : std::uint8_t {
    legacy = 0,
    access_list = 1,  ///< EIP-2930
    dynamic_fee = 2,  ///< EIP-1559
    blob = 3,         ///< EIP-4844
    set_code = 4,     ///< EIP-7702
};

struct AccessListEntry {
    Address address;
    std::vector<u256> storage_keys;
    friend bool operator==(const AccessListEntry&, const AccessListEntry&) = default;
};
using AccessList = std::vector<AccessListEntry>;

/// A tuple of EIP-7702. The fields are wide since anything that fits them may stand in a transaction; only execution
/// judges them.
struct Authorization {
    u256 chain_id;
    Address address;
    std::uint64_t nonce = 0;
    std::uint8_t y_parity = 0;
    u256 r, s;
    friend bool operator==(const Authorization&, const Authorization&) = default;
};

/// A signed transaction of any type. Fields a type does not have keep their default.
struct Transaction {
    TxType type = TxType::legacy;
    std::optional<std::uint64_t> chain_id;  ///< nothing: a legacy transaction from before EIP-155
    std::uint64_t nonce = 0;
    u256 max_priority_fee_per_gas;  ///< the gas price where the type has one price
    u256 max_fee_per_gas;           ///< the same
    std::uint64_t gas_limit = 0;
    std::optional<Address> to;  ///< nothing: creates a contract
    Wei value;
    Bytes data;
    AccessList access_list;
    u256 max_fee_per_blob_gas;
    std::vector<Hash> blob_hashes;
    std::vector<Authorization> authorizations;
    Signature signature;

    friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// The broken rule of an encoding that is no transaction, named by field where the public tests do. Sentences by
/// to_string; the names of the public tests are the conformance runner's matter.
enum class TxDecodeError : std::uint8_t {
    rlp,           ///< malformed, not minimal, or a list where a string was due or the other way round
    unknown_type,  ///< EIP-2718; also a string where a legacy transaction's list was due
    too_few_fields,
    too_many_fields,

    leading_zero_in_nonce,
    leading_zero_in_gas_price,
    leading_zero_in_priority_fee,
    leading_zero_in_max_fee,
    leading_zero_in_gas_limit,
    leading_zero_in_value,
    leading_zero_in_v,
    leading_zero_in_r,
    leading_zero_in_s,
    leading_zero,  ///< in any other number

    nonce_too_large,  ///< above 64 bits
    gas_price_too_large,
    priority_fee_too_large,
    max_fee_too_large,
    gas_limit_too_large,  ///< above 64 bits
    value_too_large,
    r_too_large,
    s_too_large,
    field_too_long,  ///< any other number above its type's range

    to_too_short,  ///< neither 20 bytes nor empty
    to_too_long,
    access_list_address_too_short,
    access_list_address_too_long,
    storage_key_too_short,
    storage_key_too_long,
    wrong_address,  ///< an authority's delegate that is not 20 bytes

    wrong_signature_v,       ///< no parity of EIP-155 or of EIP-2930 and later, nor 27 or 28
    wrong_blob_hash_length,  ///< EIP-4844
    blob_creates,            ///< EIP-4844: `to` is missing
    set_code_creates,        ///< EIP-7702: `to` is missing
};
[[nodiscard]] std::string_view to_string(TxDecodeError error);

/// As eth_sendRawTransaction takes it: RLP of a legacy transaction, or type byte and payload.
[[nodiscard]] std::expected<Transaction, TxDecodeError> decode_transaction(BytesView encoded);
[[nodiscard]] Bytes encode_transaction(const Transaction& tx);
/// As it stands in a block's body: legacy as its list, others as a string around type byte and payload.
void encode_in_body(Bytes& out, const Transaction& tx);

[[nodiscard]] Hash transaction_hash(const Transaction& tx);
/// Of many, in their order: hashed together (keccak256_each).
[[nodiscard]] std::vector<Hash> transaction_hashes(std::span<const Transaction> transactions);
/// What the sender signs (EIP-155 where there is a chain id).
[[nodiscard]] Hash signing_hash(const Transaction& tx);
/// What an authority signs: keccak(0x05 ++ rlp([chain_id, address, nonce])) (EIP-7702).
[[nodiscard]] Hash signing_hash(const Authorization& authorization);

/// The signer; nothing for an invalid signature or s above half the order (EIP-2).
[[nodiscard]] std::optional<Address> recover_sender(const Transaction& tx);
/// The authority; nothing as above.
[[nodiscard]] std::optional<Address> recover_authority(const Authorization& authorization);

/// Signs `tx` in place for its chain id.
void sign_transaction(Transaction& tx, const PrivateKey& key);

/// A transaction with what is costly to find out, found out once.
struct RecoveredTransaction {
    Transaction tx;
    Hash hash;
    Address sender;
    std::size_t size_bytes = 0;  ///< of its encoding
};
[[nodiscard]] std::optional<RecoveredTransaction> recover(Transaction tx);

}  // namespace talea::vm
