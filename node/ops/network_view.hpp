#pragma once
#include <cstdint>
#include <string>
#include <vector>

/// What a status screen shows of a network: from values to text, nothing else.
namespace talea::node {

/// What one node said of itself at one moment.
struct NodeView {
    enum class State : std::uint8_t {
        starting,  ///< it has not answered yet
        running,
        silent,  ///< it runs and does not answer
        ended,
    };
    std::string name;
    std::string address;  ///< its validator's, with checksum
    State state = State::starting;
    std::uint64_t block = 0, round = 0, peers = 0;  ///< as last heard
    std::string why;                                ///< why its chain does (not) move; of one that ended, what to do
};

struct NetworkView {
    std::vector<NodeView> nodes;
    double txs_per_second = 0;
};

/// A heading, a line a node, a line of all; none longer than `width` characters. Colour marks who is not running.
[[nodiscard]] std::vector<std::string> network_table(const NetworkView& view, std::size_t width, bool colour);
/// The same in one line, for a log: "block 12, 3 of 4 nodes run, 0.0 tx/s: ...".
[[nodiscard]] std::string network_line(const NetworkView& view);

}  // namespace talea::node
