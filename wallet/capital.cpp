#include "wallet/capital.hpp"

#include <algorithm>
#include <vector>

#include "vm/base/check.hpp"
#include "wallet/moment.hpp"

namespace talea::wallet {
namespace {

constexpr std::uint64_t bps_unit = 10'000;

using vm::u256;

u256 divide_up(const u256& dividend, const u256& divisor) {
    const vm::DivMod parts = vm::divmod(dividend, divisor);
    return parts.quotient + u256{parts.remainder.is_zero() ? 0U : 1U};
}

/// What the parties of trades that settle together owe.
class Obligations {
  public:
    Obligations(bool netted, const std::map<std::string, Mark>& marks) : netted_(netted), marks_(marks) {}

    void add(const AgreedTrade& trade) {
        if (!netted_) {
            gross_ = gross_ + value_of(trade.token, trade.units) + trade.cash;
            return;
        }
        move(trade.token, trade.seller, trade.buyer, trade.units);
        move({}, trade.buyer, trade.seller, trade.cash);
    }

    u256 value() const {
        u256 sum = gross_;
        for (const auto& [place, flow] : flows_) {
            if (flow.given > flow.taken) sum = sum + value_of(place.first, flow.given - flow.taken);
        }
        return sum;
    }

  private:
    struct Flow {
        u256 given, taken;
    };

    bool netted_;
    const std::map<std::string, Mark>& marks_;
    u256 gross_;
    std::map<std::pair<std::string, std::string>, Flow> flows_;  ///< by asset (empty: cash) and account

    void move(const std::string& asset, const std::string& from, const std::string& to, const u256& amount) {
        u256& given = flows_[{asset, from}].given;
        given = given + amount;
        u256& taken = flows_[{asset, to}].taken;
        taken = taken + amount;
    }

    u256 value_of(const std::string& asset, const u256& amount) const {
        if (asset.empty()) return amount;
        const Mark& mark = marks_.at(asset);
        return divide_up(amount * mark.price, mark.scale);
    }
};

/// What is bound, by basis points of it: margin and locked together begin and end at times of all batches.
class Course {
  public:
    void add(std::uint64_t from, std::uint64_t until, const u256& margin, const u256& locked) {
        u256& begins = changes_[from].begins;
        begins = begins + margin + locked;
        u256& ends = changes_[until].ends;
        ends = ends + margin + locked;
        margin_ = margin_ + margin * u256{until - from};
        locked_ = locked_ + locked * u256{until - from};
    }

    CapitalUse use() const {
        u256 now, most;
        for (const auto& [time, change] : changes_) {
            now = now + change.begins - change.ends;
            most = std::max(most, now);
        }
        const u256 day{day_seconds * bps_unit};
        return {.peak = divide_up(most, u256{bps_unit}),
                .margin_value_days = divide_up(margin_, day),
                .locked_value_days = divide_up(locked_, day),
                .value_days = divide_up(margin_ + locked_, day)};
    }

  private:
    struct Change {
        u256 begins, ends;
    };
    std::map<std::uint64_t, Change> changes_;
    u256 margin_, locked_;
};

}  // namespace

CapitalUse capital_use(std::span<const AgreedTrade> trades, std::span<const std::uint64_t> settles,
                       const SettlementManner& manner, const std::map<std::string, Mark>& marks) {
    vm::check(trades.size() == settles.size(), "every trade has a time at which it settles");
    std::map<std::uint64_t, std::vector<const AgreedTrade*>> batches;
    for (std::size_t i = 0; i < trades.size(); ++i) {
        vm::check(settles[i] >= trades[i].agreed, "a trade settles after it is agreed");
        batches[settles[i]].push_back(&trades[i]);
    }
    Course course;
    for (auto& [end, batch] : batches) {
        std::ranges::sort(batch, {}, &AgreedTrade::agreed);
        const std::uint64_t locked_from = end > manner.set_aside ? end - manner.set_aside : 0;
        std::vector<std::uint64_t> times{end};
        for (const AgreedTrade* trade : batch) times.push_back(trade->agreed);
        if (locked_from > batch.front()->agreed) times.push_back(locked_from);
        std::ranges::sort(times);
        Obligations owed(manner.netted, marks);
        auto next = batch.begin();
        for (std::size_t i = 0; i + 1 < times.size(); ++i) {
            for (; next != batch.end() && (*next)->agreed <= times[i]; ++next) owed.add(**next);
            if (times[i] == times[i + 1]) continue;
            const u256 value = owed.value();
            course.add(times[i], times[i + 1], value * u256{manner.margin_bps},
                       times[i] >= locked_from ? value * u256{bps_unit} : u256{});
        }
    }
    return course.use();
}

}  // namespace talea::wallet
