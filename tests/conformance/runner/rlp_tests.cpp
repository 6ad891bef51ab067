#include <algorithm>

#include "conformance/runner/classic.hpp"
#include "vm/base/hex.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::conformance {
namespace {

using vm::Bytes;
using vm::BytesView;
namespace rlp = vm::rlp;

/// A decimal number of any size, big-endian without leading zeros.
Bytes bytes_of_decimal(std::string_view digits) {
    Bytes little;
    for (const char digit : digits) {
        unsigned carry = static_cast<unsigned>(digit - '0');
        for (auto& byte : little) {
            carry += byte * 10U;
            byte = static_cast<std::uint8_t>(carry);
            carry >>= 8;
        }
        if (carry != 0) little.push_back(static_cast<std::uint8_t>(carry));
    }
    return {little.rbegin(), little.rend()};
}

void write(Bytes& out, const Json& value) {
    if (value.is_array()) {
        rlp::List list(out);
        for (const Json& item : value) write(out, item);
        return;
    }
    if (value.is_number()) return rlp::encode(out, value.get<std::uint64_t>());
    const auto text = value.get<std::string>();
    rlp::encode(out,
                BytesView{text.starts_with('#') ? bytes_of_decimal(std::string_view{text}.substr(1)) : bytes_of(text)});
}

/// Reads all items, lists within lists too, and writes them again; false at the first that is malformed.
bool rewrite(rlp::Reader reader, Bytes& out) {
    while (!reader.at_end()) {
        const auto item = reader.item();
        if (!item) return false;
        if (!item->is_list) {
            rlp::encode(out, item->payload);
            continue;
        }
        rlp::List list(out);
        if (!rewrite(rlp::Reader{item->payload}, out)) return false;
    }
    return true;
}

bool is_valid(const Bytes& encoded) {
    Bytes again;
    return rlp::decode(encoded) && rewrite(rlp::Reader{encoded}, again) && again == encoded;
}

}  // namespace

void run_rlp_tests(const Json& tests, Recorder& recorder) {
    for (const auto& [name, test] : tests.items()) {
        const Bytes encoded = text_or_hex(test.at("out").get<std::string>());
        const Json& in = test.at("in");
        bool holds = is_valid(encoded);
        if (in == "INVALID") {
            holds = !holds;
        } else if (in != "VALID") {
            Bytes written;
            write(written, in);
            holds = holds && written == encoded;
        }
        recorder.add(name, no_fork, 0, holds ? Outcome{} : failed("the encoding"));
    }
}

}  // namespace talea::conformance
