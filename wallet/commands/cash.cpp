#include <fmt/format.h>

#include "wallet/amount.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

struct Given {
    std::string token, amount, as_of, document, who;
    std::uint64_t id = 0;
};

Result<void> attest(Session& session, const Given& given) {
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto reserve = parse_token_amount(given.amount, *token);
    if (!reserve) return std::unexpected(reserve.error());
    const auto as_of = parse_moment(given.as_of);
    if (!as_of) return fail(Exit::usage, "\"" + given.as_of + "\" is no moment; write it as 2026-11-20T20:00:00Z");
    return carry_out(session,
                     fmt::format("attest a reserve of {} {} as of {}", format_amount(*reserve, token->decimals),
                                 token->symbol, given.as_of),
                     token->address, "CashToken", "attest",
                     {abi::number(*reserve), abi::number(*as_of), abi::hash(text_hash(given.document))});
}

Result<void> set_allowance(Session& session, const Given& given) {
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto minter = session.resolve(given.who);
    if (!minter) return std::unexpected(minter.error());
    const auto amount = parse_token_amount(given.amount, *token);
    if (!amount) return std::unexpected(amount.error());
    return carry_out(session,
                     fmt::format("let {} mint {} {}", session.describe(*minter),
                                 format_amount(*amount, token->decimals), token->symbol),
                     token->address, "CashToken", "setMinterAllowance", {abi::address(*minter), abi::number(*amount)});
}

Result<void> reserve(Session& session, const Given& given) {
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto attested = read_contract(session, token->address, "CashToken", "attestation");
    if (!attested) return std::unexpected(attested.error());
    const auto supply = read_contract(session, token->address, "CashToken", "totalSupply");
    if (!supply) return std::unexpected(supply.error());
    const auto& fields = attested->front().items;
    const std::string amount = format_amount(fields[0].word, token->decimals),
                      issued = format_amount(supply->front().word, token->decimals);
    const std::string as_of = format_moment(fields[1].word.low_u64());
    if (session.settings().json) {
        print(Json{{"reserve", amount}, {"asOf", as_of}, {"supply", issued}}.dump());
    } else {
        print(fmt::format("reserve {} as of {}\nsupply  {}", amount, as_of, issued));
    }
    return {};
}

Result<void> request(Session& session, const Given& given) {
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto amount = parse_token_amount(given.amount, *token);
    if (!amount) return std::unexpected(amount.error());
    return carry_out(
        session, fmt::format("ask for {} {} to be paid out", format_amount(*amount, token->decimals), token->symbol),
        token->address, "CashToken", "requestRedemption", {abi::number(*amount), abi::hash(text_hash(given.document))});
}

Result<void> settle(Session& session, const Given& given, bool paid) {
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    return carry_out(
        session, fmt::format("{} redemption {} of {}", paid ? "confirm as paid" : "return", given.id, token->symbol),
        token->address, "CashToken", paid ? "payRedemption" : "returnRedemption",
        {abi::number(given.id), abi::hash(text_hash(given.document))});
}

}  // namespace

void add_cash_commands(Program& program) {
    CLI::App& group = program.group("cash", "Reserve-backed cash: attest, allow minting, pay out");
    static Given given;
    const auto token_option = [](CLI::App& command) {
        command.add_option("token", given.token, "The CashToken, by name or address")->required();
    };

    CLI::App& attested =
        program.add(group, "attest", "Post the reserve, as an attestor",
                    "talea cash attest USDX 5000000 --as-of 2026-11-20T20:00:00Z --document report.pdf");
    token_option(attested);
    attested.add_option("reserve", given.amount, "Decimal, in the token's units")->required();
    attested.add_option("--as-of", given.as_of, "Moment the reserve was seen at, UTC")->required();
    attested.add_option("--document", given.document,
                        "What attests it: text whose keccak is recorded, or 0x and 64 digits");
    program.signs(attested);
    program.run(attested, [](Session& session) { return attest(session, given); });

    CLI::App& allowed =
        program.add(group, "allowance", "Let a minter mint so much more", "talea cash allowance USDX issuer 5000000");
    token_option(allowed);
    allowed.add_option("minter", given.who, "The minter")->required();
    allowed.add_option("amount", given.amount, "What it may mint from now on")->required();
    program.signs(allowed);
    program.run(allowed, [](Session& session) { return set_allowance(session, given); });

    CLI::App& shown =
        program.add(group, "reserve", "Show the attested reserve beside the supply", "talea cash reserve USDX");
    token_option(shown);
    program.run(shown, [](Session& session) { return reserve(session, given); });

    CLI::App& asked = program.add(group, "redeem", "Ask for cash to be paid to a bank account",
                                  "talea cash redeem USDX 1000 --bank-account DE89…");
    token_option(asked);
    asked.add_option("amount", given.amount, "Decimal, in the token's units")->required();
    asked.add_option("--bank-account", given.document, "Text whose keccak is recorded, or 0x and 64 digits")
        ->required();
    program.signs(asked);
    program.run(asked, [](Session& session) { return request(session, given); });

    for (const bool paid : {true, false}) {
        CLI::App& command =
            program.add(group, paid ? "paid" : "return",
                        paid ? "Confirm that a redemption was paid: its units end" : "Give a redemption's units back",
                        std::string("talea cash ") + (paid ? "paid USDX 1 --document \"wire 4711\""
                                                           : "return USDX 1 --document \"account closed\""));
        token_option(command);
        command.add_option("id", given.id, "The redemption's number")->required();
        command.add_option("--document", given.document, paid ? "Bank reference" : "Reason")->required();
        program.signs(command);
        program.run(command, [paid](Session& session) { return settle(session, given, paid); });
    }
}

}  // namespace talea::wallet
