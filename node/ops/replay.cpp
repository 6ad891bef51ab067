#include "node/ops/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "node/chain/checkpoints.hpp"
#include "node/chain/genesis_record.hpp"
#include "node/ops/export_file.hpp"
#include "node/storage/holder_index.hpp"
#include "node/storage/keys.hpp"
#include "node/storage/trie_store.hpp"
#include "node/sync/header_chain.hpp"
#include "vm/base/hex.hpp"
#include "vm/state/map_state.hpp"

namespace talea::node {
namespace {

/// A store that holds nothing: the tries of a replay live in memory.
class EmptyStore final : public KvReader {
  public:
    [[nodiscard]] bool get(vm::BytesView, std::string&) const override { return false; }
    [[nodiscard]] std::unique_ptr<KvIterator> iterate() const override { return std::make_unique<Nothing>(); }

  private:
    class Nothing final : public KvIterator {
      public:
        void seek(vm::BytesView) override {}
        void next() override {}
        [[nodiscard]] bool valid() const override { return false; }
        [[nodiscard]] vm::BytesView key() const override { return {}; }
        [[nodiscard]] vm::BytesView value() const override { return {}; }
    };
};

template <class Visit>
void for_each_entry(const KvReader& store, Table table, const Visit& visit) {
    const Key prefix(table);
    const auto it = store.iterate();
    for (it->seek(prefix); it->valid() && starts_with(it->key(), prefix); it->next()) visit(it->key(), it->value());
}

/// The holder index as the replayed receipts make it, held against the stored one entry by entry.
class ReplayedHolders {
  public:
    std::expected<void, std::string> add(const KvReader& stored, vm::BlockNumber number,
                                         std::span<const StoredReceipt> receipts) {
        KvBatch batch;
        balances_.add(batch, number, receipts);
        bool same = true;
        batch.for_each([&](vm::BytesView key, const vm::BytesView* value) {
            std::string there;
            same = same && stored.get(key, there);
            if (is_history(key)) same = same && vm::equal(bytes_of(there), *value);
            ++(is_history(key) ? entries_ : holders_);
        });
        if (!same) return std::unexpected("its entries of the holder index differ; `talead index` builds it again");
        return {};
    }

    /// Whether the stored index has just what was added.
    std::expected<void, std::string> compare(const KvReader& stored) const {
        std::size_t entries = 0, holders = 0;
        for_each_entry(stored, Table::token_history, [&](vm::BytesView, vm::BytesView) { ++entries; });
        for_each_entry(stored, Table::token_holder, [&](vm::BytesView, vm::BytesView) { ++holders; });
        if (entries != entries_ || holders != holders_)
            return std::unexpected("the stored holder index differs; `talead index` builds it again");
        return {};
    }

  private:
    static bool is_history(vm::BytesView key) { return key[0] == static_cast<std::uint8_t>(Table::token_history); }
    EmptyStore empty_;
    HolderBalances balances_{empty_};
    std::size_t entries_ = 0, holders_ = 0;
};

/// A chain executed in memory from genesis on.
class Execution {
  public:
    Execution(const vm::Genesis& genesis, const BlockRecord& first, std::vector<Checkpoint> checkpoints)
        : parameters_(vm::parameters_of(genesis, first.hash)),
          trie_(empty_),
          checkpoints_(std::move(checkpoints)),
          proof_(first.hash, {first.block.header, first.hash, {}}, checkpoints_),
          header_(first.block.header),
          hash_(first.hash) {
        world_.apply(first.changes);
        world_.block_hashes[header_.number] = hash_;
        trie_.apply(vm::update_state_trie(trie_, first.changes));
    }

    /// A block that holds on the last one taken: certificate, header, transactions, every root.
    struct Step {
        vm::RecoveredBlock block;
        vm::Hash hash;
        vm::ExecutedBlock executed;
        vm::StateTrieUpdate trie;
    };
    /// Judges the next block, once; the error is one sentence. What holds is to be taken.
    std::expected<Step, std::string> judge(vm::BytesView header, vm::BytesView certificate,
                                           std::vector<vm::Transaction> transactions) {
        auto proved = proof_.extend(header, certificate);
        if (!proved) return std::unexpected(std::string(to_string(proved.error())));
        const auto number = proved->header.number;
        auto block = vm::recover_block({.header = std::move(proved->header),
                                        .transactions = std::move(transactions),
                                        .ommers = {},
                                        .withdrawals = std::vector<vm::Withdrawal>{}});
        if (!block) return std::unexpected(vm::to_string(block.error()));
        vm::ParentBlock parent{header_, hash_, world_};
        const auto* recovery = checkpoint_before(number, checkpoints_);
        if (recovery != nullptr) parent.recovered = recovery->validators;
        auto executed = vm::execute_block(evm_, parameters_, parent, *block);
        if (!executed) return std::unexpected(vm::to_string(executed.error()));
        auto trie = vm::check_state_root(block->header, trie_, *executed);
        if (!trie) return std::unexpected(vm::to_string(trie.error()));
        return Step{*std::move(block), proved->hash, *std::move(executed), *std::move(trie)};
    }
    void take(Step step) {
        const auto number = step.block.header.number;
        world_.apply(step.executed.changes);
        world_.block_hashes[number] = step.hash;
        // EIP-2935 and BLOCKHASH look 256 blocks back at most.
        if (number.value > 256) world_.block_hashes.erase({number.value - 257});
        trie_.apply(std::move(step.trie));
        header_ = std::move(step.block.header);
        hash_ = step.hash;
    }

