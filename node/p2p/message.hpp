#pragma once
#include <cstdint>
#include <expected>
#include <string_view>
#include <variant>
#include <vector>

#include "node/base/limits.hpp"
#include "vm/base/bytes.hpp"
#include "vm/base/numbers.hpp"

/// What nodes say to each other, as values; their bytes are WIRE.md's. Nothing here decides (node/gossip, node/sync).
namespace talea::node::wire {

/// Who I am with, and how far I am: the first frame on a connection, and again when it changes.
struct Status {
    vm::Hash genesis_hash;
    vm::BlockNumber head;
    vm::Hash head_hash;
    vm::Bytes certificate;  ///< of the head (node/CHAIN.md); empty at genesis. A head without one carries no weight
    std::vector<vm::Address> linked;  ///< validators heard from lately over a connection of my own, ascending
    friend bool operator==(const Status&, const Status&) = default;
};

/// Why a connection ends; sent before it is closed.
enum class Refusal : std::uint8_t {
    not_admitted = 1,   ///< the latest state of the one who says so admits no such key
    other_genesis = 2,  ///< another chain
    too_many = 3,       ///< no place left
    misconduct = 4,     ///< lies, floods or stalls
    duplicate = 5,      ///< another link of these two nodes stands
};
[[nodiscard]] std::string_view to_string(Refusal reason);
struct Refused {
    Refusal reason = Refusal::not_admitted;
    friend bool operator==(const Refused&, const Refused&) = default;
};

/// I have these transactions.
struct Announce {
    std::vector<vm::Hash> hashes;
    friend bool operator==(const Announce&, const Announce&) = default;
};
/// Send me these transactions.
struct GetTransactions {
    std::vector<vm::Hash> hashes;
    friend bool operator==(const GetTransactions&, const GetTransactions&) = default;
};
/// Encoded transactions, asked for or pushed; what was asked for and is not there is left out.
struct Transactions {
    std::vector<vm::Bytes> encoded;
    friend bool operator==(const Transactions&, const Transactions&) = default;
};

/// A signed message of QBFT as its author encoded it; whoever passes it on changes no byte.
struct Consensus {
    vm::Bytes encoded;
    friend bool operator==(const Consensus&, const Consensus&) = default;
};

/// Headers with certificates of `count` blocks from `first` on.
struct GetHeaders {
    std::uint64_t request = 0;  ///< chosen by who asks, and repeated in the answer
    vm::BlockNumber first;
    std::uint64_t count = 0;
    friend bool operator==(const GetHeaders&, const GetHeaders&) = default;
};
struct CertifiedHeader {
    vm::Bytes header;
    vm::Bytes certificate;
    friend bool operator==(const CertifiedHeader&, const CertifiedHeader&) = default;
};
/// Consecutive, from the first asked for; fewer where the chain of the one who answers ends.
struct Headers {
    std::uint64_t request = 0;
    std::vector<CertifiedHeader> headers;
    friend bool operator==(const Headers&, const Headers&) = default;
};

/// These blocks whole: final ones, or candidates of consensus that the other has.
struct GetBlocks {
    std::uint64_t request = 0;
    std::vector<vm::Hash> blocks;
    friend bool operator==(const GetBlocks&, const GetBlocks&) = default;
};
struct EncodedBlock {
    vm::Bytes header;
    std::vector<vm::Bytes> transactions;
    friend bool operator==(const EncodedBlock&, const EncodedBlock&) = default;
};
/// In the order asked for; the first ones only, where all would be too large; what is not there ends the answer.
struct Blocks {
    std::uint64_t request = 0;
    std::vector<EncodedBlock> blocks;
    friend bool operator==(const Blocks&, const Blocks&) = default;
};

/// A recovery checkpoint that I have (node/CHAIN.md): each after the first Status, and one that is new at once.
struct Checkpoint {
    vm::Bytes encoded;
    friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// In the order of their types in a frame, from 1.
using Message = std::variant<Status, Refused, Announce, GetTransactions, Transactions, Consensus, GetHeaders, Headers,
                             GetBlocks, Blocks, Checkpoint>;

enum class WireError : std::uint8_t {
    too_large,     ///< above its type's cap
    too_short,     ///< no whole frame
    no_version,    ///< version 0, which no release spoke
    unknown_type,  ///< a later release's; skipped, not punished
    malformed,     ///< not the encoding of its type
};
[[nodiscard]] std::string_view to_string(WireError error);

/// The version this release writes, of every type.
inline constexpr std::uint8_t wire_version = 1;
inline constexpr std::size_t frame_header_bytes = 6;

/// What a frame says of itself before its payload is read.
struct FrameHeader {
    std::uint32_t payload_bytes = 0;
    std::uint8_t type = 0;
    std::uint8_t version = 0;
    friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};
/// Of the first `frame_header_bytes` of `bytes`. `too_large` before anything was allocated: the cap is that of the
/// type, and `unknown_payload_bytes_max` for a type of a later release.
[[nodiscard]] std::expected<FrameHeader, WireError> decode_frame_header(vm::BytesView bytes);

/// The payload of a frame. Strict: what this release would not have written is refused, except items that a later
/// version appended to the outer list.
[[nodiscard]] std::expected<Message, WireError> decode_payload(const FrameHeader& header, vm::BytesView payload);

/// The whole frame. What exceeds a limit of the type is a fault of ours.
[[nodiscard]] vm::Bytes encode_frame(const Message& message);

/// Bytes of payload a type may have.
[[nodiscard]] std::size_t payload_bytes_max(std::uint8_t type);
inline constexpr std::size_t unknown_payload_bytes_max = limits::wire_overhead_bytes;

}  // namespace talea::node::wire
