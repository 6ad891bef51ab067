#include "wallet/commands/reconcile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "vm/base/hex.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/fund_book.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"

namespace talea::wallet {
namespace {

struct Given {
    std::string token, when = "latest";
};

/// A token's books of one block, held against each other.
class Reconciliation {
  public:
    Reconciliation(Session& session, TokenTerms token, BlockPoint block)
        : session_(session), token_(std::move(token)), block_(std::move(block)) {}

    Result<void> run();
    Result<void> print();

  private:
    Session& session_;
    TokenTerms token_;
    BlockPoint block_;
    Report report_;
    Table table_{"positions",
                 {{"kind"}, {"who"}, {"units", Table::Align::right}, {"books", Table::Align::right}, {"note"}}};
    std::vector<std::string> differences_;

    vm::u256 escrows_;                         ///< balances of all escrows
    std::map<vm::u256, vm::u256> identities_;  ///< balances of each identity's wallets

    Result<vm::u256> ask(const vm::Address& address, std::string_view contract, std::string_view function,
                         std::vector<abi::Value> arguments = {}) {
        return read_word(session_, address, contract, function, std::move(arguments), block_.tag());
    }
    std::string shown(const vm::u256& units) const { return format_amount(units, token_.decimals); }
    /// A difference where the two are not the same.
    void compare(const std::string& what, const vm::u256& is, const vm::u256& books) {
        if (is != books)
            differences_.push_back(fmt::format("{} is {}, the books say {}", what, shown(is), shown(books)));
    }

