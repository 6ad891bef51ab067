#include "vm/chain/transaction.hpp"

#include <utility>

#include "vm/crypto/keccak.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::vm {
namespace {

using Broken = TxDecodeError;

/// Reads a transaction's fields in their order and keeps the first rule broken; what is read after that is worthless.
class FieldReader {
  public:
    explicit FieldReader(rlp::Reader reader) : reader_(reader) {}

    [[nodiscard]] const std::optional<Broken>& broken() const { return broken_; }
    void refuse(Broken rule) {
        if (!broken_) broken_ = rule;
    }

    std::uint64_t u64(Broken leading_zero, Broken too_large) {
        return take(&rlp::Reader::u64, leading_zero, too_large);
    }
    u256 number(Broken leading_zero, Broken too_large) { return take(&rlp::Reader::number, leading_zero, too_large); }
    BytesView string() { return take(&rlp::Reader::string, Broken::rlp, Broken::rlp); }
    /// A string of as many bytes as `Fixed` has.
    template <class Fixed>
    Fixed fixed(Broken too_short, Broken too_long) {
        const BytesView bytes = string();
        Fixed value;
        if (broken_) return value;
        if (bytes.size() == value.bytes.size()) {
            std::memcpy(value.bytes.data(), bytes.data(), bytes.size());
        } else {
            refuse(bytes.size() < value.bytes.size() ? too_short : too_long);
        }
        return value;
    }
    /// Calls `read` with a reader of each item's own fields, or of the items themselves where they are no lists.
    template <class Read>
    void each_list(Read&& read) {
        each([&](FieldReader& items) {
            FieldReader item = items.nested();
            if (!items.broken_) {
                read(item);
                item.end();
            }
            if (item.broken_) items.refuse(*item.broken_);
        });
    }
    template <class Read>
    void each(Read&& read) {
        FieldReader items = nested();
        while (!broken_ && !items.reader_.at_end()) {
            read(items);
            if (items.broken_) refuse(*items.broken_);
        }
    }
    void end() {
        if (!broken_ && !reader_.at_end()) refuse(Broken::too_many_fields);
    }

  private:
    template <class Value>
    Value take(rlp::Result<Value> (rlp::Reader::*read)(), Broken leading_zero, Broken too_large) {
        Value nothing{};
        if (broken_) return nothing;
        const auto value = (reader_.*read)();
        if (value) return *value;
        switch (value.error()) {
            case rlp::Error::leading_zero:
                refuse(leading_zero);
                break;
            case rlp::Error::number_too_large:
                refuse(too_large);
                break;
            case rlp::Error::too_few_items:
                refuse(Broken::too_few_fields);
                break;
            case rlp::Error::truncated:
            case rlp::Error::trailing_bytes:
            case rlp::Error::not_minimal:
            case rlp::Error::unexpected_list:
            case rlp::Error::unexpected_string:
            case rlp::Error::wrong_length:
                refuse(Broken::rlp);
                break;
        }
        return nothing;
    }
    FieldReader nested() {
        if (broken_) return FieldReader{rlp::Reader{{}}};
        const auto list = reader_.list();
        if (list) return FieldReader{*list};
        refuse(list.error() == rlp::Error::too_few_items ? Broken::too_few_fields : Broken::rlp);
        return FieldReader{rlp::Reader{{}}};
    }

