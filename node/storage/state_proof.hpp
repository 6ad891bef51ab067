#pragma once
#include <expected>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "node/storage/trie_store.hpp"
#include "vm/base/numbers.hpp"
#include "vm/base/u256.hpp"
#include "vm/state/state_view.hpp"

/// Proofs of accounts and slots at a block (EIP-1186). The stored tries are those after one block, at or a little
/// before the head; those of another block are made from them with what changed in between (DESIGN 9).
namespace talea::node {

enum class ProofError : std::uint8_t {
    too_old,   ///< what changed since is no longer kept (`limits::proof_blocks_max`), or never was
    too_much,  ///< more changed in between than is rolled back for one question (`limits::proof_changes_max`)
};
[[nodiscard]] std::string_view to_string(ProofError error);

struct SlotProof {
    vm::u256 value;
    std::vector<vm::Bytes> nodes;  ///< root first; none where the account has no storage
};
struct AccountProof {
    std::optional<vm::Account> account;
    vm::Hash storage_root;
    std::vector<vm::Bytes> nodes;  ///< root first
    std::vector<SlotProof> slots;  ///< as asked
};

/// The state's tries after one block, at rest: many threads may ask at once.
class StateTries {
  public:
    /// After block `number`, which is at or below the head of `reader`, a snapshot that outlives them. Costs what
    /// changed between `number` and the stored tries, in memory too.
    [[nodiscard]] static std::expected<std::unique_ptr<const StateTries>, ProofError> at(const KvReader& reader,
                                                                                         vm::BlockNumber number);

    [[nodiscard]] AccountProof prove(const vm::Address& address, std::span<const vm::u256> slots) const;

  private:
    StateTries(const KvReader& reader, vm::BlockNumber number) : reader_(reader), number_(number), nodes_(reader) {}
    const KvReader& reader_;
    vm::BlockNumber number_;
    TrieStore nodes_;
};

}  // namespace talea::node
