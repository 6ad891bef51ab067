#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vm/chain/block_context.hpp"
#include "vm/interpreter/message.hpp"
#include "vm/state/map_state.hpp"

namespace talea::bench {

/// A program of the public benchmark set (schema evm-bench/1): a message call with the state before and what must come
/// out of it.
struct Program {
    std::string name;
    unsigned repeat = 1;  ///< calls in a sample
    vm::MapState state;
    vm::BlockContext block;
    vm::Address to, sender;
    vm::u256 value;
    vm::Bytes calldata;
    vm::Gas gas_limit = 0;

    struct Expected {
        bool succeeds = true;
        vm::Gas gas_used = 0, gas_refund = 0;
        std::optional<vm::Bytes> output;  ///< or its size and sha256
        std::size_t output_size = 0;
        vm::Hash output_sha256;
        std::size_t logs = 0;
        std::map<vm::Address, std::map<vm::u256, vm::u256>> post_storage;  ///< slots that differ from the start
    } expected;
};

/// A sentence where the file is none of these.
struct ReadError {
    std::string what;
};
[[nodiscard]] std::optional<Program> read_program(const std::string& file, ReadError& error);

}  // namespace talea::bench
