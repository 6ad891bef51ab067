#pragma once
#include <array>
#include <cstdint>
#include <expected>

#include "node/p2p/message.hpp"

/// The first frame on each connection, from both sides (WIRE.md, "Handshake"): of the transport alone, which consumes
/// it. Two connections make one link, so that a block on its way never delays a vote.
namespace talea::node::wire {

enum class Lane : std::uint8_t {
    votes = 0,  ///< Status, Refused, Consensus
    bulk = 1,   ///< everything else
};
inline constexpr std::size_t lanes = 2;
/// On which connection a frame of ours goes.
[[nodiscard]] Lane lane_of(std::uint8_t type);

struct Hello {
    Lane lane = Lane::votes;
    std::uint64_t link = 0;         ///< chosen at random by who dials, the same for both lanes, repeated in the answer
    std::uint64_t incarnation = 0;  ///< of the sender's process, at random
    friend bool operator==(const Hello&, const Hello&) = default;
};

inline constexpr std::uint8_t hello_type = 0;
inline constexpr std::uint8_t refused_type = 2;  ///< the only other answer to a Hello
/// Room for what later versions append.
inline constexpr std::size_t hello_payload_bytes_max = 256;

[[nodiscard]] vm::Bytes encode_hello(const Hello& hello);
/// Of a whole frame.
[[nodiscard]] std::expected<Hello, WireError> decode_hello(vm::BytesView frame);

}  // namespace talea::node::wire
