#include "contracts/refusals/show.hpp"

#include <charconv>
#include <chrono>

#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::contracts {
namespace {

/// Beyond it (the year 9999) a number is shown as such.
constexpr std::uint64_t seconds_max = 253'402'300'799;
constexpr std::uint64_t seconds_per_day = 86'400;

std::string padded(std::uint64_t value, std::size_t width) {
    std::string digits = std::to_string(value);
    return std::string(width > digits.size() ? width - digits.size() : 0, '0') + digits;
}

std::string show_units(const vm::u256& value, unsigned decimals) {
    std::string digits = to_decimal(value);
    if (decimals == 0) return digits;
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    digits.insert(digits.size() - decimals, ".");
    return digits;
}

std::string show_day(const vm::u256& value) {
    if (value > vm::u256(seconds_max / seconds_per_day)) return to_decimal(value);
    const std::chrono::sys_days day{std::chrono::days{static_cast<std::int64_t>(value.low_u64())}};
    const std::chrono::year_month_day date{day};
    return padded(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4) + "-" +
           padded(static_cast<unsigned>(date.month()), 2) + "-" + padded(static_cast<unsigned>(date.day()), 2);
}

std::string show_time(const vm::u256& value) {
    if (value > vm::u256(seconds_max)) return to_decimal(value);
    const std::uint64_t seconds = value.low_u64() % seconds_per_day;
    return show_day(vm::u256(value.low_u64() / seconds_per_day)) + "T" + padded(seconds / 3600, 2) + ":" +
           padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2) + "Z";
}

std::string show_span(const vm::u256& value) {
    if (value > vm::u256(seconds_max)) return to_decimal(value) + " s";
    const std::uint64_t seconds = value.low_u64();
    std::string text = std::to_string(seconds / 3600) + " h";
    if (seconds / 60 % 60 != 0) text += " " + std::to_string(seconds / 60 % 60) + " min";
    if (seconds % 60 != 0) text += " " + std::to_string(seconds % 60) + " s";
    return text;
}

std::string show_rights(const vm::u256& bits) {
    if (bits.is_zero()) return "to be its owner";
    std::string text;
    constexpr std::string_view names[] = {"ADMIN", "NETWORK", "REGISTRAR_ADMIN", "TRANSACT", "DEPLOY"};
    for (unsigned i = 0; i < std::size(names); ++i) {
        if ((bits.low_u64() >> i & 1) == 0) continue;
        if (!text.empty()) text += " and ";
        text += names[i];
    }
    return text.empty() ? to_decimal(bits) : text;
}

std::string show_enum(const vm::u256& value, std::span<const std::string_view> names) {
    return value < vm::u256(names.size()) ? std::string(names[value.low_u64()]) : to_decimal(value);
}

// In the order of the enums of the templates' interfaces.
constexpr std::string_view pauses[] = {"nothing is stopped", "transfers are stopped",
                                       "all but forced moves, recoveries and returns are stopped", "retired"};
constexpr std::string_view redemptions[] = {"unknown", "requested", "paid", "returned"};
constexpr std::string_view sides[] = {"subscriptions", "redemptions"};
constexpr std::string_view agreements[] = {"unknown",    "a draft",      "active", "called",
                                           "in default", "in close-out", "closed", "terminated"};
constexpr std::string_view eligibility_tests[] = {"liquidity", "price", "custody", "integration"};
constexpr std::string_view reasons[] = {"passed",
                                        "nobody named can take all of it",
                                        "its price is gated",
                                        "the pledgor's wallet is frozen",
                                        "it has no price",
                                        "its price is too old",
                                        "its price has no bound",
                                        "too few keys administer it",
                                        "it has not admitted the vault",
                                        "the cash token would not pay the vault",
                                        "the pledge would be refused"};
constexpr std::string_view instructions[] = {"unknown", "a draft",   "affirmed", "locked",
                                             "settled", "cancelled", "expired"};
constexpr std::string_view distributions[] = {"unknown", "announced", "withdrawn", "funded", "ended"};
constexpr std::string_view operations[] = {"unknown", "open", "executed", "cancelled"};
constexpr std::string_view stages[] = {"without orders", "open", "cut", "struck", "funded", "payable", "drained"};

std::string show(const vm::u256& value, std::string_view kind, const RefusalNames& names) {
    if (kind == "wallet") {
        const vm::Address address = vm::to_address(value);
        return names.wallet ? names.wallet(address) : vm::to_hex(address);
    }
    if (kind == "units") return show_units(value, names.decimals);
    if (kind == "count") return to_decimal(value);
    if (kind == "time") return show_time(value);
    if (kind == "span") return show_span(value);
    if (kind == "day") return show_day(value);
    if (kind == "role") return role_name(value);
    if (kind == "rights") return show_rights(value);
    if (kind == "id") return vm::to_hex(vm::to_hash(value));
    if (kind == "pause") return show_enum(value, pauses);
    if (kind == "redemption") return show_enum(value, redemptions);
    if (kind == "side") return show_enum(value, sides);
    if (kind == "stage") return show_enum(value, stages);
    if (kind == "agreement") return show_enum(value, agreements);
    if (kind == "eligibility") return show_enum(value, eligibility_tests);
    if (kind == "reason") return show_enum(value, reasons);
    if (kind == "instruction") return show_enum(value, instructions);
    if (kind == "distribution") return show_enum(value, distributions);
    if (kind == "operation") return show_enum(value, operations);
    return {};
}

}  // namespace

std::string fill(std::string_view pattern, std::span<const vm::u256> args, const RefusalNames& names) {
    std::string text;
    while (!pattern.empty()) {
        const std::size_t open = pattern.find('{');
        text += pattern.substr(0, open);
        if (open == std::string_view::npos) break;
        const std::size_t close = pattern.find('}', open);
        if (close == std::string_view::npos) return text += pattern.substr(open);
        const std::string_view inside = pattern.substr(open + 1, close - open - 1);
        std::size_t index = 0;
        const auto [end, error] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
        std::string shown;
        if (error == std::errc() && end != inside.data() + inside.size() && *end == ':' && index < args.size()) {
            shown = show(args[index], inside.substr(static_cast<std::size_t>(end - inside.data()) + 1), names);
        }
        text += shown.empty() ? std::string(pattern.substr(open, close - open + 1)) : shown;
        pattern.remove_prefix(close + 1);
    }
    return text;
}

std::string role_name(const vm::u256& role) {
    if (role.is_zero()) return "of administrator";
    for (const std::string_view name :
         {"ISSUER", "TRANSFER_AGENT", "COMPLIANCE", "ATTESTOR", "NAV_AGENT", "NAV_APPROVER", "OPERATOR", "EMERGENCY",
          "PRICE_AGENT", "PRICE_APPROVER", "DISTRIBUTOR"}) {
        const vm::BytesView bytes{reinterpret_cast<const std::uint8_t*>(name.data()), name.size()};
        if (vm::u256::from_be_bytes(vm::keccak256(bytes).bytes) == role) return std::string(name);
    }
    return vm::to_hex(vm::to_hash(role));
}

}  // namespace talea::contracts
