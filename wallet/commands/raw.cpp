#include <fmt/format.h>

#include "contracts/abi/codec.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/commands/call_words.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/signing.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

struct Written {
    std::string target, signature, value = "0", block = "latest";
    std::vector<std::string> arguments;
};

Result<void> call(Session& session, const Written& written) {
    const auto target = session.resolve(written.target);
    if (!target) return std::unexpected(target.error());
    const auto called = parse_call_words(written.signature);
    if (!called) return std::unexpected(called.error());
    const auto data = encode_call_words(session, *called, written.arguments);
    if (!data) return std::unexpected(data.error());
    Json request = {{"to", vm::to_hex(*target)}, {"data", vm::to_hex(*data)}};
    if (!session.settings().account.empty()) {
        const auto from = session.signer_address();
        if (!from) return std::unexpected(from.error());
        request["from"] = vm::to_hex(*from);
    }
    std::string block = written.block;
    if (const auto number = vm::u256_from_decimal(block)) block = vm::to_quantity(*number);
    const auto answer = session.call("eth_call", Json::array({request, block}));
    if (!answer) {
        const Json& revert = answer.error().data;
        const auto bytes =
            answer.error().code == 3 && revert.is_string() ? vm::from_hex(revert.get<std::string>()) : std::nullopt;
        return bytes ? fail(Exit::refused, explain_revert(session, *bytes))
                     : std::unexpected(to_failure(answer.error()));
    }
    const auto output = answer->is_string() ? vm::from_hex(answer->get<std::string>()) : std::nullopt;
    if (!output) return fail(Exit::unreachable, "the node gives no result");
    if (called->outputs.empty()) {
        print(session.settings().json ? Json::object({{"output", vm::to_hex(*output)}}).dump() : vm::to_hex(*output));
        return {};
    }
    const auto values = abi::decode(called->outputs, *output);
    if (!values)
        return fail(Exit::refused,
                    "what came back is not of the types given: " + std::string(to_string(values.error())));
    Json all = Json::array();
    for (std::size_t i = 0; i < values->size(); ++i) {
        all.push_back(abi::format(called->outputs[i], (*values)[i]));
        if (!session.settings().json) print(all.back().get<std::string>());
    }
    if (session.settings().json) print(Json::object({{"results", all}}).dump());
    return {};
}

/// A file of --unsigned or of `talea sign`.
Result<void> send_file(Session& session, const std::string& content) {
    std::string text = content.substr(0, content.find_last_not_of(" \r\n\t") + 1);
    vm::Bytes raw;
    if (const auto bytes = vm::from_hex(text)) {
        raw = *bytes;
    } else {
        const auto transaction = unsigned_from_json(Json::parse(text, nullptr, false));
        if (!transaction) return std::unexpected(transaction.error());
        const auto signed_tx = sign(session, *transaction);
        if (!signed_tx) return std::unexpected(signed_tx.error());
        raw = vm::encode_transaction(signed_tx->tx);
    }
    const auto decoded = vm::decode_transaction(raw);
    if (!decoded)
        return fail(Exit::usage, "the file holds no signed transaction: " + std::string(to_string(decoded.error())));
    const auto chain = session.chain_id();
    if (!chain) return std::unexpected(chain.error());
    if (decoded->chain_id && *decoded->chain_id != *chain) {
        return fail(Exit::usage, fmt::format("the transaction is for chain {}, the node at {} is of chain {}",
                                             *decoded->chain_id, session.settings().rpc, *chain));
    }
    const auto outcome = send_and_wait(session, raw, vm::transaction_hash(*decoded));
    if (!outcome) return std::unexpected(outcome.error());
    say(fmt::format("done: final in {} ms, block {}, transaction {}", outcome->milliseconds, outcome->block_number,
                    vm::to_hex(outcome->tx_hash)));
    session.add_outcome(to_json(*outcome));
    return {};
}

