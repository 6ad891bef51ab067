#include "node/rpc/decoded_blocks.hpp"

#include <algorithm>
#include <utility>

namespace talea::node {
namespace {

std::shared_ptr<const DecodedBlock> decode(const ChainReader& blocks, vm::BlockNumber number) {
    auto header = blocks.header(number);
    const auto hash = blocks.hash(number);
    if (!header || !hash) damaged("a block");
    auto made = std::make_shared<DecodedBlock>();
    made->header = *std::move(header);
    made->hash = *hash;
    made->transactions = blocks.transactions(number);
    made->receipts = blocks.receipts(number, made->transactions);
    if (made->receipts.size() != made->transactions.size()) damaged("the receipts of a block");
    std::uint64_t logs = 0;
    for (const auto& stored : made->receipts) {
        made->logs_before.push_back(logs);
        logs += stored.receipt.logs.size();
    }
    return made;
}

}  // namespace

std::shared_ptr<const DecodedBlock> DecodedBlocks::get(const Head& head, vm::BlockNumber number) {
    const auto of_number = [number](const auto& block) { return block->header.number == number; };
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = std::ranges::find_if(blocks_, of_number); found != blocks_.end()) {
            blocks_.splice(blocks_.begin(), blocks_, found);
            return blocks_.front();
        }
    }
    auto made = decode(head.blocks(), number);
    const std::lock_guard lock(mutex_);
    if (std::ranges::any_of(blocks_, of_number)) return made;  // another thread was as fast
    blocks_.push_front(made);
    transactions_ += made->transactions.size();
    while (blocks_.size() > blocks_max || (transactions_ > transactions_max && blocks_.size() > 1)) {
        transactions_ -= blocks_.back()->transactions.size();
        blocks_.pop_back();
    }
    return made;
}

}  // namespace talea::node