    [[nodiscard]] const vm::MapState& world() const { return world_; }
    [[nodiscard]] const vm::Header& header() const { return header_; }
    [[nodiscard]] const vm::Hash& hash() const { return hash_; }

  private:
    const vm::ChainParameters parameters_;
    EmptyStore empty_;
    TrieStore trie_;
    vm::MapState world_;
    vm::Evm evm_;
    const std::vector<Checkpoint> checkpoints_;
    HeaderChain proof_;  ///< certificates, as those who sync judge them
    vm::Header header_;
    vm::Hash hash_;
};

/// A stored chain, executed again and compared with all that is stored.
class Replayer {
  public:
    Replayer(const vm::Genesis& genesis, const BlockRecord& first, const KvReader& store,
             std::vector<Checkpoint> checkpoints)
        : store_(store), chain_(genesis, first, std::move(checkpoints)) {}

    /// Executes the stored block that follows and gives the number of its transactions, where all of it holds.
    std::expected<std::size_t, std::string> step() {
        const ChainReader stored(store_);
        const auto number = next(header().number);
        const auto header = stored.header(number);
        const auto hash = stored.hash(number);
        if (!header || !hash) return std::unexpected("it is not stored");
        if (vm::header_hash(*header) != *hash) return std::unexpected("its header does not have the stored hash");
        const auto certificate = stored.certificate(number);
        if (!certificate) return std::unexpected("it has no certificate");
        const auto transactions = stored.transactions(number);
        auto judged = chain_.judge(vm::encode_header(*header), *certificate, transactions);
        if (!judged) return std::unexpected(judged.error());
        const auto receipts = stored.receipts(number, transactions);
        if (auto same = compare_receipts(stored, receipts, judged->block, judged->executed); !same)
            return std::unexpected(same.error());
        if (auto same = holders_.add(store_, number, receipts); !same) return std::unexpected(same.error());
        if (auto same = compare_history(number, judged->executed.changes); !same) return std::unexpected(same.error());
        chain_.take(*std::move(judged));
        return transactions.size();
    }

    /// Whether the stored latest state and holder index are the replayed ones, no less and no more.
    std::expected<void, std::string> compare_latest() const {
        CodeCache codes;
        const FlatState flat(store_, codes);
        std::size_t accounts = chain_.world().accounts.size(), slots = 0;
        for (const auto& [address, entry] : chain_.world().accounts) {
            if (flat.account(address) != entry.account) return differs(address);
            for (const auto& [key, value] : entry.storage)
                if (flat.storage(address, key) != value) return differs(address, key);
            slots += entry.storage.size();
        }
        // All that was replayed is there; so one more there is one too many.
        for_each_entry(store_, Table::account, [&](vm::BytesView, vm::BytesView) { --accounts; });
        for_each_entry(store_, Table::slot, [&](vm::BytesView, vm::BytesView) { --slots; });
        if (accounts != 0) return std::unexpected("an account is stored that no block left");
        if (slots != 0) return std::unexpected("a slot is stored that no block left");
        return holders_.compare(store_);
    }

    [[nodiscard]] const vm::Header& header() const { return chain_.header(); }
    [[nodiscard]] const vm::Hash& hash() const { return chain_.hash(); }

  private:
    static std::unexpected<std::string> differs(const vm::Address& address) {
        return std::unexpected(fmt::format("the stored account {} differs", vm::to_hex(address)));
    }
    static std::unexpected<std::string> differs(const vm::Address& address, const vm::u256& key) {
        return std::unexpected(
            fmt::format("the stored slot {} of {} differs", vm::to_quantity(key), vm::to_hex(address)));
    }

    /// Whether the stored past holds what block `number` did, which the world does not know yet.
    std::expected<void, std::string> compare_history(vm::BlockNumber number, const vm::ChangeSet& changes) const {
        CodeCache codes;
        const PastState past(store_, codes, number);
        for (const auto& [address, change] : changes.accounts) {
            if (past.account(address) != change.account) return differs(address);
            for (const auto& [key, value] : change.storage)
                if (past.storage(address, key) != value) return differs(address, key);
            const auto before = chain_.world().accounts.find(address);
            if (!change.storage_cleared || before == chain_.world().accounts.end()) continue;
            for (const auto& [key, value] : before->second.storage)
                if (!change.storage.contains(key) && !past.storage(address, key).is_zero())
                    return differs(address, key);
        }
        return {};
    }

