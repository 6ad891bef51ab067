#pragma once
#include <map>
#include <memory>
#include <vector>

#include "contracts/abi/interface.hpp"
#include "sim/random.hpp"
#include "vm/chain/genesis.hpp"
#include "vm/crypto/secp256k1.hpp"
#include "vm/interpreter/evm.hpp"
#include "vm/state/state_view.hpp"

namespace talea::sim {

/// Somebody with a key.
struct Person {
    vm::PrivateKey key;
    vm::Address address;
};
/// Persons of one seed are the same in every run: `index` in the role named by `family`.
[[nodiscard]] Person person(std::uint64_t family, std::uint64_t index);

using SignedTransaction = std::shared_ptr<const vm::RecoveredTransaction>;

/// A chain in mode `enforced` with one RestrictedToken, its issuer and its holders; and what they do all day.
class Economy {
  public:
    /// `admitted` may connect, besides the validators.
    Economy(std::size_t holders, const std::vector<vm::Address>& validators, const std::vector<Person>& admitted,
            std::uint64_t idle_interval_seconds);

    [[nodiscard]] const vm::Genesis& genesis() const { return genesis_; }
    [[nodiscard]] std::size_t actors() const { return persons_.size(); }  ///< the issuer is number 0
    [[nodiscard]] std::map<vm::Address, std::uint64_t> roles() const;     ///< that genesis grants
    [[nodiscard]] const Person& actor(std::size_t index) const { return persons_[index]; }

    /// What `actor` does next, signed with its next nonce: holders transfer; the issuer issues, redeems, freezes.
    [[nodiscard]] SignedTransaction act(std::size_t actor, Random& random);
    /// A transfer by `actor` of nothing to itself.
    [[nodiscard]] SignedTransaction idle_transfer(std::size_t actor);
    /// The issuer, who is also the administrator, takes TRANSACT from `account` or gives it back.
    [[nodiscard]] SignedTransaction revoke(const vm::Address& account);
    [[nodiscard]] SignedTransaction grant(const vm::Address& account);
    /// The validators of the next block change; a candidate consents by its key.
    [[nodiscard]] SignedTransaction add_validator(const Person& candidate, const vm::Hash& genesis_hash);
    [[nodiscard]] SignedTransaction remove_validator(const vm::Address& validator);
    [[nodiscard]] SignedTransaction replace_validator(const vm::Address& validator, const Person& candidate,
                                                      const vm::Hash& genesis_hash);
    /// Who may connect, besides the validators.
    [[nodiscard]] SignedTransaction admit_node(const Person& node);
    [[nodiscard]] SignedTransaction remove_node(const vm::Address& node);
    /// What no block should hold, or not yet: of strangers, of other chains, far ahead of its turn, too large, below
    /// its intrinsic gas, a creation without DEPLOY, one that was sent before; or what a block may hold and reverts.
    [[nodiscard]] SignedTransaction nonsense(Random& random);
    /// What permission forbids, and only that: a transfer by a stranger; a call of one without DEPLOY that creates a
    /// contract; a delegation to the token whose authority may not send (EIP-7702).
    enum class Forbidden : std::uint8_t { sender, create, authority };
    [[nodiscard]] SignedTransaction forbidden(Forbidden what);
    /// Any call by `actor`, with its next nonce.
    [[nodiscard]] SignedTransaction call(std::size_t actor, const std::optional<vm::Address>& to, vm::Bytes data);

    /// Whether the holdings of all holders add up to the token's supply in `state`.
    [[nodiscard]] bool supply_is_held(vm::Evm& evm, const vm::StateView& state) const;

    static constexpr vm::Timestamp founded{1'795'208'340};  // 2026-11-20T20:59:00Z

  private:
    void found(const std::vector<vm::Address>& validators, const std::vector<Person>& admitted,
               std::uint64_t idle_interval_seconds);
    [[nodiscard]] SignedTransaction permissions_call(const char* function, const std::vector<abi::Value>& arguments);
    [[nodiscard]] vm::Bytes token_call(const char* function, const std::vector<abi::Value>& arguments) const;
    [[nodiscard]] vm::u256 ask(vm::Evm& evm, const vm::StateView& state, vm::Bytes call) const;

    std::vector<Person> persons_;
    std::vector<std::uint64_t> nonces_;
    Person fool_;  ///< who may send, and sends nonsense
    std::uint64_t fool_nonce_ = 0;
    abi::Interface token_abi_;
    abi::Interface permissions_abi_;
    vm::Address token_;
    vm::Genesis genesis_;
};

}  // namespace talea::sim
