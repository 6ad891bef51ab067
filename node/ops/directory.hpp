#pragma once
#include <expected>
#include <string>

#include "node/chain/chain.hpp"
#include "vm/chain/genesis.hpp"

namespace talea::node {

/// A node's data directory: the resolved genesis beside the database.
struct Directory {
    std::string path;
    [[nodiscard]] std::string genesis_file() const { return path + "/genesis.json"; }
    [[nodiscard]] std::string database() const { return path + "/db"; }
    /// Where devnet keeps its keys; production keys live elsewhere and are named by --key.
    [[nodiscard]] std::string key_file(std::string_view name) const { return path + "/" + std::string(name) + ".key"; }
};

/// The resolved genesis in `file`, whose configuration must be the one that its registries hold; the error is one
/// sentence.
[[nodiscard]] std::expected<vm::Genesis, std::string> load_genesis(const std::string& file);
/// The same of a data directory, which must have one.
[[nodiscard]] std::expected<vm::Genesis, std::string> load_genesis(const Directory& directory);

/// One sentence for the operator.
[[nodiscard]] std::string describe(const Directory& directory, const OpenFailure& failure);

}  // namespace talea::node
