#pragma once
#include <map>

#include "vm/state/changeset.hpp"

namespace talea::vm {

/// A whole state in ordered maps: for genesis, tests and the conformance runner.
class MapState final : public StateView {
  public:
    struct Entry {
        Account account;
        std::map<u256, u256> storage;
    };
    std::map<Address, Entry> accounts;
    std::map<Hash, Code> codes;
    std::map<BlockNumber, Hash> block_hashes;

    [[nodiscard]] std::optional<Account> account(const Address& address) const override;
    [[nodiscard]] u256 storage(const Address& address, const u256& key) const override;
    [[nodiscard]] bool has_storage(const Address& address) const override;
    [[nodiscard]] Code code(const Hash& code_hash) const override;
    [[nodiscard]] Hash block_hash(BlockNumber number) const override;

    /// Puts an account with code and storage; zero slots are dropped.
    void put(const Address& address, std::uint64_t nonce, const Wei& balance, BytesView code,
             const std::map<u256, u256>& storage = {});
    void apply(const ChangeSet& changes);
    [[nodiscard]] Hash root() const;
};

}  // namespace talea::vm
