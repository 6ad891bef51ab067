#include "node/chain/checkpoints.hpp"

#include "node/base/stop.hpp"
#include "node/consensus/certificate.hpp"

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
    const auto head = blocks.head().value_or(vm::BlockNumber{});
    CheckpointGround ground{head, sealed_instance(blocks, head), std::nullopt};
    if (checkpoint.number <= head) ground.hash = blocks.hash(checkpoint.number);
    if (checkpoint.number <= head && !ground.hash) damaged("a block's hash");
    return judge_checkpoint(checkpoint, stored_checkpoints(blocks), ground);
}

}  // namespace talea::node
