#include "node/ops/metrics_text.hpp"

#include <fmt/format.h>

namespace talea::node {

void MetricsText::begin(std::string_view name, std::string_view help, std::string_view type) {
    text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void MetricsText::counter(std::string_view name, std::string_view help, std::uint64_t value) {
    begin(name, help, "counter");
    text_ += fmt::format("{} {}\n", name, value);
}

void MetricsText::gauge(std::string_view name, std::string_view help, std::uint64_t value) {
    begin(name, help, "gauge");
    text_ += fmt::format("{} {}\n", name, value);
}

void MetricsText::counter_seconds(std::string_view name, std::string_view help, std::uint64_t microseconds) {
    begin(name, help, "counter");
    text_ += fmt::format("{} {}.{:06}\n", name, microseconds / 1'000'000, microseconds % 1'000'000);
}

void MetricsText::info(std::string_view name, std::string_view help, std::string_view label, std::string_view value) {
    begin(name, help, "gauge");
    text_ += fmt::format("{}{{{}=\"{}\"}} 1\n", name, label, value);
}

}  // namespace talea::node
