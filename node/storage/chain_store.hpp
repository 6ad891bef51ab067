#pragma once
#include <memory>
#include <optional>

#include "node/storage/kv_store.hpp"
#include "node/storage/records.hpp"

namespace talea::node {

/// A block with all that is stored beside it, ready to be written.
struct BlockRecord {
    vm::Block block;
    vm::Hash hash;
    std::vector<vm::Hash> transaction_hashes;
    std::vector<StoredReceipt> receipts;
    vm::ChangeSet changes;
    vm::Bytes certificate;  ///< RLP (node/consensus/certificate.hpp); empty for genesis
};

struct TransactionPlace {
    vm::BlockNumber block;
    std::uint64_t index = 0;
};

/// Reads blocks from one state of the store. From any thread where the reader allows it (snapshots do).
class ChainReader {
  public:
    explicit ChainReader(const KvReader& reader) : reader_(reader) {}

    /// The last block; nothing before genesis was written.
    [[nodiscard]] std::optional<vm::BlockNumber> head() const;
    [[nodiscard]] std::optional<vm::Header> header(vm::BlockNumber number) const;
    [[nodiscard]] std::optional<vm::Hash> hash(vm::BlockNumber number) const;
    [[nodiscard]] std::optional<vm::BlockNumber> number(const vm::Hash& hash) const;
    /// Genesis and the blocks from this one on are stored whole; of others the transactions and receipts were forgotten
    /// (node/storage/history.hpp). 0 where none were.
    [[nodiscard]] vm::BlockNumber first_whole() const;
    [[nodiscard]] bool is_forgotten(vm::BlockNumber number) const { return number.value > 0 && number < first_whole(); }
    /// Empty where there is no such block, or it was forgotten.
    [[nodiscard]] std::vector<vm::Transaction> transactions(vm::BlockNumber number) const;
    [[nodiscard]] std::vector<StoredReceipt> receipts(vm::BlockNumber number,
                                                      std::span<const vm::Transaction> transactions) const;
    [[nodiscard]] std::optional<TransactionPlace> find(const vm::Hash& transaction_hash) const;
    [[nodiscard]] std::optional<vm::Bytes> certificate(vm::BlockNumber number) const;
    /// Recovery checkpoints as they were stored, ascending by number and instance.
    [[nodiscard]] std::vector<vm::Bytes> checkpoints() const;
    /// Numbers in [from, to] of blocks with logs of `address`, ascending; at most `limit`.
    [[nodiscard]] std::vector<vm::BlockNumber> blocks_with_logs(const vm::Address& address, vm::BlockNumber from,
                                                                vm::BlockNumber to, std::size_t limit) const;

  private:
    const KvReader& reader_;
};

/// Adds the block, its receipts, certificate and look-ups to `batch`, and makes it the head.
void put_block(KvBatch& batch, const BlockRecord& record);

/// Takes away what `put_block` added beside header, hashes and certificate. Returns the stored bytes of transactions
/// and receipts.
std::size_t erase_body(KvBatch& batch, const KvReader& reader, vm::BlockNumber number);
void put_first_whole(KvBatch& batch, vm::BlockNumber number);

}  // namespace talea::node
