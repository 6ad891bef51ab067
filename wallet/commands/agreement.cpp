#include "wallet/commands/agreement.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vm/base/hex.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/history.hpp"

namespace talea::wallet {
namespace {

constexpr const char* template_name = "CollateralVault";
constexpr std::uint64_t bps_unit = 10'000;

vm::u256 power_of_ten(unsigned exponent) {
    vm::u256 power{1};
    for (; exponent > 0; --exponent) power = power * vm::u256{10};
    return power;
}

/// Amount × price × basis points / this is cash (CollateralVault.Holding.scale).
vm::u256 scale_of(const Position& position) {
    return power_of_ten(position.token.decimals + collateral_price_decimals - collateral_cash_decimals) *
           vm::u256{bps_unit};
}

vm::u256 divide_up(const vm::u256& dividend, const vm::u256& divisor) {
    const vm::DivMod parts = vm::divmod(dividend, divisor);
    return parts.quotient + vm::u256{parts.remainder.is_zero() ? 0U : 1U};
}

std::string format_price(const vm::u256& price) {
    return price.is_zero() ? "" : format_amount(price, collateral_price_decimals);
}

std::string format_time(const vm::u256& seconds) {
    return format_moment(seconds.low_u64());
}

Result<void> read_positions(Session& session, Agreement& into, const abi::Value& schedule) {
    const auto positions = read_contract(session, into.vault, template_name, "positions", {abi::number(into.id)});
    if (!positions) return std::unexpected(positions.error());
    const auto& rows = positions->front().items;
    for (std::size_t i = 0; i < rows.size() && i < schedule.items.size(); ++i) {
        const auto& fields = rows[i].items;
        const auto& asset = schedule.items[i].items;
        const auto token = find_token(session, vm::to_hex(vm::to_address(fields[0].word)));
        if (!token) return std::unexpected(token.error());
        into.positions.push_back({.token = *token,
                                  .fund = vm::to_address(asset[2].word),
                                  .in_place = !asset[3].word.is_zero(),
                                  .stale = !fields[5].word.is_zero(),
                                  .haircut_bps = asset[4].word + asset[5].word,
                                  .posted = fields[1].word,
                                  .counted = fields[2].word,
                                  .price = fields[3].word,
                                  .price_day = fields[4].word,
                                  .value = fields[6].word,
                                  .close_price = fields[7].word,
                                  .in_fund = fields[8].word});
    }
    return {};
}

Result<void> read_values(Session& session, Agreement& into) {
    const auto value =
        read_contract(session, into.vault, template_name, "valueOf", {abi::number(into.id), abi::boolean(false)});
    if (!value) return std::unexpected(value.error());
    into.value = (*value)[0].word;
    into.requirement = (*value)[1].word;
    into.deficit = (*value)[2].word;
    into.surplus = (*value)[3].word;
    const auto callable = read_word(session, into.vault, template_name, "callable", {abi::number(into.id)});
    if (!callable) return std::unexpected(callable.error());
    into.callable = *callable;
    const auto standing = read_word(session, into.vault, template_name, "standing", {abi::number(into.id)});
    if (!standing) return std::unexpected(standing.error());
    into.standing = *standing;
    return {};
}

constexpr auto right = Table::Align::right;

Table table_of_positions(const Agreement& agreement) {
    Table table("positions", {{"token"},
                              {"posted", right},
                              {"counted", right},
                              {"price", right},
                              {"priceDay"},
                              {"fresh"},
                              {"haircutBps", right},
                              {"value", right}});
    for (const Position& position : agreement.positions) {
        const unsigned decimals = position.token.decimals;
        table.add(
            {position.token.symbol, format_amount(position.posted, decimals), format_amount(position.counted, decimals),
             format_price(position.price),
             position.price_day.is_zero() ? "" : format_day(static_cast<std::uint32_t>(position.price_day.low_u64())),
             position.stale ? "no" : "yes", vm::to_decimal(position.haircut_bps), format_cash(position.value)});
    }
    return table;
}

Table table_of_close_out(const Agreement& agreement) {
    Table table("positions", {{"token"}, {"posted", right}, {"frozenPrice", right}, {"inFund", right}});
    for (const Position& position : agreement.positions) {
        const unsigned decimals = position.token.decimals;
        table.add({position.token.symbol, format_amount(position.posted, decimals), format_price(position.close_price),
                   format_amount(position.in_fund, decimals)});
    }
    return table;
}

void add_value(Report& report, const Agreement& agreement) {
    report.add("exposure",
               agreement.exposure_at.is_zero()
                   ? "not stated"
                   : fmt::format("{} stated {}", format_cash(agreement.exposure), format_time(agreement.exposure_at)));
    report.add("requirement", format_cash(agreement.requirement));
    report.add("value", format_cash(agreement.value));
    if (agreement.surplus.is_zero())
        report.add("deficit", format_cash(agreement.deficit));
    else
        report.add("surplus", format_cash(agreement.surplus));
    if (agreement.state == AgreementState::active) report.add("callable", format_cash(agreement.callable));
}

void add_call(Report& report, const Agreement& agreement) {
    const auto& call = agreement.call;
    report.add("called", format_cash(call.amount));
    report.add("delivered", format_cash(call.delivered));
    if (!call.disputed.is_zero()) report.add("disputed", format_cash(call.disputed));
    report.add("standing", format_cash(agreement.standing));
    report.add("due", format_time(call.due));
    report.add("cureUntil", format_time(call.cure_until));
}

void add_closing(Report& report, const Agreement& agreement) {
    const auto& closing = agreement.closing;
    report.add("frozenExposure", format_cash(closing.exposure));
    report.add("costs", format_cash(closing.costs));
    report.add("proceeds", format_cash(closing.proceeds));
    report.add("expectedFromFunds", format_cash(closing.expected));
    report.add("needed", format_cash(agreement.needed()));
    report.add("paidSecuredParty", format_cash(closing.paid_secured));
    report.add("paidPledgor", format_cash(closing.paid_pledgor));
}

constexpr const char* tests[] = {"liquidity", "price", "custody", "integration"};
// ICollateralVault.Reason.
constexpr const char* reasons[] = {"passed",
                                   "nobody named takes it",
                                   "gated",
                                   "the holder is frozen",
                                   "no price",
                                   "the price is old",
                                   "the price is not bounded",
                                   "too few keys administer it",
                                   "the vault is not admitted",
                                   "the vault is no known holder of cash",
                                   "the pledge is refused"};

}  // namespace

std::string_view to_string(AgreementState state) {
    switch (state) {
        case AgreementState::none:
            return "unknown";
        case AgreementState::draft:
            return "draft";
        case AgreementState::active:
            return "active";
        case AgreementState::called:
            return "called";
        case AgreementState::defaulted:
            return "defaulted";
        case AgreementState::closing:
            return "closing";
        case AgreementState::closed:
            return "closed";
        case AgreementState::terminated:
            return "terminated";
    }
    return "unknown";
}

std::string format_cash(const vm::u256& amount) {
    return format_amount(amount, collateral_cash_decimals);
}

vm::u256 Agreement::needed() const {
    const vm::u256 due = closing.costs + closing.exposure, covered = closing.proceeds + closing.expected;
    return due > covered ? due - covered : vm::u256{};
}

Result<const Position*> Agreement::find(const TokenTerms& token) const {
    std::string schedule;
    for (const Position& position : positions) {
        if (position.token.address == token.address) return &position;
        schedule += (schedule.empty() ? "" : ", ") + position.token.symbol;
    }
    return fail(Exit::refused,
                fmt::format("{} is not in the schedule of agreement {}, which accepts {}", token.symbol, id, schedule));
}

Result<Agreement> read_agreement(Session& session, const vm::Address& vault, std::uint64_t id) {
    const auto status = read_contract(session, vault, template_name, "statusOf", {abi::number(id)});
    if (!status) return std::unexpected(status.error());
    const auto& fields = status->front().items;
    const std::uint64_t state = fields[0].word.low_u64();
    if (state == 0 || state > static_cast<std::uint64_t>(AgreementState::terminated))
        return fail(Exit::refused, fmt::format("there is no agreement {} in {}", id, session.describe(vault)));
    const auto terms = read_contract(session, vault, template_name, "termsOf", {abi::number(id)});
    if (!terms) return std::unexpected(terms.error());
    const auto& agreed = (*terms)[0].items;
    Agreement found;
    found.vault = vault;
    found.id = id;
    found.state = static_cast<AgreementState>(state);
    found.secured_party = vm::to_address(agreed[0].word);
    found.pledgor = vm::to_address(agreed[1].word);
    found.calculation_agent = vm::to_address(agreed[2].word);
    found.arbiter = vm::to_address(agreed[3].word);
    found.cash = vm::to_address(agreed[4].word);
    found.discount_bps = agreed[12].word.low_u64();
    found.exposure_at = fields[1].word;
    found.exposure = fields[2].word;
    const auto& call = fields[3].items;
    found.call = {call[0].word, call[1].word, call[2].word, call[3].word, call[4].word};
    const auto& closing = fields[4].items;
    found.closing = {closing[0].word, closing[1].word, closing[2].word,
                     closing[3].word, closing[4].word, closing[5].word};
    if (const auto read = read_positions(session, found, (*terms)[1]); !read) return std::unexpected(read.error());
    if (const auto read = read_values(session, found); !read) return std::unexpected(read.error());
    return found;
}

vm::u256 cash_for(const Position& position, const vm::u256& units, std::uint64_t discount_bps) {
    return divide_up(units * position.close_price * vm::u256{bps_unit - discount_bps}, scale_of(position));
}

vm::u256 units_for(const Position& position, const vm::u256& cash, std::uint64_t discount_bps) {
    return divide_up(cash * scale_of(position), position.close_price * vm::u256{bps_unit - discount_bps});
}

Result<void> show_agreement(Session& session, const Agreement& agreement) {
    Report report;
    report.add("agreement", std::to_string(agreement.id));
    report.add("state", std::string(to_string(agreement.state)));
    report.add("securedParty", session.name_or_address(agreement.secured_party));
    report.add("pledgor", session.name_or_address(agreement.pledgor));
    if (!agreement.arbiter.is_zero()) report.add("arbiter", session.name_or_address(agreement.arbiter));
    const bool closes = agreement.state == AgreementState::closing || agreement.state == AgreementState::closed;
    if (closes)
        add_closing(report, agreement);
    else
        add_value(report, agreement);
    if (agreement.state == AgreementState::called || agreement.state == AgreementState::defaulted)
        add_call(report, agreement);
    report.print(session, closes ? table_of_close_out(agreement) : table_of_positions(agreement));
    return {};
}

Result<void> show_value(Session& session, const Agreement& agreement) {
    Report report;
    add_value(report, agreement);
    report.print(session, table_of_positions(agreement));
    return {};
}

Result<void> show_eligibility(Session& session, const Agreement& agreement, const TokenTerms& token,
                              const vm::u256& amount) {
    const auto answers = read_contract(session, agreement.vault, template_name, "eligibility",
                                       {abi::number(agreement.id), abi::address(token.address), abi::number(amount)});
    if (!answers) return std::unexpected(answers.error());
    Table table("tests", {{"test"}, {"answer"}, {"who"}, {"detail"}});
    bool passed = true;
    const auto& rows = answers->front().items;
    for (std::size_t i = 0; i < rows.size() && i < std::size(tests); ++i) {
        const auto& fields = rows[i].items;
        const std::size_t reason = std::min<std::size_t>(fields[0].word.low_u64(), std::size(reasons) - 1);
        const vm::Address who = vm::to_address(fields[1].word);
        passed = passed && reason == 0;
        table.add({tests[i], reasons[reason], who.is_zero() ? "" : session.name_or_address(who),
                   reason == 0 || fields[2].word.is_zero() ? "" : vm::to_decimal(fields[2].word)});
    }
    Report report;
    report.add("token", token.symbol);
    report.add("amount", format_amount(amount, token.decimals));
    report.add("eligible", passed ? "yes" : "no");
    report.print(session, table);
    return {};
}

Result<void> list_agreements(Session& session, const vm::Address& vault) {
    const auto count = read_word(session, vault, template_name, "agreementCount");
    if (!count) return std::unexpected(count.error());
    Table table("agreements", {{"number", right},
                               {"state"},
                               {"securedParty"},
                               {"pledgor"},
                               {"exposure", right},
                               {"requirement", right},
                               {"value", right},
                               {"called", right},
                               {"due"}});
    for (std::uint64_t id = 1; id <= count->low_u64(); ++id) {
        const auto found = read_agreement(session, vault, id);
        if (!found) return std::unexpected(found.error());
        const bool called = found->state == AgreementState::called;
        table.add({std::to_string(id), std::string(to_string(found->state)),
                   session.name_or_address(found->secured_party), session.name_or_address(found->pledgor),
                   format_cash(found->exposure), format_cash(found->requirement), format_cash(found->value),
                   called ? format_cash(found->call.amount) : "", called ? format_time(found->call.due) : ""});
    }
    Report().print(session, table);
    return {};
}

}  // namespace talea::wallet
