#include "node/ops/network_view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace talea::node {
namespace {

std::string_view word(NodeView::State state) {
    switch (state) {
        case NodeView::State::starting:
            return "starting";
        case NodeView::State::running:
            return "running";
        case NodeView::State::silent:
            return "silent";
        case NodeView::State::ended:
            return "ended";
    }
    return "";
}

/// A reader of the screen knows nodes by name, the nodes each other by address.
std::string with_names(std::string sentence, const NetworkView& view) {
    for (const auto& node : view.nodes)
        for (auto at = sentence.find(node.address); !node.address.empty() && at != std::string::npos;
             at = sentence.find(node.address, at + node.name.size()))
            sentence.replace(at, node.address.size(), node.name);
    return sentence;
}

std::string cut(std::string line, std::size_t width) {
    if (line.size() > width) line.resize(width);
    return line;
}

std::uint64_t head_of(const NetworkView& view) {
    std::uint64_t head = 0;
    for (const auto& node : view.nodes) head = std::max(head, node.block);
    return head;
}

std::string summary(const NetworkView& view) {
    const auto running = std::ranges::count(view.nodes, NodeView::State::running, &NodeView::state);
    return fmt::format("block {}, {} of {} nodes run, {:.1f} tx/s", head_of(view), running, view.nodes.size(),
                       view.txs_per_second);
}

}  // namespace

std::vector<std::string> network_table(const NetworkView& view, std::size_t width, bool colour) {
    std::vector<std::string> lines;
    lines.push_back(cut(
        fmt::format("{:<8} {:<9} {:>9} {:>5} {:>5}  {}", "node", "state", "block", "round", "peers", "why"), width));
    for (const auto& node : view.nodes) {
        auto line = cut(fmt::format("{:<8} {:<9} {:>9} {:>5} {:>5}  {}", node.name, word(node.state), node.block,
                                    node.round, node.peers, with_names(node.why, view)),
                        width);
        const bool marked = node.state == NodeView::State::silent || node.state == NodeView::State::ended;
        lines.push_back(colour && marked ? "\033[31m" + line + "\033[0m" : std::move(line));
    }
    lines.push_back(cut(summary(view), width));
    return lines;
}

std::string network_line(const NetworkView& view) {
    const auto running = std::ranges::find(view.nodes, NodeView::State::running, &NodeView::state);
    if (running == view.nodes.end()) return summary(view);
    return summary(view) + ": " + with_names(running->why, view);
}

}  // namespace talea::node
