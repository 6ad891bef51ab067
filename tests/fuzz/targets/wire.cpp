// Frames between nodes (node/p2p/WIRE.md): a header is judged by six bytes, what is read of a payload is what would
// have been written, and reading takes memory in proportion.
#include <algorithm>

#include "fuzz/input.hpp"
#include "fuzz/memory.hpp"
#include "fuzz/plain_rlp.hpp"
#include "fuzz/target.hpp"
#include "node/p2p/message.hpp"
#include "vm/base/check.hpp"

using namespace talea;
namespace wire = node::wire;
using fuzz::Tree;
using vm::Bytes;
using vm::BytesView;
using vm::check;

namespace {

/// A string of the smallest transaction, 32 bytes, becomes one of 32 bytes and the 24 of its vector; vectors grow by
/// doubling.
constexpr std::size_t memory_factor = 32;

void check_frame(BytesView bytes) {
    const auto header = wire::decode_frame_header(bytes);
    if (!header) return check(!wire::to_string(header.error()).empty(), "a refusal has its sentence");
    check(header->payload_bytes <= wire::payload_bytes_max(header->type), "no frame is above its type's limit");
    check(header->version != 0, "no release spoke version 0");
    const auto payload = bytes.subspan(wire::frame_header_bytes);
    const auto before = fuzz::allocated_bytes();
    const auto message = wire::decode_payload(*header, payload);
    check(fuzz::allocated_bytes() - before <= 1'024 + memory_factor * payload.size(),
          "reading takes memory in proportion");
    if (!message) return check(!wire::to_string(message.error()).empty(), "a refusal has its sentence");
    check(payload.size() == header->payload_bytes, "a payload is as long as its header says");
    const auto again = wire::encode_frame(*message);
    if (header->version <= wire::wire_version)
        return check(vm::equal(again, bytes), "what is read is written back to the byte");
    // A later version may have appended items to the outer list, and nothing else.
    BytesView theirs = payload, ours = BytesView(again).subspan(wire::frame_header_bytes);
    const auto read = fuzz::read(theirs), kept = fuzz::read(ours);
    check(read && kept && theirs.empty() && ours.empty() && read->items.size() >= kept->items.size() &&
              std::equal(kept->items.begin(), kept->items.end(), read->items.begin()),
          "of a later version, what this release knows is read as it stands");
}

std::vector<vm::Hash> hashes_from(fuzz::Input& input) {
    std::vector<vm::Hash> hashes(input.below(4));
    for (auto& hash : hashes) hash = input.hash();
    return hashes;
}
Bytes bytes_from(fuzz::Input& input, std::size_t least) {
    auto bytes = vm::to_bytes(input.bytes(least + input.below(100)));
    bytes.resize(std::max(bytes.size(), least));
    return bytes;
}
std::vector<Bytes> transactions_from(fuzz::Input& input) {
    std::vector<Bytes> encoded(input.below(4));
    for (auto& tx : encoded) tx = bytes_from(input, 32);
    return encoded;
}

wire::Message message_from(fuzz::Input& input) {
    switch (input.below(11)) {
        case 0: {
            wire::Status status{input.hash(), {input.u64()}, input.hash(), bytes_from(input, 0), {}};
            for (auto count = input.below(4); count > 0; --count) status.linked.push_back(input.address());
            std::ranges::sort(status.linked);
            status.linked.erase(std::ranges::unique(status.linked).begin(), status.linked.end());
            return status;
        }
        case 1:
            return wire::Refused{static_cast<wire::Refusal>(1 + input.below(5))};
        case 2:
            return wire::Announce{hashes_from(input)};
        case 3:
            return wire::GetTransactions{hashes_from(input)};
        case 4:
            return wire::Transactions{transactions_from(input)};
        case 5:
            return wire::Consensus{bytes_from(input, 0)};
        case 6:
            return wire::GetHeaders{input.u64(), {input.u64()}, 1 + input.below(256)};
        case 7: {
            wire::Headers headers{input.u64(), {}};
            for (auto count = input.below(4); count > 0; --count)
                headers.headers.push_back({bytes_from(input, 0), bytes_from(input, 0)});
            return headers;
        }
        case 8:
            return wire::GetBlocks{input.u64(), hashes_from(input)};
        case 9:
            return wire::Checkpoint{bytes_from(input, 0)};
        default: {
            wire::Blocks blocks{input.u64(), {}};
            for (auto count = input.below(3); count > 0; --count)
                blocks.blocks.push_back({bytes_from(input, 0), transactions_from(input)});
            return blocks;
        }
    }
}

Bytes framed(std::uint8_t type, std::uint8_t version, BytesView payload) {
    Bytes frame;
    for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<std::uint8_t>(payload.size() >> shift));
    frame.push_back(type);
    frame.push_back(version);
    vm::append(frame, payload);
    return frame;
}

void run_values(fuzz::Input& input) {
    const auto message = message_from(input);
    const auto frame = wire::encode_frame(message);
    const auto header = wire::decode_frame_header(frame);
    check(header && header->type == message.index() + 1 && header->version == wire::wire_version,
          "a header says what is written");
    const auto payload = BytesView(frame).subspan(wire::frame_header_bytes);
    check(wire::decode_payload(*header, payload) == message, "a message is read as it was written");

    BytesView rest = payload;
    auto tree = fuzz::read(rest);
    check(tree && rest.empty() && vm::equal(fuzz::written(*tree), payload), "a payload is RLP");
    Tree* item = &fuzz::any_item(*tree, input);
    switch (input.below(5)) {
        case 0:
            item->string = vm::to_bytes(input.bytes(input.below(70)));
            break;
        case 1:
            item->is_list = !item->is_list;
            break;
        case 2: {
            const auto count = input.below(8);
            item->items.insert(item->items.end(), count,
                               Tree{input.below(2) == 0, vm::to_bytes(input.bytes(input.below(40))), {}});
            break;
        }
        case 3:
            if (!item->items.empty()) item->items.push_back(item->items[input.below(4) % item->items.size()]);
            break;
        default:
            if (!item->items.empty()) item->items.pop_back();
    }
    const auto type = input.below(8) == 0 ? input.byte() : header->type;
    check_frame(framed(type, static_cast<std::uint8_t>(input.below(3)), fuzz::written(*tree)));
}

void run(BytesView bytes) {
    check_frame(bytes);
    fuzz::Input input(bytes);
    // A frame that is so long is above every limit.
    if (input.byte() == 'v') run_values(input);
}

const fuzz::Target target{"wire", 1'500, run};

}  // namespace
