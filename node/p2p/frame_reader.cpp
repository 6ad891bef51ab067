#include "node/p2p/frame_reader.hpp"

#include <algorithm>
#include <utility>

namespace talea::node::wire {
namespace {

std::expected<FrameHeader, WireError> greeting(const FrameHeader& header) {
    if (header.type != hello_type && header.type != refused_type) return std::unexpected(WireError::malformed);
    if (header.payload_bytes > hello_payload_bytes_max) return std::unexpected(WireError::too_large);
    return header;
}

}  // namespace

std::expected<std::vector<vm::Bytes>, WireError> FrameReader::feed(vm::BytesView bytes) {
    std::vector<vm::Bytes> frames;
    while (!bytes.empty()) {
        const auto wanted = (frame_bytes_ == 0 ? frame_header_bytes : frame_bytes_) - frame_.size();
        const auto taken = bytes.first(std::min(wanted, bytes.size()));
        vm::append(frame_, taken);
        bytes = bytes.subspan(taken.size());
        if (taken.size() < wanted) break;
        if (frame_bytes_ == 0) {
            auto header = decode_frame_header(frame_);
            if (header && !greeted_) header = greeting(*header);
            if (!header) {
                rejected_ = std::exchange(frame_, {});
                return std::unexpected(header.error());
            }
            frame_bytes_ = frame_header_bytes + header->payload_bytes;
            if (header->payload_bytes > 0) continue;
        }
        greeted_ = true;
        frame_bytes_ = 0;
        frames.push_back(std::exchange(frame_, {}));
    }
    return frames;
}

}  // namespace talea::node::wire
