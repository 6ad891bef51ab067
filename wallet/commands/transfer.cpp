#include <fmt/format.h>

#include "wallet/amount.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

struct Payment {
    std::string token, to, amount;
};

Result<Order> to_order(Session& session, const Payment& payment) {
    const auto token = find_token(session, payment.token);
    if (!token) return std::unexpected(token.error());
    const auto to = session.resolve(payment.to);
    if (!to) return std::unexpected(to.error());
    const auto amount = parse_token_amount(payment.amount, *token);
    if (!amount) return std::unexpected(amount.error());
    const abi::Value arguments[] = {abi::address(*to), abi::number(*amount)};
    return Order{.title = fmt::format("transfer {} {} to {}", format_amount(*amount, token->decimals), token->symbol,
                                      session.describe(*to)),
                 .to = token->address,
                 .data = encode_call("RestrictedToken", "transfer", arguments),
                 .value = {}};
}

Result<void> transfer(Session& session, const Payment& payment) {
    const auto order = to_order(session, payment);
    if (!order) return std::unexpected(order.error());
    const auto outcome = carry_out(session, *order);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

Result<void> explain(Session& session, const Payment& payment) {
    const auto order = to_order(session, payment);
    if (!order) return std::unexpected(order.error());
    const auto from = session.signer_address();
    if (!from) return std::unexpected(from.error());
    const auto seen = preview(session, *from, *order);
    if (!seen) return std::unexpected(seen.error());
    session.note("allowed", seen->allowed);
    session.note("refusals", seen->refusals);
    if (!session.settings().json) {
        print(fmt::format("{} by {} would be {}", order->title, session.describe(*from),
                          seen->allowed ? "allowed" : "refused"));
        if (!seen->allowed) print(describe_refusals(session, seen->refusals));
    }
    if (!seen->allowed) return fail(Exit::refused, "nothing was signed");
    return {};
}

void add_payment(CLI::App& command, Payment& payment) {
    command.add_option("token", payment.token, "The token, by name or address")->required();
    command.add_option("to", payment.to, "Who receives, by name or address")->required();
    command.add_option("amount", payment.amount, "Decimal, in the token's units")->required();
}

}  // namespace

void add_transfer_commands(Program& program) {
    static Payment payment;
    CLI::App& pay = program.add(program.app, "transfer", "Transfer units of a token, or learn why not before you sign",
                                "talea transfer TFUND bob 100 --account alice --ref INV-2026-7");
    add_payment(pay, payment);
    program.signs(pay);
    program.run(pay, [](Session& session) { return transfer(session, payment); });

    CLI::App& why = program.add(program.app, "explain",
                                "Say whether a transfer would be refused: who, by which rule, what would mend it",
                                "talea explain TFUND mallory 100 --account alice",
                                "Signs and sends nothing. Exit code 1 where it would be refused.");
    add_payment(why, payment);
    program.run(why, [](Session& session) { return explain(session, payment); });
}

}  // namespace talea::wallet
