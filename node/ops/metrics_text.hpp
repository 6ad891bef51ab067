#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace talea::node {

/// Prometheus's text format, version 0.0.4, one sample a metric.
class MetricsText {
  public:
    /// `name` of a counter ends in _total. Names are of [a-z0-9_] and come once (checked in tests by a reader).
    void counter(std::string_view name, std::string_view help, std::uint64_t value);
    void gauge(std::string_view name, std::string_view help, std::uint64_t value);
    /// Of microseconds, shown in seconds.
    void counter_seconds(std::string_view name, std::string_view help, std::uint64_t microseconds);
    /// A gauge of 1 with one label.
    void info(std::string_view name, std::string_view help, std::string_view label, std::string_view value);
    [[nodiscard]] std::string take() { return std::move(text_); }

  private:
    void begin(std::string_view name, std::string_view help, std::string_view type);
    std::string text_;
};

}  // namespace talea::node
