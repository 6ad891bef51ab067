#include "wallet/store/payment_references.hpp"

#include <nlohmann/json.hpp>

#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::wallet {
namespace {

using Json = nlohmann::json;

Json to_json(const BoundPayment& payment) {
    return {{"reference", payment.reference},
            {"from", vm::to_hex(payment.intent.from)},
            {"to", payment.intent.to ? Json(vm::to_hex(*payment.intent.to)) : Json()},
            {"value", payment.intent.value},
            {"data", vm::to_hex(payment.intent.data)},
            {"signedTransaction", vm::to_hex(payment.signed_tx)},
            {"transactionHash", vm::to_hex(payment.tx_hash)},
            {"nonce", payment.nonce}};
}

std::optional<BoundPayment> from_json(const Json& json) try {
    BoundPayment payment;
    const auto from = vm::address_from_hex(json.at("from").get<std::string>());
    const auto data = vm::from_hex(json.at("data").get<std::string>());
    const auto signed_tx = vm::from_hex(json.at("signedTransaction").get<std::string>());
    const auto hash = vm::hash_from_hex(json.at("transactionHash").get<std::string>());
    if (!from || !data || !signed_tx || !hash) return std::nullopt;
    if (const Json& to = json.at("to"); !to.is_null()) {
        payment.intent.to = vm::address_from_hex(to.get<std::string>());
        if (!payment.intent.to) return std::nullopt;
    }
    payment.reference = json.at("reference").get<std::string>();
    payment.intent.from = *from;
    payment.intent.value = json.at("value").get<std::string>();
    payment.intent.data = *data;
    payment.signed_tx = *signed_tx;
    payment.tx_hash = *hash;
    payment.nonce = json.at("nonce").get<std::uint64_t>();
    return payment;
} catch (const Json::exception&) {
    return std::nullopt;
}

}  // namespace

std::filesystem::path PaymentReferences::path_of(const vm::Address& from, const std::string& reference) const {
    vm::Bytes named = vm::to_bytes(view(from));
    named.insert(named.end(), reference.begin(), reference.end());
    return folder_ / (vm::to_hex(vm::keccak256(named)).substr(2) + ".json");
}

std::expected<std::optional<BoundPayment>, FileError> PaymentReferences::find(const vm::Address& from,
                                                                              const std::string& reference) const {
    const auto path = path_of(from, reference);
    if (!std::filesystem::exists(path)) return std::nullopt;
    const auto content = read_file(path);
    if (!content) return std::unexpected(content.error());
    auto payment = from_json(Json::parse(*content, nullptr, false));
    if (!payment || payment->reference != reference || payment->intent.from != from) {
        return std::unexpected(FileError{"the file of reference \"" + reference + "\", " + path.string() +
                                         ", is damaged; look up its payment on the chain before you remove the file"});
    }
    return payment;
}

std::expected<void, FileError> PaymentReferences::bind(const BoundPayment& payment) {
    return write_file_durably(path_of(payment.intent.from, payment.reference), to_json(payment).dump(2) + "\n");
}

}  // namespace talea::wallet
