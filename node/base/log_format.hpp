#pragma once
#include <string>
#include <string_view>

namespace talea::node {

enum class LogFormat : unsigned char {
    text,  ///< for people: time, level, area and words
    json,  ///< an object a line: time, level, area, message
};
/// `text` until it is called; before the first line.
void set_log_format(LogFormat format);

/// `text` as the inside of a JSON string. Bytes that are no UTF-8 are left as they are but for control characters.
[[nodiscard]] std::string json_escaped(std::string_view text);

}  // namespace talea::node
