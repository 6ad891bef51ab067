#include <algorithm>

#include "node/rpc/dispatcher.hpp"
#include "node/rpc/params.hpp"
#include "vm/base/hex.hpp"

/// Accounts at any block.
namespace talea::node {
namespace {

/// What the questions have in common: an address, then perhaps a block.
struct Question {
    HeadPtr head;
    vm::Address address;
    BlockChoice block;
    std::unique_ptr<vm::StateView> state;
};
RpcResult<Question> read_question(Api& api, std::span<const Json> params, std::size_t block_index) {
    Question question;
    question.head = api.chain.head();
    const auto json = required_param(params, 0, "the address");
    if (!json) return std::unexpected(json.error());
    const auto address = read_address(**json, "the address");
    if (!address) return std::unexpected(address.error());
    question.address = *address;
    const auto block = read_block(optional_param(params, block_index), *question.head);
    if (!block) return std::unexpected(block.error());
    question.block = *block;
    question.state = question.head->state_at(block->number);
    return question;
}

RpcResult<void> balance(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto question = read_question(api, params, 1);
    if (!question) return std::unexpected(question.error());
    const auto account = question->state->account(question->address);
    out.string(vm::to_quantity(account ? account->balance : vm::u256{}));
    return {};
}

/// "pending" counts what waits in the pool without a gap.
RpcResult<void> nonce(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto question = read_question(api, params, 1);
    if (!question) return std::unexpected(question.error());
    const auto account = question->state->account(question->address);
    auto count = account ? account->nonce : 0;
    if (question->block.pending) {
        // The pool is read before the head that answers: a block between the two then only raises the head's count.
        const auto waiting = api.chain.pool().next_nonce(question->address, count);
        const auto head = api.chain.head();
        const auto latest = head->state().account(question->address);
        count = std::max(waiting, latest ? latest->nonce : 0);
    }
    out.string(vm::to_quantity(count));
    return {};
}

RpcResult<void> code(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto question = read_question(api, params, 1);
    if (!question) return std::unexpected(question.error());
    const auto account = question->state->account(question->address);
    out.string(account ? vm::to_hex(*question->state->code(account->code_hash)) : "0x");
    return {};
}

RpcResult<void> storage(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto question = read_question(api, params, 2);
    if (!question) return std::unexpected(question.error());
    const auto json = required_param(params, 1, "the storage slot");
    if (!json) return std::unexpected(json.error());
    const auto slot = read_slot(**json, "the storage slot");
    if (!slot) return std::unexpected(slot.error());
    out.string(vm::to_hex(vm::to_hash(question->state->storage(question->address, *slot))));
    return {};
}

}  // namespace

void add_state_methods(MethodTable& table) {
    table["eth_getBalance"] = {2, balance};
    table["eth_getTransactionCount"] = {2, nonce};
    table["eth_getCode"] = {2, code};
    table["eth_getStorageAt"] = {3, storage};
}

}  // namespace talea::node
