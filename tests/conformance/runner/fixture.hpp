#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/chain/block_context.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/state/map_state.hpp"

namespace talea::conformance {

/// One expectation of a state test: a signed transaction under one fork, and what must come of it.
struct StatePost {
    std::size_t index = 0;  ///< among the entries of its fork
    std::string fork;
    vm::Bytes tx_bytes;
    std::optional<vm::RecoveredTransaction> unsigned_tx;  ///< where the file has no bytes (a fuzzer's): of its sender
    vm::Hash state_root;
    vm::Hash logs_hash;
    std::string exception;              ///< names of reasons joined by '|'; empty where the transaction is valid
    std::optional<vm::MapState> state;  ///< the whole state after it, where the file says so
};

/// A state test of the public suites: one block's surroundings, one state, expectations by fork.
struct StateTest {
    std::string name;
    vm::BlockContext block;  ///< `fork` and `blob_base_fee` are set for each expectation
    std::uint64_t excess_blob_gas = 0;
    std::map<std::string, vm::BlobSchedule> blob_schedule;  ///< by fork
    vm::MapState pre;
    std::vector<StatePost> posts;
};

/// The fork that the suites call by this name, those of blob parameters alone (BPO1) being Osaka; nothing for those
/// before Shanghai.
[[nodiscard]] std::optional<vm::Fork> fork_of_suite(std::string_view name);

/// The forks of a block test's network before and from timestamp 15,000 on: "PragueToOsakaAtTime15k" has two, "Osaka"
/// the same one twice.
struct NetworkForks {
    std::string_view before, after;
};
[[nodiscard]] NetworkForks forks_of_network(std::string_view network);

/// A block of a blockchain test.
struct TestBlock {
    vm::Bytes rlp;
    std::string exception;  ///< names of reasons joined by '|'; empty where the block is valid
};

/// A blockchain test: blocks to be imported in order on a genesis block.
struct BlockTest {
    std::string name;
    std::string network;  ///< a fork, or "AToBAtTime15k"
    std::uint64_t chain_id = 1;
    std::map<std::string, vm::BlobSchedule> blob_schedule;  ///< by fork
    bool exact_reasons = false;  ///< the names of reasons are those of one broken rule (the EEST suites)
    vm::Bytes genesis_rlp;
    vm::MapState pre;
    std::vector<TestBlock> blocks;
    vm::Hash head;                      ///< of the chain at the end
    std::optional<vm::Hash> post_root;  ///< of the state at the end
};

/// What a file holds of state and block tests.
struct Fixture {
    std::vector<StateTest> state_tests;
    std::vector<BlockTest> block_tests;
    std::size_t engine_tests = 0;  ///< blocks as payloads of the engine API, which are not read
    std::size_t others = 0;        ///< top-level members that are no test of these kinds
    std::string error;             ///< why the file could not be read; empty where it was
};

/// Reads the fixtures of one thread; keeps its buffers between files.
class FixtureReader {
  public:
    FixtureReader();
    ~FixtureReader();
    FixtureReader(const FixtureReader&) = delete;
    FixtureReader& operator=(const FixtureReader&) = delete;

    /// Reads the tests whose name contains `filter`. With `with_states` the whole expected states too, which only
    /// telling a difference needs.
    [[nodiscard]] Fixture read(const std::string& path, std::string_view filter, bool with_states);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace talea::conformance
