#include "node/ops/network_view.hpp"

#include <doctest/doctest.h>

using namespace talea::node;
using State = NodeView::State;

namespace {

NetworkView two_nodes() {
    return {.nodes = {{.name = "node-1",
                       .address = "0xAAAA",
                       .state = State::running,
                       .block = 12,
                       .round = 3,
                       .peers = 1,
                       .why = "block 13 waits for prepares of 0xBBBB (not connected), 0xBBBB"},
                      {.name = "node-2",
                       .address = "0xBBBB",
                       .state = State::ended,
                       .block = 11,
                       .why = "start it again: talead"}},
            .txs_per_second = 7.25};
}

}  // namespace

TEST_CASE("the table of a network has a line a node, which calls the others by their names") {
    const auto lines = network_table(two_nodes(), 200, false);
    REQUIRE(lines.size() == 4);
    CHECK(lines[0] == "node     state         block round peers  why");
    CHECK(lines[1] ==
          "node-1   running          12     3     1  block 13 waits for prepares of node-2 (not connected), node-2");
    CHECK(lines[2] == "node-2   ended            11     0     0  start it again: talead");
    CHECK(lines[3].starts_with("block 12, 1 of 2 nodes run, 7."));
}

TEST_CASE("a table is never wider than the screen, and colours only who does not run") {
    for (const auto& line : network_table(two_nodes(), 20, false)) CHECK(line.size() <= 20);
    const auto lines = network_table(two_nodes(), 20, true);
    CHECK(lines[1] == "node-1   running    ");
    CHECK(lines[2] == "\033[31mnode-2   ended      \033[0m");
}

TEST_CASE("the line of a network gives the reason of a node that runs, or none") {
    auto view = two_nodes();
    view.txs_per_second = 0;
    CHECK(network_line(view) ==
          "block 12, 1 of 2 nodes run, 0.0 tx/s: block 13 waits for prepares of node-2 (not connected), node-2");
    view.nodes[0].state = State::silent;
    CHECK(network_line(view) == "block 12, 0 of 2 nodes run, 0.0 tx/s");
}