    rlp::Reader reader_;
    std::optional<Broken> broken_;
};

constexpr std::uint64_t unprotected_v = 27;  // Yellow Paper, appendix F
constexpr std::uint64_t protected_v = 35;    // EIP-155: v = 35 + 2 chain_id + parity

u256 signature_v(const Transaction& tx) {
    if (!tx.chain_id) return u256{unprotected_v + tx.signature.y_parity};
    return (u256{*tx.chain_id} << 1) + u256{protected_v + tx.signature.y_parity};
}

/// Sets parity and chain id of a legacy transaction; false for a v that means neither.
bool set_signature_v(Transaction& tx, const u256& v) {
    if (v == u256{unprotected_v} || v == u256{unprotected_v + 1}) {
        tx.signature.y_parity = static_cast<std::uint8_t>(v.low_u64() - unprotected_v);
        return true;
    }
    if (v < u256{protected_v}) return false;
    const u256 rest = v - u256{protected_v}, chain_id = rest >> 1;
    if (!chain_id.fits_u64()) return false;
    tx.chain_id = chain_id.low_u64();
    tx.signature.y_parity = static_cast<std::uint8_t>(rest.low_u64() & 1);
    return true;
}

void read_to(FieldReader& fields, Transaction& tx, std::optional<Broken> if_missing = std::nullopt) {
    const BytesView to = fields.string();
    if (fields.broken()) return;
    if (to.empty()) {
        if (if_missing) fields.refuse(*if_missing);
        return;
    }
    if (to.size() != sizeof(Address))
        return fields.refuse(to.size() < sizeof(Address) ? Broken::to_too_short : Broken::to_too_long);
    tx.to.emplace();
    std::memcpy(tx.to->bytes.data(), to.data(), to.size());
}

void read_value_and_data(FieldReader& fields, Transaction& tx) {
    tx.value = fields.number(Broken::leading_zero_in_value, Broken::value_too_large);
    tx.data = to_bytes(fields.string());
}

void read_r_and_s(FieldReader& fields, u256& r, u256& s) {
    r = fields.number(Broken::leading_zero_in_r, Broken::r_too_large);
    s = fields.number(Broken::leading_zero_in_s, Broken::s_too_large);
}

void read_access_list(FieldReader& fields, Transaction& tx) {
    fields.each_list([&](FieldReader& entry) {
        AccessListEntry& read = tx.access_list.emplace_back();
        read.address =
            entry.fixed<Address>(Broken::access_list_address_too_short, Broken::access_list_address_too_long);
        entry.each([&](FieldReader& keys) {
            const Hash key = keys.fixed<Hash>(Broken::storage_key_too_short, Broken::storage_key_too_long);
            read.storage_keys.push_back(u256::from_be_bytes(key.bytes));
        });
    });
}

void read_authorizations(FieldReader& fields, Transaction& tx) {
    fields.each_list([&](FieldReader& tuple) {
        Authorization& read = tx.authorizations.emplace_back();
        read.chain_id = tuple.number(Broken::leading_zero, Broken::field_too_long);
        read.address = tuple.fixed<Address>(Broken::wrong_address, Broken::wrong_address);
        read.nonce = tuple.u64(Broken::leading_zero, Broken::field_too_long);
        const std::uint64_t y_parity = tuple.u64(Broken::leading_zero_in_v, Broken::field_too_long);
        if (y_parity > 0xff) tuple.refuse(Broken::field_too_long);
        read.y_parity = static_cast<std::uint8_t>(y_parity);
        read_r_and_s(tuple, read.r, read.s);
    });
}

Transaction read_legacy(FieldReader& fields) {
    Transaction tx;
    tx.nonce = fields.u64(Broken::leading_zero_in_nonce, Broken::nonce_too_large);
    tx.max_fee_per_gas = fields.number(Broken::leading_zero_in_gas_price, Broken::gas_price_too_large);
    tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
    tx.gas_limit = fields.u64(Broken::leading_zero_in_gas_limit, Broken::gas_limit_too_large);
    read_to(fields, tx);
    read_value_and_data(fields, tx);
    const u256 v = fields.number(Broken::leading_zero_in_v, Broken::wrong_signature_v);
    read_r_and_s(fields, tx.signature.r, tx.signature.s);
    fields.end();
    if (!fields.broken() && !set_signature_v(tx, v)) fields.refuse(Broken::wrong_signature_v);
    return tx;
}

Transaction read_typed(TxType type, FieldReader& fields) {
    Transaction tx;
    tx.type = type;
    tx.chain_id = fields.u64(Broken::leading_zero, Broken::field_too_long);
    tx.nonce = fields.u64(Broken::leading_zero_in_nonce, Broken::nonce_too_large);
    if (type == TxType::access_list) {
        tx.max_fee_per_gas = fields.number(Broken::leading_zero_in_gas_price, Broken::gas_price_too_large);
        tx.max_priority_fee_per_gas = tx.max_fee_per_gas;
    } else {
        tx.max_priority_fee_per_gas =
            fields.number(Broken::leading_zero_in_priority_fee, Broken::priority_fee_too_large);
        tx.max_fee_per_gas = fields.number(Broken::leading_zero_in_max_fee, Broken::max_fee_too_large);
    }
    tx.gas_limit = fields.u64(Broken::leading_zero_in_gas_limit, Broken::gas_limit_too_large);
    if (type == TxType::blob) {
        read_to(fields, tx, Broken::blob_creates);
    } else if (type == TxType::set_code) {
        read_to(fields, tx, Broken::set_code_creates);
    } else {
        read_to(fields, tx);
    }
    read_value_and_data(fields, tx);
    read_access_list(fields, tx);
    if (type == TxType::blob) {
        tx.max_fee_per_blob_gas = fields.number(Broken::leading_zero, Broken::field_too_long);
        fields.each([&](FieldReader& hashes) {
            tx.blob_hashes.push_back(
                hashes.fixed<Hash>(Broken::wrong_blob_hash_length, Broken::wrong_blob_hash_length));
        });
    }
    if (type == TxType::set_code) read_authorizations(fields, tx);
    const u256 y_parity = fields.number(Broken::leading_zero_in_v, Broken::wrong_signature_v);
    read_r_and_s(fields, tx.signature.r, tx.signature.s);
    fields.end();
    if (y_parity > u256{1}) fields.refuse(Broken::wrong_signature_v);
    tx.signature.y_parity = static_cast<std::uint8_t>(y_parity.low_u64());
    return tx;
}

void write_access_list(Bytes& out, const AccessList& access_list) {
    rlp::List entries(out);
    for (const AccessListEntry& entry : access_list) {
        rlp::List fields(out);
        rlp::encode(out, entry.address);
        rlp::encode_list_header(out, entry.storage_keys.size() * (1 + sizeof(Hash)));
        for (const u256& key : entry.storage_keys) rlp::encode(out, BytesView{key.to_be_bytes()});
    }
}

void write_authorizations(Bytes& out, const std::vector<Authorization>& authorizations) {
    rlp::List tuples(out);
    for (const Authorization& tuple : authorizations) {
        rlp::List fields(out);
        rlp::encode(out, tuple.chain_id);
        rlp::encode(out, tuple.address);
        rlp::encode(out, tuple.nonce);
        rlp::encode(out, std::uint64_t{tuple.y_parity});
        rlp::encode(out, tuple.r);
        rlp::encode(out, tuple.s);
    }
}

void write_to_value_data(Bytes& out, const Transaction& tx) {
    rlp::encode(out, tx.to ? view(*tx.to) : BytesView{});
    rlp::encode(out, tx.value);
    rlp::encode(out, BytesView{tx.data});
}

/// The fields before the signature, which are what is signed.
void write_unsigned(Bytes& out, const Transaction& tx) {
    if (tx.type != TxType::legacy) rlp::encode(out, tx.chain_id.value_or(0));
    rlp::encode(out, tx.nonce);
    if (tx.type != TxType::legacy && tx.type != TxType::access_list) rlp::encode(out, tx.max_priority_fee_per_gas);
    rlp::encode(out, tx.max_fee_per_gas);
    rlp::encode(out, tx.gas_limit);
    write_to_value_data(out, tx);
    if (tx.type == TxType::legacy) return;
    write_access_list(out, tx.access_list);
    if (tx.type == TxType::blob) {
        rlp::encode(out, tx.max_fee_per_blob_gas);
        rlp::encode_list_header(out, tx.blob_hashes.size() * (1 + sizeof(Hash)));
        for (const Hash& hash : tx.blob_hashes) rlp::encode(out, hash);
    }
    if (tx.type == TxType::set_code) write_authorizations(out, tx.authorizations);
}

/// Nothing where `s` is above half of the order (EIP-2) or the signature is none.
std::optional<Address> recover_low(const Hash& digest, const Signature& signature) {
    if (signature.s > secp256k1_half_order) return std::nullopt;
    return recover_address(digest, signature);
}

}  // namespace

