#pragma once
#include <string_view>

#include "vm/base/bytes.hpp"

namespace talea::node {

/// The same bytes, seen as the other type; valid as long as what they are of.
[[nodiscard]] inline vm::BytesView bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view text_of(vm::BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace talea::node
