#pragma once
#include <string>
#include <vector>

#include "wallet/commands/program.hpp"
#include "wallet/session/session.hpp"

/// A fund's orders, read from the chain.
namespace talea::wallet {

inline constexpr unsigned unit_decimals = 6;  ///< of units and cash: the fund accepts no other
inline constexpr unsigned nav_decimals = 8;

/// ITreasuryFund.Side.
enum class Side : std::uint8_t { subscription = 0, redemption = 1 };
[[nodiscard]] const char* to_string(Side side);
[[nodiscard]] abi::Value value_of(Side side);
/// "subscription" or "redemption".
[[nodiscard]] Result<Side> parse_side(const std::string& text);

/// ITreasuryFund.Stage.
enum class Stage : std::uint8_t { none, open, cut, struck, funded, payable, drained };
[[nodiscard]] const char* to_string(Stage stage);

/// An order as it stands after a block; amounts in atoms, `amount` and `claimed` of what went in, `paid` of what came
/// out.
struct FundOrder {
    Side side = Side::subscription;
    std::uint32_t day = 0;  ///< since 1970
    vm::Address controller;
    Stage stage = Stage::none;  ///< of its day's side
    bool drained = false;       ///< nothing of it is left to claim
    vm::u256 amount, claimed, paid;
};
/// Every order there ever was that was not taken back, by day, side and controller.
[[nodiscard]] Result<std::vector<FundOrder>> read_orders(Session& session, const vm::Address& fund,
                                                         const std::string& block_tag);

/// What the fund keeps of a token in escrow after a block, by its books.
struct FundEscrow {
    vm::u256 cash;   ///< of subscriptions not collected, and put in for redemptions not claimed
    vm::u256 units;  ///< of redemptions not struck, subscriptions not claimed, and management fees not collected
};
[[nodiscard]] Result<FundEscrow> read_fund_escrow(Session& session, const vm::Address& fund,
                                                  const std::string& block_tag);

/// fund orders, fund confirm.
void add_fund_book_commands(Program& program, CLI::App& group);

}  // namespace talea::wallet
