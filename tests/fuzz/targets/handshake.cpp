// What strangers send before they are anybody (node/p2p/WIRE.md, "Handshake" and "Link"): certificates, greetings, and
// bytes of which frames are cut. No certificate but the node's own speaks for it.
#include <algorithm>
#include <string_view>

#include "fuzz/input.hpp"
#include "fuzz/target.hpp"
#include "node/p2p/frame_reader.hpp"
#include "node/p2p/hello.hpp"
#include "node/p2p/identity.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"

using namespace talea;
namespace wire = node::wire;
using vm::Bytes;
using vm::BytesView;
using vm::check;

namespace {

/// Of the node whose key is 1, on the chain whose genesis hash is 32 times 0x11.
constexpr std::string_view own_certificate =
    "308201ab30820151a003020102020101300a06082a8648ce3d0403023010310e300c06035504030c0574616c65613020170d32303031"
    "30313030303030305a180f39393939313233313233353935395a3010310e300c06035504030c0574616c65613059301306072a8648ce"
    "3d020106082a8648ce3d03010703420004e469e1690520d530d053067b9d93aa3fd92d88240bd61aa378fd550d3eacd0349367d94a67"
    "38c16bf93bba76d5993ffecb7cab5601cf225ed6fda1074b476b66a3819930819630819306146981ab97e795c4c0e2b1fb94cdbcdbd6"
    "feaef3480101ff047804760111111111111111111111111111111111111111111111111111111111111111117e5f4552091a69125d5d"
    "fcb7b8c2659029395bdf2cec490901a135350caf7f1e5f1575fc31fcdea0af82babb9bdd6023af5f478c5e207c64a3b0281ba4e66ccc"
    "22f1a0f4c2d4a1e3bda3761e197347e9e17dc9d600300a06082a8648ce3d04030203480030450221008063cba77e5bef8d29c57fa3ae"
    "df36e403e6b0759ff399da886c0b449ec416df022045c36474ba58bb5864d22e6b6de1dc838ddcad684c0c6e6dff0ef504dab58cf3";

const Bytes& certificate() {
    static const Bytes der = *vm::from_hex(own_certificate);
    return der;
}

vm::Hash genesis() {
    vm::Hash hash;
    hash.bytes.fill(0x11);
    return hash;
}

void run_certificate(fuzz::Input& input) {
    auto der = certificate();
    check(node::node_of_certificate(der, genesis()).has_value(), "a node's certificate speaks for it");
    for (auto edits = 1 + input.below(4); edits > 0; --edits) {
        const auto at = static_cast<std::ptrdiff_t>(input.u64() % der.size());
        switch (input.below(3)) {
            case 0:
                der[static_cast<std::size_t>(at)] = input.byte();
                break;
            case 1:
                der.erase(der.begin() + at);
                break;
            default:
                der.insert(der.begin() + at, input.byte());
        }
    }
    const auto found = node::node_of_certificate(der, genesis());
    if (found) check(der == certificate(), "no other bytes speak for a node");
    if (!found) check(!node::to_string(found.error()).empty(), "a refusal has its sentence");
}

void run_hello(BytesView bytes) {
    const auto hello = wire::decode_hello(bytes);
    if (!hello) return;
    const auto again = wire::encode_hello(*hello);
    check(wire::decode_hello(again) == *hello, "a greeting is read as it was written");
    if (bytes[5] <= wire::wire_version) check(vm::equal(again, bytes), "what is read is written back to the byte");
}

struct Cut {
    std::vector<Bytes> frames;
    std::optional<wire::WireError> error;
    Bytes rejected;
    friend bool operator==(const Cut&, const Cut&) = default;
};

/// How `bytes` is cut into frames when it comes in pieces of 1 to `piece` bytes.
Cut cut(BytesView bytes, std::size_t piece) {
    wire::FrameReader reader;
    Cut all;
    std::size_t taken = 0;
    for (std::size_t i = 0; taken < bytes.size(); ++i) {
        const auto size = std::min(bytes.size() - taken, 1 + i % piece);
        auto frames = reader.feed(bytes.subspan(taken, size));
        taken += size;
        check(reader.held_bytes() <= taken, "no more is kept than came");
        if (!frames) {
            all.error = frames.error();
            all.rejected = vm::to_bytes(reader.rejected());
            break;
        }
        std::ranges::move(*frames, std::back_inserter(all.frames));
    }
    return all;
}

void run_frames(BytesView bytes) {
    // In one piece, frames before a wrong header are not reported: the connection ends.
    const auto bytewise = cut(bytes, 1);
    check(bytewise == cut(bytes, 3) || bytewise.error, "frames do not depend on how their bytes come");
    check(bytewise.error == cut(bytes, bytes.size() + 1).error, "nor does what is wrong with them");
    for (const auto& frame : bytewise.frames) {
        const auto header = wire::decode_frame_header(frame);
        check(header && frame.size() == wire::frame_header_bytes + header->payload_bytes,
              "a frame is as long as its header says");
    }
    if (!bytewise.frames.empty())
        check(bytewise.frames[0][4] == wire::hello_type || bytewise.frames[0][4] == wire::refused_type,
              "a greeting comes first");
    if (bytewise.error) check(bytewise.rejected.size() == wire::frame_header_bytes, "a header is what is refused");
}

void run(BytesView bytes) {
    static_cast<void>(node::node_of_certificate(bytes, genesis()));
    run_hello(bytes);
    run_frames(bytes);
    fuzz::Input input(bytes);
    if (input.byte() == 'c') run_certificate(input);
}

const fuzz::Target target{"handshake", 1'000, run};

}  // namespace