std::string_view to_string(TxDecodeError error) {
    switch (error) {
        case TxDecodeError::rlp:
            return "the RLP is malformed";
        case TxDecodeError::unknown_type:
            return "the transaction's type is unknown";
        case TxDecodeError::too_few_fields:
            return "the transaction has too few fields";
        case TxDecodeError::too_many_fields:
            return "the transaction has too many fields";
        case TxDecodeError::leading_zero_in_nonce:
            return "the nonce has a leading zero";
        case TxDecodeError::leading_zero_in_gas_price:
            return "the gas price has a leading zero";
        case TxDecodeError::leading_zero_in_priority_fee:
            return "the priority fee has a leading zero";
        case TxDecodeError::leading_zero_in_max_fee:
            return "the maximum fee has a leading zero";
        case TxDecodeError::leading_zero_in_gas_limit:
            return "the gas limit has a leading zero";
        case TxDecodeError::leading_zero_in_value:
            return "the value has a leading zero";
        case TxDecodeError::leading_zero_in_v:
            return "the signature's v has a leading zero";
        case TxDecodeError::leading_zero_in_r:
            return "the signature's r has a leading zero";
        case TxDecodeError::leading_zero_in_s:
            return "the signature's s has a leading zero";
        case TxDecodeError::leading_zero:
            return "a number has a leading zero";
        case TxDecodeError::nonce_too_large:
            return "the nonce does not fit 64 bits";
        case TxDecodeError::gas_price_too_large:
            return "the gas price does not fit 256 bits";
        case TxDecodeError::priority_fee_too_large:
            return "the priority fee does not fit 256 bits";
        case TxDecodeError::max_fee_too_large:
            return "the maximum fee does not fit 256 bits";
        case TxDecodeError::gas_limit_too_large:
            return "the gas limit does not fit 64 bits";
        case TxDecodeError::value_too_large:
            return "the value does not fit 256 bits";
        case TxDecodeError::r_too_large:
            return "the signature's r does not fit 256 bits";
        case TxDecodeError::s_too_large:
            return "the signature's s does not fit 256 bits";
        case TxDecodeError::field_too_long:
            return "a number does not fit its field";
        case TxDecodeError::to_too_short:
            return "the receiver's address is shorter than 20 bytes";
        case TxDecodeError::to_too_long:
            return "the receiver's address is longer than 20 bytes";
        case TxDecodeError::access_list_address_too_short:
            return "an address of the access list is shorter than 20 bytes";
        case TxDecodeError::access_list_address_too_long:
            return "an address of the access list is longer than 20 bytes";
        case TxDecodeError::storage_key_too_short:
            return "a storage key of the access list is shorter than 32 bytes";
        case TxDecodeError::storage_key_too_long:
            return "a storage key of the access list is longer than 32 bytes";
        case TxDecodeError::wrong_address:
            return "an authorization's address has not 20 bytes";
        case TxDecodeError::wrong_signature_v:
            return "the signature's v is none that a signature can have";
        case TxDecodeError::wrong_blob_hash_length:
            return "a blob hash has not 32 bytes";
        case TxDecodeError::blob_creates:
            return "a blob transaction cannot create a contract";
        case TxDecodeError::set_code_creates:
            return "a set-code transaction cannot create a contract";
    }
    return "unknown error";
}

