#pragma once
#include <string_view>

#include "vm/chain/block.hpp"
#include "vm/chain/transaction.hpp"
#include "vm/execution/block_execution.hpp"
#include "vm/execution/tx_error.hpp"

namespace talea::conformance {

/// Whether a refusal is one of those that a public test expects: `expected` holds names like
/// "TransactionException.NONCE_IS_MAX", joined by '|'.
[[nodiscard]] bool matches(vm::TxError error, std::string_view expected);
[[nodiscard]] bool matches(vm::TxDecodeError error, std::string_view expected);
[[nodiscard]] bool matches(const vm::BlockFailure& failure, std::string_view expected);
[[nodiscard]] bool matches(const vm::BlockDecodeFailure& failure, std::string_view expected);

}  // namespace talea::conformance
