#pragma once
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/consensus/signing.hpp"
#include "vm/chain/genesis.hpp"

namespace talea::node {

/// When a quorum is gone for ever (DESIGN 7): the block after `number` is made by `validators` in a new `instance`, and
/// begins by writing that list into Permissions. Signed by the recovery keys of genesis; must not lie below the highest
/// certified block that its signers know.
struct Checkpoint {
    vm::BlockNumber number;
    vm::Hash hash;
    std::uint64_t instance = 0;           ///< of the blocks after it: one more than before
    std::vector<vm::Address> validators;  ///< ascending
    std::vector<Seal> signatures;
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// keccak(rlp([0x18, domain of the genesis hash and `instance`, number, hash, [validator, ...]])).
[[nodiscard]] vm::Hash checkpoint_digest(const vm::Hash& genesis_hash, const Checkpoint& checkpoint);
/// rlp([number, hash, instance, [validator, ...], [signature, ...]]).
[[nodiscard]] vm::Bytes encode_checkpoint(const Checkpoint& checkpoint);

enum class CheckpointError : std::uint8_t {
    malformed,           ///< no encoding of a checkpoint
    wrong_validators,    ///< none, too many, not ascending, or zero
    first_instance,      ///< instance 0 is genesis's
    bad_signature,       ///< recovers to nobody
    not_a_recovery_key,  ///< signed by somebody else
    too_few_signatures,  ///< fewer distinct keys than the threshold
};
[[nodiscard]] std::string_view to_string(CheckpointError error);
[[nodiscard]] std::expected<Checkpoint, CheckpointError> decode_checkpoint(vm::BytesView encoded);
/// Distinct signers are counted.
[[nodiscard]] std::expected<void, CheckpointError> verify_checkpoint(const Checkpoint& checkpoint,
                                                                     const vm::Hash& genesis_hash,
                                                                     const vm::RecoveryKeys& keys,
                                                                     const Signatures& signatures = plain_signatures());

/// What storing a checkpoint does.
enum class CheckpointFate : std::uint8_t {
    begins,  ///< on the head: the next block is made by its validators
    waits,   ///< on a block that this node does not have yet
    known,   ///< stored before
};
/// The chain where a checkpoint is judged.
struct CheckpointGround {
    vm::BlockNumber head;             ///< the highest certified block here
    std::uint64_t head_instance = 0;  ///< in which it was sealed
    std::optional<vm::Hash> hash;     ///< of the block that the checkpoint names, where that is here
};
/// Whether `checkpoint`, which `verify_checkpoint` accepts, may be stored beside those that are, which ascend by number
/// and instance; else one sentence why not.
[[nodiscard]] std::expected<CheckpointFate, std::string> judge_checkpoint(const Checkpoint& checkpoint,
                                                                          std::span<const Checkpoint> stored,
                                                                          const CheckpointGround& ground);

/// The instance of block `number`: that of the last checkpoint below it, else 0. `checkpoints` ascend by number and
/// instance.
[[nodiscard]] std::uint64_t instance_of(vm::BlockNumber number, std::span<const Checkpoint> checkpoints);
/// The checkpoint that block `number` follows at once, if any: one of `checkpoints`, which must outlive it.
[[nodiscard]] const Checkpoint* checkpoint_before(vm::BlockNumber number, std::span<const Checkpoint> checkpoints);
const Checkpoint* checkpoint_before(vm::BlockNumber number, std::vector<Checkpoint>&& checkpoints) = delete;

}  // namespace talea::node
