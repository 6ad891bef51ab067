#include <fmt/format.h>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/fund_book.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

constexpr const char* template_name = "TreasuryFund";

struct Given {
    std::string fund, amount, day, as_of, document, controller, receiver, side, last_day;
};

struct Terms {
    std::string share, cash, calendar, treasury, admin, nav_agent, nav_approver, agent,
        min_subscription = "0", min_redemption = "0", fee_receiver, book_name;
    std::uint64_t markets = 3, cut_off = 16 * 60, settlement_days = 1, day_bound = 100, total_bound = 500;
    std::uint64_t gate = 0, swing = 0, swing_threshold = 0, subscription_fee = 0, redemption_fee = 0,
                  management_fee = 0;
};

Result<std::uint32_t> parse_dealing_day(const std::string& text) {
    const auto day = parse_day(text);
    if (!day) return fail(Exit::usage, "\"" + text + "\" is no day; write it as 2026-11-20");
    return *day;
}

/// The day given, or the next one that the fund would strike.
Result<std::uint32_t> day_or_next_strike(Session& session, const vm::Address& fund, const std::string& text) {
    if (!text.empty()) return parse_dealing_day(text);
    const auto next = read_contract(session, fund, template_name, "nextStrike");
    if (!next) return std::unexpected(next.error());
    if (next->front().word.is_zero()) return fail(Exit::refused, "no day waits to be struck; name one with --day");
    return static_cast<std::uint32_t>(next->front().word.low_u64());
}

Result<vm::u256> parse_units(const std::string& text, const char* of) {
    const auto amount = parse_amount(text, unit_decimals);
    if (!amount)
        return fail(Exit::usage, fmt::format("the amount of {} \"{}\" {}", of, text, to_string(amount.error())));
    return *amount;
}

