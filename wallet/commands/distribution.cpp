#include <fmt/format.h>

#include <algorithm>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/deployment.hpp"
#include "wallet/commands/distribution_statement.hpp"
#include "wallet/commands/program.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/moment.hpp"
#include "wallet/session/contract.hpp"
#include "wallet/session/history.hpp"
#include "wallet/session/terminal.hpp"

namespace talea::wallet {
namespace {

constexpr const char* template_name = "Distribution";
constexpr unsigned rate_decimals = 8;

struct Given {
    std::string distribution, token, cash, record, pot, rate, path, claimable_from, until, account, admin, distributor,
        book_name;
    std::vector<std::string> excluded;
    std::uint64_t id = 0;
};

/// IDistribution.State.
enum class State : std::uint8_t { none, announced, withdrawn, funded, ended };
constexpr const char* state_names[] = {"none", "announced", "withdrawn", "funded", "ended"};

/// DistributionTerms and status, read.
struct Announced {
    State state = State::none;
    vm::Address token, cash, funder;
    std::uint64_t record_time = 0, claimable_from = 0, until = 0;
    vm::u256 total, paid;
    vm::Hash root, document_hash;
};

Result<Announced> read_announced(Session& session, const vm::Address& distribution, std::uint64_t id) {
    const auto status = read_contract(session, distribution, template_name, "statusOf", {abi::number(id)});
    if (!status) return std::unexpected(status.error());
    const auto terms = read_contract(session, distribution, template_name, "termsOf", {abi::number(id)});
    if (!terms) return std::unexpected(terms.error());
    const auto& fields = terms->front().items;
    Announced announced{.state = static_cast<State>(std::min<std::uint64_t>((*status)[0].word.low_u64(), 4)),
                        .token = vm::to_address(fields[0].word),
                        .cash = vm::to_address(fields[1].word),
                        .funder = vm::to_address((*status)[1].word),
                        .record_time = fields[2].word.low_u64(),
                        .claimable_from = fields[3].word.low_u64(),
                        .until = fields[4].word.low_u64(),
                        .total = fields[5].word,
                        .paid = (*status)[2].word,
                        .root = vm::to_hash(fields[6].word),
                        .document_hash = vm::to_hash(fields[7].word)};
    if (announced.state == State::none) return fail(Exit::refused, fmt::format("there is no distribution {}", id));
    return announced;
}

Result<void> deploy_distribution(Session& session, const Given& given) {
    const auto from = session.signer_address();
    if (!from) return std::unexpected(from.error());
    const auto admin = given.admin.empty() ? from : session.resolve(given.admin);
    if (!admin) return std::unexpected(admin.error());
    const auto distributor = resolve_or_zero(session, given.distributor);
    if (!distributor) return std::unexpected(distributor.error());
    const abi::Value arguments[] = {abi::address(*admin), abi::address(*distributor), abi::address({})};
    const auto outcome = deploy(session, template_name, arguments, given.book_name);
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

Result<DistributionStatement::Terms> understand(Session& session, const Given& given) {
    const auto token = find_token(session, given.token);
    if (!token) return std::unexpected(token.error());
    const auto cash = find_token(session, given.cash);
    if (!cash) return std::unexpected(cash.error());
    const auto record_time = parse_moment(given.record);
    if (!record_time)
        return fail(Exit::usage, "\"" + given.record + "\" is no moment; write --record as 2026-11-30T22:00:00Z");
    DistributionStatement::Terms terms{.token = token->address,
                                       .cash = cash->address,
                                       .record_time = *record_time,
                                       .pot = {},
                                       .rate = {},
                                       .excluded = {}};
    if (given.pot.empty() == given.rate.empty())
        return fail(Exit::usage, "give either --pot (cash to be shared) or --rate (cash a unit)");
    if (!given.pot.empty()) {
        const auto pot = parse_token_amount(given.pot, *cash);
        if (!pot) return std::unexpected(pot.error());
        terms.pot = *pot;
    } else {
        const auto rate = parse_amount(given.rate, rate_decimals);
        if (!rate)
            return fail(Exit::usage, "the rate \"" + given.rate + "\" " + std::string(to_string(rate.error())) +
                                         " (a rate has 8 decimals)");
        terms.rate = *rate;
    }
    for (const std::string& name : given.excluded) {
        const auto account = session.resolve(name);
        if (!account) return std::unexpected(account.error());
        terms.excluded.push_back(*account);
    }
    std::ranges::sort(terms.excluded);
    if (!((terms.pot ? *terms.pot : *terms.rate) >> 128).is_zero())
        return fail(Exit::usage, "so much is beyond what any token has");
    return terms;
}

/// The leaves as a table; `paid` says of each whether it was, where the caller knows.
Table leaves_table(bool with_paid) {
    std::vector<Table::Column> columns{{"account"}, {"units", Table::Align::right}, {"amount", Table::Align::right}};
    if (with_paid) columns.push_back({"paid"});
    return Table("leaves", std::move(columns));
}

Result<void> make_statement(Session& session, const Given& given) {
    const auto terms = understand(session, given);
    if (!terms) return std::unexpected(terms.error());
    const auto statement = compute_statement(session, *terms);
    if (!statement) return std::unexpected(statement.error());
    if (const auto written = write_file_durably(given.path, write_statement(*statement)); !written)
        return fail(Exit::usage, written.error().sentence);
    const auto token = find_token(session, given.token);
    const auto cash = find_token(session, given.cash);
    if (!token || !cash) return std::unexpected(token ? cash.error() : token.error());
    Report report;
    report.add("recordTime", format_moment(terms->record_time));
    report.add("block", std::to_string(statement->block_number));
    report.add("total", format_amount(statement->total(), cash->decimals));
    if (terms->pot) report.add("rest", format_amount(*terms->pot - statement->total(), cash->decimals));
    report.add("root", vm::to_hex(statement->tree().root()));
    report.add("file", given.path);
    Table table = leaves_table(false);
    for (const auto& leaf : statement->leaves)
        table.add({session.describe(leaf.account), format_amount(leaf.units, token->decimals),
                   format_amount(leaf.amount, cash->decimals)});
    report.print(session, table);
    return {};
}

/// Computes a statement again from the chain alone; its bytes must be the same.
Result<void> check_statement(Session& session, const Given& given) {
    const auto file = read_statement(given.path);
    if (!file) return std::unexpected(file.error());
    const auto again = compute_statement(session, file->statement.terms);
    if (!again) return std::unexpected(again.error());
    const auto content = read_file(given.path);
    if (!content) return fail(Exit::usage, content.error().sentence);
    if (write_statement(*again) != *content) {
        return fail(Exit::refused, fmt::format("{} is not what the cap table of block {} gives: its root would be {}",
                                               given.path, again->block_number, vm::to_hex(again->tree().root())));
    }
    if (!given.distribution.empty()) {
        const auto distribution = session.resolve(given.distribution);
        if (!distribution) return std::unexpected(distribution.error());
        const auto announced = read_announced(session, *distribution, given.id);
        if (!announced) return std::unexpected(announced.error());
        const auto& terms = file->statement.terms;
        if (announced->root != file->statement.tree().root() || announced->document_hash != file->document_hash ||
            announced->total != file->statement.total() || announced->token != terms.token ||
            announced->cash != terms.cash || announced->record_time != terms.record_time) {
            return fail(Exit::refused, fmt::format("distribution {} was announced with another statement (root {})",
                                                   given.id, vm::to_hex(announced->root)));
        }
    }
    Report report;
    report.add("block", std::to_string(again->block_number));
    report.add("root", vm::to_hex(again->tree().root()));
    report.add("leaves", std::to_string(again->leaves.size()));
    report.add("statement", given.distribution.empty() ? "is what the cap table gives"
                                                       : "is what the cap table gives and what was announced");
    report.print(session);
    return {};
}

Result<std::uint64_t> parse_time(const std::string& text, const char* option) {
    const auto moment = parse_moment(text);
    if (!moment)
        return fail(Exit::usage, fmt::format("\"{}\" is no moment; give {} as 2026-12-01T22:00:00Z", text, option));
    return *moment;
}

Result<void> announce(Session& session, const Given& given) {
    const auto distribution = session.resolve(given.distribution);
    if (!distribution) return std::unexpected(distribution.error());
    const auto file = read_statement(given.path);
    if (!file) return std::unexpected(file.error());
    const auto claimable_from = parse_time(given.claimable_from, "--claimable-from");
    if (!claimable_from) return std::unexpected(claimable_from.error());
    const auto until = given.until.empty() ? Result<std::uint64_t>(0) : parse_time(given.until, "--until");
    if (!until) return std::unexpected(until.error());
    const DistributionStatement& statement = file->statement;
    const auto cash = find_token(session, vm::to_hex(statement.terms.cash));
    if (!cash) return std::unexpected(cash.error());
    const std::vector<abi::Value> arguments(
        1, abi::list({abi::address(statement.terms.token), abi::address(statement.terms.cash),
                      abi::number(statement.terms.record_time), abi::number(*claimable_from), abi::number(*until),
                      abi::number(statement.total()), abi::hash(statement.tree().root()),
                      abi::hash(file->document_hash)}));
    const auto outcome =
        carry_out(session, {.title = fmt::format("announce a distribution of {} {} to {} accounts, claimable from {}",
                                                 format_amount(statement.total(), cash->decimals), cash->symbol,
                                                 statement.leaves.size(), given.claimable_from),
                            .to = *distribution,
                            .data = encode_call(template_name, "announce", arguments),
                            .value = {}});
    if (!outcome) return std::unexpected(outcome.error());
    if (!*outcome) return {};
    if (const auto event = find_event((*outcome)->receipt, template_name, "Announced")) {
        const std::uint64_t id = (*event)["id"].word.low_u64();
        say(fmt::format("the distribution's number is {}", id));
        session.note("distribution", id);
        if (!session.settings().json) print(std::to_string(id));
    }
    return {};
}

/// withdraw, fund, end: the title says how much it is about.
Result<void> step(Session& session, const Given& given, std::string_view words, std::string_view function) {
    const auto distribution = session.resolve(given.distribution);
    if (!distribution) return std::unexpected(distribution.error());
    const auto announced = read_announced(session, *distribution, given.id);
    if (!announced) return std::unexpected(announced.error());
    const auto cash = find_token(session, vm::to_hex(announced->cash));
    if (!cash) return std::unexpected(cash.error());
    return carry_out(session,
                     fmt::format("{} distribution {} of {} {}", words, given.id,
                                 format_amount(announced->total, cash->decimals), cash->symbol),
                     *distribution, template_name, function, {abi::number(given.id)});
}

/// The statement of a distribution, held against what was announced.
Result<StatementFile> read_statement_of(const Announced& announced, const Given& given) {
    auto file = read_statement(given.path);
    if (!file) return file;
    if (file->statement.tree().root() != announced.root)
        return fail(Exit::usage,
                    fmt::format("{} is the statement of another distribution than {}", given.path, given.id));
    return file;
}

/// What paying takes.
struct Payment {
    vm::Address distribution;
    DistributionStatement statement;
    TokenTerms cash;
};
Result<Payment> open_payment(Session& session, const Given& given) {
    const auto distribution = session.resolve(given.distribution);
    if (!distribution) return std::unexpected(distribution.error());
    const auto announced = read_announced(session, *distribution, given.id);
    if (!announced) return std::unexpected(announced.error());
    const auto file = read_statement_of(*announced, given);
    if (!file) return std::unexpected(file.error());
    const auto cash = find_token(session, vm::to_hex(announced->cash));
    if (!cash) return std::unexpected(cash.error());
    return Payment{*distribution, file->statement, *cash};
}

Order claim_order(const Session& session, const Payment& payment, std::uint64_t id, const MerkleTree& tree,
                  const DistributionStatement::Leaf& leaf) {
    std::vector<abi::Value> proof;
    for (const vm::Hash& sibling : tree.proof(distribution_leaf(leaf.account, leaf.amount)))
        proof.push_back(abi::hash(sibling));
    const abi::Value arguments[] = {abi::number(id), abi::address(leaf.account), abi::number(leaf.amount),
                                    abi::list(std::move(proof))};
    return {
        .title = fmt::format("pay {} {} of distribution {} to {}", format_amount(leaf.amount, payment.cash.decimals),
                             payment.cash.symbol, id, session.describe(leaf.account)),
        .to = payment.distribution,
        .data = encode_call(template_name, "claim", arguments),
        .value = {}};
}

Result<void> claim(Session& session, const Given& given) {
    const auto payment = open_payment(session, given);
    if (!payment) return std::unexpected(payment.error());
    const auto& leaves = payment->statement.leaves;
    const auto account = given.account.empty() ? session.signer_address() : session.resolve(given.account);
    if (!account) return std::unexpected(account.error());
    const auto leaf = std::ranges::find(leaves, *account, &DistributionStatement::Leaf::account);
    if (leaf == leaves.end())
        return fail(Exit::refused, session.describe(*account) +
                                       " is not in the statement: it held nothing that is "
                                       "paid for at the record date");
    const auto outcome = carry_out(session, claim_order(session, *payment, given.id, payment->statement.tree(), *leaf));
    if (!outcome) return std::unexpected(outcome.error());
    return {};
}

Result<bool> is_paid(Session& session, const vm::Address& distribution, std::uint64_t id,
                     const DistributionStatement::Leaf& leaf) {
    const auto paid = read_word(session, distribution, template_name, "isPaid",
                                {abi::number(id), abi::address(leaf.account), abi::number(leaf.amount)});
    if (!paid) return std::unexpected(paid.error());
    return !paid->is_zero();
}

/// Pays every leaf that is not paid yet. One that is refused is told of and stays claimable.
Result<void> push(Session& session, const Given& given) {
    const auto payment = open_payment(session, given);
    if (!payment) return std::unexpected(payment.error());
    const auto signer = session.signer_address();
    if (!signer) return std::unexpected(signer.error());
    if (!session.settings().reference.empty())
        return fail(Exit::usage,
                    "push makes a transaction a leaf, so that one reference cannot stand for it; leave "
                    "--ref out: a leaf pays once anyway");
    const MerkleTree tree = payment->statement.tree();
    std::size_t paid_now = 0, before = 0;
    Json refused = Json::array();
    for (const auto& leaf : payment->statement.leaves) {
        const auto paid = is_paid(session, payment->distribution, given.id, leaf);
        if (!paid) return std::unexpected(paid.error());
        if (*paid) {
            ++before;
            continue;
        }
        const Order order = claim_order(session, *payment, given.id, tree, leaf);
        const auto seen = preview(session, *signer, order);
        if (!seen) return std::unexpected(seen.error());
        if (!seen->allowed) {
            say("not paid: " + order.title + "\n" + describe_refusals(session, seen->refusals));
            refused.push_back({{"account", session.describe(leaf.account)}, {"refusals", seen->refusals}});
            continue;
        }
        const auto outcome = carry_out(session, order);
        if (!outcome) return std::unexpected(outcome.error());
        paid_now += *outcome ? 1U : 0U;
    }
    session.note("paid", paid_now);
    session.note("paidBefore", before);
    session.note("refused", refused);
    if (!session.settings().json)
        print(fmt::format("{} paid now, {} before, {} refused", paid_now, before, refused.size()));
    if (!refused.empty())
        return fail(Exit::refused,
                    fmt::format("{} accounts could not be paid; push again once they may be", refused.size()));
    return {};
}

Result<void> show(Session& session, const Given& given) {
    const auto distribution = session.resolve(given.distribution);
    if (!distribution) return std::unexpected(distribution.error());
    const auto announced = read_announced(session, *distribution, given.id);
    if (!announced) return std::unexpected(announced.error());
    const auto cash = find_token(session, vm::to_hex(announced->cash));
    if (!cash) return std::unexpected(cash.error());
    const auto token = find_token(session, vm::to_hex(announced->token));
    if (!token) return std::unexpected(token.error());
    Report report;
    report.add("distribution", std::to_string(given.id));
    report.add("state", state_names[static_cast<std::size_t>(announced->state)]);
    report.add("token", session.describe(announced->token));
    report.add("cash", session.describe(announced->cash));
    report.add("recordTime", format_moment(announced->record_time));
    report.add("claimableFrom", format_moment(announced->claimable_from));
    report.add("until", announced->until == 0 ? "without end" : format_moment(announced->until));
    report.add("total", format_amount(announced->total, cash->decimals));
    report.add("paid", format_amount(announced->paid, cash->decimals));
    report.add("open", format_amount(announced->total - announced->paid, cash->decimals));
    if (!announced->funder.is_zero()) report.add("funder", session.describe(announced->funder));
    report.add("root", vm::to_hex(announced->root));
    report.add("documentHash", vm::to_hex(announced->document_hash));
    if (given.path.empty()) {
        report.print(session);
        return {};
    }
    const auto file = read_statement_of(*announced, given);
    if (!file) return std::unexpected(file.error());
    Table table = leaves_table(true);
    for (const auto& leaf : file->statement.leaves) {
        const auto paid = is_paid(session, *distribution, given.id, leaf);
        if (!paid) return std::unexpected(paid.error());
        table.add({session.describe(leaf.account), format_amount(leaf.units, token->decimals),
                   format_amount(leaf.amount, cash->decimals), *paid ? "yes" : "no"});
    }
    report.print(session, table);
    return {};
}

void add_statement_commands(Program& program, CLI::App& group, Given& given) {
    CLI::App& made = program.add(
        group, "statement", "Compute who is paid how much from the cap table at a record date, into a file",
        "talea distribution statement TFUND --cash USDX --record 2026-11-30T22:00:00Z --pot 250000 --out coupon.json",
        "Escrows and wallets without an identity are not paid. Anyone computes the same file again (distribution "
        "check).");
    made.add_option("token", given.token, "Whose holders are paid")->required();
    made.add_option("--cash", given.cash, "Token they are paid in")->required();
    made.add_option("--record", given.record, "Record date: the last block with a time up to it counts")->required();
    made.add_option("--pot", given.pot, "Cash to be shared by units, rounded down");
    made.add_option("--rate", given.rate, "Cash for one unit, up to 8 decimals, rounded down");
    made.add_option("--except", given.excluded, "Holders who are not paid")->expected(1, 1000);
    made.add_option("--out", given.path, "Where the file is written")->required();
    program.tabulates(made);
    program.run(made, [&given](Session& session) { return make_statement(session, given); });

    CLI::App& checked = program.add(group, "check", "Compute a statement again from the chain, and compare",
                                    "talea distribution check coupon.json distribution 1",
                                    "With a distribution and its number, what was announced is compared too.");
    checked.add_option("file", given.path, "The statement")->required();
    auto* where = checked.add_option("distribution", given.distribution, "The distribution, by name or address");
    auto* number = checked.add_option("number", given.id, "Its number");
    where->needs(number);
    program.run(checked, [&given](Session& session) { return check_statement(session, given); });
}

}  // namespace

void add_distribution_commands(Program& program) {
    CLI::App& group = program.group("distribution", "Cash for whoever held a token at a record date");
    static Given given;
    const auto place = [](CLI::App& command) {
        command.add_option("distribution", given.distribution, "The distribution, by name or address")->required();
    };
    const auto number = [&place](CLI::App& command) {
        place(command);
        command.add_option("number", given.id, "The distribution's number")->required();
    };

    CLI::App& deployed = program.add(group, "deploy", "Deploy a contract that distributes",
                                     "talea distribution deploy --distributor paying-agent --as distribution",
                                     "Then the cash token's COMPLIANCE admits it as escrow (token admit-escrow).");
    deployed.add_option("--admin", given.admin, "Administrator of the roles (default: the signer)");
    deployed.add_option("--distributor", given.distributor, "First holder of DISTRIBUTOR");
    deployed.add_option("--as", given.book_name, "Name of it in the address book");
    program.signs(deployed);
    program.run(deployed, [](Session& session) { return deploy_distribution(session, given); });

    add_statement_commands(program, group, given);

    CLI::App& announced =
        program.add(group, "announce", "Announce a statement, as DISTRIBUTOR",
                    "talea distribution announce distribution coupon.json --claimable-from 2026-12-02T22:00:00Z");
    place(announced);
    announced.add_option("file", given.path, "The statement")->required();
    announced.add_option("--claimable-from", given.claimable_from, "From when claims are paid")->required();
    announced.add_option("--until", given.until, "From when the rest goes back, a year later at least");
    program.signs(announced);
    program.run(announced, [](Session& session) { return announce(session, given); });

    struct Step {
        const char *name, *summary, *words;
    };
    static constexpr Step steps[] = {
        {"withdraw", "Take an announcement back before it is funded, as DISTRIBUTOR", "withdraw"},
        {"fund", "Pay exactly the total in", "fund"},
        {"end", "Return what nobody claimed to who funded it, after its end", "end"},
    };
    for (const Step& each : steps) {
        CLI::App& command =
            program.add(group, each.name, each.summary,
                        fmt::format("talea distribution {} distribution 1 --account paying-agent", each.name));
        number(command);
        program.signs(command);
        program.run(command, [&each](Session& session) { return step(session, given, each.words, each.name); });
    }

    CLI::App& claimed = program.add(group, "claim", "Take what an account is owed",
                                    "talea distribution claim distribution 1 coupon.json --account alice");
    number(claimed);
    claimed.add_option("file", given.path, "The statement")->required();
    claimed.add_option("--for", given.account, "Who is paid (default: the signer)");
    program.signs(claimed);
    program.run(claimed, [](Session& session) { return claim(session, given); });

    CLI::App& pushed = program.add(group, "push", "Pay everyone who is not paid yet, one transaction each",
                                   "talea distribution push distribution 1 coupon.json --account paying-agent",
                                   "Who cannot be paid now is told of, and exit code 1; the others are paid.");
    number(pushed);
    pushed.add_option("file", given.path, "The statement")->required();
    program.signs(pushed);
    program.run(pushed, [](Session& session) { return push(session, given); });

    CLI::App& shown = program.add(group, "show", "Show a distribution and, with its statement, who is paid",
                                  "talea distribution show distribution 1 coupon.json --csv");
    number(shown);
    shown.add_option("file", given.path, "The statement");
    program.tabulates(shown);
    program.run(shown, [](Session& session) { return show(session, given); });
}

}  // namespace talea::wallet
