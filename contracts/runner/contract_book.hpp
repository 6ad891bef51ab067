#pragma once
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "contracts/abi/interface.hpp"
#include "contracts/runner/compiler.hpp"

namespace talea::runner {

struct KnownContract {
    std::string name, unit;
    abi::Interface abi;
    ContractContents contents;
};

/// Whether `name` names the contract: "Token", "Token.sol:Token", "src/Token.sol:Token".
[[nodiscard]] bool is_named(const KnownContract& contract, std::string_view name);

/// All contracts of a compilation, to give names to what a test calls. Reads them when it is asked the first time,
/// which is when a test failed. May be asked by several threads; answers hold as long as the book.
class ContractBook {
  public:
    ContractBook(const Compiler& compiler, std::vector<ContractEntry> entries)
        : compiler_(compiler), entries_(std::move(entries)) {}

    /// The contract with that runtime code, whatever its immutables are; null where there is none.
    [[nodiscard]] const KnownContract* by_runtime_code(vm::BytesView code) const;
    /// The contract whose creation code `init_code` begins with (arguments follow it); the longest where several fit.
    [[nodiscard]] const KnownContract* by_creation_code(vm::BytesView init_code) const;
    /// The contract called "Token", "Token.sol:Token" or "src/Token.sol:Token"; the first where several are.
    [[nodiscard]] const KnownContract* by_name(std::string_view name) const;
    /// Functions, events and errors of all of them, and of the cheat codes.
    [[nodiscard]] const abi::Interface& all() const;

  private:
    const Compiler& compiler_;
    std::vector<ContractEntry> entries_;
    mutable std::once_flag read_;
    mutable std::vector<KnownContract> contracts_;
    mutable abi::Interface all_;

    void read() const;
};

}  // namespace talea::runner
