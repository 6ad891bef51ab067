#include "node/sync/chain_export.hpp"

#include <algorithm>

#include "vm/base/hex.hpp"

namespace talea::node {

std::string export_genesis(const vm::Genesis& genesis) {
    std::string file = vm::write_genesis(genesis);
    std::erase(file, '\n');  // it stands only between members
    return "{\"genesis\": " + file + "}\n";
}

std::string export_checkpoint(const Checkpoint& checkpoint) {
    return "{\"checkpoint\": \"" + vm::to_hex(encode_checkpoint(checkpoint)) + "\"}\n";
}

std::string export_block(const vm::Header& header, vm::BytesView certificate,
                         std::span<const vm::Transaction> transactions) {
    std::string line = "{\"header\": \"" + vm::to_hex(vm::encode_header(header)) + "\", \"certificate\": \"" +
                       vm::to_hex(certificate) + "\", \"transactions\": [";
    for (const auto& transaction : transactions) {
        if (line.back() != '[') line += ", ";
        line += "\"" + vm::to_hex(vm::encode_transaction(transaction)) + "\"";
    }
    return line + "]}\n";
}

}  // namespace talea::node
