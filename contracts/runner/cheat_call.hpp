#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "contracts/abi/value.hpp"
#include "contracts/runner/cheat_codes.hpp"

namespace talea::runner {

/// One call of a cheat code while it is answered.
struct CheatCall {
    CheatCodes& cheats;
    const vm::Message& message;
    std::span<const abi::Type> types;  ///< of the arguments
    std::span<const abi::Value> args;
    std::vector<abi::Value> results;  ///< to be filled, as the table says
    std::string error;                ///< to be filled where the call reverts

    [[nodiscard]] TestChain& chain() { return cheats.chain(); }
    [[nodiscard]] vm::State& state() { return cheats.chain().state(); }
    [[nodiscard]] const vm::u256& word(std::size_t i) const { return args[i].word; }
    [[nodiscard]] vm::Address address(std::size_t i) const { return vm::to_address(args[i].word); }
    [[nodiscard]] std::string text(std::size_t i) const { return {args[i].bytes.begin(), args[i].bytes.end()}; }
    /// A number that must fit 64 bits; where it does not, nothing, and the call reverts.
    [[nodiscard]] std::optional<std::uint64_t> number(std::size_t i) {
        if (args[i].word.fits_u64()) return args[i].word.low_u64();
        error = "a number beyond 64 bits";
        return std::nullopt;
    }
};

/// One row of the table.
struct CheatCode {
    std::string signature;                    ///< "deal(address,uint256)"
    std::string results;                      ///< types, as a tuple: "(uint256)"
    std::function<void(CheatCall&)> perform;  ///< the outermost call's frame is message.depth - 1
};

/// assertEq and its like.
[[nodiscard]] std::vector<CheatCode> assertions();
/// mockCall, expectCall, expectCreate and their like.
[[nodiscard]] std::vector<CheatCode> mock_codes();
/// randomUint and its like, shuffle, sort, bound.
[[nodiscard]] std::vector<CheatCode> random_codes();
/// Texts: parse them, take them apart, base64.
[[nodiscard]] std::vector<CheatCode> text_codes();
/// Keys with their addresses, and the code of contracts.
[[nodiscard]] std::vector<CheatCode> wallet_codes();

}  // namespace talea::runner
