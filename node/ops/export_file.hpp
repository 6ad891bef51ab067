#pragma once
#include <expected>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "node/consensus/recovery.hpp"
#include "vm/chain/genesis.hpp"
#include "vm/chain/transaction.hpp"

namespace talea::node {

/// Reads what `talead export` writes (node/CHAIN.md, "Export"), line by line. Strict; an error is one sentence that
/// names the line.
class ExportReader {
  public:
    explicit ExportReader(std::istream& file) : file_(file) {}

    /// How the chain begins. The genesis agrees with its registries; checkpoints are decoded, not judged.
    struct Beginning {
        vm::Genesis genesis;
        std::vector<Checkpoint> checkpoints;
    };
    /// To be called once, before `next`.
    [[nodiscard]] std::expected<Beginning, std::string> begin();

    /// Header and certificate as their bytes, not judged.
    struct Block {
        vm::Bytes header, certificate;
        std::vector<vm::Transaction> transactions;
    };
    /// The next block; nothing at the end of the file.
    [[nodiscard]] std::expected<std::optional<Block>, std::string> next();

  private:
    bool next_line();
    [[nodiscard]] std::unexpected<std::string> wrong(std::string_view what) const;

    std::istream& file_;
    std::string line_;
    std::size_t number_ = 0;
    bool read_ahead_ = false;  ///< `line_` is the first block's
};

}  // namespace talea::node
