#include "node/ops/replay.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "node/chain/genesis_record.hpp"
#include "node/consensus/certificate.hpp"
#include "node/storage/trie_store.hpp"
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

/// The replayed chain so far.
class Replayer {
  public:
    Replayer(const vm::Genesis& genesis, const BlockRecord& first)
        : parameters_(vm::parameters_of(genesis)),
          trie_(empty_),
          genesis_hash_(first.hash),
          header_(first.block.header),
          hash_(first.hash),
          validators_(genesis.talea.validators) {
        world_.apply(first.changes);
        world_.block_hashes[header_.number] = hash_;
        trie_.apply(vm::update_state_trie(trie_, first.changes));
    }

    /// Executes the stored block that follows; nothing where all of it holds.
    std::expected<std::size_t, std::string> step(const ChainReader& stored) {
        const auto number = next(header_.number);
        const auto header = stored.header(number);
        const auto hash = stored.hash(number);
        if (!header || !hash) return std::unexpected("it is not stored");
        if (vm::header_hash(*header) != *hash) return std::unexpected("its header does not have the stored hash");
        const auto transactions = stored.transactions(number);
        auto block = vm::recover_block({.header = *header,
                                        .transactions = transactions,
                                        .ommers = {},
                                        .withdrawals = std::vector<vm::Withdrawal>{}});
        if (!block) return std::unexpected(vm::to_string(block.error()));
        if (auto sealed = check_certificate(stored, number, *hash); !sealed) return std::unexpected(sealed.error());
        auto executed = vm::execute_block(evm_, parameters_, {header_, hash_, world_}, *block);
        if (!executed) return std::unexpected(vm::to_string(executed.error()));
        const auto trie = vm::check_state_root(*header, trie_, executed->changes);
        if (!trie) return std::unexpected(vm::to_string(trie.error()));
        if (auto same = compare_receipts(stored, number, *block, *executed); !same)
            return std::unexpected(same.error());
        world_.apply(executed->changes);
        world_.block_hashes[number] = *hash;
        // EIP-2935 and BLOCKHASH look 256 blocks back at most.
        if (number.value > 256) world_.block_hashes.erase({number.value - 257});
        trie_.apply(*trie);
        header_ = *header;
        hash_ = *hash;
        validators_ = std::move(executed->next_validators);
        return transactions.size();
    }

    /// Whether the stored flat state is the replayed one.
    std::expected<void, std::string> compare_state(const vm::StateView& flat) const {
        for (const auto& [address, entry] : world_.accounts) {
            if (flat.account(address) != entry.account)
                return std::unexpected(fmt::format("the stored account {} differs", vm::to_hex(address)));
            for (const auto& [key, value] : entry.storage)
                if (flat.storage(address, key) != value)
                    return std::unexpected(
                        fmt::format("the stored slot {} of {} differs", vm::to_quantity(key), vm::to_hex(address)));
        }
        return {};
    }

    [[nodiscard]] const vm::Header& header() const { return header_; }
    [[nodiscard]] const vm::Hash& hash() const { return hash_; }

  private:
    std::expected<void, std::string> check_certificate(const ChainReader& stored, vm::BlockNumber number,
                                                       const vm::Hash& hash) const {
        const auto encoded = stored.certificate(number);
        if (!encoded) return std::unexpected("it has no certificate");
        const auto certificate = decode_certificate(*encoded);
        if (!certificate) return std::unexpected(std::string(to_string(certificate.error())));
        if (!certificate->validators.empty() && certificate->validators != validators_)
            return std::unexpected(std::string(to_string(CertificateError::wrong_validators)));
        const auto verified = verify_certificate(*certificate, {genesis_hash_, 0, number, 0, hash}, validators_);
        if (!verified) return std::unexpected(std::string(to_string(verified.error())));
        return {};
    }

    static std::expected<void, std::string> compare_receipts(const ChainReader& stored, vm::BlockNumber number,
                                                             const vm::RecoveredBlock& block,
                                                             const vm::ExecutedBlock& executed) {
        std::vector<vm::Transaction> transactions;
        for (const auto& tx : block.transactions) transactions.push_back(tx.tx);
        const auto receipts = stored.receipts(number, transactions);
        if (receipts.size() != executed.receipts.size()) return std::unexpected("its stored receipts are incomplete");
        for (std::size_t i = 0; i < receipts.size(); ++i)
            if (receipts[i].receipt != executed.receipts[i] || receipts[i].sender != block.transactions[i].sender ||
                receipts[i].created != executed.created[i])
                return std::unexpected(fmt::format("its stored receipt {} differs", i));
        for (std::size_t i = 0; i < block.transactions.size(); ++i) {
            const auto place = stored.find(block.transactions[i].hash);
            if (!place || place->block != number || place->index != i)
                return std::unexpected(fmt::format("its transaction {} is not found by its hash", i));
        }
        return {};
    }

    const vm::ChainParameters parameters_;
    EmptyStore empty_;
    TrieStore trie_;
    vm::MapState world_;
    vm::Evm evm_;
    vm::Hash genesis_hash_;
    vm::Header header_;
    vm::Hash hash_;
    std::vector<vm::Address> validators_;
};

}  // namespace

std::expected<ReplayReport, std::string> replay(const vm::Genesis& genesis, const Directory& directory,
                                                const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    const auto first = genesis_record(genesis);
    const auto database = Database::open(directory.database(), first, database_that_exists());
    if (!database) return std::unexpected(describe(directory, database.error()));
    const ChainReader stored((*database)->store());
    const auto head = (*database)->head();
    Replayer replayer(genesis, first);
    ReplayReport report;
    while (replayer.header().number < head) {
        const auto number = replayer.header().number.value + 1;
        const auto transactions = replayer.step(stored);
        if (!transactions) return std::unexpected(fmt::format("block {}: {}", number, transactions.error()));
        report.transactions += *transactions;
        ++report.blocks;
        progress(number, head.value);
    }
    if (auto same = replayer.compare_state((*database)->state()); !same) return std::unexpected(same.error());
    report.head_hash = replayer.hash();
    report.state_root = replayer.header().state_root;
    return report;
}

}  // namespace talea::node
