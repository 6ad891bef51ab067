#include <fmt/format.h>

#include <map>

#include "vm/base/hex.hpp"
#include "wallet/amount.hpp"
#include "wallet/capital.hpp"
#include "wallet/commands/instruction.hpp"
#include "wallet/commands/report.hpp"
#include "wallet/commands/written.hpp"
#include "wallet/session/history.hpp"

namespace talea::wallet {
namespace {

constexpr unsigned price_decimals = 8;
constexpr std::size_t netting_set_max = 100;  // Settlement.TRADES_MAX
constexpr unsigned amount_bits_max = 96;      // of a Trade

vm::u256 power_of_ten(unsigned exponent) {
    vm::u256 power{1};
    for (; exponent > 0; --exponent) power = power * vm::u256{10};
    return power;
}

/// "TFUND=1.0123"
Result<std::map<std::string, Mark>> read_marks(Session& session, Tokens& tokens, const TokenTerms& cash,
                                               const std::vector<std::string>& written) {
    std::map<std::string, Mark> marks;
    for (const std::string& text : written) {
        const std::size_t sign = text.find('=');
        if (sign == std::string::npos)
            return fail(Exit::usage, "\"" + text + "\" is no mark; write it as TFUND=1.0123 (cash for one unit)");
        const auto address = session.resolve(text.substr(0, sign));
        if (!address) return std::unexpected(address.error());
        const auto token = tokens.find(*address);
        if (!token) return std::unexpected(token.error());
        const auto price = read_decimal(text.substr(sign + 1), price_decimals, "the mark");
        if (!price) return std::unexpected(price.error());
        if (price->bit_width() > amount_bits_max || token->decimals > 18 || cash.decimals > 18)
            return fail(Exit::usage, "the mark \"" + text + "\" is too large");
        marks[vm::to_hex(*address)] = {.price = *price * power_of_ten(cash.decimals),
                                       .scale = power_of_ten(price_decimals + token->decimals)};
    }
    return marks;
}

/// The calendar's answers for the trades' value days.
class SettlementDays {
  public:
    SettlementDays(Session& session, vm::Address calendar, std::uint64_t markets, std::uint64_t minute)
        : session_(session), calendar_(calendar), markets_(markets), minute_(minute) {}

    /// When the run on the n-th open day after the dealing day of `agreed` is.
    Result<std::uint64_t> run(std::uint64_t agreed, std::uint64_t n) {
        const auto day = read_word(session_, calendar_, "Calendar", "dealingDay",
                                   {abi::number(markets_), abi::number(agreed), abi::number(minute_)});
        if (!day) return std::unexpected(day.error());
        const auto key = std::pair(day->low_u64(), n);
        if (const auto found = runs_.find(key); found != runs_.end()) return found->second;
        const auto last = read_word(session_, calendar_, "Calendar", "nextOpen",
                                    {abi::number(markets_), abi::number(*day), abi::number(n)});
        if (!last) return std::unexpected(last.error());
        const auto close = read_word(session_, calendar_, "Calendar", "close",
                                     {abi::number(markets_), abi::number(*last), abi::number(minute_)});
        if (!close) return std::unexpected(close.error());
        return runs_[key] = close->low_u64();
    }

