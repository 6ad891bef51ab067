#pragma once
#include "vm/chain/transaction.hpp"
#include "wallet/session/session.hpp"
#include "wallet/session/transaction_file.hpp"

namespace talea::wallet {

/// Signs by the account's key file (its password is asked for) or by the --signer command, which gets the transaction
/// file on stdin and prints the raw signed transaction in hex. What comes back is checked: same fields, signed by
/// `from`.
[[nodiscard]] Result<vm::RecoveredTransaction> sign(Session& session, const UnsignedTransaction& transaction);

/// The private key of an account of this wallet.
[[nodiscard]] Result<vm::PrivateKey> unlock(Session& session, const vm::Address& address);

}  // namespace talea::wallet
