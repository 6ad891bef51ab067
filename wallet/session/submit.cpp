#include "wallet/session/submit.hpp"

#include <chrono>
#include <thread>

#include "contracts/abi/interface.hpp"
#include "vm/base/hex.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/signing.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t not_permitted_code = -32010;

Json call_object(const vm::Address& from, const Order& order) {
    Json call = {{"from", vm::to_hex(from)}, {"data", vm::to_hex(order.data)}, {"value", vm::to_quantity(order.value)}};
    if (order.to) call["to"] = vm::to_hex(*order.to);
    return call;
}

Result<std::uint64_t> ask_u64(Session& session, std::string_view method, Json params) {
    const auto answer = session.ask(method, std::move(params));
    if (!answer) return std::unexpected(answer.error());
    const auto value = answer->is_string() ? vm::u256_from_hex(answer->get<std::string>()) : std::nullopt;
    if (!value || !value->fits_u64())
        return fail(Exit::unreachable, "the node answers " + std::string(method) + " with no number");
    return value->low_u64();
}

Result<std::optional<Json>> find_receipt(Session& session, const vm::Hash& hash) {
    auto answer = session.ask("eth_getTransactionReceipt", Json::array({vm::to_hex(hash)}));
    if (!answer) return std::unexpected(answer.error());
    if (answer->is_null()) return std::nullopt;
    return std::optional(std::move(*answer));
}

Result<Outcome> to_outcome(Session& session, const vm::Hash& hash, Json receipt, std::int64_t milliseconds) {
    Outcome outcome{.tx_hash = hash,
                    .created = {},
                    .block_number = 0,
                    .milliseconds = milliseconds,
                    .repeated = false,
                    .receipt = std::move(receipt)};
    if (const auto number = vm::u256_from_hex(outcome.receipt.value("blockNumber", "")))
        outcome.block_number = number->low_u64();
    if (const auto created = outcome.receipt.find("contractAddress");
        created != outcome.receipt.end() && created->is_string()) {
        outcome.created = vm::address_from_hex(created->get<std::string>());
    }
    if (outcome.receipt.value("status", "") != "0x1") {
        return fail(Exit::refused,
                    "the chain refused it: " + why_reverted(session, hash) + " (transaction " + vm::to_hex(hash) +
                        " in block " + std::to_string(outcome.block_number) + ")",
                    to_json(outcome));
    }
    return outcome;
}

Failure unknown_state(const vm::Hash& hash, const std::string& why) {
    return {Exit::unknown_state,
            "what became of transaction " + vm::to_hex(hash) + " is not known (" + why + "); ask with `talea tx " +
                vm::to_hex(hash) + "`",
            Json::object({{"transactionHash", vm::to_hex(hash)}})};
}

/// The refusal that the node's permission error states.
Failure not_permitted(Session& session, const RpcFailure& failure) {
    return {Exit::refused, session.with_names(failure.message), {{"code", failure.code}, {"data", failure.data}}};
}

Result<UnsignedTransaction> prepare(Session& session, const vm::Address& from, const Order& order) {
    const auto chain_id = session.chain_id();
    if (!chain_id) return std::unexpected(chain_id.error());
    const auto nonce = ask_u64(session, "eth_getTransactionCount", Json::array({vm::to_hex(from), "pending"}));
    if (!nonce) return std::unexpected(nonce.error());
    const auto price = ask_u64(session, "eth_gasPrice", Json::array());
    if (!price) return std::unexpected(price.error());
    std::uint64_t gas = session.settings().gas.value_or(0);
    if (gas == 0) {
        const auto estimate = session.call("eth_estimateGas", Json::array({call_object(from, order)}));
        const auto number =
            estimate && estimate->is_string() ? vm::u256_from_hex(estimate->get<std::string>()) : std::nullopt;
        if (number) {
            // What is estimated now may cost a little more in the block that comes: a cold slot, another bisection
            // step.
            gas = number->low_u64() + number->low_u64() / 4;
        } else if (!estimate && estimate.error().kind == RpcFailure::Kind::answered && session.settings().force) {
            gas = 1'000'000;  // it will be refused; the sender asked for it
        } else if (!estimate && estimate.error().code == not_permitted_code) {
            return std::unexpected(not_permitted(session, estimate.error()));
        } else {
            return std::unexpected(estimate ? Failure{Exit::unreachable, "the node gives no gas estimate"}
                                            : to_failure(estimate.error()));
        }
    }
    UnsignedTransaction out{.from = from, .tx = {}};
    out.tx.type = vm::TxType::dynamic_fee;
    out.tx.chain_id = *chain_id;
    out.tx.nonce = *nonce;
    out.tx.max_fee_per_gas = vm::u256{*price};
    out.tx.gas_limit = gas;
    out.tx.to = order.to;
    out.tx.value = order.value;
    out.tx.data = order.data;
    return out;
}

Intent intent_of(const vm::Address& from, const Order& order) {
    return {.from = from, .to = order.to, .value = vm::to_decimal(order.value), .data = order.data};
}

