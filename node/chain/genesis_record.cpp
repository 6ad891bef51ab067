#include "node/chain/genesis_record.hpp"

#include "vm/execution/genesis_block.hpp"

namespace talea::node {

BlockRecord genesis_record(const vm::Genesis& genesis) {
    BlockRecord record;
    record.block.header = vm::genesis_header(genesis);
    record.hash = vm::header_hash(record.block.header);
    record.changes = vm::genesis_state(genesis);
    return record;
}

}  // namespace talea::node
