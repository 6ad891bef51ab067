#include "node/p2p/hello.hpp"

#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::node::wire {
namespace rlp = vm::rlp;

Lane lane_of(std::uint8_t type) {
    constexpr std::uint8_t status = 1, consensus = 6;
    return type == status || type == refused_type || type == consensus ? Lane::votes : Lane::bulk;
}

vm::Bytes encode_hello(const Hello& hello) {
    vm::Bytes payload;
    {
        rlp::List list(payload);
        rlp::encode(payload, static_cast<std::uint64_t>(hello.lane));
        rlp::encode(payload, hello.link);
        rlp::encode(payload, hello.incarnation);
    }
    // Below 256, so three bytes of the length are 0.
    vm::Bytes frame{0, 0, 0, static_cast<std::uint8_t>(payload.size()), hello_type, wire_version};
    vm::append(frame, payload);
    return frame;
}

std::expected<Hello, WireError> decode_hello(vm::BytesView frame) {
    const auto header = decode_frame_header(frame);
    if (!header) return std::unexpected(header.error());
    if (header->type != hello_type) return std::unexpected(WireError::malformed);
    if (header->payload_bytes > hello_payload_bytes_max) return std::unexpected(WireError::too_large);
    const auto payload = frame.subspan(frame_header_bytes);
    if (payload.size() != header->payload_bytes) return std::unexpected(WireError::too_short);
    rlp::Reader outer(payload);
    auto list = outer.list();
    if (!list || !outer.at_end()) return std::unexpected(WireError::malformed);
    const auto lane = list->u64();
    const auto link = list->u64();
    const auto incarnation = list->u64();
    if (!lane || !link || !incarnation || *lane >= lanes) return std::unexpected(WireError::malformed);
    if (!list->at_end() && header->version <= wire_version) return std::unexpected(WireError::malformed);
    return Hello{static_cast<Lane>(*lane), *link, *incarnation};
}

}  // namespace talea::node::wire