std::expected<Transaction, TxDecodeError> decode_transaction(BytesView encoded) {
    if (encoded.empty()) return std::unexpected(Broken::rlp);
    const std::uint8_t first = encoded[0];
    const bool is_list = first >= 0xc0;
    if (!is_list && (first == 0 || first > static_cast<std::uint8_t>(TxType::set_code)))
        return std::unexpected(Broken::unknown_type);
    const auto item = rlp::decode(is_list ? encoded : encoded.subspan(1));
    if (!item || !item->is_list) return std::unexpected(Broken::rlp);
    FieldReader fields{rlp::Reader{item->payload}};
    Transaction tx = is_list ? read_legacy(fields) : read_typed(static_cast<TxType>(first), fields);
    if (fields.broken()) return std::unexpected(*fields.broken());
    return tx;
}

Bytes encode_transaction(const Transaction& tx) {
    Bytes out;
    out.reserve(tx.data.size() + 256);
    if (tx.type != TxType::legacy) out.push_back(static_cast<std::uint8_t>(tx.type));
    rlp::List list(out);
    write_unsigned(out, tx);
    if (tx.type == TxType::legacy) {
        rlp::encode(out, signature_v(tx));
    } else {
        rlp::encode(out, std::uint64_t{tx.signature.y_parity});
    }
    rlp::encode(out, tx.signature.r);
    rlp::encode(out, tx.signature.s);
    list.close();
    return out;
}

