#pragma once
#include "reference/interpreter.hpp"

namespace talea::reference {

/// One call or creation that runs code (Yellow Paper 9).
class Frame {
  public:
    Frame(Execution& execution, const vm::Message& message, vm::Code code);
    [[nodiscard]] Result run();

  private:
    // All of these are false where the frame has come to its end, `status_` then says how.
    [[nodiscard]] bool step();
    [[nodiscard]] bool execute(std::uint8_t opcode);
    [[nodiscard]] bool halt(vm::Status status);
    [[nodiscard]] bool pay(vm::Gas amount);
    [[nodiscard]] bool reach(const vm::u256& offset, const vm::u256& size);
    [[nodiscard]] bool pay_words(vm::Gas each, const vm::u256& size);
    [[nodiscard]] bool access(const vm::Address& address);
    [[nodiscard]] bool jump(const vm::u256& destination);
    [[nodiscard]] bool copy_in(vm::BytesView source);
    [[nodiscard]] bool keccak();
    [[nodiscard]] bool load_slot();
    [[nodiscard]] bool store_slot();
    [[nodiscard]] bool store_transient();
    [[nodiscard]] bool copy_within();
    [[nodiscard]] bool log(unsigned topics);
    [[nodiscard]] bool call(vm::CallKind kind);
    [[nodiscard]] bool create(vm::CallKind kind);
    [[nodiscard]] bool end_with_output(vm::Status status);
    [[nodiscard]] bool self_destruct();

    void push(const vm::u256& value) { stack_.push_back(value); }
    vm::u256 pop();
    vm::Address pop_address();
    [[nodiscard]] vm::Bytes memory(const vm::u256& offset, const vm::u256& size) const;
    void trace(std::uint8_t opcode) const;

    Execution& execution_;
    const vm::Message& message_;
    const vm::Code code_;
    const vm::BytesView call_data_;
    std::vector<bool> destinations_;
    vm::Gas gas_;
    std::size_t pc_ = 0;
    std::vector<vm::u256> stack_;
    vm::Bytes memory_, return_data_, output_;
    vm::Status status_ = vm::Status::success;
};

}  // namespace talea::reference
