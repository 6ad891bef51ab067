#include "wallet/commands/instruction.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vm/base/hex.hpp"
#include "wallet/amount.hpp"
#include "wallet/commands/written.hpp"
#include "wallet/csv.hpp"
#include "wallet/session/history.hpp"
#include "wallet/store/durable_file.hpp"

namespace talea::wallet {
namespace {

constexpr const char* template_name = "Settlement";
constexpr std::size_t trades_per_file_max = 10'000;

Leg to_leg(const abi::Value& value) {
    return {.token = vm::to_address(value.items[0].word),
            .from = vm::to_address(value.items[1].word),
            .to = vm::to_address(value.items[2].word),
            .amount = value.items[3].word};
}

Trade to_trade(const abi::Value& value) {
    return {.seller = vm::to_address(value.items[0].word),
            .buyer = vm::to_address(value.items[2].word),
            .token = vm::to_address(value.items[4].word),
            .units = value.items[1].word,
            .cash = value.items[3].word};
}

Result<void> read_netting(Session& session, Instruction& into) {
    const auto terms = read_contract(session, into.settlement, template_name, "nettingSet", {abi::number(into.id)});
    if (!terms) return std::unexpected(terms.error());
    const auto dropped = read_word(session, into.settlement, template_name, "dropped", {abi::number(into.id)});
    if (!dropped) return std::unexpected(dropped.error());
    const auto& fields = terms->front().items;
    into.cash = vm::to_address(fields[1].word);
    into.drops_parties = !fields[2].word.is_zero();
    into.dropped = *dropped;
    for (const abi::Value& item : fields[0].items) {
        const Trade trade = to_trade(item);
        const bool out = !((into.dropped >> static_cast<unsigned>(into.trades.size())) & vm::u256{1}).is_zero();
        into.trades.push_back(trade);
        if (out) continue;
        into.legs.push_back({.token = trade.token, .from = trade.seller, .to = trade.buyer, .amount = trade.units});
        into.legs.push_back({.token = into.cash, .from = trade.buyer, .to = trade.seller, .amount = trade.cash});
    }
    return {};
}

}  // namespace

std::string_view to_string(InstructionState state) {
    switch (state) {
        case InstructionState::none:
            return "unknown";
        case InstructionState::draft:
            return "draft";
        case InstructionState::affirmed:
            return "affirmed";
        case InstructionState::locked:
            return "locked";
        case InstructionState::settled:
            return "settled";
        case InstructionState::cancelled:
            return "cancelled";
        case InstructionState::expired:
            return "expired";
    }
    return "unknown";
}

Result<Instruction> read_instruction(Session& session, const vm::Address& settlement, std::uint64_t id) {
    const auto status = read_contract(session, settlement, template_name, "statusOf", {abi::number(id)});
    if (!status) return std::unexpected(status.error());
    const auto& fields = status->front().items;
    const std::uint64_t state = fields[0].word.low_u64();
    if (state == 0 || state > static_cast<std::uint64_t>(InstructionState::expired))
        return fail(Exit::refused, fmt::format("there is no instruction {} in {}", id, session.describe(settlement)));
    Instruction found;
    found.settlement = settlement;
    found.id = id;
    found.state = static_cast<InstructionState>(state);
    found.netting = !fields[1].word.is_zero();
    found.parties = fields[2].word.low_u64();
    found.affirmed = fields[3].word.low_u64();
    found.cancelling = fields[4].word.low_u64();
    found.not_before = fields[5].word.low_u64();
    found.deadline = fields[6].word.low_u64();
    found.settled_at = fields[7].word.low_u64();
    found.replaced_by = fields[9].word.low_u64();
    if (found.netting) {
        if (const auto read = read_netting(session, found); !read) return std::unexpected(read.error());
        return found;
    }
    const auto terms = read_contract(session, settlement, template_name, "instruction", {abi::number(id)});
    if (!terms) return std::unexpected(terms.error());
    found.cash = vm::to_address(terms->front().items[1].word);
    for (const abi::Value& leg : terms->front().items[0].items) found.legs.push_back(to_leg(leg));
    return found;
}

NetFlows net_flows(const std::vector<Leg>& legs) {
    NetFlows flows;
    for (const Leg& leg : legs) {
        vm::u256& given = flows[{leg.from, leg.token}].given;
        given = given + leg.amount;
        vm::u256& taken = flows[{leg.to, leg.token}].taken;
        taken = taken + leg.amount;
    }
    return flows;
}

Result<TokenTerms> Tokens::find(const vm::Address& token) {
    if (const auto found = known_.find(token); found != known_.end()) return found->second;
    auto terms = find_token(session_, vm::to_hex(token));
    if (terms) known_.emplace(token, *terms);
    return terms;
}

Result<std::string> Tokens::amount(const vm::Address& token, const vm::u256& amount) {
    const auto terms = find(token);
    if (!terms) return std::unexpected(terms.error());
    return format_amount(amount, terms->decimals) + " " + terms->symbol;
}

Result<std::vector<TradeRow>> read_trades(Session& session, Tokens& tokens, const std::string& path,
                                          const TokenTerms& cash) {
    const auto content = read_file(path);
    if (!content) return fail(Exit::usage, content.error().sentence);
    const auto table = parse_csv(*content);
    if (!table)
        return fail(Exit::usage, fmt::format("{} line {}: {}", path, table.error().line, table.error().sentence));
    constexpr const char* names[] = {"seller", "buyer", "token", "units", "cash", "agreed"};
    std::size_t places[std::size(names)];
    for (std::size_t i = 0; i < std::size(names); ++i) {
        places[i] = static_cast<std::size_t>(std::ranges::find(table->columns, names[i]) - table->columns.begin());
        if (places[i] == table->columns.size() && names[i] != std::string_view("agreed")) {
            return fail(
                Exit::usage,
                fmt::format("{}: the first line must name the columns seller, buyer, token, units and cash (and "
                            "agreed, where it matters); \"{}\" is not among them",
                            path, names[i]));
        }
    }
    if (table->rows.size() > trades_per_file_max)
        return fail(Exit::usage, fmt::format("{} has more than {} trades; split it", path, trades_per_file_max));
    std::vector<TradeRow> rows;
    for (const CsvTable::Row& line : table->rows) {
        const auto wrong = [&](const Failure& failure) {
            return fail(failure.exit, fmt::format("{} line {}: {}", path, line.line, failure.sentence),
                        failure.details);
        };
        TradeRow row;
        row.seller = line.fields[places[0]];
        row.buyer = line.fields[places[1]];
        row.token = line.fields[places[2]];
        const auto seller = session.resolve(row.seller), buyer = session.resolve(row.buyer),
                   token = session.resolve(row.token);
        for (const auto* address : {&seller, &buyer, &token}) {
            if (!*address) return wrong(address->error());
        }
        const auto terms = tokens.find(*token);
        if (!terms) return wrong(terms.error());
        const auto units = parse_token_amount(line.fields[places[3]], *terms);
        if (!units) return wrong(units.error());
        const auto money = parse_token_amount(line.fields[places[4]], cash);
        if (!money) return wrong(money.error());
        if (places[5] < table->columns.size()) {
            const auto agreed = read_moment(line.fields[places[5]], "the column agreed");
            if (!agreed) return wrong(agreed.error());
            row.agreed = *agreed;
        }
        row.trade = {.seller = *seller, .buyer = *buyer, .token = *token, .units = *units, .cash = *money};
        rows.push_back(std::move(row));
    }
    if (rows.empty()) return fail(Exit::usage, path + " has no trade");
    return rows;
}

}  // namespace talea::wallet
