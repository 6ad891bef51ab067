#pragma once
#include <map>
#include <string>
#include <vector>

#include "contracts/runner/contract_book.hpp"
#include "vm/chain/receipt.hpp"
#include "vm/interpreter/message.hpp"
#include "vm/state/state.hpp"

namespace talea::runner {

/// Names that tests give to addresses (vm.label).
using Labels = std::map<vm::Address, std::string>;

/// The calls of one run, in the order they began, with their events.
class Trace {
  public:
    /// `book` names contracts by their code; it and `labels` must outlive the trace.
    Trace(const ContractBook& book, const Labels& labels) : book_(book), labels_(labels) {}

    void begin(const vm::Message& message, vm::State& state);
    void end(const vm::CallResult& result, vm::State& state);
    void log(const vm::Log& log);

    /// A tree with one line a call, event and result.
    [[nodiscard]] std::string render() const;
    /// "alice", "RestrictedToken", or the address in hex.
    [[nodiscard]] std::string name_of(const vm::Address& address) const;

  private:
    struct Item {
        bool is_call = false;
        std::size_t index = 0;  // into calls_ or logs_
    };
    struct Call {
        vm::CallKind kind = vm::CallKind::call;
        vm::Address sender, recipient, code_address;
        vm::u256 value;
        vm::Bytes input;
        vm::Gas gas = 0, gas_used = 0;
        vm::Status status = vm::Status::success;
        vm::Bytes output;
        const KnownContract* contract = nullptr;
        std::vector<Item> items;
    };
    const ContractBook& book_;
    const Labels& labels_;
    std::vector<Call> calls_;
    std::vector<vm::Log> logs_;
    std::vector<std::size_t> open_;
    std::map<vm::Address, const KnownContract*> seen_;

    void render_call(std::string& out, const Call& call, const std::string& before_first,
                     const std::string& before) const;
    [[nodiscard]] std::string describe(const Call& call) const;
    [[nodiscard]] std::string describe_result(const Call& call) const;
    [[nodiscard]] std::string describe(const vm::Log& log) const;
};

}  // namespace talea::runner