void encode_in_body(Bytes& out, const Transaction& tx) {
    const Bytes encoded = encode_transaction(tx);
    if (tx.type == TxType::legacy) {
        append(out, encoded);
    } else {
        rlp::encode(out, BytesView{encoded});
    }
}

Hash transaction_hash(const Transaction& tx) {
    return keccak256(encode_transaction(tx));
}

std::vector<Hash> transaction_hashes(std::span<const Transaction> transactions) {
    std::vector<Bytes> encodings;
    encodings.reserve(transactions.size());
    for (const Transaction& tx : transactions) encodings.push_back(encode_transaction(tx));
    std::vector<Hash> hashes(transactions.size());
    keccak256_each(std::vector<BytesView>(encodings.begin(), encodings.end()), hashes);
    return hashes;
}

Hash signing_hash(const Transaction& tx) {
    Bytes out;
    out.reserve(tx.data.size() + 256);
    if (tx.type != TxType::legacy) out.push_back(static_cast<std::uint8_t>(tx.type));
    rlp::List list(out);
    write_unsigned(out, tx);
    if (tx.type == TxType::legacy && tx.chain_id) {  // EIP-155: chain id and two zeros stand where v, r, s will
        rlp::encode(out, *tx.chain_id);
        rlp::encode(out, std::uint64_t{0});
        rlp::encode(out, std::uint64_t{0});
    }
    list.close();
    return keccak256(out);
}

Hash signing_hash(const Authorization& authorization) {
    Bytes out{0x05};  // EIP-7702, MAGIC
    rlp::List list(out);
    rlp::encode(out, authorization.chain_id);
    rlp::encode(out, authorization.address);
    rlp::encode(out, authorization.nonce);
    list.close();
    return keccak256(out);
}

std::optional<Address> recover_sender(const Transaction& tx) {
    return recover_low(signing_hash(tx), tx.signature);
}

std::optional<Address> recover_authority(const Authorization& authorization) {
    return recover_low(signing_hash(authorization), {authorization.r, authorization.s, authorization.y_parity});
}

void sign_transaction(Transaction& tx, const PrivateKey& key) {
    tx.signature = sign(key, signing_hash(tx));
}

std::optional<RecoveredTransaction> recover(Transaction tx) {
    const auto sender = recover_sender(tx);
    if (!sender) return std::nullopt;
    const Bytes encoded = encode_transaction(tx);
    return RecoveredTransaction{std::move(tx), keccak256(encoded), *sender, encoded.size()};
}

}  // namespace talea::vm
