#include "wallet/commands/allowance.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "contracts/abi/codec.hpp"
#include "vm/base/check.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/session/history.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

constexpr const char* missing_allowance = "ERC20InsufficientAllowance";

/// Whether an allowance is all that is missing.
Result<bool> lacks_allowance_alone(Session& session, const vm::Address& from, const Order& order) {
    const auto seen = preview(session, from, order);
    if (!seen) return std::unexpected(seen.error());
    return !seen->allowed && std::ranges::all_of(seen->refusals, [](const Json& refusal) {
        return refusal.value("name", "") == missing_allowance;
    });
}

/// What the token would say once it is asked, said before anything is signed.
Result<void> check_free(Session& session, const vm::Address& holder, const Order& order, const TokenTerms& token,
                        const vm::u256& amount) {
    auto free = read_word(session, token.address, "RestrictedToken", "freeOf", {abi::address(holder)});
    if (!free) free = read_word(session, token.address, "RestrictedToken", "balanceOf", {abi::address(holder)});
    if (!free) return std::unexpected(free.error());
    if (*free >= amount) return {};
    const abi::ErrorDefinition* error = nullptr;
    for (const abi::ErrorDefinition& each : interface_of("RestrictedToken").errors()) {
        if (each.name == "ERC7943InsufficientUnfrozenBalance") error = &each;
    }
    vm::check(error != nullptr, "a token says what is not free");
    vm::Bytes revert_data(error->selector.bytes.begin(), error->selector.bytes.end());
    const abi::Value arguments[] = {abi::address(holder), abi::number(amount), abi::number(*free)};
    abi::encode_to(revert_data, error->input_types, arguments);
    return fail(Exit::refused, fmt::format("refused before signing: {}\n  refused (3): {}", order.title,
                                           explain_revert(session, revert_data)));
}

}  // namespace

Result<std::optional<Outcome>> carry_out_with_allowance(Session& session, const Order& order, const TokenTerms& token,
                                                        const vm::u256& amount) {
    const auto from = session.signer_address();
    if (!from) return std::unexpected(from.error());
    vm::check(order.to.has_value(), "an allowance is a contract's");
    const auto lacks = lacks_allowance_alone(session, *from, order);
    if (!lacks) return std::unexpected(lacks.error());
    if (!*lacks) return carry_out(session, order);  // which says what else is in the way

    if (const auto enough = check_free(session, *from, order, token, amount); !enough)
        return std::unexpected(enough.error());
    const std::string words = format_amount(amount, token.decimals) + " " + token.symbol;
    const Settings& settings = session.settings();
    if (!settings.unsigned_file.empty() || !settings.reference.empty()) {
        return fail(Exit::usage, fmt::format("this takes two transactions, so that one --unsigned file or --ref cannot "
                                             "stand for them: first let {} take {} (talea send {} "
                                             "\"approve(address,uint256)\" …), then repeat it",
                                             session.describe(*order.to), words, token.symbol));
    }
    if (settings.dry_run) {
        say(fmt::format("the preview allows {}, once {} may take {}", order.title, session.describe(*order.to), words));
        session.note("allowed", true);
        return std::nullopt;
    }
    const auto approved =
        carry_out(session, fmt::format("let {} take {} of yours", session.describe(*order.to), words), token.address,
                  "RestrictedToken", "approve", {abi::address(*order.to), abi::number(amount)});
    if (!approved) return std::unexpected(approved.error());
    return carry_out(session, order);
}

}  // namespace talea::wallet
