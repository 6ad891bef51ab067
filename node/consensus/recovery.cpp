#include "node/consensus/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::node {
namespace rlp = vm::rlp;

namespace {

constexpr std::size_t signatures_max = 100;

void encode_addresses(vm::Bytes& out, const std::vector<vm::Address>& addresses) {
    rlp::List list(out);
    for (const auto& address : addresses) rlp::encode(out, address);
}

rlp::Result<Checkpoint> read_checkpoint(vm::BytesView encoded) {
    rlp::Reader reader(encoded);
    auto list = reader.list();
    if (!list) return std::unexpected(list.error());
    if (auto end = reader.end(); !end) return std::unexpected(end.error());
    Checkpoint checkpoint;
    const auto number = list->u64();
    if (!number) return std::unexpected(number.error());
    checkpoint.number = {*number};
    const auto hash = list->hash();
    if (!hash) return std::unexpected(hash.error());
    checkpoint.hash = *hash;
    const auto instance = list->u64();
    if (!instance) return std::unexpected(instance.error());
    checkpoint.instance = *instance;
    auto validators = list->list();
    if (!validators) return std::unexpected(validators.error());
    while (!validators->at_end()) {
        const auto address = validators->address();
        if (!address) return std::unexpected(address.error());
        if (checkpoint.validators.size() == vm::genesis_validators_max)
            return std::unexpected(rlp::Error::wrong_length);
        checkpoint.validators.push_back(*address);
    }
    auto signatures = list->list();
    if (!signatures) return std::unexpected(signatures.error());
    while (!signatures->at_end()) {
        const auto seal = signatures->string();
        if (!seal) return std::unexpected(seal.error());
        if (seal->size() != std::tuple_size_v<Seal> || checkpoint.signatures.size() == signatures_max)
            return std::unexpected(rlp::Error::wrong_length);
        std::ranges::copy(*seal, checkpoint.signatures.emplace_back().begin());
    }
    if (auto end = list->end(); !end) return std::unexpected(end.error());
    return checkpoint;
}

bool is_validator_list(const std::vector<vm::Address>& validators) {
    return !validators.empty() && validators.size() <= vm::genesis_validators_max && !validators.front().is_zero() &&
           std::ranges::adjacent_find(validators, std::ranges::greater_equal{}) == validators.end();
}

}  // namespace

vm::Hash checkpoint_digest(const vm::Hash& genesis_hash, const Checkpoint& checkpoint) {
    vm::Bytes out;
    rlp::List list(out);
    rlp::encode(out, static_cast<std::uint64_t>(MessageCode::checkpoint));
    rlp::encode(out, domain_hash({genesis_hash, checkpoint.instance}));
    rlp::encode(out, checkpoint.number.value);
    rlp::encode(out, checkpoint.hash);
    encode_addresses(out, checkpoint.validators);
    list.close();
    return vm::keccak256(out);
}

vm::Bytes encode_checkpoint(const Checkpoint& checkpoint) {
    vm::Bytes out;
    rlp::List list(out);
    rlp::encode(out, checkpoint.number.value);
    rlp::encode(out, checkpoint.hash);
    rlp::encode(out, checkpoint.instance);
    encode_addresses(out, checkpoint.validators);
    {
        rlp::List signatures(out);
        for (const auto& seal : checkpoint.signatures) rlp::encode(out, vm::BytesView(seal));
    }
    list.close();
    return out;
}

std::string_view to_string(CheckpointError error) {
    switch (error) {
        case CheckpointError::malformed:
            return "not the encoding of a checkpoint";
        case CheckpointError::wrong_validators:
            return "its validators are not 1 to 100 addresses in ascending order";
        case CheckpointError::first_instance:
            return "instance 0 is that of genesis";
        case CheckpointError::bad_signature:
            return "a signature that is none";
        case CheckpointError::not_a_recovery_key:
            return "signed by somebody who holds no recovery key of this chain";
        case CheckpointError::too_few_signatures:
            return "signed by fewer recovery keys than the threshold";
    }
    return "";
}

std::expected<Checkpoint, CheckpointError> decode_checkpoint(vm::BytesView encoded) {
    auto checkpoint = read_checkpoint(encoded);
    if (!checkpoint) return std::unexpected(CheckpointError::malformed);
    return std::move(*checkpoint);
}

std::expected<void, CheckpointError> verify_checkpoint(const Checkpoint& checkpoint, const vm::Hash& genesis_hash,
                                                       const vm::RecoveryKeys& keys, const Signatures& signatures) {
    if (!is_validator_list(checkpoint.validators)) return std::unexpected(CheckpointError::wrong_validators);
    if (checkpoint.instance == 0) return std::unexpected(CheckpointError::first_instance);
    const auto digest = checkpoint_digest(genesis_hash, checkpoint);
    std::set<vm::Address> signers;
    for (const auto& seal : checkpoint.signatures) {
        const auto signer = signatures.signer(digest, seal);
        if (!signer) return std::unexpected(CheckpointError::bad_signature);
        if (std::ranges::find(keys.keys, *signer) == keys.keys.end())
            return std::unexpected(CheckpointError::not_a_recovery_key);
        signers.insert(*signer);
    }
    // A chain without recovery keys has no recovery.
    if (keys.threshold == 0 || signers.size() < keys.threshold)
        return std::unexpected(CheckpointError::too_few_signatures);
    return {};
}

std::expected<CheckpointFate, std::string> judge_checkpoint(const Checkpoint& checkpoint,
                                                            std::span<const Checkpoint> stored,
                                                            const CheckpointGround& ground) {
    for (const auto& other : stored) {
        if (other.number == checkpoint.number && other.hash == checkpoint.hash &&
            other.instance == checkpoint.instance && other.validators == checkpoint.validators)
            return CheckpointFate::known;
        const bool is_later = other.instance >= checkpoint.instance || other.number > checkpoint.number;
        if (is_later)
            return std::unexpected(
                fmt::format("a checkpoint on block {} with instance {} is stored already; a new one "
                            "needs a higher instance and no lower block",
                            other.number.value, other.instance));
    }
    if (checkpoint.number > ground.head) return CheckpointFate::waits;
    if (ground.hash && *ground.hash != checkpoint.hash)
        return std::unexpected(fmt::format("block {} is {} here, the checkpoint names {}", checkpoint.number.value,
                                           vm::to_hex(*ground.hash), vm::to_hex(checkpoint.hash)));
    if (checkpoint.number < ground.head)
        return std::unexpected(
            fmt::format("this node holds certified blocks up to {}, the checkpoint would undo those above {}; sign one "
                        "on the last certified block",
                        ground.head.value, checkpoint.number.value));
    if (checkpoint.instance <= ground.head_instance)
        return std::unexpected(fmt::format("the chain is in instance {} already; the checkpoint needs a higher one",
                                           ground.head_instance));
    return CheckpointFate::begins;
}

std::uint64_t instance_of(vm::BlockNumber number, std::span<const Checkpoint> checkpoints) {
    std::uint64_t instance = 0;
    for (const auto& checkpoint : checkpoints)
        if (checkpoint.number < number) instance = std::max(instance, checkpoint.instance);
    return instance;
}

const Checkpoint* checkpoint_before(vm::BlockNumber number, std::span<const Checkpoint> checkpoints) {
    const Checkpoint* found = nullptr;
    for (const auto& checkpoint : checkpoints)
        if (next(checkpoint.number) == number && (found == nullptr || checkpoint.instance > found->instance))
            found = &checkpoint;
    return found;
}

}  // namespace talea::node
