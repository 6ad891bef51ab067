#pragma once
#include <map>
#include <string>
#include <vector>

#include "contracts/abi/value.hpp"
#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"
#include "wallet/session/contract.hpp"

namespace talea::wallet {

/// ISettlement.State.
enum class InstructionState : std::uint8_t { none, draft, affirmed, locked, settled, cancelled, expired };
[[nodiscard]] std::string_view to_string(InstructionState state);

/// ISettlement.Leg.
struct Leg {
    vm::Address token, from, to;
    vm::u256 amount;
};

/// ISettlement.Trade: two legs.
struct Trade {
    vm::Address seller, buyer, token;
    vm::u256 units, cash;
};

/// An instruction or a netting set, as a Settlement holds it.
struct Instruction {
    vm::Address settlement;
    std::uint64_t id = 0;
    InstructionState state = InstructionState::none;
    bool netting = false, drops_parties = false;
    std::uint64_t parties = 0, affirmed = 0, cancelling = 0, not_before = 0, deadline = 0, settled_at = 0,
                  replaced_by = 0;
    vm::Address cash;
    std::vector<Trade> trades;  ///< of a netting set
    vm::u256 dropped;           ///< bit i: trade i was
    std::vector<Leg> legs;      ///< of a netting set: two a trade that was not dropped
};

/// Refused where there is none of that number.
[[nodiscard]] Result<Instruction> read_instruction(Session& session, const vm::Address& settlement, std::uint64_t id);

/// What an account gives or gets of a token when all legs settle together.
struct NetFlow {
    vm::u256 given, taken;
    [[nodiscard]] vm::u256 gives() const { return given > taken ? given - taken : vm::u256{}; }
    [[nodiscard]] vm::u256 gets() const { return taken > given ? taken - given : vm::u256{}; }
};
using NetFlows = std::map<std::pair<vm::Address, vm::Address>, NetFlow>;  ///< by account and token
[[nodiscard]] NetFlows net_flows(const std::vector<Leg>& legs);

/// Tokens of one run, each asked for once.
class Tokens {
  public:
    explicit Tokens(Session& session) : session_(session) {}
    [[nodiscard]] Result<TokenTerms> find(const vm::Address& token);
    /// "1,012,300.000000 USDX"
    [[nodiscard]] Result<std::string> amount(const vm::Address& token, const vm::u256& amount);

  private:
    Session& session_;
    std::map<vm::Address, TokenTerms> known_;
};

/// `talea settle capital`.
struct CapitalOptions {
    std::string trades_file, cash, calendar, cut_off = "16:00", set_aside = "1h", atomic = "1s", batch = "10m";
    std::vector<std::string> marks;
    std::uint64_t markets = 3, margin_bps = 0;
};
[[nodiscard]] Result<void> show_capital(Session& session, const CapitalOptions& options);

/// A row of a file of trades: who sells how many units to whom for how much cash, and when they agreed (0: not said).
struct TradeRow {
    Trade trade;
    std::uint64_t agreed = 0;
    std::string seller, buyer, token;  ///< as written
};
/// Columns seller, buyer, token, units, cash, and maybe agreed.
[[nodiscard]] Result<std::vector<TradeRow>> read_trades(Session& session, Tokens& tokens, const std::string& path,
                                                        const TokenTerms& cash);

}  // namespace talea::wallet