Result<void> send(Session& session, const Written& written) {
    if (written.signature.empty() && std::filesystem::is_regular_file(written.target)) {
        const auto content = read_file(written.target);
        if (!content) return fail(Exit::usage, content.error().sentence);
        return send_file(session, *content);
    }
    const auto target = session.resolve(written.target);
    if (!target) return std::unexpected(target.error());
    const auto value = vm::u256_from_decimal(written.value);
    if (!value) return fail(Exit::usage, "the value \"" + written.value + "\" is no whole number of wei");
    Order order{.title = "send to " + session.describe(*target), .to = *target, .data = {}, .value = *value};
    if (written.signature.starts_with("0x")) {
        const auto data = vm::from_hex(written.signature);
        if (!data) return fail(Exit::usage, "\"" + written.signature + "\" is no call data in hex");
        order.data = *data;
    } else if (!written.signature.empty()) {
        const auto called = parse_call_words(written.signature);
        if (!called) return std::unexpected(called.error());
        const auto data = encode_call_words(session, *called, written.arguments);
        if (!data) return std::unexpected(data.error());
        order.data = *data;
        order.title = "call " + called->inputs.canonical() + " of " + session.describe(*target);
    }
    const auto outcome = carry_out(session, order);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

Result<void> sign_file(Session& session, const std::string& path, const std::string& out) {
    const auto content = read_file(path);
    if (!content) return fail(Exit::usage, content.error().sentence);
    const auto transaction = unsigned_from_json(Json::parse(*content, nullptr, false));
    if (!transaction) return std::unexpected(transaction.error());
    say("transaction of " + session.describe(transaction->from) +
        (transaction->tx.to ? " to " + session.describe(*transaction->tx.to) : " that creates a contract") + ": " +
        abi::describe_call(known_interface(), transaction->tx.data));
    const auto signed_tx = sign(session, *transaction);
    if (!signed_tx) return std::unexpected(signed_tx.error());
    const std::string raw = vm::to_hex(vm::encode_transaction(signed_tx->tx));
    if (out.empty()) {
        print(session.settings().json
                  ? Json{{"signedTransaction", raw}, {"transactionHash", vm::to_hex(signed_tx->hash)}}.dump()
                  : raw);
        return {};
    }
    if (const auto written = write_file_durably(out, raw + "\n"); !written)
        return fail(Exit::usage, written.error().sentence);
    session.note("file", out);
    session.note("transactionHash", vm::to_hex(signed_tx->hash));
    return {};
}

std::string describe_event(const Session& session, const Json& log) {
    std::vector<vm::Hash> topics;
    for (const Json& topic : log.value("topics", Json::array()))
        topics.push_back(vm::hash_from_hex(topic.get<std::string>()).value_or(vm::Hash{}));
    const auto data = vm::from_hex(log.value("data", "0x")).value_or(vm::Bytes{});
    const auto event = abi::decode_event(known_interface(), topics, data);
    if (!event) return "an event this wallet does not know";
    std::string words = event->event->name + "(";
    for (std::size_t i = 0; i < event->values.size(); ++i) {
        const auto& parameter = event->event->inputs[i];
        words += (i > 0 ? ", " : "") + (parameter.name.empty() ? "" : parameter.name + " ") +
                 abi::format(parameter.type, event->values[i]);
    }
    return session.with_names(words + ")");
}

Result<void> show_transaction(Session& session, const std::string& text) {
    const auto hash = vm::hash_from_hex(text);
    if (!hash) return fail(Exit::usage, "\"" + text + "\" is no transaction hash: 0x and 64 hex digits are");
    const auto in_block = [&] { return session.ask("eth_getTransactionByHash", Json::array({vm::to_hex(*hash)})); };
    auto tx = in_block();
    if (!tx) return std::unexpected(tx.error());
    if (tx->is_null()) {
        const auto known = session.ask("talea_transactionStatus", Json::array({vm::to_hex(*hash)}));
        if (!known) return std::unexpected(known.error());
        const std::string status = known->is_object() ? known->value("status", "") : "";
        if (status == "dropped")
            return fail(Exit::refused, "transaction " + text + " was dropped: " + known->value("reason", "no reason"));
        if (status == "final") {  // since the question before: its block came in between
            tx = in_block();
            if (!tx) return std::unexpected(tx.error());
        } else if (status == "unknown" && known->contains("reason")) {
            return fail(Exit::unknown_state,
                        "the node knows no transaction " + text + ": " + known->value("reason", ""));
        } else if (status != "pending" && status != "queued") {
            return fail(Exit::refused,
                        "the node knows no transaction " + text + ": it was never sent to this chain, or was refused");
        } else {
            session.note("status", status);
            if (!session.settings().json) print("state   waiting to be put in a block");
            return {};
        }
    }
    const auto receipt = session.ask("eth_getTransactionReceipt", Json::array({vm::to_hex(*hash)}));
    if (!receipt) return std::unexpected(receipt.error());
    if (session.settings().json) {
        print(Json{{"transaction", *tx}, {"receipt", *receipt}}.dump());
        return {};
    }
    const auto address = [&](const Json& object, const char* key) {
        const auto found = object.find(key);
        const auto parsed = found != object.end() && found->is_string()
                                ? vm::address_from_hex(found->get<std::string>())
                                : std::nullopt;
        return parsed ? session.describe(*parsed) : std::string("-");
    };
    print("from    " + address(*tx, "from"));
    print("to      " + address(*tx, "to"));
    const auto data = vm::from_hex(tx->value("input", "0x")).value_or(vm::Bytes{});
    if (!data.empty() && tx->contains("to") && (*tx)["to"].is_string())
        print("call    " + session.with_names(abi::describe_call(known_interface(), data)));
    if (receipt->is_null()) {
        print("state   waiting to be put in a block");
        return {};
    }
    const bool done = receipt->value("status", "") == "0x1";
    print("state   " + std::string(done ? "done" : "refused by the chain") + ", final in block " +
          vm::to_decimal(vm::u256_from_hex(receipt->value("blockNumber", "0x0")).value_or(vm::u256{})));
    if (!done) print("why     " + why_reverted(session, *hash));
    if (const std::string created = address(*receipt, "contractAddress"); created != "-") print("created " + created);
    print("gas     " + vm::to_decimal(vm::u256_from_hex(receipt->value("gasUsed", "0x0")).value_or(vm::u256{})));
    for (const Json& log : receipt->value("logs", Json::array())) print("event   " + describe_event(session, log));
    return {};
}

}  // namespace