Result<void> deploy_fund(Session& session, const Terms& terms) {
    const auto from = session.signer_address();
    if (!from) return std::unexpected(from.error());
    const std::string* given[] = {&terms.share,        &terms.cash,  &terms.calendar,
                                  &terms.treasury,     &terms.admin, &terms.nav_agent,
                                  &terms.nav_approver, &terms.agent, &terms.fee_receiver};
    vm::Address addresses[9];
    for (std::size_t i = 0; i < std::size(given); ++i) {
        const auto address = resolve_or_zero(session, *given[i]);
        if (!address) return std::unexpected(address.error());
        addresses[i] = *address;
    }
    if (addresses[4].is_zero()) addresses[4] = *from;
    const auto subscription = parse_units(terms.min_subscription, "the least subscription");
    if (!subscription) return std::unexpected(subscription.error());
    const auto redemption = parse_units(terms.min_redemption, "the least redemption");
    if (!redemption) return std::unexpected(redemption.error());
    const abi::Value arguments[] = {abi::list(
        {abi::address(addresses[0]), abi::address(addresses[1]), abi::address(addresses[2]), abi::address(addresses[3]),
         abi::number(terms.markets), abi::number(terms.cut_off), abi::number(terms.settlement_days),
         abi::number(terms.day_bound), abi::number(terms.total_bound), abi::number(*subscription),
         abi::number(*redemption), abi::address(addresses[4]), abi::address(addresses[5]), abi::address(addresses[6]),
         abi::address(addresses[7]), abi::address({}), abi::address({}),
         abi::list({abi::number(terms.gate), abi::number(terms.swing), abi::number(terms.swing_threshold),
                    abi::number(terms.subscription_fee), abi::number(terms.redemption_fee),
                    abi::number(terms.management_fee), abi::address(addresses[8])})})};
    const auto outcome = deploy(session, template_name, arguments, terms.book_name);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

Result<void> show_nav(Session& session, const vm::Address& fund, std::uint32_t day) {
    const auto nav = read_contract(session, fund, template_name, "navOf", {abi::number(day)});
    if (!nav) return std::unexpected(nav.error());
    const auto& fields = nav->front().items;
    if (fields[0].word.is_zero()) return fail(Exit::refused, "no NAV is published for " + format_day(day));
    const std::string value = format_amount(fields[0].word, nav_decimals),
                      as_of = format_moment(fields[1].word.low_u64());
    const bool held = !fields[2].word.is_zero();
    print(session.settings().json
              ? Json{{"day", format_day(day)}, {"nav", value}, {"asOf", as_of}, {"held", held}}.dump()
              : fmt::format("{}  NAV {} as of {}{}", format_day(day), value, as_of,
                            held ? ", held for a second look" : ""));
    return {};
}

/// With a value publishes (or approves) it, without one shows what is published.
Result<void> nav(Session& session, const Given& given, bool approves) {
    const auto fund = session.resolve(given.fund);
    if (!fund) return std::unexpected(fund.error());
    const auto day = day_or_next_strike(session, *fund, given.day);
    if (!day) return std::unexpected(day.error());
    if (given.amount.empty()) return show_nav(session, *fund, *day);
    const auto value = parse_amount(given.amount, nav_decimals);
    if (!value)
        return fail(Exit::usage, "the NAV \"" + given.amount + "\" " + std::string(to_string(value.error())) +
                                     " (a NAV has 8 decimals)");
    const std::string words = fmt::format("NAV {} of {} for {}", format_amount(*value, nav_decimals), format_day(*day),
                                          session.describe(*fund));
    if (approves) {
        return carry_out(session, "approve " + words, *fund, template_name, "approveNav",
                         {abi::number(*day), abi::number(*value)});
    }
    const auto as_of = parse_moment(given.as_of);
    if (!as_of)
        return fail(
            Exit::usage,
            "\"" + given.as_of + "\" is no moment; give --as-of as 2026-11-20T21:00:00Z, from the day's cut-off on");
    return carry_out(
        session, "publish " + words, *fund, template_name, "publishNav",
        {abi::number(*day), abi::number(*value), abi::number(*as_of), abi::hash(text_hash(given.document))});
}

/// The day an order was put to, from its event.
void say_dealing_day(Session& session, const Outcome& outcome, std::string_view event_name) {
    const auto event = find_event(outcome.receipt, template_name, event_name);
    if (!event) return;
    const std::string day = format_day(static_cast<std::uint32_t>((*event)["requestId"].word.low_u64()));
    say("its dealing day is " + day);
    session.note("dealingDay", day);
    if (!session.settings().json) print(day);
}

Result<void> request(Session& session, const Given& given, Side side) {
    const auto fund = session.resolve(given.fund);
    if (!fund) return std::unexpected(fund.error());
    const bool subscribing = side == Side::subscription;
    const auto amount = parse_units(given.amount, subscribing ? "cash" : "units");
    if (!amount) return std::unexpected(amount.error());
    const auto signer = session.signer_address();
    if (!signer) return std::unexpected(signer.error());
    const auto owner = given.controller.empty() ? signer : session.resolve(given.controller);
    if (!owner) return std::unexpected(owner.error());
    std::vector<abi::Value> arguments{abi::number(*amount), abi::address(*owner), abi::address(*owner)};
    if (!given.last_day.empty()) {
        const auto last = parse_dealing_day(given.last_day);
        if (!last) return std::unexpected(last.error());
        arguments.push_back(abi::number(*last));
    }
    const auto outcome = carry_out(
        session, {.title = fmt::format("{} {} {} {}", subscribing ? "subscribe" : "ask to redeem",
                                       format_amount(*amount, unit_decimals), subscribing ? "of cash to" : "units of",
                                       session.describe(*fund)),
                  .to = *fund,
                  .data = encode_call(template_name, subscribing ? "requestDeposit" : "requestRedeem", arguments),
                  .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome) say_dealing_day(session, **outcome, subscribing ? "DepositRequest" : "RedeemRequest");
    return {};
}

/// strike, collect, fundRedemptions: one day, one call.
Result<void> deal(Session& session, const Given& given, std::string_view words, std::string_view function) {
    const auto fund = session.resolve(given.fund);
    if (!fund) return std::unexpected(fund.error());
    const auto day =
        function == "strike" ? day_or_next_strike(session, *fund, given.day) : parse_dealing_day(given.day);
    if (!day) return std::unexpected(day.error());
    return carry_out(session, fmt::format("{} {} of {}", words, format_day(*day), session.describe(*fund)), *fund,
                     template_name, function, {abi::number(*day)});
}

Result<void> on_order(Session& session, const Given& given, bool claims) {
    const auto fund = session.resolve(given.fund);
    if (!fund) return std::unexpected(fund.error());
    const auto side = parse_side(given.side);
    if (!side) return std::unexpected(side.error());
    const auto signer = session.signer_address();
    if (!signer) return std::unexpected(signer.error());
    const auto controller = given.controller.empty() ? signer : session.resolve(given.controller);
    if (!controller) return std::unexpected(controller.error());
    const auto receiver = given.receiver.empty() ? controller : session.resolve(given.receiver);
    if (!receiver) return std::unexpected(receiver.error());
    const auto day = parse_dealing_day(given.day);
    if (!day) return std::unexpected(day.error());
    const std::string words =
        fmt::format("the {} of {} dealt on {}", given.side, session.describe(*controller), format_day(*day));
    if (claims) {
        return carry_out(session, "claim " + words, *fund, template_name, "claim",
                         {value_of(*side), abi::number(*day), abi::address(*receiver), abi::address(*controller)});
    }
    return carry_out(session, "cancel " + words, *fund, template_name, "cancel",
                     {value_of(*side), abi::number(*day), abi::address(*controller)});
}

Result<void> set_operator(Session& session, const Given& given, bool approved) {
    const auto fund = session.resolve(given.fund);
    if (!fund) return std::unexpected(fund.error());
    const auto account = session.resolve(given.controller);
    if (!account) return std::unexpected(account.error());
    return carry_out(session,
                     fmt::format("{} {} operate for you at {}", approved ? "let" : "no more let",
                                 session.describe(*account), session.describe(*fund)),
                     *fund, template_name, "setOperator", {abi::address(*account), abi::boolean(approved)});
}

void add_deployment(Program& program, CLI::App& group) {
    static Terms terms;
    CLI::App& command = program.add(
        group, "deploy", "Deploy a treasury fund over a share and a cash token",
        "talea fund deploy --share TFUND --cash USDX --calendar calendar --treasury treasury --as fund",
        "Then admit it as escrow of both tokens (token admit-escrow) and grant it ISSUER of the share (token grant).");
    command.add_option("--share", terms.share, "The RestrictedToken of the units")->required();
    command.add_option("--cash", terms.cash, "The CashToken")->required();
    command.add_option("--calendar", terms.calendar, "The calendar")->required();
    command.add_option("--treasury", terms.treasury, "Wallet that gets subscriptions and funds redemptions")
        ->required();
    command.add_option("--markets", terms.markets, "Market bits of a dealing day")->capture_default_str();
    command.add_option("--cut-off", terms.cut_off, "Minute of the local day")
        ->check(CLI::Range(1, 1439))
        ->capture_default_str();
    command.add_option("--settlement-days", terms.settlement_days, "Open days from dealing to payment")
        ->check(CLI::Range(0, 64))
        ->capture_default_str();
    command.add_option("--day-bound", terms.day_bound, "Basis points a NAV may move in a day without a second look")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    command.add_option("--total-bound", terms.total_bound, "The same since the last second look")
        ->check(CLI::Range(0, 10'000))
        ->capture_default_str();
    command.add_option("--min-subscription", terms.min_subscription, "Least cash of a request")->capture_default_str();
    command.add_option("--min-redemption", terms.min_redemption, "Least units of a request")->capture_default_str();
    const auto add_rate = [&command](const char* name, std::uint64_t& rate, std::uint64_t most, const char* what) {
        command.add_option(name, rate, what)->check(CLI::Range(std::uint64_t{0}, most))->capture_default_str();
    };
    add_rate("--gate", terms.gate, 10'000, "Basis points of all units that one strike redeems at most; 0: no gate");
    add_rate("--swing", terms.swing, 1'000,
             "Basis points that a day's prices move against the side that outweighs the other");
    add_rate("--swing-threshold", terms.swing_threshold, 10'000,
             "Net flow in basis points of all units beyond which they do");
    add_rate("--subscription-fee", terms.subscription_fee, 1'000, "Basis points on top of the price of a subscription");
    add_rate("--redemption-fee", terms.redemption_fee, 1'000, "Basis points off the price of a redemption");
    add_rate("--management-fee", terms.management_fee, 1'000, "Basis points a year, in units");
    command.add_option("--fee-receiver", terms.fee_receiver, "Who gets the units of the management fee");
    command.add_option("--admin", terms.admin, "Administrator of the roles (default: the signer)");
    command.add_option("--nav-agent", terms.nav_agent, "First holder of NAV_AGENT");
    command.add_option("--nav-approver", terms.nav_approver, "First holder of NAV_APPROVER");
    command.add_option("--agent", terms.agent, "First holder of TRANSFER_AGENT");
    command.add_option("--as", terms.book_name, "Name of it in the address book");
    program.signs(command);
    program.run(command, [](Session& session) { return deploy_fund(session, terms); });
}

}  // namespace

void add_fund_commands(Program& program) {
    CLI::App& group = program.group("fund", "A fund dealt once a day at that day's NAV");
    static Given given;
    const auto fund_option = [](CLI::App& command) {
        command.add_option("fund", given.fund, "The fund, by name or address")->required();
    };
    add_deployment(program, group);

    for (const bool approves : {false, true}) {
        CLI::App& command =
            approves ? program.add(group, "approve-nav", "Give a held NAV its second look, as NAV_APPROVER",
                                   "talea fund approve-nav fund 1.0121 --day 2026-11-20")
                     : program.add(group, "nav", "Publish a day's NAV, as NAV_AGENT; without a value show it",
                                   "talea fund nav fund 1.0121 --day 2026-11-20 --as-of 2026-11-20T21:00:00Z");
        fund_option(command);
        auto* value = command.add_option("value", given.amount, "Cash for one unit, up to 8 decimals");
        if (approves) value->required();
        command.add_option("--day", given.day, "Dealing day (default: the next to be struck)");
        if (!approves) {
            command.add_option("--as-of", given.as_of, "Moment of the valuation, UTC, from the day's cut-off on");
            command.add_option("--document", given.document,
                               "What shows it: text whose keccak is recorded, or 0x and 64 digits");
        }
        program.signs(command);
        program.run(command, [approves](Session& session) { return nav(session, given, approves); });
    }

    for (const Side side : {Side::subscription, Side::redemption}) {
        const bool subscribing = side == Side::subscription;
        CLI::App& command = subscribing
                                ? program.add(group, "subscribe", "Ask to buy units for cash at the next NAV",
                                              "talea fund subscribe fund 2000000 --account alice")
                                : program.add(group, "redeem", "Ask to be paid for units at the next NAV",
                                              "talea fund redeem fund 1000000 --day 2026-11-23 --account alice");
        fund_option(command);
        command.add_option("amount", given.amount, subscribing ? "Cash" : "Units")->required();
        command.add_option("--day", given.last_day, "Refuse rather than deal later than this day");
        command.add_option("--for", given.controller, "Whose order it is (default: the signer's)");
        program.signs(command);
        program.run(command, [side](Session& session) { return request(session, given, side); });
    }

    struct Deal {
        const char *name, *summary, *words, *function;
    };
    static constexpr Deal deals[] = {
        {"strike", "Strike a day: all its orders at its NAV, as TRANSFER_AGENT", "strike", "strike"},
        {"collect", "Pay a struck day's subscriptions to the treasury", "collect the subscriptions of", "collect"},
        {"fund-redemptions", "Put in what a struck day's redemptions are owed, as the treasury",
         "fund the redemptions of", "fundRedemptions"}};
    for (const Deal& each : deals) {
        CLI::App& command = program.add(group, each.name, each.summary,
                                        std::string("talea fund ") + each.name + " fund --day 2026-11-20");
        fund_option(command);
        auto* day = command.add_option("--day", given.day, "The dealing day");
        if (std::string_view(each.name) != "strike") day->required();
        program.signs(command);
        program.run(command, [&each](Session& session) { return deal(session, given, each.words, each.function); });
    }

    for (const bool claims : {true, false}) {
        CLI::App& command =
            claims ? program.add(group, "claim", "Take what a struck subscription or a payable redemption is owed",
                                 "talea fund claim fund redemption --day 2026-11-23 --account alice")
                   : program.add(group, "cancel", "Take an order back before its cut-off",
                                 "talea fund cancel fund subscription --day 2026-11-20 --account alice");
        fund_option(command);
        command.add_option("side", given.side, "subscription or redemption")->required();
        command.add_option("--day", given.day, "The dealing day")->required();
        command.add_option("--for", given.controller, "Whose order it is (default: the signer's)");
        if (claims) command.add_option("--to", given.receiver, "Who receives (default: whose order it is)");
        program.signs(command);
        program.run(command, [claims](Session& session) { return on_order(session, given, claims); });
    }

    add_fund_book_commands(program, group);

    for (const bool approved : {true, false}) {
        CLI::App& command = program.add(
            group, approved ? "add-operator" : "remove-operator",
            approved ? "Let an account act for you at the fund" : "Withdraw that",
            std::string("talea fund ") + (approved ? "add" : "remove") + "-operator fund desk --account alice");
        fund_option(command);
        command.add_option("operator", given.controller, "The account")->required();
        program.signs(command);
        program.run(command, [approved](Session& session) { return set_operator(session, given, approved); });
    }
}

}  // namespace talea::wallet
