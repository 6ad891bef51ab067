#include <algorithm>

#include "contracts/runner/cheat_call.hpp"

namespace talea::runner {
namespace {

using vm::u256;

u256 random_word(CheatCall& call) {
    Random& random = call.cheats.state.random;
    // One at a time: the order of a call's arguments is the compiler's.
    const std::uint64_t a = random.next(), b = random.next(), c = random.next(), d = random.next();
    return {a, b, c, d};
}

u256 low(const u256& word, unsigned bits) {
    return bits >= 256 ? word : word & ((u256{1} << bits) - u256{1});
}

/// `value` folded into [least, most].
u256 folded(const u256& value, const u256& least, const u256& most) {
    const u256 size = most - least;
    return size == u256::max() ? value : least + divmod(value, size + u256{1}).remainder;
}

void give_random(CheatCall& call, const u256& least, const u256& most) {
    if (most < least)
        call.error = "the least is more than the most";
    else
        call.results = {abi::number(folded(random_word(call), least, most))};
}

std::optional<unsigned> bits_of(CheatCall& call) {
    if (!call.word(0).is_zero() && call.word(0) <= u256{256}) return static_cast<unsigned>(call.word(0).low_u64());
    call.error = "1 to 256 bits";
    return std::nullopt;
}

u256 sign_extended(const u256& word, unsigned bits) {
    if (bits == 256 || (word >> (bits - 1)).is_zero()) return word;
    return word | (u256::max() << bits);
}

/// Bounds as unsigned numbers in the order of signed ones.
void bound_signed(CheatCall& call) {
    const u256 flip = u256{1} << 255;
    const u256 least = call.word(1) ^ flip, most = call.word(2) ^ flip, value = call.word(0) ^ flip;
    if (most < least)
        call.error = "the least is more than the most";
    else
        call.results = {abi::number((value >= least && value <= most ? value : folded(value, least, most)) ^ flip)};
}

std::vector<CheatCode> single_values() {
    return {
        {"setSeed(uint256)", "", [](CheatCall& call) { call.cheats.state.random = Random(call.word(0).low_u64()); }},
        {"randomUint()", "(uint256)", [](CheatCall& call) { call.results = {abi::number(random_word(call))}; }},
        {"randomUint(uint256)", "(uint256)",
         [](CheatCall& call) {
             if (const auto bits = bits_of(call)) call.results = {abi::number(low(random_word(call), *bits))};
         }},
        {"randomUint(uint256,uint256)", "(uint256)",
         [](CheatCall& call) { give_random(call, call.word(0), call.word(1)); }},
        {"randomInt()", "(int256)", [](CheatCall& call) { call.results = {abi::number(random_word(call))}; }},
        {"randomInt(uint256)", "(int256)",
         [](CheatCall& call) {
             if (const auto bits = bits_of(call))
                 call.results = {abi::number(sign_extended(low(random_word(call), *bits), *bits))};
         }},
        {"randomAddress()", "(address)",
         [](CheatCall& call) { call.results = {abi::number(low(random_word(call), 160))}; }},
        {"randomBool()", "(bool)", [](CheatCall& call) { call.results = {abi::number(low(random_word(call), 1))}; }},
        {"randomBytes4()", "(bytes4)",
         [](CheatCall& call) { call.results = {abi::number(low(random_word(call), 32) << 224)}; }},
        {"randomBytes8()", "(bytes8)",
         [](CheatCall& call) { call.results = {abi::number(low(random_word(call), 64) << 192)}; }},
    };
}

/// What one answer may hold.
constexpr std::uint64_t random_answer_bytes_max = 1 << 20;

}  // namespace

std::vector<CheatCode> random_codes() {
    std::vector<CheatCode> codes = single_values();
    codes.push_back({"randomBytes(uint256)", "(bytes)", [](CheatCall& call) {
                         if (call.word(0) > u256{random_answer_bytes_max}) {
                             call.error = "at most a mebibyte";
                             return;
                         }
                         vm::Bytes bytes(call.word(0).low_u64());
                         for (std::uint8_t& byte : bytes)
                             byte = static_cast<std::uint8_t>(call.cheats.state.random.next());
                         call.results = {abi::bytes(bytes)};
                     }});
    codes.push_back({"shuffle(uint256[])", "(uint256[])", [](CheatCall& call) {
                         abi::Value list = call.args[0];
                         for (std::size_t i = list.items.size(); i > 1; --i)
                             std::swap(list.items[i - 1], list.items[call.cheats.state.random.below(i)]);
                         call.results = {std::move(list)};
                     }});
    codes.push_back({"sort(uint256[])", "(uint256[])", [](CheatCall& call) {
                         abi::Value list = call.args[0];
                         std::ranges::sort(list.items, {}, &abi::Value::word);
                         call.results = {std::move(list)};
                     }});
    codes.push_back({"bound(uint256,uint256,uint256)", "(uint256)", [](CheatCall& call) {
                         const u256 &value = call.word(0), &least = call.word(1), &most = call.word(2);
                         if (most < least)
                             call.error = "the least is more than the most";
                         else
                             call.results = {
                                 abi::number(value >= least && value <= most ? value : folded(value, least, most))};
                     }});
    codes.push_back({"bound(int256,int256,int256)", "(int256)", bound_signed});
    return codes;
}

}  // namespace talea::runner
