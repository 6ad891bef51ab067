#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/interpreter/evm.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/registries.hpp"
#include "vm/state/map_state.hpp"
#include "vm/state/state.hpp"

namespace talea::tests {

/// What a call of a registry did.
struct Done {
    bool succeeded = false;
    vm::Bytes output;
    [[nodiscard]] vm::u256 word(std::size_t i = 0) const;
};

/// One chain with the native registries and, deployed on it, their Solidity models, begun alike: every call goes to
/// both.
class Pair {
  public:
    /// Holds ADMIN, NETWORK and REGISTRAR_ADMIN from the first.
    static const vm::Address first_admin;
    static const vm::Hash genesis_hash;
    static constexpr std::uint64_t recovery_delay = 5'000;
    static constexpr std::uint64_t upgrade_notice = 3;
    /// Contracts for rules of kind 1: answers 0; an odd amount with 77; reverts; runs out of gas; returns 31 bytes; has
    /// no code.
    static constexpr std::size_t rule_contracts = 6;
    [[nodiscard]] static vm::Address rule_contract(std::size_t i);

    Pair();

    /// Sends `data` to the registry and to its model, as a transaction of its own. Nothing, with `difference` said,
    /// where status, output or events are not the same.
    [[nodiscard]] std::optional<Done> call(vm::Registry registry, const vm::Address& sender, const vm::Bytes& data);

    /// The block's timestamp, in which the next calls are.
    std::uint64_t now = begun;
    /// Of that block; one follows the other every 1,000 seconds.
    [[nodiscard]] std::uint64_t block_number() const { return 1 + (now - begun) / 1'000; }
    std::string difference;

  private:
    static constexpr std::uint64_t begun = 1'795'208'340;
    struct Ended {
        vm::Status status = vm::Status::success;
        vm::Bytes output;
        std::vector<vm::Log> logs;
    };
    [[nodiscard]] vm::Address deploy(std::string_view name, const vm::Bytes& arguments);
    [[nodiscard]] Ended run(const vm::Address& sender, const vm::Address& to, const vm::Bytes& data);

    vm::MapState base_;
    std::optional<vm::State> state_;
    vm::Registries registries_;
    vm::Evm evm_;
    vm::BlockContext block_;
    vm::TxContext tx_;
    std::uint64_t deployed_ = 0;
    std::array<vm::Address, 3> models_;
};

}  // namespace talea::tests