/// Goes on with a payment that its reference was bound to before. Nothing: its transaction can never pay any more (the
/// chain refused it for good, or another one of the sender took its nonce), so that the reference may be bound anew.
Result<std::optional<Outcome>> resume(Session& session, const BoundPayment& payment, const Order& order) {
    if (payment.intent != intent_of(payment.intent.from, order)) {
        return fail(Exit::usage, "the reference \"" + payment.reference +
                                     "\" stands for another payment (transaction " + vm::to_hex(payment.tx_hash) +
                                     "); choose another reference");
    }
    auto receipt = find_receipt(session, payment.tx_hash);
    if (!receipt) return std::unexpected(receipt.error());
    if (!*receipt) {
        const auto nonce =
            ask_u64(session, "eth_getTransactionCount", Json::array({vm::to_hex(payment.intent.from), "latest"}));
        if (!nonce) return std::unexpected(nonce.error());
        receipt = find_receipt(session, payment.tx_hash);  // again: it may have become final between the two questions
        if (!receipt) return std::unexpected(receipt.error());
        if (!*receipt && *nonce > payment.nonce) return std::nullopt;
    }
    if (*receipt) {
        if ((*receipt)->value("status", "") == "0x0") {
            say("the chain refused this reference's transaction " + vm::to_hex(payment.tx_hash) + "; trying anew");
            return std::nullopt;
        }
        auto outcome = to_outcome(session, payment.tx_hash, std::move(**receipt), 0);
        if (!outcome) return std::unexpected(outcome.error());
        outcome->repeated = true;
        return std::move(*outcome);
    }
    say("going on with the payment of reference \"" + payment.reference + "\", transaction " +
        vm::to_hex(payment.tx_hash));
    auto outcome = send_and_wait(session, payment.signed_tx, payment.tx_hash);
    if (!outcome) return std::unexpected(outcome.error());
    return std::move(*outcome);
}

/// Previews, shows and asks. False: stop here, all is said.
Result<bool> consent(Session& session, const vm::Address& from, const Order& order) {
    const Settings& settings = session.settings();
    const auto seen = preview(session, from, order);
    if (!seen) return std::unexpected(seen.error());
    if (!seen->allowed) {
        const std::string why = describe_refusals(session, seen->refusals);
        if (!settings.force) {
            return fail(Exit::refused, "refused before signing: " + order.title + "\n" + why,
                        {{"allowed", false}, {"refusals", seen->refusals}});
        }
        say(coloured(Colour::yellow, "the preview refuses this, and --force sends it all the same:") + "\n" + why);
    }
    say(coloured(Colour::bold, order.title) + "\n  as " + session.describe(from) +
        (seen->allowed ? "; the preview allows it" : ""));
    if (settings.dry_run) {
        session.note("allowed", seen->allowed);
        session.note("refusals", seen->refusals);
        return false;
    }
    if (!settings.yes && settings.unsigned_file.empty() && is_interactive() && !ask_yes_no("sign and send?")) {
        return fail(Exit::refused, "nothing was signed");
    }
    return true;
}

}  // namespace

std::string why_reverted(Session& session, const vm::Hash& hash) {
    const auto explained = session.call("talea_explainTransaction", Json::array({vm::to_hex(hash)}));
    if (explained && explained->is_object() && explained->contains("sentence") &&
        (*explained)["sentence"].is_string()) {
        return (*explained)["sentence"].get<std::string>();
    }
    const auto tx = session.call("eth_getTransactionByHash", Json::array({vm::to_hex(hash)}));
    if (!tx || !tx->is_object()) return "the reason is not known";
    Json call = {{"from", tx->value("from", "")},
                 {"data", tx->value("input", "0x")},
                 {"value", tx->value("value", "0x0")},
                 {"gas", tx->value("gas", "0x0")}};
    if (const auto to = tx->find("to"); to != tx->end() && to->is_string()) call["to"] = *to;
    const auto number = vm::u256_from_hex(tx->value("blockNumber", ""));
    const auto again = session.call(
        "eth_call",
        Json::array({call, number && !number->is_zero() ? vm::to_quantity(*number - vm::u256{1}) : "latest"}));
    if (again) return "it was refused by what stood before it in its block";
    const Json& data = again.error().data;
    const auto revert = data.is_string() ? vm::from_hex(data.get<std::string>()) : std::nullopt;
    return revert ? explain_revert(session, *revert) : again.error().message;
}

Result<Preview> preview(Session& session, const vm::Address& from, const Order& order) {
    const auto answer = session.call("talea_preview", Json::array({call_object(from, order)}));
    if (!answer) {
        if (answer.error().kind == RpcFailure::Kind::answered && answer.error().code == not_permitted_code) {
            return std::unexpected(not_permitted(session, answer.error()));
        }
        return std::unexpected(to_failure(answer.error()));
    }
    if (!answer->is_object()) return fail(Exit::unreachable, "the node gives no preview; is it a Talea node?");
    return Preview{answer->value("allowed", false), answer->value("refusals", Json::array())};
}

