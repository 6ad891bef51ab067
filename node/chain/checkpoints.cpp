#include "node/chain/checkpoints.hpp"

#include <fmt/format.h>

#include "node/base/stop.hpp"
#include "node/consensus/certificate.hpp"
#include "vm/base/hex.hpp"

namespace talea::node {

std::vector<Checkpoint> stored_checkpoints(const ChainReader& blocks) {
    std::vector<Checkpoint> checkpoints;
    for (const auto& encoded : blocks.checkpoints()) {
        auto checkpoint = decode_checkpoint(encoded);
        if (!checkpoint) damaged("a recovery checkpoint");
        checkpoints.push_back(std::move(*checkpoint));
    }
    return checkpoints;
}

std::uint64_t sealed_instance(const ChainReader& blocks, vm::BlockNumber number) {
    if (number.value == 0) return 0;
    const auto encoded = blocks.certificate(number);
    const auto certificate = encoded ? decode_certificate(*encoded) : std::unexpected(CertificateError::malformed);
    if (!certificate) damaged("a block's certificate");
    return certificate->instance;
}

std::expected<CheckpointFate, std::string> judge_checkpoint(const ChainReader& blocks, const Checkpoint& checkpoint) {
    const auto stored = stored_checkpoints(blocks);
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
    const auto head = blocks.head().value_or(vm::BlockNumber{});
    if (checkpoint.number > head) return CheckpointFate::waits;
    const auto hash = blocks.hash(checkpoint.number);
    if (!hash) damaged("a block's hash");
    if (*hash != checkpoint.hash)
        return std::unexpected(fmt::format("block {} is {} here, the checkpoint names {}", checkpoint.number.value,
                                           vm::to_hex(*hash), vm::to_hex(checkpoint.hash)));
    if (checkpoint.number < head)
        return std::unexpected(
            fmt::format("this node holds certified blocks up to {}, the checkpoint would undo those above {}; sign one "
                        "on the last certified block",
                        head.value, checkpoint.number.value));
    if (checkpoint.instance <= sealed_instance(blocks, head))
        return std::unexpected(fmt::format("the chain is in instance {} already; the checkpoint needs a higher one",
                                           sealed_instance(blocks, head)));
    return CheckpointFate::begins;
}

}  // namespace talea::node
