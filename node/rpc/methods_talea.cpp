#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include "contracts/refusals/refusals.hpp"
#include "node/base/limits.hpp"
#include "node/rpc/dispatcher.hpp"
#include "node/rpc/simulation.hpp"
#include "node/storage/holder_index.hpp"
#include "vm/base/hex.hpp"
#include "vm/native/operation.hpp"

/// talea_preview, talea_explainTransaction and talea_holders (DESIGN 8).
namespace talea::node {
namespace {

void write_refusal(JsonWriter& out, std::uint16_t code, std::string_view name, const std::optional<vm::Address>& who,
                   std::uint8_t rule, const vm::u256& detail, std::string_view sentence, std::string_view remedy) {
    out.object_begin();
    out.key("code");
    out.number(code);
    out.member("name", name);
    if (who)
        out.member("who", vm::to_hex(*who));
    else
        out.member_null("who");
    out.key("rule");
    out.number(rule);
    out.member("detail", vm::to_decimal(detail));
    out.member("sentence", sentence);
    out.member("remedy", remedy);
    out.object_end();
}

void write_refusal(JsonWriter& out, const contracts::Refusal& refusal) {
    write_refusal(out, refusal.code, refusal.row->name,
                  refusal.row->who >= 0 ? std::optional(refusal.who) : std::nullopt, refusal.rule, refusal.detail,
                  contracts::refusal_sentence(refusal), contracts::refusal_remedy(refusal));
}

void write_refusal(JsonWriter& out, const vm::Refusal& refusal) {
    write_refusal(out, contracts::registry_refusal(refusal.code, refusal.who, refusal.rule, refusal.detail));
}

void write_permission(JsonWriter& out, std::string_view reason, const vm::Address& account) {
    const auto* row = contracts::find_permission_reason(reason);
    const auto who = vm::to_hex(account);
    write_refusal(out, 0, reason, account, 0, {}, row == nullptr ? reason : contracts::fill_who(row->sentence, who),
                  row == nullptr ? std::string() : contracts::fill_who(row->remedy, who));
}

void write_failure(JsonWriter& out, std::string_view name, const vm::Address& who, std::string_view sentence) {
    write_refusal(out, 0, name, who, 0, {}, sentence, "");
}

/// What a run that failed says, as refusals. The registry's own list comes before the token's word for it.
void write_refusals(JsonWriter& out, const vm::ExecutionResult& result, const RefusalWatch& watch,
                    const vm::Address& from) {
    if (watch.creator()) return write_permission(out, "create_not_permitted", *watch.creator());
    if (!watch.refusals().empty()) {
        for (const auto& refusal : watch.refusals()) write_refusal(out, refusal);
        return;
    }
    if (result.status == vm::Status::revert) {
        if (const auto refusal = contracts::decode_refusal(result.output)) return write_refusal(out, *refusal);
    }
    write_failure(out, result.status == vm::Status::revert ? "reverted" : "failed", from, rpc_error(result).message);
}

void finish_answer(JsonWriter& out, const JsonWriter& refusals, const Scene& scene) {
    out.object_begin();
    const bool allowed = refusals.text().empty();
    out.member("allowed", allowed);
    out.key("refusals");
    out.raw("[" + refusals.text() + "]");
    out.member("block", vm::to_quantity(scene.block.number.value));
    out.object_end();
}

/// The first form: the very call on the pending context.
RpcResult<void> preview_call(Api& api, const Json& json, JsonWriter& out) {
    auto object = read_call(json, api);
    if (!object) return std::unexpected(object.error());
    const auto head = api.chain.head();
    const auto scene = make_scene(api, head, {head->number(), true});
    if (!object->has_gas) object->request.gas = std::min(limits::call_gas_max, scene.block.gas_limit);
    const auto& request = object->request;
    JsonWriter refusals;
    if (auto permitted = check_permission(*scene.view, request); !permitted) {
        write_permission(refusals, vm::name(permitted.error()), request.from);
    } else {
        vm::State state(*scene.view);
        RefusalWatch watch(state, scene.block);
        const auto result = vm::simulate_call(thread_evm(), state, scene.block, vm::talea_rules(), request, &watch);
        if (!result)
            write_failure(refusals, vm::name(result.error()), request.from, vm::to_string(result.error()));
        else if (result->status != vm::Status::success)
            write_refusals(refusals, *result, watch, request.from);
    }
    finish_answer(out, refusals, scene);
    return {};
}

/// By name as in IPolicies.sol, in lower case, or by number.
RpcResult<vm::Operation> read_operation(const Json& json) {
    constexpr std::array<std::string_view, vm::operations_end> names = {
        "", "transfer", "issue", "redeem", "force", "recover", "pledge", "seize", "settle", "return"};
    std::uint64_t value = 0;
    if (json.is(Json::Kind::integer) && json.integer > 0) value = static_cast<std::uint64_t>(json.integer);
    if (json.is_string()) {
        auto text = json.text;
        std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        const auto found = std::ranges::find(names, text);
        if (found != names.end()) value = static_cast<std::uint64_t>(found - names.begin());
    }
    const auto operation =
        value < vm::operations_end ? vm::operation_from(static_cast<std::uint8_t>(value)) : std::nullopt;
    if (!operation)
        return invalid_params(
            "operation must be one of transfer, issue, redeem, force, recover, pledge, "
            "seize, settle, return");
    return *operation;
}

/// The second form: what the policy says of a movement, without the token's own rules. `actor` is `from` unless given.
RpcResult<void> preview_movement(Api& api, const Json& json, JsonWriter& out) {
    const auto address = [&](std::string_view name) -> RpcResult<vm::Address> {
        const auto* member = json.find_present(name);
        if (member == nullptr) return invalid_params(std::string(name) + " is missing");
        return read_address(*member, name);
    };
    const auto token = address("token"), from = address("from"), to = address("to");
    for (const auto* part : {&token, &from, &to})
        if (!*part) return std::unexpected(part->error());
    const auto actor = json.find_present("actor") != nullptr ? address("actor") : from;
    if (!actor) return std::unexpected(actor.error());
    const auto* operation_json = json.find_present("operation");
    if (operation_json == nullptr) return invalid_params("operation is missing");
    const auto operation = read_operation(*operation_json);
    if (!operation) return std::unexpected(operation.error());
    const auto* amount_json = json.find_present("amount");
    if (amount_json == nullptr) return invalid_params("amount is missing");
    const auto amount = read_quantity(*amount_json, "amount");
    if (!amount) return std::unexpected(amount.error());

    const auto head = api.chain.head();
    const auto scene = make_scene(api, head, {head->number(), true});
    vm::State state(*scene.view);
    state.begin_transaction();
    const auto call = vm::encode_preview_call({*operation, *token, *actor, *from, *to, *amount});
    const auto all = preview(state, scene.block, call);
    if (!all)
        return std::unexpected(
            RpcError{RpcCode::server_error, "the token " + vm::to_hex(*token) + " is not bound to a policy", {}});
    JsonWriter refusals;
    for (const auto& refusal : *all) write_refusal(refusals, refusal);
    finish_answer(out, refusals, scene);
    return {};
}

/// talea_preview({from, to, data, value} | {token, operation, from, to, amount}) → {allowed, refusals, block}.
RpcResult<void> preview_any(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto json = required_param(params, 0, "what to preview");
    if (!json) return std::unexpected(json.error());
    if (!(*json)->is_object()) return invalid_params("what to preview must be an object");
    return (*json)->find_present("token") != nullptr ? preview_movement(api, **json, out)
                                                     : preview_call(api, **json, out);
}

RpcError not_replayed(vm::BlockNumber block) {
    return {RpcCode::internal_error,
            "block " + std::to_string(block.value) +
                " does not run again as it ran when it became final; let `talead replay` check this node's data",
            {}};
}

/// The transactions of a block in front of the one at `index` executed again: what that one met. Nothing where the
/// block does not run as it did when it became final.
std::unique_ptr<vm::BlockReplay> replay_before(Api& api, const vm::StateView& before, const vm::Header& header,
                                               std::span<const vm::Transaction> transactions, std::size_t index) {
    const auto checkpoints = api.chain.checkpoints();
    const auto* recovery = checkpoint_before(header.number, checkpoints);
    const std::span<const vm::Address> named =
        recovery != nullptr ? recovery->validators : std::span<const vm::Address>{};
    auto replay = std::make_unique<vm::BlockReplay>(thread_evm(), api.chain.parameters(), before, header, named);
    for (const vm::Transaction& earlier : transactions.first(index)) {
        const auto recovered = vm::recover(earlier);
        if (!recovered || !replay->run(*recovered)) return nullptr;
    }
    return replay;
}

/// The first sentence in a list of refusals that was written.
std::string first_sentence(const JsonWriter& refusals) {
    const auto list = parse_json("[" + refusals.text() + "]");
    if (!list || list->items.empty()) return {};
    const auto* sentence = list->items[0].find("sentence");
    return sentence == nullptr ? std::string() : sentence->text;
}

/// talea_explainTransaction(hash) → {succeeded, refusals, sentence, block}, or null where no final block holds it: why
/// a transaction failed, found by executing its block again up to it (so it costs at most a block).
RpcResult<void> explain(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto json = required_param(params, 0, "the transaction's hash");
    if (!json) return std::unexpected(json.error());
    const auto hash = read_hash(**json, "the transaction's hash");
    if (!hash) return std::unexpected(hash.error());
    const auto head = api.chain.head();
    const auto place = head->blocks().find(*hash);
    if (!place) {
        out.null();
        return {};
    }
    const auto header = head->blocks().header(place->block);
    const auto transactions = head->blocks().transactions(place->block);
    const auto receipts = head->blocks().receipts(place->block, transactions);
    if (!header || place->index >= receipts.size()) damaged("a transaction's place");

    const auto before = head->state_at({place->block.value - 1});
    const auto replay = replay_before(api, *before, *header, transactions, place->index);
    if (replay == nullptr) return std::unexpected(not_replayed(place->block));
    RefusalWatch watch(replay->state(), replay->context());
    const auto tx = vm::recover(transactions[place->index]);
    const auto result = tx ? replay->run(*tx, &watch) : std::unexpected(vm::TxError::invalid_signature);
    const bool succeeded = receipts[place->index].receipt.succeeded;
    if (!result || (result->status == vm::Status::success) != succeeded)
        return std::unexpected(not_replayed(place->block));
    JsonWriter refusals;
    if (!succeeded) write_refusals(refusals, *result, watch, receipts[place->index].sender);
    out.object_begin();
    out.member("succeeded", succeeded);
    out.key("refusals");
    out.raw("[" + refusals.text() + "]");
    out.member("sentence", succeeded ? "it succeeded" : first_sentence(refusals));
    out.member("block", vm::to_quantity(place->block.value));
    out.object_end();
    return {};
}

/// talea_holders(token, block?, {after?, limit?}?) → {block, token, holders: [{holder, balance}], next}: who holds how
/// much after that block, by address; `next` is the `after` of the next page, or null.
RpcResult<void> token_holders(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto head = api.chain.head();
    const auto json = required_param(params, 0, "the token");
    if (!json) return std::unexpected(json.error());
    const auto token = read_address(**json, "the token");
    if (!token) return std::unexpected(token.error());
    const auto block = read_block(optional_param(params, 1), *head);
    if (!block) return std::unexpected(block.error());
    vm::Address after;
    std::uint64_t limit = limits::holders_page_max;
    if (const auto* page = optional_param(params, 2)) {
        if (!page->is_object()) return invalid_params("the page must be an object with after and limit");
        if (const auto* member = page->find_present("after")) {
            const auto address = read_address(*member, "after");
            if (!address) return std::unexpected(address.error());
            after = *address;
        }
        if (const auto* member = page->find_present("limit")) {
            if (!member->is(Json::Kind::integer) || member->integer < 1)
                return invalid_params("limit must be a positive number");
            limit = std::min(static_cast<std::uint64_t>(member->integer), limit);
        }
    }
    const auto found = holders(head->store(), *token, block->number, after, limit);
    out.object_begin();
    out.member("block", vm::to_quantity(block->number.value));
    out.member("token", vm::to_hex(*token));
    out.key("holders");
    out.array_begin();
    for (const auto& holding : found) {
        out.object_begin();
        out.member("holder", vm::to_hex(holding.holder));
        out.member("balance", vm::to_quantity(holding.balance));
        out.object_end();
    }
    out.array_end();
    if (found.size() == limit)
        out.member("next", vm::to_hex(found.back().holder));
    else
        out.member_null("next");
    out.object_end();
    return {};
}

}  // namespace

void add_talea_methods(MethodTable& table) {
    table["talea_preview"] = {1, preview_any, true};
    table["talea_explainTransaction"] = {1, explain, true};
    table["talea_holders"] = {3, token_holders};
}

}  // namespace talea::node