std::string describe_refusals(const Session& session, const Json& refusals) {
    std::string lines;
    for (const Json& refusal : refusals) {
        if (!lines.empty()) lines += '\n';
        const std::int64_t code = refusal.value("code", std::int64_t{0});
        lines += "  refused" + (code != 0 ? " (" + std::to_string(code) + ")" : std::string()) + ": " +
                 session.with_names(refusal.value("sentence", ""));
        if (const std::string remedy = refusal.value("remedy", ""); !remedy.empty())
            lines += "\n    remedy: " + session.with_names(remedy);
    }
    return lines;
}

Result<Outcome> send_and_wait(Session& session, vm::BytesView signed_tx, const vm::Hash& tx_hash) {
    const auto start = Clock::now();
    const auto elapsed = [&] { return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start); };
    auto answer = session.call("eth_sendRawTransactionSync", Json::array({vm::to_hex(signed_tx)}));
    if (answer && answer->is_object()) return to_outcome(session, tx_hash, std::move(*answer), elapsed().count());
    std::string why = answer ? "the node gave no receipt" : answer.error().message;
    if (!answer && answer.error().kind == RpcFailure::Kind::answered) {
        // Refused at the door, still waiting inside, or known already: only the node's own status tells.
        if (answer.error().code == not_permitted_code) return std::unexpected(not_permitted(session, answer.error()));
        const auto known = session.call("talea_transactionStatus", Json::array({vm::to_hex(tx_hash)}));
        const std::string status = known && known->is_object() ? known->value("status", "") : "";
        // Refused, as it would be if it stood in a block that the node forgot.
        if (status == "unknown" && known->contains("reason"))
            return std::unexpected(unknown_state(tx_hash, why + "; " + known->value("reason", "")));
        if (status == "unknown" || status == "dropped") return std::unexpected(to_failure(answer.error()));
    } else if (!answer && answer.error().kind != RpcFailure::Kind::lost) {
        return std::unexpected(to_failure(answer.error()));
    }
    for (auto pause = std::chrono::milliseconds(20); elapsed() < session.settings().timeout;
         pause = std::min(pause * 2, std::chrono::milliseconds(1000))) {
        auto receipt = find_receipt(session, tx_hash);
        if (receipt && *receipt) return to_outcome(session, tx_hash, std::move(**receipt), elapsed().count());
        std::this_thread::sleep_for(pause);
    }
    return std::unexpected(unknown_state(tx_hash, why));
}

Result<std::optional<Outcome>> submit(Session& session, const Order& order) {
    const Settings& settings = session.settings();
    const auto from = session.signer_address();
    if (!from) return std::unexpected(from.error());

    std::optional<PaymentReferences> references;
    std::optional<FolderLock> lock;
    if (!settings.reference.empty()) {
        if (!settings.unsigned_file.empty()) {
            return fail(Exit::usage,
                        "--ref keeps a payment that this wallet sends; with --unsigned it sends nothing, so leave one "
                        "of them out");
        }
        auto opened = session.references();
        if (!opened) return std::unexpected(opened.error());
        references.emplace(std::move(*opened));
        auto locked = references->lock();
        if (!locked) return fail(Exit::usage, locked.error().sentence);
        lock.emplace(std::move(*locked));
        const auto bound = references->find(*from, settings.reference);
        if (!bound) return fail(Exit::usage, bound.error().sentence);
        if (*bound) {
            auto resumed = resume(session, **bound, order);
            if (!resumed || *resumed) return resumed;
        }
    }

    const auto agreed = consent(session, *from, order);
    if (!agreed) return std::unexpected(agreed.error());
    if (!*agreed) return std::nullopt;
    const auto transaction = prepare(session, *from, order);
    if (!transaction) return std::unexpected(transaction.error());
    if (!settings.unsigned_file.empty()) {
        if (const auto written = write_file_durably(settings.unsigned_file, to_json(*transaction).dump(2) + "\n");
            !written) {
            return fail(Exit::usage, written.error().sentence);
        }
        session.note("unsigned", settings.unsigned_file);
        say("written unsigned to " + settings.unsigned_file + "; sign it with `talea sign`, send it with `talea send`");
        return std::nullopt;
    }
    const auto signed_tx = sign(session, *transaction);
    if (!signed_tx) return std::unexpected(signed_tx.error());
    const vm::Bytes raw = vm::encode_transaction(signed_tx->tx);
    if (references) {
        const auto bound = references->bind({.reference = settings.reference,
                                             .intent = intent_of(*from, order),
                                             .signed_tx = raw,
                                             .tx_hash = signed_tx->hash,
                                             .nonce = transaction->tx.nonce});
        if (!bound) return fail(Exit::usage, bound.error().sentence);
    }
    auto outcome = send_and_wait(session, raw, signed_tx->hash);
    if (!outcome) return std::unexpected(outcome.error());
    return std::move(*outcome);
}

Json to_json(const Outcome& outcome) {
    Json json = {{"transactionHash", vm::to_hex(outcome.tx_hash)},
                 {"blockNumber", outcome.block_number},
                 {"milliseconds", outcome.milliseconds},
                 {"repeated", outcome.repeated},
                 {"receipt", outcome.receipt}};
    if (outcome.created) json["contractAddress"] = vm::to_hex(*outcome.created);
    return json;
}

}  // namespace talea::wallet
