#include "conformance/runner/block_test.hpp"

#include <map>
#include <memory>

#include "conformance/runner/reasons.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/blob_fee.hpp"
#include "vm/execution/ethereum_block.hpp"

namespace talea::conformance {

using namespace talea::vm;

namespace {

constexpr std::uint64_t transition_timestamp = 15'000;

/// The rules of a network at a timestamp; nothing for a fork that is not built, which `missing` then names.
std::optional<EthereumRules> rules_at(const BlockTest& test, Timestamp timestamp, std::string& missing) {
    std::string fork = test.network;
    if (const auto to = fork.find("To"); fork.ends_with("AtTime15k") && to != std::string::npos)
        fork = timestamp.seconds < transition_timestamp ? fork.substr(0, to)
                                                        : fork.substr(to + 2, fork.size() - to - 2 - 9);
    EthereumRules rules;
    rules.chain_id = test.chain_id;
    if (fork.starts_with("BPO")) {  // blob parameters alone
        rules.fork = Fork::osaka;
    } else if (const auto known = fork_of_suite(fork)) {
        rules.fork = *known;
    } else {
        missing = "the fork " + fork;
        return std::nullopt;
    }
    const auto schedule = test.blob_schedule.find(fork);
    rules.blobs = schedule != test.blob_schedule.end() ? schedule->second : default_blob_schedule(rules.fork);
    return rules;
}

struct Imported {
    Header header;
    std::shared_ptr<const MapState> state;  ///< after the block, its hash and its ancestors' included
};

/// A refusal, as a sentence and whether it is one of the expected.
struct Refusal {
    std::string sentence;
    bool expected = false;
};

class Chain {
  public:
    Chain(Evm& evm, const BlockTest& test) : evm_(evm), test_(test) {}

    /// False where the genesis block is not what the test says.
    bool begin() {
        const auto genesis = decode_block(test_.genesis_rlp);
        if (!genesis || test_.pre.root() != genesis->header.state_root) return false;
        add(genesis->header, test_.pre);
        return true;
    }

    /// Nothing where the block was taken; it is then the head.
    std::optional<Refusal> import(const TestBlock& block) {
        auto decoded = decode_block(block.rlp);
        if (!decoded) return Refusal{"malformed", matches(decoded.error(), block.exception)};
        const auto parent = blocks_.find(decoded->header.parent_hash);
        if (parent == blocks_.end()) return refusal({BlockError::header, HeaderError::wrong_parent, {}, 0}, block);
        const auto rules = rules_at(test_, decoded->header.timestamp, missing);
        if (!rules) return Refusal{missing, false};
        const auto recovered = recover_ethereum_block(*std::move(decoded), block.rlp.size());
        if (!recovered) return refusal(recovered.error(), block);
        const ParentBlock on{parent->second.header, parent->first, *parent->second.state};
        MissingPrecompile precompile(rules->fork);
        const auto executed = execute_ethereum_block(evm_, *rules, on, *recovered, &precompile);
        // What a block does after a precompile failed for want of its code is nobody's measure.
        if (const Outcome excused = precompile.excuse({Verdict::failed, {}, {}}); excused.verdict == Verdict::needs)
            missing = excused.missing;
        if (!executed) return refusal(executed.error(), block);
        MapState after = *parent->second.state;
        after.apply(executed->changes);
        if (after.root() != recovered->header.state_root) return refusal({BlockError::state_root, {}, {}, 0}, block);
        add(recovered->header, std::move(after));
        return std::nullopt;
    }

    Hash head;
    std::string missing;  ///< what some block needed and is not built
    [[nodiscard]] const Header& head_header() const { return blocks_.at(head).header; }

  private:
    void add(const Header& header, MapState state) {
        head = header_hash(header);
        state.block_hashes[header.number] = head;
        blocks_[head] = {header, std::make_shared<const MapState>(std::move(state))};
    }
    static Refusal refusal(const BlockFailure& failure, const TestBlock& block) {
        return {to_string(failure), matches(failure, block.exception)};
    }

    Evm& evm_;
    const BlockTest& test_;
    std::map<Hash, Imported> blocks_;
};

Outcome run(Chain& chain, const BlockTest& test) {
    if (!chain.begin()) return {Verdict::failed, "the genesis block is not that of the state before", {}};
    for (std::size_t i = 0; i < test.blocks.size(); ++i) {
        const TestBlock& block = test.blocks[i];
        const std::string which = "block " + std::to_string(i + 1) + ": ";
        const auto refused = chain.import(block);
        if (refused && block.exception.empty()) return {Verdict::failed, which + "refused: " + refused->sentence, {}};
        if (!refused && !block.exception.empty())
            return {Verdict::failed, which + "taken, where it should be refused for " + block.exception, {}};
        if (refused && test.exact_reasons && !refused->expected)
            return {Verdict::failed, which + "refused: " + refused->sentence + ", not for " + block.exception, {}};
    }
    if (chain.head != test.head) return {Verdict::failed, "the head is " + to_hex(chain.head), {}};
    if (test.post_root && chain.head_header().state_root != *test.post_root)
        return {Verdict::failed, "the state at the end is another", {}};
    return {};
}

}  // namespace

Outcome run_block_test(Evm& evm, const BlockTest& test) {
    Chain chain(evm, test);
    Outcome outcome = run(chain, test);
    if (outcome.verdict == Verdict::failed && !chain.missing.empty()) return {Verdict::needs, {}, chain.missing};
    return outcome;
}

}  // namespace talea::conformance
