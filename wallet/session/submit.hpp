#pragma once
#include <optional>
#include <string>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"
#include "wallet/session/session.hpp"

namespace talea::wallet {

/// What a person wants done: one call or creation, with words for it.
struct Order {
    std::string title;              ///< "transfer 100.000000 TFUND to bob (0x…)"
    std::optional<vm::Address> to;  ///< nothing: creates a contract
    vm::Bytes data;
    vm::u256 value;
};

/// What became of it.
struct Outcome {
    vm::Hash tx_hash;
    std::optional<vm::Address> created;
    std::uint64_t block_number = 0;
    std::int64_t milliseconds = 0;  ///< from sending to finality
    bool repeated = false;          ///< the reference had been paid before; nothing new was sent
    Json receipt;
};

/// What a preview says: each refusal as talea_preview lists it.
struct Preview {
    bool allowed = false;
    Json refusals = Json::array();  ///< [{code, name, who, rule, detail, sentence, remedy}]
};
[[nodiscard]] Result<Preview> preview(Session& session, const vm::Address& from, const Order& order);
/// "refused: <sentence>" and "  remedy: <what would mend it>", a line each refusal.
[[nodiscard]] std::string describe_refusals(const Session& session, const Json& refusals);

/// The one road of everything that writes: preview (who is refused, by which rule, before anything is signed), show,
/// ask, sign, bind to the reference, send, wait for finality. Talks on stderr. Nothing where --dry-run or --unsigned
/// ended it early.
[[nodiscard]] Result<std::optional<Outcome>> submit(Session& session, const Order& order);

/// Sends a signed transaction and waits for its receipt; a revert is a Failure with the decoded error.
[[nodiscard]] Result<Outcome> send_and_wait(Session& session, vm::BytesView signed_tx, const vm::Hash& tx_hash);

/// Why a transaction of the chain was reverted, in words, found by running it again.
[[nodiscard]] std::string why_reverted(Session& session, const vm::Hash& tx_hash);

/// `outcome` as the object that --json prints.
[[nodiscard]] Json to_json(const Outcome& outcome);

}  // namespace talea::wallet
