#include "sim/chain_export.hpp"

#include <filesystem>
#include <fstream>

#include "node/chain/workshop.hpp"
#include "node/storage/database.hpp"
#include "node/sync/chain_export.hpp"

namespace talea::sim {
namespace {

const Node* longest_chain(Simulation& simulation) {
    const Node* longest = nullptr;
    for (std::size_t i = 0; i < simulation.nodes(); ++i) {
        const Node& node = simulation.node(i);
        if (node.runs() && (longest == nullptr || longest->finals().size() < node.finals().size())) longest = &node;
    }
    return longest;
}

/// As an honest program executes it, or else as a modified one does.
Execution execute(Ledger& ledger, const vm::RecoveredBlock& block) {
    ledger.permits_everything = false;
    if (auto honest = ledger.execute(block)) return honest;
    ledger.permits_everything = true;
    return ledger.execute(block);
}

}  // namespace

std::string export_chain(Simulation& simulation) {
    const Node* longest = longest_chain(simulation);
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

std::expected<void, std::string> write_directory(Simulation& simulation, const std::string& path) {
    // The names are those of node/ops/directory.hpp.
    std::error_code failed;
    if (!std::filesystem::create_directories(path, failed)) return std::unexpected("'" + path + "' cannot be made");
    std::ofstream genesis(path + "/genesis.json");
    genesis << vm::write_genesis(simulation.world().genesis());
    if (!genesis.flush()) return std::unexpected("the genesis cannot be written");
    const auto database = node::Database::open(path + "/db", simulation.world().genesis_record());
    if (!database) return std::unexpected(std::string(to_string(database.error().what)));
    const Node* longest = longest_chain(simulation);
    if (longest == nullptr) return std::unexpected("no node runs");
    Ledger ledger(simulation.world());
    for (const auto& checkpoint : longest->checkpoints()) {
        ledger.recover(checkpoint);
        (*database)->store_checkpoint(checkpoint.number, checkpoint.instance, node::encode_checkpoint(checkpoint),
                                      true);
    }
    for (const auto& final_one : longest->finals()) {
        const auto executed = execute(ledger, *final_one.block);
        if (!executed) return std::unexpected(vm::to_string(executed.error()));
        auto record = node::record_of((*executed)->block, (*executed)->result);
        record.certificate = node::encode_certificate(final_one.certificate);
        (*database)->commit(record, vm::update_state_trie((*database)->trie(), record.changes));
        ledger.apply(**executed);
    }
    return {};
}

}  // namespace talea::sim