void add_raw_commands(Program& program) {
    static Written written;
    static std::string path, out, hash;

    CLI::App& called = program.add(program.app, "call", "Ask a contract, without a transaction",
                                   "talea call TFUND \"balanceOf(address)(uint256)\" alice");
    called.add_option("contract", written.target, "The contract")->required();
    called.add_option("function", written.signature, "Signature, with result types behind it")->required();
    called.add_option("arguments", written.arguments, "Numbers, addresses or names, hex, [a,b], (a,b)");
    called.add_option("--at", written.block, "Block number")->capture_default_str();
    program.run(called, [](Session& session) { return call(session, written); });

    CLI::App& sent =
        program.add(program.app, "send", "Call a contract by a transaction, or send a signed one from a file",
                    "talea send TFUND \"approve(address,uint256)\" fund 1000000 --account alice",
                    "Also: talea send FILE, for a file of --unsigned or of `talea sign`.");
    sent.add_option("target", written.target, "The contract, or the file")->required();
    sent.add_option("function", written.signature, "Signature, or call data in hex");
    sent.add_option("arguments", written.arguments, "Numbers, addresses or names, hex, [a,b], (a,b)");
    sent.add_option("--value", written.value, "Wei")->capture_default_str();
    program.signs(sent);
    program.run(sent, [](Session& session) { return send(session, written); });

    CLI::App& sign_command = program.add(program.app, "sign", "Sign a transaction that --unsigned wrote; needs no node",
                                         "talea sign tx.json --out tx.signed");
    sign_command.add_option("file", path, "The file")->required();
    sign_command.add_option("--out", out, "Write here instead of stdout");
    program.run(sign_command, [](Session& session) { return sign_file(session, path, out); });

    CLI::App& shown = program.add(program.app, "tx", "Show what became of a transaction", "talea tx 0x5c50…");
    shown.add_option("hash", hash, "Its hash")->required();
    program.run(shown, [](Session& session) { return show_transaction(session, hash); });
}

}  // namespace talea::wallet
