#pragma once
#include <optional>

#include "vm/base/bytes.hpp"
#include "vm/chain/transaction.hpp"
#include "wallet/session/failure.hpp"

namespace talea::wallet {

/// A transaction that is to be signed elsewhere, with who is to sign it.
struct UnsignedTransaction {
    vm::Address from;
    vm::Transaction tx;  ///< dynamic fee, without signature
};

/// The file of --unsigned: the fields as eth_sendTransaction names them, numbers as quantities.
[[nodiscard]] Json to_json(const UnsignedTransaction& transaction);
[[nodiscard]] Result<UnsignedTransaction> unsigned_from_json(const Json& json);

}  // namespace talea::wallet
