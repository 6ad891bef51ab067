#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "bench/load/account.hpp"
#include "bench/load/rpc.hpp"
#include "contracts/abi/interface.hpp"

namespace talea::load {

/// A contract and what it understands.
struct Contract {
    vm::Address address;
    abi::Interface interface;

    /// Call data. Stops the program where there is no such function.
    [[nodiscard]] vm::Bytes call(std::string_view function, const std::vector<abi::Value>& arguments) const;
};
/// Of a JSON ABI; stops the program where it is none.
[[nodiscard]] abi::Interface interface_of(std::string_view json);

/// The account that makes what the load needs: one stream of transactions, sent in batches, never more than
/// `waiting_max` of them ahead of the chain.
class Administrator {
  public:
    Administrator(Rpc& rpc, std::uint64_t waiting_max);

    /// Of a chain that is the load's own: known from the beginning.
    [[nodiscard]] static Account account();
    [[nodiscard]] const vm::Address& address() const { return account_.address; }
    [[nodiscard]] std::uint64_t chain_id() const { return chain_id_; }

    void call(const Contract& contract, std::string_view function, const std::vector<abi::Value>& arguments);
    /// The address is that of its creation, which is to come.
    Contract create(abi::Interface interface, vm::Bytes creation_code, const std::vector<abi::Value>& arguments);
    /// The address of the contract that is created `ahead` transactions from now.
    [[nodiscard]] vm::Address next_creation(std::uint64_t ahead = 0) const;
    /// Waits until all stand in blocks; stops the program where the last one failed.
    void settle();

  private:
    void add(Payload payload);
    void flush();
    [[nodiscard]] std::uint64_t nonce_on_chain();

    Rpc& rpc_;
    const std::uint64_t waiting_max_;
    std::uint64_t chain_id_;
    Account account_;
    std::vector<vm::Bytes> unsent_;
    vm::Hash last_;
};

}  // namespace talea::load
