#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "contracts/runner/cheat_call.hpp"

namespace talea::runner {
namespace {

using abi::Kind;
using abi::Type;
using abi::Value;

enum class Relation : std::uint8_t { equal, not_equal, less, less_or_equal, greater, greater_or_equal };

struct NamedRelation {
    const char* name;
    Relation relation;
    const char* fails_as;  ///< how the two stand where the assertion fails
};
constexpr std::array relations = {
    NamedRelation{"assertEq", Relation::equal, "!="},   NamedRelation{"assertNotEq", Relation::not_equal, "=="},
    NamedRelation{"assertLt", Relation::less, ">="},    NamedRelation{"assertLe", Relation::less_or_equal, ">"},
    NamedRelation{"assertGt", Relation::greater, "<="}, NamedRelation{"assertGe", Relation::greater_or_equal, "<"},
};

bool is_less(const Type& type, const Value& left, const Value& right) {
    return type.kind == Kind::sint ? signed_less(left.word, right.word) : left.word < right.word;
}

bool holds(Relation relation, const Type& type, const Value& left, const Value& right) {
    switch (relation) {
        case Relation::equal:
            return left == right;
        case Relation::not_equal:
            return !(left == right);
        case Relation::less:
            return is_less(type, left, right);
        case Relation::less_or_equal:
            return !is_less(type, right, left);
        case Relation::greater:
            return is_less(type, right, left);
        case Relation::greater_or_equal:
            return !is_less(type, left, right);
    }
    return false;
}

/// The last argument is the test's own sentence where there is one more than `own`.
std::string sentence(const CheatCall& call, std::size_t own, const std::string& what) {
    return (call.args.size() > own ? call.text(own) : "assertion failed") + ": " + what;
}

CheatCode relation_code(const NamedRelation& named, const std::string& type, const char* tail) {
    return {fmt::format("{}({},{}{})", named.name, type, type, tail), "", [named](CheatCall& call) {
                const Type& of = call.types[0];
                if (holds(named.relation, of, call.args[0], call.args[1])) return;
                call.error = sentence(
                    call, 2,
                    fmt::format("{} {} {}", format(of, call.args[0]), named.fails_as, format(of, call.args[1])));
            }};
}

/// A number with so many of its digits behind the point.
std::string with_decimals(const Type& type, const Value& value, const vm::u256& decimals) {
    std::string digits = format(type, value);
    const bool negative = digits.starts_with('-');
    if (negative) digits.erase(0, 1);
    const std::size_t behind = decimals < vm::u256{78} ? decimals.low_u64() : 0;
    if (digits.size() <= behind) digits.insert(0, behind + 1 - digits.size(), '0');
    if (behind > 0) digits.insert(digits.size() - behind, ".");
    return (negative ? "-" : "") + digits;
}

CheatCode decimal_code(const NamedRelation& named, const std::string& type, const char* tail) {
    return {fmt::format("{}Decimal({},{},uint256{})", named.name, type, type, tail), "", [named](CheatCall& call) {
                const Type& of = call.types[0];
                if (holds(named.relation, of, call.args[0], call.args[1])) return;
                call.error = sentence(call, 3,
                                      fmt::format("{} {} {}", with_decimals(of, call.args[0], call.word(2)),
                                                  named.fails_as, with_decimals(of, call.args[1], call.word(2))));
            }};
}

CheatCode boolean_code(const char* name, bool wanted, const char* tail) {
    return {fmt::format("{}(bool{})", name, tail), "", [wanted](CheatCall& call) {
                if (call.word(0).is_zero() == wanted)
                    call.error = call.args.size() > 1 ? call.text(1) : "assertion failed";
            }};
}

/// |left - right| as an unsigned number; two's complement wraps to the right one.
vm::u256 distance(const Type& type, const Value& left, const Value& right) {
    return is_less(type, left, right) ? right.word - left.word : left.word - right.word;
}

CheatCode absolute_code(const std::string& type, bool decimals, const char* tail) {
    return {fmt::format("assertApproxEqAbs{}({},{},uint256{}{})", decimals ? "Decimal" : "", type, type,
                        decimals ? ",uint256" : "", tail),
            "", [decimals](CheatCall& call) {
                const Type& of = call.types[0];
                const vm::u256 delta = distance(of, call.args[0], call.args[1]);
                if (delta <= call.word(2)) return;
                call.error =
                    sentence(call, decimals ? 4 : 3,
                             fmt::format("{} !~= {} (difference {}, allowed {})", format(of, call.args[0]),
                                         format(of, call.args[1]), to_decimal(delta), to_decimal(call.word(2))));
            }};
}

/// The difference in parts of 10^18 of the right side, rounded down.
CheatCode relative_code(const std::string& type, bool decimals, const char* tail) {
    return {fmt::format("assertApproxEqRel{}({},{},uint256{}{})", decimals ? "Decimal" : "", type, type,
                        decimals ? ",uint256" : "", tail),
            "", [decimals](CheatCall& call) {
                const Type& of = call.types[0];
                const vm::u256 delta = distance(of, call.args[0], call.args[1]);
                const vm::u256& right = call.word(1);
                const vm::u256 base = of.kind == Kind::sint && right.is_negative() ? -right : right;
                const auto scaled = vm::checked_mul(delta, vm::u256{1'000'000'000'000'000'000ULL});
                const bool near =
                    delta.is_zero() || (scaled && !base.is_zero() && divmod(*scaled, base).quotient <= call.word(2));
                if (near) return;
                call.error = sentence(call, decimals ? 4 : 3,
                                      fmt::format("{} !~= {} (allowed {} parts of 10^18)", format(of, call.args[0]),
                                                  format(of, call.args[1]), to_decimal(call.word(2))));
            }};
}

}  // namespace

std::vector<CheatCode> assertions() {
    std::vector<CheatCode> codes;
    for (const char* tail : {"", ",string"}) {
        codes.push_back(boolean_code("assertTrue", true, tail));
        codes.push_back(boolean_code("assertFalse", false, tail));
        for (const char* type : {"uint256", "int256"}) {
            for (const bool decimals : {false, true}) {
                codes.push_back(absolute_code(type, decimals, tail));
                codes.push_back(relative_code(type, decimals, tail));
            }
        }
        for (const NamedRelation& named : relations) {
            for (const char* type : {"uint256", "int256"}) {
                codes.push_back(relation_code(named, type, tail));
                codes.push_back(decimal_code(named, type, tail));
            }
            if (named.relation != Relation::equal && named.relation != Relation::not_equal) continue;
            for (const char* type : {"bool", "address", "bytes32", "string", "bytes"})
                codes.push_back(relation_code(named, type, tail));
            for (const char* type : {"uint256", "int256", "bool", "address", "bytes32", "string", "bytes"})
                codes.push_back(relation_code(named, std::string(type) + "[]", tail));
        }
    }
    return codes;
}

}  // namespace talea::runner
