#pragma once
#include <string>
#include <vector>

#include "vm/base/bytes.hpp"
#include "vm/base/u256.hpp"
#include "wallet/session/contract.hpp"

namespace talea::wallet {

/// ICollateralVault.State.
enum class AgreementState : std::uint8_t { none, draft, active, called, defaulted, closing, closed, terminated };
[[nodiscard]] std::string_view to_string(AgreementState state);

/// Cash of an agreement, and prices, as the vault has them.
inline constexpr unsigned collateral_cash_decimals = 6;
inline constexpr unsigned collateral_price_decimals = 8;

/// An asset of the schedule with what is posted of it (ICollateralVault.Position, EligibleAsset).
struct Position {
    TokenTerms token;
    vm::Address fund;
    bool in_place = false, stale = false;
    vm::u256 haircut_bps, posted, counted, price, price_day, value, close_price, in_fund;
};

/// An agreement as a CollateralVault holds it now.
struct Agreement {
    vm::Address vault;
    std::uint64_t id = 0;
    AgreementState state = AgreementState::none;
    vm::Address secured_party, pledgor, calculation_agent, arbiter, cash;
    std::uint64_t discount_bps = 0;
    vm::u256 exposure, exposure_at;
    struct {
        vm::u256 amount, delivered, disputed, due, cure_until;
    } call;
    struct {
        vm::u256 exposure, costs, proceeds, expected, paid_secured, paid_pledgor;
    } closing;
    vm::u256 value, requirement, deficit, surplus, callable, standing;
    std::vector<Position> positions;

    /// What costs and exposure still lack at close-out, units in a fund counted at the frozen price.
    [[nodiscard]] vm::u256 needed() const;
    /// The position of a token; a Failure that lists the schedule where it is not in it.
    [[nodiscard]] Result<const Position*> find(const TokenTerms& token) const;
};

/// Refused where there is none of that number.
[[nodiscard]] Result<Agreement> read_agreement(Session& session, const vm::Address& vault, std::uint64_t id);

/// What a buyer pays for units at close-out, rounded up; the position's price is frozen then.
[[nodiscard]] vm::u256 cash_for(const Position& position, const vm::u256& units, std::uint64_t discount_bps);
/// The fewest units that cover `cash` at the frozen price less the discount.
[[nodiscard]] vm::u256 units_for(const Position& position, const vm::u256& cash, std::uint64_t discount_bps);

[[nodiscard]] std::string format_cash(const vm::u256& amount);

/// `talea collateral show`, `value`, `eligibility` and `list`.
[[nodiscard]] Result<void> show_agreement(Session& session, const Agreement& agreement);
[[nodiscard]] Result<void> show_value(Session& session, const Agreement& agreement);
[[nodiscard]] Result<void> show_eligibility(Session& session, const Agreement& agreement, const TokenTerms& token,
                                            const vm::u256& amount);
[[nodiscard]] Result<void> list_agreements(Session& session, const vm::Address& vault);

}  // namespace talea::wallet