    static std::expected<void, std::string> compare_receipts(const ChainReader& stored,
                                                             std::span<const StoredReceipt> receipts,
                                                             const vm::RecoveredBlock& block,
                                                             const vm::ExecutedBlock& executed) {
        if (receipts.size() != executed.receipts.size()) return std::unexpected("its stored receipts are incomplete");
        for (std::size_t i = 0; i < receipts.size(); ++i)
            if (receipts[i].receipt != executed.receipts[i] || receipts[i].sender != block.transactions[i].sender ||
                receipts[i].created != executed.created[i])
                return std::unexpected(fmt::format("its stored receipt {} differs", i));
        for (std::size_t i = 0; i < block.transactions.size(); ++i) {
            const auto place = stored.find(block.transactions[i].hash);
            if (!place || place->block != block.header.number || place->index != i)
                return std::unexpected(fmt::format("its transaction {} is not found by its hash", i));
        }
        return {};
    }

    const KvReader& store_;
    Execution chain_;
    ReplayedHolders holders_;
};

/// The checkpoints that came with the chain and those given, each signed as genesis asks, ascending.
std::expected<std::vector<Checkpoint>, std::string> judged_checkpoints(const vm::Genesis& genesis,
                                                                       const vm::Hash& genesis_hash,
                                                                       std::vector<Checkpoint> checkpoints,
                                                                       const std::vector<Checkpoint>& given) {
    for (const auto& checkpoint : given)
        if (std::ranges::find(checkpoints, checkpoint) == checkpoints.end()) checkpoints.push_back(checkpoint);
    std::ranges::sort(checkpoints, {}, [](const Checkpoint& each) { return std::pair(each.number, each.instance); });
    for (const auto& checkpoint : checkpoints)
        if (auto holds = verify_checkpoint(checkpoint, genesis_hash, genesis.talea.recovery); !holds)
            return std::unexpected(fmt::format("the recovery checkpoint on block {}: {}", checkpoint.number.value,
                                               to_string(holds.error())));
    return checkpoints;
}

}  // namespace

std::expected<ReplayReport, std::string> replay(const vm::Genesis& genesis, const Directory& directory,
                                                const std::vector<Checkpoint>& given,
                                                const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const auto first = genesis_record(genesis);
    const auto database = Database::open(directory.database(), first, database_that_exists());
    if (!database) return std::unexpected(describe(directory, database.error()));
    const auto head = (*database)->head();
    if (const auto first_kept = ChainReader((*database)->store()).first_whole(); first_kept.value > 0)
        return std::unexpected(describe(directory, not_whole(first_kept)));
    auto checkpoints =
        judged_checkpoints(genesis, first.hash, stored_checkpoints(ChainReader((*database)->store())), given);
    if (!checkpoints) return std::unexpected(checkpoints.error());
    Replayer replayer(genesis, first, (*database)->store(), std::move(*checkpoints));
    ReplayReport report;
    while (replayer.header().number < head) {
        const auto number = replayer.header().number.value + 1;
        const auto transactions = replayer.step();
        if (!transactions) return std::unexpected(fmt::format("block {}: {}", number, transactions.error()));
        report.transactions += *transactions;
        ++report.blocks;
        progress(number, head.value);
    }
    if (auto same = replayer.compare_latest(); !same) return std::unexpected(same.error());
    report.genesis_hash = first.hash;
    report.head_hash = replayer.hash();
    report.state_root = replayer.header().state_root;
    return report;
}

std::expected<ReplayReport, std::string> replay_export(std::istream& file, const std::vector<Checkpoint>& given,
                                                       const std::function<void(std::uint64_t)>& progress) {
    ExportReader reader(file);
    auto begun = reader.begin();
    if (!begun) return std::unexpected(begun.error());
    const auto first = genesis_record(begun->genesis);
    auto checkpoints = judged_checkpoints(begun->genesis, first.hash, std::move(begun->checkpoints), given);
    if (!checkpoints) return std::unexpected(checkpoints.error());
    Execution chain(begun->genesis, first, std::move(*checkpoints));
    ReplayReport report;
    while (true) {
        auto block = reader.next();
        if (!block) return std::unexpected(block.error());
        if (!block->has_value()) break;
        const auto number = chain.header().number.value + 1;
        const auto transactions = (*block)->transactions.size();
        auto judged = chain.judge((*block)->header, (*block)->certificate, std::move((*block)->transactions));
        if (!judged) return std::unexpected(fmt::format("block {}: {}", number, judged.error()));
        chain.take(*std::move(judged));
        report.transactions += transactions;
        ++report.blocks;
        progress(number);
    }
    report.genesis_hash = first.hash;
    report.head_hash = chain.hash();
    report.state_root = chain.header().state_root;
    return report;
}

}  // namespace talea::node
