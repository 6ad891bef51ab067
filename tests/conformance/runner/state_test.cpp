#include "conformance/runner/state_test.hpp"

#include "conformance/runner/reasons.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/blob_fee.hpp"
#include "vm/chain/limits.hpp"
#include "vm/chain/receipt.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/execution/transaction_execution.hpp"

namespace talea::conformance {

using namespace talea::vm;

namespace {

/// The state before, in a chain where the hash of block n is the keccak of n in decimal.
class TestView final : public StateView {
  public:
    explicit TestView(const MapState& state) : state_(state) {}
    [[nodiscard]] std::optional<Account> account(const Address& address) const override {
        return state_.account(address);
    }
    [[nodiscard]] u256 storage(const Address& address, const u256& key) const override {
        return state_.storage(address, key);
    }
    [[nodiscard]] bool has_storage(const Address& address) const override { return state_.has_storage(address); }
    [[nodiscard]] Code code(const Hash& code_hash) const override { return state_.code(code_hash); }
    [[nodiscard]] Hash block_hash(BlockNumber number) const override {
        const std::string decimal = std::to_string(number.value);
        return keccak256({reinterpret_cast<const std::uint8_t*>(decimal.data()), decimal.size()});
    }

  private:
    const MapState& state_;
};

/// What differs between two states, up to a few lines.
std::string difference(const MapState& actual, const MapState& expected) {
    std::string out;
    std::size_t lines = 0;
    const auto note = [&](const Address& address, std::string_view what, const std::string& is,
                          const std::string& should) {
        if (++lines <= 8) out += "\n      " + to_hex(address) + " " + std::string(what) + ": " + is + ", not " + should;
    };
    std::map<Address, std::pair<const MapState::Entry*, const MapState::Entry*>> all;
    for (const auto& [address, entry] : actual.accounts) all[address].first = &entry;
    for (const auto& [address, entry] : expected.accounts) all[address].second = &entry;
    for (const auto& [address, pair] : all) {
        const auto& [is, should] = pair;
        if (is == nullptr || should == nullptr) {
            note(address, "account", is == nullptr ? "missing" : "there", should == nullptr ? "missing" : "there");
            continue;
        }
        if (is->account.nonce != should->account.nonce)
            note(address, "nonce", std::to_string(is->account.nonce), std::to_string(should->account.nonce));
        if (is->account.balance != should->account.balance)
            note(address, "balance", to_quantity(is->account.balance), to_quantity(should->account.balance));
        if (is->account.code_hash != should->account.code_hash)
            note(address, "code hash", to_hex(is->account.code_hash), to_hex(should->account.code_hash));
        std::map<u256, std::pair<u256, u256>> slots;
        for (const auto& [key, value] : is->storage) slots[key].first = value;
        for (const auto& [key, value] : should->storage) slots[key].second = value;
        for (const auto& [key, values] : slots)
            if (values.first != values.second)
                note(address, "slot " + to_quantity(key), to_quantity(values.first), to_quantity(values.second));
    }
    return out;
}

StateRun refused(const StateTest& test, std::string_view reason, bool expected) {
    StateRun run;
    run.refusal = reason;
    run.refusal_expected = expected;
    run.after = test.pre;
    run.state_root = test.pre.root();
    run.logs_hash = logs_hash({});
    return run;
}

}  // namespace

StateRun execute_state_test(Evm& evm, const StateTest& test, const StatePost& post, Inspector* inspector) {
    const auto refuse = [&](TxError error) { return refused(test, name(error), matches(error, post.exception)); };
    std::optional<RecoveredTransaction> tx = post.unsigned_tx;
    if (!tx) {
        auto decoded = decode_transaction(post.tx_bytes);
        if (!decoded) return refused(test, to_string(decoded.error()), matches(decoded.error(), post.exception));
        tx = recover(*std::move(decoded));
        if (!tx) return refuse(TxError::invalid_signature);
    }

    BlockContext block = test.block;
    block.fork = fork_of_suite(post.fork).value();
    const auto schedule = test.blob_schedule.find(post.fork);
    const BlobSchedule blobs =
        schedule != test.blob_schedule.end() ? schedule->second : default_blob_schedule(block.fork);
    if (block.fork >= Fork::cancun) block.blob_base_fee = blob_base_fee(test.excess_blob_gas, blobs);

    const TestView view(test.pre);
    State state(view);
    const auto result = execute_transaction(evm, state, block, {.talea = false, .blobs = blobs}, *tx, block.gas_limit,
                                            blobs.max * gas_per_blob, inspector);
    if (!result) return refuse(result.error());
    StateRun run;
    run.status = result->status;
    run.gas_used = result->gas_used;
    run.logs_hash = logs_hash(result->logs);
    run.after = test.pre;
    run.after.apply(state.changes());
    run.state_root = run.after.root();
    return run;
}

Outcome judge(const StateRun& run, const StatePost& post) {
    if (!run.refusal.empty() && post.exception.empty()) return failed("refused: " + run.refusal);
    if (!run.refusal.empty() && !run.refusal_expected)
        return failed("refused: " + run.refusal + ", not for " + post.exception);
    if (run.refusal.empty() && !post.exception.empty())
        return failed("accepted, where it should be refused for " + post.exception);
    if (run.state_root != post.state_root)
        return failed("state root " + to_hex(run.state_root) + ", not " + to_hex(post.state_root) + " (" +
                      std::string(to_string(run.status)) + ")" +
                      (post.state ? difference(run.after, *post.state) : std::string()));
    if (run.refusal.empty() && run.logs_hash != post.logs_hash)
        return failed("logs hash " + to_hex(run.logs_hash) + ", not " + to_hex(post.logs_hash));
    return {};
}

}  // namespace talea::conformance
