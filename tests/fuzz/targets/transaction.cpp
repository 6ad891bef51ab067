// Transactions: what is decoded is what a table of the fields' limits takes, and is written back to the byte; hash,
// signing hash and sender are those of the encoding's own parts. Inputs are encodings, descriptions of trees of fields
// near the limits, or descriptions of transactions that are signed here.
#include "vm/chain/transaction.hpp"

#include <initializer_list>

#include "fuzz/input.hpp"
#include "fuzz/plain_rlp.hpp"
#include "fuzz/target.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"

using namespace talea;
using fuzz::Tree;
using vm::Bytes;
using vm::BytesView;
using vm::check;
using vm::u256;

namespace {

/// What may stand in a field.
enum class Field : std::uint8_t {
    u8,
    u64,
    number,
    legacy_v,
    y_parity,
    address,
    to,
    receiver,  ///< `to` that must be there
    string,
    access_list,
    blob_hashes,
    authorizations,
};
using Fields = std::initializer_list<Field>;

constexpr Fields legacy_fields{Field::u64,    Field::number,   Field::u64,    Field::to,    Field::number,
                               Field::string, Field::legacy_v, Field::number, Field::number};
constexpr Fields access_list_fields{Field::u64,      Field::u64,    Field::number, Field::u64,
                                    Field::to,       Field::number, Field::string, Field::access_list,
                                    Field::y_parity, Field::number, Field::number};
constexpr Fields dynamic_fee_fields{Field::u64,         Field::u64,      Field::number, Field::number,
                                    Field::u64,         Field::to,       Field::number, Field::string,
                                    Field::access_list, Field::y_parity, Field::number, Field::number};
constexpr Fields blob_fields{Field::u64,         Field::u64,      Field::number, Field::number,      Field::u64,
                             Field::receiver,    Field::number,   Field::string, Field::access_list, Field::number,
                             Field::blob_hashes, Field::y_parity, Field::number, Field::number};
constexpr Fields set_code_fields{
    Field::u64,      Field::u64,    Field::number, Field::number,      Field::u64,
    Field::receiver, Field::number, Field::string, Field::access_list, Field::authorizations,
    Field::y_parity, Field::number, Field::number};
constexpr Fields authorization_fields{Field::number, Field::address, Field::u64,
                                      Field::u8,     Field::number,  Field::number};

Fields fields_of(std::uint8_t type) {
    switch (type) {
        case 0:
            return legacy_fields;
        case 1:
            return access_list_fields;
        case 2:
            return dynamic_fee_fields;
        case 3:
            return blob_fields;
        default:
            return set_code_fields;
    }
}

bool is_string(const Tree& tree, std::size_t size) {
    return !tree.is_list && tree.string.size() == size;
}
bool is_number(const Tree& tree, std::size_t bytes_max) {
    return !tree.is_list && tree.string.size() <= bytes_max && (tree.string.empty() || tree.string[0] != 0);
}
u256 number_in(const Tree& tree) {
    return u256::from_be_bytes(tree.string);
}

bool fits(const Tree& list, Fields fields);

bool fits(const Tree& tree, Field field) {
    switch (field) {
        case Field::u8:
            return is_number(tree, 1);
        case Field::u64:
            return is_number(tree, 8);
        case Field::number:
            return is_number(tree, 32);
        case Field::legacy_v: {  // 27 and 28, or 35 and 36 more than twice a chain id of 64 bits (EIP-155)
            if (!is_number(tree, 32)) return false;
            const u256 v = number_in(tree), limit = (u256{1} << 65) + u256{35};
            return v == u256{27} || v == u256{28} || (v >= u256{35} && v < limit);
        }
        case Field::y_parity:
            return is_number(tree, 32) && number_in(tree) <= u256{1};
        case Field::address:
        case Field::receiver:
            return is_string(tree, 20);
        case Field::to:
            return is_string(tree, 20) || is_string(tree, 0);
        case Field::string:
            return !tree.is_list;
        case Field::access_list:
            if (!tree.is_list) return false;
            for (const Tree& entry : tree.items) {
                if (!entry.is_list || entry.items.size() != 2) return false;
                if (!is_string(entry.items[0], 20) || !entry.items[1].is_list) return false;
                for (const Tree& key : entry.items[1].items)
                    if (!is_string(key, 32)) return false;
            }
            return true;
        case Field::blob_hashes:
            if (!tree.is_list) return false;
            for (const Tree& hash : tree.items)
                if (!is_string(hash, 32)) return false;
            return true;
        case Field::authorizations:
            if (!tree.is_list) return false;
            for (const Tree& tuple : tree.items)
                if (!fits(tuple, authorization_fields)) return false;
            return true;
    }
    return false;
}

bool fits(const Tree& list, Fields fields) {
    if (!list.is_list || list.items.size() != fields.size()) return false;
    for (std::size_t i = 0; i < fields.size(); ++i)
        if (!fits(list.items[i], fields.begin()[i])) return false;
    return true;
}

struct Parts {
    std::uint8_t type = 0;
    Tree fields;
};

/// The transaction's type and fields, where it is one.
std::optional<Parts> parts_of(BytesView encoded) {
    if (encoded.empty()) return std::nullopt;
    Parts parts;
    const bool typed = encoded[0] < 0xc0;
    if (typed) {
        parts.type = encoded[0];
        if (parts.type < 1 || parts.type > 4) return std::nullopt;
        encoded = encoded.subspan(1);
    }
    BytesView rest = encoded;
    auto tree = fuzz::read(rest);
    if (!tree || !rest.empty() || !vm::equal(fuzz::written(*tree), encoded)) return std::nullopt;
    if (!fits(*tree, fields_of(parts.type))) return std::nullopt;
    parts.fields = std::move(*tree);
    return parts;
}

/// What was signed, made from the encoding's own fields.
vm::Hash digest_of(const Parts& parts) {
    Tree unsigned_fields = parts.fields;
    auto& items = unsigned_fields.items;
    const u256 v = number_in(items[items.size() - 3]);
    items.resize(items.size() - 3);
    if (parts.type == 0 && v >= u256{35}) {
        const auto bytes = ((v - u256{35}) >> 1).to_be_bytes();
        const unsigned width = ((v - u256{35}) >> 1).byte_width();
        items.push_back({false, vm::to_bytes(BytesView{bytes}.last(width)), {}});
        items.push_back({});
        items.push_back({});
    }
    Bytes message;
    if (parts.type != 0) message.push_back(parts.type);
    vm::append(message, fuzz::written(unsigned_fields));
    return vm::keccak256(message);
}

/// Half of secp256k1's order, rounded down (SEC 2).
const u256 s_max = vm::u256_from_hex("0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0").value();

std::optional<vm::Address> signer_of(const vm::Hash& digest, const u256& v_or_parity, const u256& r, const u256& s) {
    if (s > s_max || r.is_zero() || s.is_zero() || v_or_parity > u256{1}) return std::nullopt;
    return vm::recover_address(digest, {r, s, static_cast<std::uint8_t>(v_or_parity.low_u64())});
}

void check_senders(const vm::Transaction& tx, const Parts& parts) {
    const auto& items = parts.fields.items;
    const u256 v = number_in(items[items.size() - 3]);
    const u256 parity = parts.type != 0 ? v : v >= u256{35} ? (v - u256{35}) & u256{1} : v - u256{27};
    const vm::Hash digest = digest_of(parts);
    check(vm::signing_hash(tx) == digest, "what is signed are the fields before the signature");
    const auto sender = signer_of(digest, parity, number_in(items[items.size() - 2]), number_in(items.back()));
    check(vm::recover_sender(tx) == sender, "the sender is who signed");
    const auto recovered = vm::recover(tx);
    check(recovered.has_value() == sender.has_value(), "a transaction is recovered where it has a sender");
    check(!recovered ||
              (recovered->sender == *sender && recovered->tx == tx && recovered->hash == vm::transaction_hash(tx)),
          "what is recovered is the transaction, its hash and its sender");
    if (parts.type != 4) return;
    const auto& tuples = items[9].items;
    check(tx.authorizations.size() == tuples.size(), "every authorization is read");
    for (std::size_t i = 0; i < tuples.size(); ++i) {
        const auto& fields = tuples[i].items;
        Bytes message{5};
        vm::append(message, fuzz::written({true, {}, {fields[0], fields[1], fields[2]}}));
        const vm::Hash signed_hash = vm::keccak256(message);
        check(vm::signing_hash(tx.authorizations[i]) == signed_hash, "an authority signs chain id, address and nonce");
        check(vm::recover_authority(tx.authorizations[i]) ==
                  signer_of(signed_hash, number_in(fields[3]), number_in(fields[4]), number_in(fields[5])),
              "the authority is who signed");
    }
}

void check_encoding(BytesView encoded) {
    const auto parts = parts_of(encoded);
    const auto tx = vm::decode_transaction(encoded);
    check(tx.has_value() == parts.has_value(), "what is decoded is what the fields' limits take");
    if (!tx) return check(!vm::to_string(tx.error()).empty(), "a refusal has its sentence");
    check(vm::equal(vm::encode_transaction(*tx), encoded), "a transaction is written back to the byte");
    check(vm::transaction_hash(*tx) == vm::keccak256(encoded), "a transaction's hash is its encoding's");
    Bytes in_body;
    vm::encode_in_body(in_body, *tx);
    check(in_body == (parts->type == 0 ? vm::to_bytes(encoded) : fuzz::written({false, vm::to_bytes(encoded), {}})),
          "a body holds a legacy transaction's list, and a string around any other");
    check_senders(*tx, *parts);
}

/// A string for a field of `size` bytes: mostly that, else about as long.
Tree string_near(fuzz::Input& input, std::size_t size) {
    const std::uint8_t shape = input.byte();
    if (shape >= 250) return {true, {}, {}};
    if (shape >= 240) size += shape % 3 == 0 ? 1 : 0, size -= shape % 3 == 1 && size > 0 ? 1 : 0;
    Tree tree{false, vm::to_bytes(input.bytes(size)), {}};
    tree.string.resize(size);
    return tree;
}
Tree number_near(fuzz::Input& input, std::size_t bytes_max) {
    const std::uint8_t shape = input.byte();
    Tree tree = string_near(input, shape >= 64 ? shape % (bytes_max + 1) : bytes_max);
    if (shape % 16 != 0 && !tree.string.empty() && tree.string[0] == 0) tree.string[0] = 1;
    return tree;
}
Tree list_of(fuzz::Input& input, Fields fields);

Tree field_near(fuzz::Input& input, Field field) {
    Tree list{true, {}, {}};
    switch (field) {
        case Field::u8:
            return number_near(input, 1);
        case Field::u64:
            return number_near(input, 8);
        case Field::number:
            return number_near(input, 32);
        case Field::legacy_v: {
            const std::uint8_t shape = input.byte();
            if (shape < 128) return {false, {static_cast<std::uint8_t>(25 + shape % 16)}, {}};
            return number_near(input, shape < 224 ? 9 : 10);
        }
        case Field::y_parity: {
            const std::uint8_t shape = input.byte();
            if (shape < 120) return {};
            if (shape < 240) return {false, {1}, {}};
            return number_near(input, 32);
        }
        case Field::address:
        case Field::receiver:
            return string_near(input, 20);
        case Field::to:
            return string_near(input, input.below(3) == 0 ? 0 : 20);
        case Field::string:
            return string_near(input, input.below(70));
        case Field::access_list:
            for (std::size_t entries = input.below(3); entries > 0; --entries) {
                Tree entry{true, {}, {string_near(input, 20), Tree{true, {}, {}}}};
                for (std::size_t keys = input.below(3); keys > 0; --keys)
                    entry.items[1].items.push_back(string_near(input, 32));
                list.items.push_back(entry);
            }
            return list;
        case Field::blob_hashes:
            for (std::size_t hashes = input.below(3); hashes > 0; --hashes)
                list.items.push_back(string_near(input, 32));
            return list;
        case Field::authorizations:
            for (std::size_t tuples = input.below(3); tuples > 0; --tuples)
                list.items.push_back(list_of(input, authorization_fields));
            return list;
    }
    return list;
}

Tree list_of(fuzz::Input& input, Fields fields) {
    const std::uint8_t shape = input.byte();
    Tree list{true, {}, {}};
    for (const Field field : fields) list.items.push_back(field_near(input, field));
    if (shape >= 250) list.items.pop_back();
    if (shape >= 244 && shape < 250) list.items.push_back(number_near(input, 8));
    return list;
}

void run_fields(fuzz::Input& input) {
    const auto type = static_cast<std::uint8_t>(input.below(6));
    Bytes encoded;
    if (type != 0) encoded.push_back(type);
    vm::append(encoded, fuzz::written(list_of(input, fields_of(type))));
    check_encoding(encoded);
}

/// A transaction that fits, signed here: it comes back, from its signer.
void run_signed(fuzz::Input& input) {
    vm::Transaction tx;
    tx.type = static_cast<vm::TxType>(input.below(5));
    const std::uint8_t shape = input.byte();
    if (tx.type != vm::TxType::legacy || shape % 4 != 0) tx.chain_id = input.u64();
    tx.nonce = input.u64();
    tx.max_fee_per_gas = input.word();
    const bool one_price = tx.type == vm::TxType::legacy || tx.type == vm::TxType::access_list;
    tx.max_priority_fee_per_gas = one_price ? tx.max_fee_per_gas : input.word();
    tx.gas_limit = input.u64();
    if (tx.type == vm::TxType::blob || tx.type == vm::TxType::set_code || shape % 8 < 6) tx.to = input.address();
    tx.value = input.word();
    tx.data = vm::to_bytes(input.bytes(input.byte()));
    const vm::PrivateKey key{vm::to_hash(u256{input.u64()} + u256{1})};
    if (tx.type != vm::TxType::legacy)
        for (std::size_t i = input.below(3); i > 0; --i)
            tx.access_list.push_back({input.address(), {input.word(), input.word()}});
    if (tx.type == vm::TxType::blob) {
        tx.max_fee_per_blob_gas = input.word();
        tx.blob_hashes.push_back(input.hash());
    }
    if (tx.type == vm::TxType::set_code) {
        vm::Authorization& tuple = tx.authorizations.emplace_back();
        tuple.chain_id = input.word();
        tuple.address = input.address();
        tuple.nonce = input.u64();
        const vm::Signature signature = vm::sign(key, vm::signing_hash(tuple));
        tuple.y_parity = signature.y_parity;
        tuple.r = signature.r;
        tuple.s = signature.s;
        check(vm::recover_authority(tuple) == vm::address_of(key), "an authority is recovered");
    }
    vm::sign_transaction(tx, key);
    const Bytes encoded = vm::encode_transaction(tx);
    check(vm::decode_transaction(encoded) == tx, "a transaction is read as it was written");
    check(vm::recover_sender(tx) == vm::address_of(key), "the signer is recovered");
    check_encoding(encoded);
}

void run(BytesView bytes) {
    check_encoding(bytes);
    fuzz::Input input(bytes);
    // No transaction begins with these.
    switch (input.byte()) {
        case 'f':
            return run_fields(input);
        case 's':
            return run_signed(input);
        default:
            return;
    }
}

const fuzz::Target target{"transaction", 700, run};

}  // namespace
