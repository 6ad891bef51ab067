#include "wallet/session/transaction_file.hpp"

#include "vm/base/hex.hpp"

namespace talea::wallet {
namespace {

std::optional<vm::u256> quantity(const Json& json, const char* key) {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return std::nullopt;
    return vm::u256_from_hex(found->get<std::string>());
}

}  // namespace

Json to_json(const UnsignedTransaction& transaction) {
    const vm::Transaction& tx = transaction.tx;
    Json json = {{"type", "0x2"},
                 {"from", vm::to_hex(transaction.from)},
                 {"chainId", vm::to_quantity(tx.chain_id.value_or(0))},
                 {"nonce", vm::to_quantity(tx.nonce)},
                 {"gas", vm::to_quantity(tx.gas_limit)},
                 {"maxFeePerGas", vm::to_quantity(tx.max_fee_per_gas)},
                 {"maxPriorityFeePerGas", vm::to_quantity(tx.max_priority_fee_per_gas)},
                 {"value", vm::to_quantity(tx.value)},
                 {"data", vm::to_hex(tx.data)}};
    if (tx.to) json["to"] = vm::to_hex(*tx.to);
    return json;
}

Result<UnsignedTransaction> unsigned_from_json(const Json& json) {
    const auto malformed = [](std::string_view field) {
        return fail(Exit::usage,
                    "the transaction file has no proper \"" + std::string(field) + "\"; write it with --unsigned FILE");
    };
    if (!json.is_object()) return malformed("object");
    UnsignedTransaction out;
    vm::Transaction& tx = out.tx;
    tx.type = vm::TxType::dynamic_fee;
    const auto from = vm::address_from_hex(json.value("from", ""));
    if (!from) return malformed("from");
    out.from = *from;
    for (const char* key : {"chainId", "nonce", "gas"}) {
        const auto value = quantity(json, key);
        if (!value || !value->fits_u64()) return malformed(key);
        const std::uint64_t number = value->low_u64();
        switch (key[0]) {
            case 'c':
                tx.chain_id = number;
                break;
            case 'n':
                tx.nonce = number;
                break;
            default:
                tx.gas_limit = number;
                break;
        }
    }
    const auto fee = quantity(json, "maxFeePerGas"), tip = quantity(json, "maxPriorityFeePerGas"),
               value = quantity(json, "value");
    if (!fee || !tip) return malformed("maxFeePerGas or maxPriorityFeePerGas");
    if (!value) return malformed("value");
    tx.max_fee_per_gas = *fee;
    tx.max_priority_fee_per_gas = *tip;
    tx.value = *value;
    if (json.contains("to")) {
        tx.to = vm::address_from_hex(json.value("to", ""));
        if (!tx.to) return malformed("to");
    }
    const auto data = vm::from_hex(json.value("data", ""));
    if (!data) return malformed("data");
    tx.data = *data;
    return out;
}

}  // namespace talea::wallet
