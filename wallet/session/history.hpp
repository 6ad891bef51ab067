#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/abi/interface.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/session.hpp"

/// What the chain says of its past: events, and the state after a block.
namespace talea::wallet {

/// An event of a contract, where it stands in the chain.
struct Emitted {
    const abi::Event* event = nullptr;
    std::vector<abi::Value> values;  ///< in the order of its parameters
    std::uint64_t block_number = 0;
    std::string tx_hash;

    /// The parameter of that name, which the event has (checked).
    [[nodiscard]] const abi::Value& operator[](std::string_view name) const;
    [[nodiscard]] bool is(std::string_view name) const { return event->name == name; }
};

/// Events of `names` that the contract at `address` emitted up to block `until`, oldest first.
[[nodiscard]] Result<std::vector<Emitted>> read_events(Session& session, const vm::Address& address,
                                                       std::string_view contract,
                                                       const std::vector<std::string_view>& names,
                                                       const std::string& until = "latest");

/// The first event of that name in a transaction's receipt, whoever emitted it.
[[nodiscard]] std::optional<Emitted> find_event(const Json& receipt, std::string_view contract, std::string_view name);

/// A final block as a place to read from.
struct BlockPoint {
    std::uint64_t number = 0;
    std::uint64_t time = 0;  ///< seconds since 1970
    std::string hash;

    /// As eth_call takes it.
    [[nodiscard]] std::string tag() const;
};

/// "latest", a block number, or a moment T: the last block with a time up to T, refused while no final block is later
/// than T, since then another could still be put before it (DOMAIN 2.1, record date).
[[nodiscard]] Result<BlockPoint> find_block(Session& session, const std::string& when);
[[nodiscard]] Result<BlockPoint> read_block(Session& session, std::uint64_t number);

/// The block of a record date, as above.
[[nodiscard]] Result<BlockPoint> find_last_block_up_to(Session& session, std::uint64_t moment);

/// The chain clock: the time of the block that would be made now.
[[nodiscard]] Result<std::uint64_t> pending_time(Session& session);

/// Waits until a later block than `number` is final: what a block sets for the next one is seen by reads from then on.
[[nodiscard]] Result<void> wait_for_block_after(Session& session, std::uint64_t number);

/// A line of the cap table.
struct Holding {
    vm::Address account;
    vm::u256 balance;
};
/// Who holds a token after that block, by address; from the node's index.
[[nodiscard]] Result<std::vector<Holding>> read_holdings(Session& session, const vm::Address& token,
                                                         const std::string& block_tag);

/// The first word of a view's first result.
[[nodiscard]] Result<vm::u256> read_word(Session& session, const vm::Address& address, std::string_view contract,
                                         std::string_view function, std::vector<abi::Value> arguments = {},
                                         const std::string& block_tag = "latest");

}  // namespace talea::wallet
