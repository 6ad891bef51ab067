#pragma once
#include <optional>

#include "vm/interpreter/system_contracts.hpp"

namespace talea::vm {

/// The three native registries of a Talea chain, as the Evm calls them (DESIGN 5). Keeps the output of its last call;
/// not for use by two threads.
class Registries final : public SystemContracts {
  public:
    [[nodiscard]] bool contains(const Address& address) const override;
    [[nodiscard]] CallResult call(const Message& message, State& state, const BlockContext& block, const TxContext& tx,
                                  StaticCaller& caller) override;

  private:
    Bytes output_;
};

/// CREATE in a call needs DEPLOY of the transaction's origin or of the contract that creates.
class DeployGuard final : public CreateGuard {
  public:
    [[nodiscard]] bool may_create(State& state, const Address& origin, const Address& creator) const override;
    /// The first creator that was told no.
    [[nodiscard]] const std::optional<Address>& refused() const { return refused_; }

  private:
    mutable std::optional<Address> refused_;
};

}  // namespace talea::vm
