// Keccak-256 against its plain definition: messages of all lengths about the ends of blocks, at any alignment, many at
// once, and the paths for one and two words.
#include "vm/crypto/keccak.hpp"

#include "fuzz/input.hpp"
#include "fuzz/target.hpp"
#include "unit/vm/crypto/plain_keccak.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/keccak_implementation.hpp"

using namespace talea;
using vm::Bytes;
using vm::BytesView;
using vm::check;

namespace {

vm::Hash plain(BytesView message) {
    return tests::PlainKeccak{}.digest(vm::to_bytes(message));
}

/// Every implementation that this processor can run, not the fastest alone.
void check_implementations(BytesView words) {
    std::array<std::uint64_t, 8> lanes{};
    std::memcpy(lanes.data(), words.data(), sizeof lanes);
    const std::array<std::uint64_t, 4> first{lanes[0], lanes[1], lanes[2], lanes[3]};
    const auto equals = [](const vm::KeccakDigest& digest, const vm::Hash& due) {
        return std::memcmp(digest.data(), due.bytes.data(), sizeof due) == 0;
    };
    for (const vm::KeccakImplementation& one : vm::keccak_implementations()) {
        check(equals(one.of_4(first), plain(words.first(32))), "each implementation digests four lanes");
        check(equals(one.of_8(lanes), plain(words.first(64))), "each implementation digests eight lanes");
        tests::PlainKeccak state;
        vm::KeccakLanes permuted;
        for (std::size_t at = 0; at < 25; ++at) permuted[at] = state.lane[at % 5][at / 5] = lanes[at % 8] * (at + 1);
        state.permute();
        one.permute(permuted);
        for (std::size_t at = 0; at < 25; ++at)
            check(permuted[at] == state.lane[at % 5][at / 5], "each implementation permutes as the definition");
    }
}

/// The message, and pieces of it of some of the lengths before its own.
void check_many(BytesView message, fuzz::Input& input) {
    std::vector<BytesView> messages{message};
    for (std::size_t i = input.below(9); i > 0; --i) messages.push_back(message.first(input.below(message.size() + 1)));
    std::vector<vm::Hash> digests(messages.size());
    vm::keccak256_each(messages, digests);
    for (std::size_t i = 0; i < messages.size(); ++i)
        check(digests[i] == plain(messages[i]), "the digest of one of many is that of the definition");
}

void check_digest(BytesView message) {
    check(vm::keccak256(message) == plain(message), "a digest is that of the definition");
}

void run(BytesView bytes) {
    fuzz::Input input(bytes);
    const std::size_t offset = input.below(16);
    // A message as long as the first bytes say, since libFuzzer makes long inputs late: the rest of the input,
    // repeated.
    std::size_t length = input.byte();
    length += input.below(8) * 34;
    const BytesView pattern = input.bytes(bytes.size());
    Bytes message(offset);
    for (std::size_t i = 0; i < length; ++i) message.push_back(pattern.empty() ? 0 : pattern[i % pattern.size()]);
    message.shrink_to_fit();  // so that a read behind the end is seen
    check_digest(BytesView{message}.subspan(offset));
    check_digest(pattern);
    fuzz::Input lengths(pattern);
    check_many(BytesView{message}.subspan(offset), lengths);

    Bytes words = vm::to_bytes(pattern.first(std::min<std::size_t>(pattern.size(), 64)));
    words.resize(64);
    check_implementations(words);
    const auto first = vm::u256::from_be_bytes(BytesView{words}.first(32));
    const auto second = vm::u256::from_be_bytes(BytesView{words}.last(32));
    check(vm::to_hash(vm::keccak256_word(first)) == plain(BytesView{words}.first(32)),
          "a word's digest is that of its bytes");
    check(vm::to_hash(vm::keccak256_pair(first, second)) == plain(words), "a pair's digest is that of its bytes");
}

const fuzz::Target target{"keccak", 600, run};

}  // namespace
