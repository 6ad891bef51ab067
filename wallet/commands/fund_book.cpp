#include "wallet/commands/fund_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"

namespace talea::wallet {
namespace {

constexpr const char* template_name = "TreasuryFund";
const vm::u256 nav_unit{100'000'000};

struct Given {
    std::string fund, controller, day, side;
    bool all = false;
};

/// An order's name: day, side, controller.
using OrderKey = std::tuple<std::uint32_t, Side, vm::Address>;

Result<std::set<OrderKey>> read_order_keys(Session& session, const vm::Address& fund, const std::string& block_tag) {
    const auto events =
        read_events(session, fund, template_name, {"DepositRequest", "RedeemRequest", "OrderReassigned"}, block_tag);
    if (!events) return std::unexpected(events.error());
    std::set<OrderKey> keys;
    for (const Emitted& event : *events) {
        const auto day = static_cast<std::uint32_t>(event["requestId"].word.low_u64());
        if (event.is("OrderReassigned")) {
            keys.emplace(day, static_cast<Side>(event["side"].word.low_u64()), vm::to_address(event["to"].word));
        } else {
            keys.emplace(day, event.is("DepositRequest") ? Side::subscription : Side::redemption,
                         vm::to_address(event["controller"].word));
        }
    }
    return keys;
}

/// One side of a day: ITreasuryFund.Book.
struct Book {
    Stage stage = Stage::none;
    vm::u256 owed, requested, paid;
    bool settled = false;
};

Result<Book> read_book(Session& session, const vm::Address& fund, Side side, std::uint32_t day,
                       const std::string& block_tag) {
    const auto answer =
        read_contract(session, fund, template_name, "bookOf", {value_of(side), abi::number(day)}, block_tag);
    if (!answer) return std::unexpected(answer.error());
    const auto& fields = (*answer)[1].items;
    return Book{.stage = static_cast<Stage>(std::min<std::uint64_t>(answer->front().word.low_u64(), 6)),
                .owed = fields[0].word,
                .requested = fields[1].word,
                .paid = fields[2].word,
                .settled = !fields[4].word.is_zero()};
}

Result<FundOrder> read_order(Session& session, const vm::Address& fund, const OrderKey& key,
                             const std::string& block_tag) {
    const auto& [day, side, controller] = key;
    const auto order = read_contract(session, fund, template_name, "orderOf",
                                     {value_of(side), abi::number(day), abi::address(controller)}, block_tag);
    if (!order) return std::unexpected(order.error());
    const auto book = read_book(session, fund, side, day, block_tag);
    if (!book) return std::unexpected(book.error());
    const auto days =
        read_contract(session, fund, template_name, "openDays", {value_of(side), abi::address(controller)}, block_tag);
    if (!days) return std::unexpected(days.error());
    const auto& fields = order->front().items;
    return FundOrder{.side = side,
                     .day = day,
                     .controller = controller,
                     .stage = book->stage,
                     .drained = std::ranges::none_of(
                         days->front().items, [&](const abi::Value& open) { return open.word == vm::u256{day}; }),
                     .amount = fields[0].word,
                     .claimed = fields[1].word,
                     .paid = fields[2].word};
}

vm::u256 scaled(const vm::u256& amount, const vm::u256& by, const vm::u256& over) {
    const auto product = vm::checked_mul(amount, by);
    vm::check(product.has_value(), "amounts have 128 bits and prices 64");
    return vm::divmod(*product, over).quotient;
}

Result<void> orders(Session& session, const Given& given) {
    const auto fund = session.resolve(given.fund);
    if (!fund) return std::unexpected(fund.error());
    vm::Address only;
    if (!given.controller.empty()) {
        const auto controller = session.resolve(given.controller);
        if (!controller) return std::unexpected(controller.error());
        only = *controller;
    }
    const auto day = given.day.empty() ? std::optional<std::uint32_t>(0) : parse_day(given.day);
    if (!day) return fail(Exit::usage, "\"" + given.day + "\" is no day; write it as 2026-11-20");
    const auto all = read_orders(session, *fund, "latest");
    if (!all) return std::unexpected(all.error());
    Table table("orders", {{"day"},
                           {"side"},
                           {"controller"},
                           {"stage"},
                           {"amount", Table::Align::right},
                           {"claimed", Table::Align::right},
                           {"paid", Table::Align::right}});
    for (const FundOrder& order : *all) {
        if ((order.drained && !given.all) || (!only.is_zero() && order.controller != only) ||
            (*day != 0 && order.day != *day))
            continue;
        table.add({format_day(order.day), to_string(order.side), session.describe(order.controller),
                   to_string(order.drained ? Stage::drained : order.stage), format_amount(order.amount, unit_decimals),
                   format_amount(order.claimed, unit_decimals), format_amount(order.paid, unit_decimals)});
    }
    Report().print(session, table);
    return {};
}

/// Of an order of a gated day: what was redeemed by now and what waits for the next strikes.
Result<void> add_gated(Session& session, const vm::Address& fund, const FundOrder& order, Report& report) {
    const std::vector<abi::Value> arguments{abi::number(order.day), abi::address(order.controller)};
    const auto waiting = read_word(session, fund, template_name, "pendingRedeemRequest", arguments);
    if (!waiting) return std::unexpected(waiting.error());
    const auto claimable = read_word(session, fund, template_name, "claimableRedeemRequest", arguments);
    if (!claimable) return std::unexpected(claimable.error());
    report.add("units", format_amount(order.claimed + *claimable, unit_decimals));
    report.add("unitsWaiting", format_amount(*waiting, unit_decimals));
    report.add("cash", format_amount(order.paid, unit_decimals) + " paid so far");
    return {};
}

/// The contract note of one order: what was dealt, at which NAV, in which block.
Result<void> confirm(Session& session, const Given& given) {
    const auto fund = session.resolve(given.fund);
    if (!fund) return std::unexpected(fund.error());
    const auto side = parse_side(given.side);
    if (!side) return std::unexpected(side.error());
    const auto day = parse_day(given.day);
    if (!day) return fail(Exit::usage, "\"" + given.day + "\" is no day; write it as 2026-11-20");
    const auto controller = given.controller.empty() ? session.signer_address() : session.resolve(given.controller);
    if (!controller) return std::unexpected(controller.error());
    const auto order = read_order(session, *fund, {*day, *side, *controller}, "latest");
    if (!order) return std::unexpected(order.error());
    if (order->amount.is_zero())
        return fail(Exit::refused, fmt::format("{} has no {} of {}; `talea fund orders` shows what there is",
                                               session.describe(*controller), to_string(*side), given.day));
    const auto struck = read_contract(session, *fund, template_name, "struckAt", {abi::number(*day)});
    if (!struck) return std::unexpected(struck.error());
    if (struck->front().word.is_zero())
        return fail(Exit::refused, fmt::format("the {} of {} is not struck yet: its stage is {}", to_string(*side),
                                               given.day, to_string(order->stage)));
    const auto prices = read_contract(session, *fund, template_name, "pricesAt", {abi::number(*day)});
    if (!prices) return std::unexpected(prices.error());
    const vm::u256 price = (*prices)[static_cast<std::size_t>(*side)].word;
    const auto events = read_events(session, *fund, template_name, {"Struck", "Gated", "Claimed"});
    if (!events) return std::unexpected(events.error());
    const auto of_day = [&](const Emitted& event, const char* name) {
        return event.is(name) && event["requestId"].word == vm::u256{*day};
    };
    const auto strike = std::ranges::find_if(*events, [&](const Emitted& event) { return of_day(event, "Struck"); });
    if (strike == events->end()) return fail(Exit::unreachable, "the node's logs do not hold the strike");
    const auto block = read_block(session, strike->block_number);
    if (!block) return std::unexpected(block.error());

    Report report;
    report.add("fund", session.describe(*fund));
    report.add("order", std::string(to_string(*side)));
    report.add("controller", session.describe(*controller));
    report.add("day", given.day);
    report.add("navDay", format_day(static_cast<std::uint32_t>((*struck)[1].word.low_u64())));
    report.add("nav", format_amount(struck->front().word, nav_decimals));
    report.add("price", format_amount(price, nav_decimals));
    const bool gated = *side == Side::redemption &&
                       std::ranges::any_of(*events, [&](const Emitted& event) { return of_day(event, "Gated"); });
    if (gated) {
        if (const auto added = add_gated(session, *fund, *order, report); !added) return added;
    } else {
        const bool buys = *side == Side::subscription;
        const vm::u256 out = buys ? scaled(order->amount, nav_unit, price) : scaled(order->amount, price, nav_unit);
        report.add("units", format_amount(buys ? out : order->amount, unit_decimals));
        report.add("cash", format_amount(buys ? order->amount : out, unit_decimals));
    }
    if (*side == Side::redemption) report.add("payableFrom", format_moment((*struck)[2].word.low_u64()));
    report.add("stage", to_string(order->drained ? Stage::drained : order->stage));
    report.add("block", std::to_string(strike->block_number));
    report.add("time", format_moment(block->time));
    report.add("transactionHash", strike->tx_hash);
    Table table("claims", {{"block", Table::Align::right},
                           {"amount", Table::Align::right},
                           {"paid", Table::Align::right},
                           {"transactionHash"}});
    for (const Emitted& event : *events) {
        if (!of_day(event, "Claimed") || event["side"].word != vm::u256{static_cast<std::uint64_t>(*side)} ||
            vm::to_address(event["controller"].word) != *controller)
            continue;
        table.add({std::to_string(event.block_number), format_amount(event["amount"].word, unit_decimals),
                   format_amount(event["paid"].word, unit_decimals), event.tx_hash});
    }
    report.print(session, table);
    return {};
}

}  // namespace

const char* to_string(Side side) {
    return side == Side::subscription ? "subscription" : "redemption";
}

abi::Value value_of(Side side) {
    return abi::number(static_cast<std::uint64_t>(side));
}

Result<Side> parse_side(const std::string& text) {
    if (text == "subscription") return Side::subscription;
    if (text == "redemption") return Side::redemption;
    return fail(Exit::usage, "\"" + text + "\" is no side of the fund; subscription and redemption are");
}

const char* to_string(Stage stage) {
    constexpr const char* names[] = {"none", "open", "cut", "struck", "funded", "payable", "drained"};
    return names[static_cast<std::size_t>(stage)];
}

Result<std::vector<FundOrder>> read_orders(Session& session, const vm::Address& fund, const std::string& block_tag) {
    const auto keys = read_order_keys(session, fund, block_tag);
    if (!keys) return std::unexpected(keys.error());
    std::vector<FundOrder> all;
    for (const OrderKey& key : *keys) {
        auto order = read_order(session, fund, key, block_tag);
        if (!order) return std::unexpected(order.error());
        if (!order->amount.is_zero()) all.push_back(std::move(*order));
    }
    return all;
}

Result<FundEscrow> read_fund_escrow(Session& session, const vm::Address& fund, const std::string& block_tag) {
    const auto keys = read_order_keys(session, fund, block_tag);
    if (!keys) return std::unexpected(keys.error());
    const auto strikes = read_events(session, fund, template_name, {"Struck"}, block_tag);
    if (!strikes) return std::unexpected(strikes.error());
    std::set<std::uint32_t> days;
    for (const auto& [day, side, controller] : *keys) days.insert(day);
    // A day without orders is struck too where units of earlier days wait behind a gate.
    for (const Emitted& strike : *strikes) days.insert(static_cast<std::uint32_t>(strike["requestId"].word.low_u64()));
    // Sums of what came in and what went out, since a gated order is paid out of several days' books.
    vm::u256 cash_in, cash_out, units_in, units_out;
    for (const std::uint32_t day : days) {
        const auto bought = read_book(session, fund, Side::subscription, day, block_tag);
        if (!bought) return std::unexpected(bought.error());
        const auto sold = read_book(session, fund, Side::redemption, day, block_tag);
        if (!sold) return std::unexpected(sold.error());
        const auto struck = read_contract(session, fund, template_name, "struckAt", {abi::number(day)}, block_tag);
        if (!struck) return std::unexpected(struck.error());
        if (!bought->settled) cash_in = cash_in + bought->requested;
        if (sold->settled) cash_in = cash_in + sold->owed;
        cash_out = cash_out + sold->paid;
        if (struck->front().word.is_zero()) units_in = units_in + sold->requested;
        units_in = units_in + bought->owed;
        units_out = units_out + bought->paid;
    }
    const auto carried = read_word(session, fund, template_name, "carried", {}, block_tag);
    if (!carried) return std::unexpected(carried.error());
    units_in = units_in + *carried;
    const auto fees = read_events(session, fund, template_name, {"PricesSet", "FeeCollected"}, block_tag);
    if (!fees) return std::unexpected(fees.error());
    for (const Emitted& event : *fees) {
        if (event.is("PricesSet"))
            units_in = units_in + event["feeUnits"].word;
        else
            units_out = units_out + event["units"].word;
    }
    return FundEscrow{.cash = cash_in - cash_out, .units = units_in - units_out};
}

void add_fund_book_commands(Program& program, CLI::App& group) {
    static Given given;
    CLI::App& shown = program.add(group, "orders", "Show orders that are not drained",
                                  "talea fund orders fund --day 2026-11-23 --csv");
    shown.add_option("fund", given.fund, "The fund, by name or address")->required();
    shown.add_option("--for", given.controller, "Only whose order it is");
    shown.add_option("--day", given.day, "Only of this dealing day");
    shown.add_flag("--all", given.all, "Drained orders too");
    program.tabulates(shown);
    program.run(shown, [](Session& session) { return orders(session, given); });

    CLI::App& noted =
        program.add(group, "confirm", "The contract note of a struck order: day, NAV, units, cash, block, claims",
                    "talea fund confirm fund subscription --day 2026-11-20 --for alice");
    noted.add_option("fund", given.fund, "The fund, by name or address")->required();
    noted.add_option("side", given.side, "subscription or redemption")->required();
    noted.add_option("--day", given.day, "The dealing day")->required();
    noted.add_option("--for", given.controller, "Whose order it is (default: the signer's)");
    program.tabulates(noted);
    program.run(noted, [](Session& session) { return confirm(session, given); });
}

}  // namespace talea::wallet
