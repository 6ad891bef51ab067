#include "vm/native/refusal.hpp"

#include "vm/native/abi_reader.hpp"
#include "vm/native/abi_writer.hpp"
#include "vm/native/selector.hpp"

namespace talea::vm {
namespace {

Bytes begin_call(std::uint32_t selector) {
    return {static_cast<std::uint8_t>(selector >> 24), static_cast<std::uint8_t>(selector >> 16),
            static_cast<std::uint8_t>(selector >> 8), static_cast<std::uint8_t>(selector)};
}
void write(AbiWriter& out, const Movement& movement) {
    out.word(static_cast<std::uint64_t>(movement.operation));
    out.address(movement.actor);
    out.address(movement.from);
    out.address(movement.to);
    out.word(movement.amount);
}
void write_legs(AbiWriter& out, const NetMovement& movement, std::size_t words_before) {
    out.word(static_cast<std::uint64_t>(movement.operation));
    out.address(movement.actor);
    out.word(32 * (words_before + 3));
    out.word(movement.legs.size());
    for (const Leg& leg : movement.legs) {
        out.address(leg.from);
        out.address(leg.to);
        out.word(leg.amount);
    }
}
constexpr std::uint32_t authorize_selector = selector("authorize(uint8,address,address,address,uint256)");
constexpr std::uint32_t authorize_net_selector = selector("authorizeNet(uint8,address,(address,address,uint256)[])");
constexpr std::uint32_t preview_selector = selector("preview(address,uint8,address,address,address,uint256)");
constexpr std::uint32_t preview_net_selector =
    selector("previewNet(address,uint8,address,(address,address,uint256)[])");

Refusal read(AbiReader& in) {
    Refusal refusal;
    refusal.code = in.number<std::uint16_t>();
    refusal.who = in.address();
    refusal.rule = in.number<std::uint8_t>();
    refusal.detail = in.word();
    return refusal;
}

}  // namespace

Bytes encode_preview_call(const Movement& movement) {
    Bytes data = begin_call(preview_selector);
    AbiWriter out{data};
    out.address(movement.token);
    write(out, movement);
    return data;
}

Bytes encode_authorize_call(const Movement& movement) {
    Bytes data = begin_call(authorize_selector);
    AbiWriter out{data};
    write(out, movement);
    return data;
}

Bytes encode_preview_net_call(const NetMovement& movement) {
    Bytes data = begin_call(preview_net_selector);
    AbiWriter out{data};
    out.address(movement.token);
    write_legs(out, movement, 1);
    return data;
}

Bytes encode_authorize_net_call(const NetMovement& movement) {
    Bytes data = begin_call(authorize_net_selector);
    AbiWriter out{data};
    write_legs(out, movement, 0);
    return data;
}

std::optional<Bytes> preview_of_authorize(const Address& token, BytesView call_data) {
    // The arguments of `preview` are the token and then those of `authorize`; an offset counts the token in, too.
    constexpr std::size_t offset_at = 2 * 32;
    if (call_data.size() < 4) return std::nullopt;
    const BytesView arguments = call_data.subspan(4);
    const bool one = equal(call_data.first(4), begin_call(authorize_selector));
    if (!one && !equal(call_data.first(4), begin_call(authorize_net_selector))) return std::nullopt;
    Bytes data = begin_call(one ? preview_selector : preview_net_selector);
    AbiWriter out{data};
    out.address(token);
    if (one) {
        append(data, arguments);
        return data;
    }
    if (arguments.size() < offset_at + 32) return std::nullopt;
    append(data, arguments.first(offset_at));
    out.word(u256::from_be_bytes(arguments.subspan(offset_at, 32)) + u256{32});
    append(data, arguments.subspan(offset_at + 32));
    return data;
}

std::optional<std::vector<Refusal>> decode_preview_result(BytesView output) {
    AbiReader in{output};
    AbiReader::List list = in.list();
    if (in.failed()) return std::nullopt;
    std::vector<Refusal> refusals;
    for (std::uint64_t i = 0; i < list.count; ++i) {
        refusals.push_back(read(list.items));
        if (list.items.failed()) return std::nullopt;
    }
    return refusals;
}

std::optional<Refusal> decode_refused(BytesView revert_data) {
    const Bytes expected = begin_call(selector("Refused(uint16,address,uint8,uint256)"));
    if (revert_data.size() < 4 || !equal(revert_data.first(4), expected)) return std::nullopt;
    AbiReader in{revert_data.subspan(4)};
    const Refusal refusal = read(in);
    if (in.failed()) return std::nullopt;
    return refusal;
}

}  // namespace talea::vm
