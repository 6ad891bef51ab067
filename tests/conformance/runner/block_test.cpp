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

/// The rules of a network at a timestamp. The reader gives only tests whose forks are known.
EthereumRules rules_at(const BlockTest& test, Timestamp timestamp) {
    const auto [before, after] = forks_of_network(test.network);
    const std::string fork(timestamp.seconds < transition_timestamp ? before : after);
    EthereumRules rules;
    rules.chain_id = test.chain_id;
    rules.fork = fork_of_suite(fork).value();
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
        const EthereumRules rules = rules_at(test_, decoded->header.timestamp);
        const auto recovered = recover_ethereum_block(*std::move(decoded), block.rlp.size());
        if (!recovered) return refusal(recovered.error(), block);
        const ParentBlock on{parent->second.header, parent->first, *parent->second.state};
        const auto executed = execute_ethereum_block(evm_, rules, on, *recovered);
        if (!executed) return refusal(executed.error(), block);
        MapState after = *parent->second.state;
        after.apply(executed->changes);
        if (after.root() != recovered->header.state_root) return refusal({BlockError::state_root, {}, {}, 0}, block);
        add(recovered->header, std::move(after));
        return std::nullopt;
    }

    Hash head;
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
    if (!chain.begin()) return failed("the genesis block is not that of the state before");
    for (std::size_t i = 0; i < test.blocks.size(); ++i) {
        const TestBlock& block = test.blocks[i];
        const std::string which = "block " + std::to_string(i + 1) + ": ";
        const auto refused = chain.import(block);
        if (refused && block.exception.empty()) return failed(which + "refused: " + refused->sentence);
        if (!refused && !block.exception.empty())
            return failed(which + "taken, where it should be refused for " + block.exception);
        if (refused && test.exact_reasons && !refused->expected)
            return failed(which + "refused: " + refused->sentence + ", not for " + block.exception);
    }
    if (chain.head != test.head) return failed("the head is " + to_hex(chain.head));
    if (test.post_root && chain.head_header().state_root != *test.post_root)
        return failed("the state at the end is another");
    return {};
}

}  // namespace

Outcome run_block_test(Evm& evm, const BlockTest& test) {
    Chain chain(evm, test);
    return run(chain, test);
}

}  // namespace talea::conformance
