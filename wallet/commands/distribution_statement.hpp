#pragma once
#include <optional>
#include <string>
#include <vector>

#include "wallet/merkle_tree.hpp"
#include "wallet/session/session.hpp"

namespace talea::wallet {

/// Who is paid how much for what was held at a record date: what anyone computes again from the cap table, byte for
/// byte, and what an IDistribution holds the root and the hash of.
struct DistributionStatement {
    /// What it is computed from, besides the chain.
    struct Terms {
        vm::Address token, cash;
        std::uint64_t record_time = 0;      ///< the cap table is that of the last block with a time up to it
        std::optional<vm::u256> pot;        ///< cash shared by units, rounded down; else
        std::optional<vm::u256> rate;       ///< cash a unit, 8 decimals, rounded down
        std::vector<vm::Address> excluded;  ///< ascending; besides escrows and whoever has no identity
    };
    struct Leaf {
        vm::Address account;
        vm::u256 units, amount;
    };

    Terms terms;
    std::uint64_t block_number = 0;  ///< of the cap table
    std::string block_hash;
    std::vector<Leaf> leaves;  ///< ascending by account, each with an amount

    [[nodiscard]] vm::u256 total() const;
    /// At least one leaf (checked).
    [[nodiscard]] MerkleTree tree() const;
};

/// Reads the cap table at the record date and shares the cash out.
[[nodiscard]] Result<DistributionStatement> compute_statement(Session& session,
                                                              const DistributionStatement::Terms& terms);

/// The file: JSON with the root and the total in it; amounts in atoms. The same statement gives the same bytes.
[[nodiscard]] std::string write_statement(const DistributionStatement& statement);

/// A file whose root and total hold.
struct StatementFile {
    DistributionStatement statement;
    vm::Hash document_hash;  ///< keccak of its bytes
};
[[nodiscard]] Result<StatementFile> read_statement(const std::string& path);

}  // namespace talea::wallet