    Result<void> read_register(const vm::u256& supply);
    Result<void> read_escrow(const Holding& holding);
    Result<void> read_fund(const Holding& holding, bool is_share);
    Result<void> compare_counters(const vm::u256& supply);
    Result<void> read_cash(const vm::u256& supply);
    Result<std::optional<vm::u256>> in_escrow(const vm::Address& fund, const FundOrder& order, bool is_share,
                                              bool gated);
};

/// Whether a contract answers a view as `contract` does; a node that is not there is a failure.
Result<bool> answers(Session& session, const vm::Address& address, std::string_view contract, std::string_view function,
                     const std::string& block, vm::u256* word = nullptr) {
    const auto answer = read_word(session, address, contract, function, {}, block);
    if (!answer && answer.error().exit == Exit::unreachable) return std::unexpected(answer.error());
    if (answer && word != nullptr) *word = *answer;
    return answer.has_value();
}

/// Every account of the cap table: a wallet of an identity, an escrow, or neither.
Result<void> Reconciliation::read_register(const vm::u256& supply) {
    const auto holdings = read_holdings(session_, token_.address, block_.tag());
    if (!holdings) return std::unexpected(holdings.error());
    vm::u256 sum;
    std::map<vm::u256, std::string> wallets;
    for (const Holding& holding : *holdings) {
        sum = sum + holding.balance;
        const auto escrow = ask(policies_address, "IPolicies", "isEscrow",
                                {abi::address(token_.address), abi::address(holding.account)});
        if (!escrow) return std::unexpected(escrow.error());
        if (!escrow->is_zero()) {
            escrows_ = escrows_ + holding.balance;
            if (auto read = read_escrow(holding); !read) return read;
            continue;
        }
        const auto identity = ask(identities_address, "IIdentities", "identityOf", {abi::address(holding.account)});
        if (!identity) return std::unexpected(identity.error());
        if (identity->is_zero()) {
            table_.add({"unknown", session_.describe(holding.account), shown(holding.balance), "", "no identity"});
            continue;
        }
        identities_[*identity] = identities_[*identity] + holding.balance;
        std::string& names = wallets[*identity];
        names += (names.empty() ? "" : ", ") + session_.describe(holding.account);
    }
    report_.add("register", shown(sum));
    compare("the sum of all balances", sum, supply);
    for (const auto& [identity, units] : identities_) {
        const auto counted = ask(policies_address, "IPolicies", "unitsOf",
                                 {abi::address(token_.address), abi::hash(vm::to_hash(identity))});
        if (!counted) return std::unexpected(counted.error());
        table_.add({"identity", vm::to_hex(vm::to_hash(identity)), shown(units), shown(*counted), wallets[identity]});
    }
    return {};
}

/// The registry's counters against the cap table; nothing where the token is not counted.
Result<void> Reconciliation::compare_counters(const vm::u256& supply) {
    const auto bound = read_contract(session_, policies_address, "IPolicies", "policyOf",
                                     {abi::address(token_.address)}, block_.tag());
    if (!bound) return std::unexpected(bound.error());
    if ((*bound)[1].word.is_zero()) {
        report_.add("identities", "not counted");
        return {};
    }
    vm::u256 counted;
    for (const auto& [identity, units] : identities_) {
        const auto books = ask(policies_address, "IPolicies", "unitsOf",
                               {abi::address(token_.address), abi::hash(vm::to_hash(identity))});
        if (!books) return std::unexpected(books.error());
        counted = counted + *books;
        compare("what identity " + vm::to_hex(vm::to_hash(identity)) + " holds", units, *books);
    }
    const auto escrowed = ask(policies_address, "IPolicies", "escrowed", {abi::address(token_.address)});
    if (!escrowed) return std::unexpected(escrowed.error());
    const auto holders = ask(policies_address, "IPolicies", "holders", {abi::address(token_.address)});
    if (!holders) return std::unexpected(holders.error());
    report_.add("identities", shown(counted));
    report_.add("escrowed", shown(*escrowed));
    report_.add("holders", vm::to_decimal(*holders));
    compare("what lies in escrows", escrows_, *escrowed);
    compare("identities and escrows together", counted + *escrowed, supply);
    if (*holders != vm::u256{identities_.size()})
        differences_.push_back(
            fmt::format("{} identities hold units, the books say {}", identities_.size(), vm::to_decimal(*holders)));
    return {};
}

/// Of an order, what of this token lies in the fund's escrow; nothing where only a claim can tell (cash of a gated day,
/// which several strikes bring).
Result<std::optional<vm::u256>> Reconciliation::in_escrow(const vm::Address& fund, const FundOrder& order,
                                                          bool is_share, bool gated) {
    const bool buys = order.side == Side::subscription;
    const std::vector<abi::Value> key{abi::number(order.day), abi::address(order.controller)};
    if (buys != is_share) {  // what went in, while it waits for a strike
        if (order.stage >= Stage::struck && !gated) return vm::u256{};
        const auto waiting = ask(fund, "TreasuryFund", buys ? "pendingDepositRequest" : "pendingRedeemRequest", key);
        if (!waiting) return std::unexpected(waiting.error());
        return *waiting;
    }
    const auto claimable = ask(fund, "TreasuryFund", buys ? "claimableDepositRequest" : "claimableRedeemRequest", key);
    if (!claimable) return std::unexpected(claimable.error());
    if (claimable->is_zero()) return vm::u256{};
    if (gated) return std::nullopt;
    const auto prices =
        read_contract(session_, fund, "TreasuryFund", "pricesAt", {abi::number(order.day)}, block_.tag());
    if (!prices) return std::unexpected(prices.error());
    const vm::u256 nav_unit{100'000'000}, price = (*prices)[buys ? 0 : 1].word;
    // Amounts have 128 bits and prices 64: no product leaves 256 bits.
    return vm::divmod(order.amount * (buys ? nav_unit : price), buys ? price : nav_unit).quotient - order.paid;
}

/// A fund's escrow against its books of days, and the orders it belongs to.
Result<void> Reconciliation::read_fund(const Holding& holding, bool is_share) {
    const auto books = read_fund_escrow(session_, holding.account, block_.tag());
    if (!books) return std::unexpected(books.error());
    const vm::u256 expected = is_share ? books->units : books->cash;
    const std::string name = session_.describe(holding.account);
    table_.add({"escrow", name, shown(holding.balance), shown(expected), "fund, by its days' books"});
    compare("what the fund " + name + " keeps", holding.balance, expected);
    const auto orders = read_orders(session_, holding.account, block_.tag());
    if (!orders) return std::unexpected(orders.error());
    const auto gates = read_events(session_, holding.account, "TreasuryFund", {"Gated"}, block_.tag());
    if (!gates) return std::unexpected(gates.error());
    for (const FundOrder& order : *orders) {
        if (order.drained) continue;
        const bool gated = order.side == Side::redemption && std::ranges::any_of(*gates, [&](const Emitted& gate) {
                               return gate["requestId"].word == vm::u256{order.day};
                           });
        const auto units = in_escrow(holding.account, order, is_share, gated);
        if (!units) return std::unexpected(units.error());
        if (*units && (*units)->is_zero()) continue;
        table_.add({"open order", session_.describe(order.controller), "", *units ? shown(**units) : "",
                    fmt::format("{} of {}, {}", to_string(order.side), format_day(order.day), to_string(order.stage))});
    }
    return {};
}

Result<void> Reconciliation::read_escrow(const Holding& holding) {
    vm::u256 share;
    const auto is_fund = answers(session_, holding.account, "TreasuryFund", "nextStrike", block_.tag());
    if (!is_fund) return std::unexpected(is_fund.error());
    if (*is_fund) {
        const auto fund_share = answers(session_, holding.account, "TreasuryFund", "share", block_.tag(), &share);
        if (!fund_share) return std::unexpected(fund_share.error());
        return read_fund(holding, vm::to_address(share) == token_.address);
    }
    if (holding.account == token_.address) return {};  // a CashToken's own: `read_cash`
    table_.add({"escrow", session_.describe(holding.account), shown(holding.balance), "", "another contract's"});
    return {};
}

/// What only a CashToken has: the attested reserve and the redemptions that wait for the bank.
Result<void> Reconciliation::read_cash(const vm::u256& supply) {
    vm::u256 open;
    const auto is_cash = answers(session_, token_.address, "CashToken", "redemptionsOpen", block_.tag(), &open);
    if (!is_cash) return std::unexpected(is_cash.error());
    if (!*is_cash) return {};
    const auto attested = read_contract(session_, token_.address, "CashToken", "attestation", {}, block_.tag());
    if (!attested) return std::unexpected(attested.error());
    const vm::u256 reserve = attested->front().items[0].word;
    const std::uint64_t as_of = attested->front().items[1].word.low_u64();
    const auto minted = ask(token_.address, "CashToken", "minted"), burned = ask(token_.address, "CashToken", "burned");
    if (!minted || !burned) return std::unexpected(minted ? burned.error() : minted.error());
    report_.add("minted", shown(*minted));
    report_.add("burned", shown(*burned));
    compare("what was minted less what was burned", *minted - *burned, supply);
    report_.add("reserve", as_of == 0 ? "never attested"
                                      : fmt::format("{} as of {}, {} h old", shown(reserve), format_moment(as_of),
                                                    block_.time > as_of ? (block_.time - as_of) / 3600 : 0));
    if (reserve < supply)
        differences_.push_back(
            fmt::format("the supply {} is beyond the attested reserve {}", shown(supply), shown(reserve)));
    const auto held = ask(token_.address, "CashToken", "balanceOf", {abi::address(token_.address)});
    if (!held) return std::unexpected(held.error());
    report_.add("redemptionsOpen", shown(open));
    compare("what waits to be paid out", *held, open);
    if (!held->is_zero()) table_.add({"escrow", "redemptions", shown(*held), shown(open), "to be paid by the bank"});
    const auto requests = read_events(session_, token_.address, "CashToken", {"RedemptionRequested"}, block_.tag());
    if (!requests) return std::unexpected(requests.error());
    for (const Emitted& request : *requests) {
        const abi::Value& id = request["id"];
        const auto redemption = read_contract(session_, token_.address, "CashToken", "redemption", {id}, block_.tag());
        if (!redemption) return std::unexpected(redemption.error());
        constexpr std::uint64_t requested = 1;  // ICashToken.RedemptionState
        const auto& fields = redemption->front().items;
        if (fields[1].word.low_u64() != requested) continue;
        table_.add({"open order", session_.describe(vm::to_address(fields[0].word)), "", shown(fields[2].word),
                    "redemption " + vm::to_decimal(id.word)});
    }
    return {};
}

Result<void> Reconciliation::run() {
    const auto supply = ask(token_.address, "RestrictedToken", "totalSupply");
    if (!supply) return std::unexpected(supply.error());
    report_.add("token", session_.describe(token_.address));
    report_.add("block", std::to_string(block_.number));
    report_.add("time", format_moment(block_.time));
    report_.add("supply", shown(*supply));
    if (auto read = read_register(*supply); !read) return read;
    if (auto compared = compare_counters(*supply); !compared) return compared;
    return read_cash(*supply);
}

Result<void> Reconciliation::print() {
    Report report = report_;
    report.add("reconciled", differences_.empty() ? "yes" : "no");
    report.print(session_, table_);
    if (differences_.empty()) return {};
    std::string sentence = "the books do not agree";
    for (const std::string& difference : differences_) sentence += "; " + difference;
    return fail(Exit::refused, sentence);
}

Result<void> reconcile(Session& session, const Given& given) {
    auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    auto block = find_block(session, given.when);
    if (!block) return std::unexpected(block.error());
    Reconciliation reconciliation(session, std::move(*token), std::move(*block));
    if (auto run = reconciliation.run(); !run) return run;
    return reconciliation.print();
}

}  // namespace

void add_reconcile_command(Program& program, CLI::App& group) {
    static Given given;
    CLI::App& command = program.add(
        group, "reconcile", "Hold register, supply, identities, escrows, reserve and open orders against each other",
        "talea token reconcile TFUND --at 2026-11-30T22:00:00Z --csv",
        "Exit code 1 where they do not agree, with what is off.");
    command.add_option("token", given.token, "The token, by name or address")->required();
    command.add_option("--at", given.when, "Block number, or the moment of a record date")->capture_default_str();
    program.tabulates(command);
    program.run(command, [](Session& session) { return reconcile(session, given); });
}

}  // namespace talea::wallet
