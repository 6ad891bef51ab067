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
    Bytes data = begin_call(selector("preview(address,uint8,address,address,address,uint256)"));
    AbiWriter out{data};
    out.address(movement.token);
    write(out, movement);
    return data;
}

Bytes encode_authorize_call(const Movement& movement) {
    Bytes data = begin_call(selector("authorize(uint8,address,address,address,uint256)"));
    AbiWriter out{data};
    write(out, movement);
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
