// What consensus reads from others: messages, certificates, recovery checkpoints. What is read is written back to the
// byte, what was written is read, and reading takes memory in proportion.
#include <algorithm>

#include "fuzz/input.hpp"
#include "fuzz/memory.hpp"
#include "fuzz/plain_rlp.hpp"
#include "fuzz/target.hpp"
#include "node/consensus/certificate.hpp"
#include "node/consensus/message.hpp"
#include "node/consensus/recovery.hpp"
#include "vm/base/check.hpp"

using namespace talea;
using fuzz::Tree;
using vm::Bytes;
using vm::BytesView;
using vm::check;

namespace {

/// What is read takes at most so many bytes for one on the wire: an empty claim of 68 bytes becomes one of 112, and
/// vectors grow by doubling.
constexpr std::size_t memory_factor = 32;

template <class Value, class Error>
void check_read(std::expected<Value, Error> (*decode)(BytesView), Bytes (*encode)(const Value&), BytesView encoded) {
    const auto before = fuzz::allocated_bytes();
    const auto value = decode(encoded);
    check(fuzz::allocated_bytes() - before <= 1'024 + memory_factor * encoded.size(),
          "reading takes memory in proportion");
    if (!value) return check(!node::to_string(value.error()).empty(), "a refusal has its sentence");
    check(vm::equal(encode(*value), encoded), "what is read is written back to the byte");
}

void check_all(BytesView encoded) {
    check_read(node::decode_message, node::encode_message, encoded);
    check_read(node::decode_certificate, node::encode_certificate, encoded);
    check_read(node::decode_checkpoint, node::encode_checkpoint, encoded);
}

node::Seal seal_from(fuzz::Input& input) {
    node::Seal seal{};
    const auto bytes = input.bytes(seal.size());
    std::ranges::copy(bytes, seal.begin());
    return seal;
}
std::vector<node::Seal> seals_from(fuzz::Input& input) {
    std::vector<node::Seal> seals(input.below(4));
    for (auto& seal : seals) seal = seal_from(input);
    return seals;
}
vm::Header header_from(fuzz::Input& input) {
    vm::Header header;
    header.number = {input.u64()};
    header.beneficiary = input.address();
    header.extra_data = vm::to_bytes(input.bytes(input.below(64)));
    header.difficulty = input.word();
    // Fields of later forks are there without a gap.
    const auto fork = input.below(6);
    if (fork >= 1) header.base_fee_per_gas = input.word();
    if (fork >= 2) header.withdrawals_root = input.hash();
    if (fork >= 3) header.blob_gas_used = input.u64(), header.excess_blob_gas = input.u64();
    if (fork >= 4) header.parent_beacon_block_root = input.hash();
    if (fork >= 5) header.requests_hash = input.hash();
    return header;
}
std::optional<node::PreparedClaim> prepared_from(fuzz::Input& input) {
    if (input.below(2) == 0) return {};
    return node::PreparedClaim{input.byte(), input.hash()};
}
std::vector<vm::Address> addresses_from(fuzz::Input& input) {
    std::vector<vm::Address> addresses(input.below(4));
    for (auto& address : addresses) address = input.address();
    return addresses;
}

node::Message message_from(fuzz::Input& input) {
    switch (input.below(6)) {
        case 0: {
            node::Proposal proposal{input.byte(), header_from(input), {}, seal_from(input), {}, {}};
            proposal.transactions.resize(input.below(4));
            for (auto& hash : proposal.transactions) hash = input.hash();
            proposal.round_changes.resize(input.below(4));
            for (auto& claim : proposal.round_changes) claim = {prepared_from(input), seal_from(input)};
            proposal.prepares = seals_from(input);
            return proposal;
        }
        case 1: {
            const node::VoteSubject subject{{input.u64()}, input.byte(), input.hash()};
            return node::Prepare{subject, seal_from(input)};
        }
        case 2: {
            const node::VoteSubject subject{{input.u64()}, input.byte(), input.hash()};
            return node::Commit{subject, seal_from(input)};
        }
        case 3: {
            node::RoundChange change{{input.u64()}, input.byte(), {}, {}};
            change.claim.signature = seal_from(input);
            if (input.below(2) == 0) return change;
            const auto header = header_from(input);
            change.claim.prepared = node::PreparedClaim{input.byte(), vm::header_hash(header)};
            change.certificate = node::PreparedCertificate{header, seals_from(input)};
            return change;
        }
        case 4: {
            const auto nonce = input.u64();
            return node::HeightQuery{nonce, seal_from(input)};
        }
        default: {
            node::HeightClaim claim{input.address(), input.u64(), {input.u64()}, {}};
            claim.signature = seal_from(input);
            return claim;
        }
    }
}

/// Written, and read back; then with a change somewhere in the tree of its items.
void run_values(fuzz::Input& input) {
    Bytes encoded;
    switch (input.below(4)) {
        case 0: {
            node::Certificate certificate{input.u64(), input.u64(), seals_from(input), addresses_from(input)};
            encoded = node::encode_certificate(certificate);
            check(node::decode_certificate(encoded) == certificate, "a certificate is read as it was written");
            break;
        }
        case 1: {
            node::Checkpoint checkpoint{{input.u64()}, input.hash(), input.u64(), addresses_from(input), {}};
            checkpoint.signatures = seals_from(input);
            encoded = node::encode_checkpoint(checkpoint);
            check(node::decode_checkpoint(encoded) == checkpoint, "a checkpoint is read as it was written");
            break;
        }
        default: {
            const auto message = message_from(input);
            encoded = node::encode_message(message);
            check(node::decode_message(encoded) == message, "a message is read as it was written");
        }
    }
    BytesView rest(encoded);
    auto tree = fuzz::read(rest);
    check(tree && rest.empty() && fuzz::written(*tree) == encoded, "what is written is RLP");
    Tree* item = &fuzz::any_item(*tree, input);
    switch (input.below(5)) {
        case 0:
            item->string = vm::to_bytes(input.bytes(input.below(70)));
            break;
        case 1:
            item->is_list = !item->is_list;
            break;
        case 2: {
            const auto count = input.below(110);
            item->items.assign(count, Tree{input.below(2) == 0, vm::to_bytes(input.bytes(65)), {}});
            break;
        }
        case 3:
            if (!item->string.empty()) item->string.insert(item->string.begin(), std::uint8_t{0});
            break;
        default:
            if (!item->items.empty()) item->items.pop_back();
    }
    check_all(fuzz::written(*tree));
}

void run(BytesView bytes) {
    check_all(bytes);
    fuzz::Input input(bytes);
    // Nothing that is read begins with it.
    if (input.byte() == 'v') run_values(input);
}

const fuzz::Target target{"messages", 1'500, run};

}  // namespace
