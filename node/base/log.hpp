#pragma once
#include <fmt/format.h>

#include <string_view>

namespace talea::node {

/// The node's log: one line an event on stderr, with UTC time, level and area. From any thread.
enum class LogLevel : unsigned char { debug, info, warning, error };

/// Lines below `level` are dropped. `info` until it is called.
void set_log_level(LogLevel level);
void log(LogLevel level, std::string_view area, std::string_view text);

template <class... Args>
void log_debug(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::debug, area, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::info, area, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
    log(LogLevel::warning, area, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace talea::node
