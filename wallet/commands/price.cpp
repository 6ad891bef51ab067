#include <fmt/format.h>

#include "wallet/amount.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/commands/written.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"

namespace talea::wallet {
namespace {

constexpr unsigned price_decimals = 8;
constexpr unsigned price_bits_max = 64;  // IPriceBook.Posted.value

struct Given {
    std::string source, token, value, day, document, fund, calendar, admin, agent, approver, book_name;
    std::uint64_t markets = 3, day_bound = 1'000, total_bound = 2'000;
};

Result<void> deploy_book(Session& session, const Given& given) {
    const auto from = session.signer_address();
    if (!from) return std::unexpected(from.error());
    const auto calendar = session.resolve(given.calendar);
    if (!calendar) return std::unexpected(calendar.error());
    const auto admin = given.admin.empty() ? from : session.resolve(given.admin);
    if (!admin) return std::unexpected(admin.error());
    const auto agent = resolve_or_zero(session, given.agent);
    if (!agent) return std::unexpected(agent.error());
    const auto approver = resolve_or_zero(session, given.approver);
    if (!approver) return std::unexpected(approver.error());
    const abi::Value arguments[] = {abi::address(*admin),           abi::address(*calendar),
                                    abi::number(given.markets),     abi::number(given.day_bound),
                                    abi::number(given.total_bound), abi::address(*agent),
                                    abi::address(*approver)};
    const auto outcome = deploy(session, "PriceBook", arguments, given.book_name);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

Result<void> deploy_fund_price(Session& session, const Given& given) {
    const auto fund = session.resolve(given.fund);
    if (!fund) return std::unexpected(fund.error());
    const std::vector<abi::Value> arguments(1, abi::address(*fund));
    const auto outcome = deploy(session, "FundPrice", arguments, given.book_name);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

/// Posts, or gives what is held its second look.
Result<void> set_price(Session& session, const Given& given, bool approves) {
    const auto source = session.resolve(given.source);
    if (!source) return std::unexpected(source.error());
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto value = read_decimal(given.value, price_decimals, "the price");
    if (!value) return std::unexpected(value.error());
    if (value->bit_width() > price_bits_max) return fail(Exit::usage, "the price " + given.value + " is too large");
    const auto day = read_day(given.day);
    if (!day) return std::unexpected(day.error());
    std::vector<abi::Value> arguments{abi::address(token->address), abi::number(*day), abi::number(*value)};
    if (!approves) arguments.push_back(abi::hash(text_hash(given.document)));
    return carry_out(session,
                     fmt::format("{} the price {} of {} for {}", approves ? "confirm" : "post",
                                 format_amount(*value, price_decimals), token->symbol, given.day),
                     *source, "PriceBook", approves ? "approve" : "post", std::move(arguments));
}

Result<void> show(Session& session, const Given& given) {
    const auto source = session.resolve(given.source);
    if (!source) return std::unexpected(source.error());
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto price = read_contract(session, *source, "IPriceSource", "priceOf", {abi::address(token->address)});
    if (!price) return std::unexpected(price.error());
    const auto bounded = read_contract(session, *source, "IPriceSource", "bounded", {abi::address(token->address)});
    if (!bounded) return std::unexpected(bounded.error());
    if ((*price)[0].word.is_zero())
        return fail(Exit::refused, "no price of " + token->symbol + " is in force at " + session.describe(*source));
    Report report;
    report.add("token", token->symbol);
    report.add("price", format_amount((*price)[0].word, price_decimals));
    report.add("day", format_day(static_cast<std::uint32_t>((*price)[1].word.low_u64())));
    report.add("gated", (*price)[2].word.is_zero() ? "no" : "yes");
    report.add("bounded", bounded->front().word.is_zero() ? "no" : "yes");
    // A book may hold one more, for its second look; other sources have none.
    const auto posted = read_contract(session, *source, "PriceBook", "pricesOf", {abi::address(token->address)});
    if (posted && !(*posted)[1].items[0].word.is_zero()) {
        report.add("held", fmt::format("{} of {}", format_amount((*posted)[1].items[0].word, price_decimals),
                                       format_day(static_cast<std::uint32_t>((*posted)[1].items[1].word.low_u64()))));
    }
    report.print(session);
    return {};
}

}  // namespace

void add_price_commands(Program& program) {
    CLI::App& group = program.group("price", "Prices of collateral: a fund's NAV, or a book of posted prices");
    static Given given;

    CLI::App& book = program.add(
        group, "deploy-book", "Deploy a book in which agents post prices",
        "talea price deploy-book --calendar calendar --agent desk --approver risk --as prices",
        "A price that moves by more than a bound is held until an approver, who is not its poster, confirms it.");
    book.add_option("--calendar", given.calendar, "Calendar by whose open days prices age")->required();
    book.add_option("--markets", given.markets, "Market bits that must be open")->capture_default_str();
    book.add_option("--day-bound", given.day_bound, "Most a price may move from a day to the next, basis points")
        ->capture_default_str()
        ->check(CLI::Range(0, 10'000));
    book.add_option("--total-bound", given.total_bound, "Most it may move since the last second look, basis points")
        ->capture_default_str()
        ->check(CLI::Range(0, 10'000));
    book.add_option("--admin", given.admin, "Administrator of the roles (default: the signer)");
    book.add_option("--agent", given.agent, "First holder of PRICE_AGENT");
    book.add_option("--approver", given.approver, "First holder of PRICE_APPROVER");
    book.add_option("--as", given.book_name, "Name of it in the address book");
    program.signs(book);
    program.run(book, [](Session& session) { return deploy_book(session, given); });

    CLI::App& nav = program.add(group, "deploy-fund", "Deploy a source that gives a fund's published NAV as a price",
                                "talea price deploy-fund fund --as fund-price");
    nav.add_option("fund", given.fund, "The fund")->required();
    nav.add_option("--as", given.book_name, "Name of it in the address book");
    program.signs(nav);
    program.run(nav, [](Session& session) { return deploy_fund_price(session, given); });

    for (const bool approves : {false, true}) {
        CLI::App& command =
            approves ? program.add(group, "confirm", "Give a held price its second look, as PRICE_APPROVER",
                                   "talea price confirm prices BTC 91250.50 --day 2026-11-23")
                     : program.add(group, "post", "Post the price of an open day, as PRICE_AGENT",
                                   "talea price post prices BTC 91250.50 --day 2026-11-23 --document fixing.pdf");
        command.add_option("book", given.source, "The price book, by name or address")->required();
        command.add_option("token", given.token, "The token")->required();
        command.add_option("price", given.value, "Cash for one unit, up to 8 decimals")->required();
        command.add_option("--day", given.day, "The open day it is of")->required();
        if (!approves)
            command.add_option("--document", given.document,
                               "What shows it: text whose keccak is recorded, or 0x and 64 digits");
        program.signs(command);
        program.run(command, [approves](Session& session) { return set_price(session, given, approves); });
    }

    CLI::App& shown = program.add(group, "show", "Show a token's price, its day and what is held",
                                  "talea price show fund-price TFUND");
    shown.add_option("source", given.source, "The price book or fund price")->required();
    shown.add_option("token", given.token, "The token")->required();
    program.run(shown, [](Session& session) { return show(session, given); });
}

}  // namespace talea::wallet
