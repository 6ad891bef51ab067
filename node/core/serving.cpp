#include "node/core/serving.hpp"

#include <algorithm>
#include <utility>

namespace talea::node {

wire::Headers answer(const wire::GetHeaders& request, const HeaderReader& read) {
    wire::Headers made{request.request, {}};
    const auto most = std::min(request.count, ~request.first.value);  // no number is above 2^64 - 2
    for (std::uint64_t i = 0; i < most; ++i) {
        auto header = read({request.first.value + i});
        if (!header) break;
        made.headers.push_back(std::move(*header));
    }
    return made;
}

wire::Blocks answer(const wire::GetBlocks& request, const BlockReader& read) {
    wire::Blocks made{request.request, {}};
    std::size_t bytes = 0;
    for (const auto& hash : request.blocks) {
        auto block = read(hash);
        if (!block) break;
        bytes += block->header.size();
        for (const auto& transaction : block->transactions) bytes += transaction.size();
        // A whole block always fits: it is the measure of the frame.
        if (!made.blocks.empty() && bytes > limits::block_bytes_max) break;
        made.blocks.push_back(std::move(*block));
    }
    return made;
}

std::vector<wire::Transactions> answer(const std::vector<vm::Hash>& hashes, const Pool& pool) {
    std::vector<wire::Transactions> frames;
    std::size_t bytes = 0;
    for (const auto& hash : hashes) {
        const auto pending = pool.find(hash);
        if (!pending) continue;
        bytes += pending->size_bytes;
        if (frames.empty() || frames.back().encoded.size() == limits::wire_txs_max ||
            bytes > limits::wire_txs_bytes_max) {
            frames.emplace_back();
            bytes = pending->size_bytes;
        }
        frames.back().encoded.push_back(vm::encode_transaction(pending->tx));
    }
    return frames;
}

}  // namespace talea::node