  private:
    Session& session_;
    vm::Address calendar_;
    std::uint64_t markets_, minute_;
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> runs_;
};

struct Way {
    const char* name;
    bool netted;
    std::uint64_t set_aside;
    std::vector<std::uint64_t> settles;
};

Result<std::vector<Way>> ways(Session& session, const CapitalOptions& options, std::span<const AgreedTrade> trades) {
    const auto calendar = session.resolve(options.calendar);
    if (!calendar) return std::unexpected(calendar.error());
    const auto minute = read_minute(options.cut_off);
    if (!minute) return std::unexpected(minute.error());
    const auto set_aside = read_span(options.set_aside, "--set-aside");
    if (!set_aside) return std::unexpected(set_aside.error());
    const auto atomic = read_span(options.atomic, "--atomic");
    if (!atomic) return std::unexpected(atomic.error());
    const auto batch = read_span(options.batch, "--batch");
    if (!batch) return std::unexpected(batch.error());
    if (*batch == 0) return fail(Exit::usage, "give --batch as at least a second");

    std::vector<Way> all{{"T+2", false, *set_aside, {}},
                         {"T+1", false, *set_aside, {}},
                         {"end-of-day net", true, *set_aside, {}},
                         {"atomic gross", false, *atomic, {}},
                         {"atomic net", true, 0, {}}};
    SettlementDays days(session, *calendar, options.markets, *minute);
    std::map<std::uint64_t, std::size_t> sets;
    for (const AgreedTrade& trade : trades) {
        for (std::uint64_t n = 0; n <= 2; ++n) {
            const auto run = days.run(trade.agreed, n);
            if (!run) return std::unexpected(run.error());
            all[2 - n].settles.push_back(*run);
        }
        all[3].settles.push_back(trade.agreed + *atomic);
        const std::uint64_t set = (trade.agreed / *batch + 1) * *batch;
        all[4].settles.push_back(set);
        if (++sets[set] > netting_set_max) {
            return fail(Exit::usage, fmt::format("more than {} trades are agreed within {}, and a netting set holds no "
                                                 "more; give a shorter --batch",
                                                 netting_set_max, options.batch));
        }
    }
    return all;
}

}  // namespace

Result<void> show_capital(Session& session, const CapitalOptions& options) {
    const auto cash = find_token(session, options.cash);
    if (!cash) return std::unexpected(cash.error());
    Tokens tokens(session);
    const auto rows = read_trades(session, tokens, options.trades_file, *cash);
    if (!rows) return std::unexpected(rows.error());
    const auto marks = read_marks(session, tokens, *cash, options.marks);
    if (!marks) return std::unexpected(marks.error());
    std::vector<AgreedTrade> trades;
    for (const TradeRow& row : *rows) {
        if (row.agreed == 0)
            return fail(Exit::usage, options.trades_file + " does not say when each trade was agreed (column agreed)");
        if (row.trade.units.bit_width() > amount_bits_max || row.trade.cash.bit_width() > amount_bits_max)
            return fail(Exit::usage, options.trades_file + " has a trade that is too large for a settlement");
        const std::string token = vm::to_hex(row.trade.token);
        if (!marks->contains(token))
            return fail(Exit::usage, fmt::format("no mark is given for {0}; add --mark {0}=PRICE", row.token));
        trades.push_back({.agreed = row.agreed,
                          .seller = vm::to_hex(row.trade.seller),
                          .buyer = vm::to_hex(row.trade.buyer),
                          .token = token,
                          .units = row.trade.units,
                          .cash = row.trade.cash});
    }
    const auto all = ways(session, options, trades);
    if (!all) return std::unexpected(all.error());
    constexpr auto right = Table::Align::right;
    Table table("capital",
                {{"settlement"}, {"peak", right}, {"valueDays", right}, {"ofMargin", right}, {"ofLocked", right}});
    for (const Way& way : *all) {
        const CapitalUse use =
            capital_use(trades, way.settles,
                        {.netted = way.netted, .set_aside = way.set_aside, .margin_bps = options.margin_bps}, *marks);
        const auto money = [&](const vm::u256& amount) { return format_amount(amount, cash->decimals); };
        table.add({way.name, money(use.peak), money(use.value_days), money(use.margin_value_days),
                   money(use.locked_value_days)});
    }
    Report report;
    report.add("trades", std::to_string(trades.size()));
    report.add("marginBps", std::to_string(options.margin_bps));
    report.add("currency", cash->symbol);
    report.print(session, table);
    return {};
}

}  // namespace talea::wallet
