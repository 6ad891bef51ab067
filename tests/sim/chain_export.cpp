#include "sim/chain_export.hpp"

#include "node/sync/chain_export.hpp"

namespace talea::sim {

std::string export_chain(Simulation& simulation) {
    const Node* longest = nullptr;
    for (std::size_t i = 0; i < simulation.nodes(); ++i) {
        const Node& node = simulation.node(i);
        if (node.runs() && (longest == nullptr || longest->finals().size() < node.finals().size())) longest = &node;
    }
    std::string text = node::export_genesis(simulation.world().genesis());
    if (longest == nullptr) return text;
    for (const auto& checkpoint : longest->checkpoints()) text += node::export_checkpoint(checkpoint);
    for (const auto& record : longest->finals()) {
        std::vector<vm::Transaction> transactions;
        for (const auto& recovered : record.block->transactions) transactions.push_back(recovered.tx);
        text += node::export_block(record.block->header, node::encode_certificate(record.certificate), transactions);
    }
    return text;
}

}  // namespace talea::sim
