#include "node/gossip/admission.hpp"

#include <doctest/doctest.h>

namespace talea::tests {
namespace {

using node::Admission;
using Role = node::Admission::Role;

vm::Address key(std::uint16_t n) {
    return vm::low_address(n);
}

TEST_CASE("only validators and admitted nodes may connect, and nobody as oneself") {
    Admission admission(key(5), {});
    CHECK(admission.incoming(key(1)) == Role::none);
    CHECK(admission.update({key(1), key(5)}, {key(9)}) == std::vector{key(1), key(9)});
    CHECK(admission.incoming(key(1)) == Role::validator);
    CHECK(admission.incoming(key(9)) == Role::node);
    CHECK(admission.incoming(key(2)) == Role::none);
    CHECK(admission.incoming(key(5)) == Role::none);
}

TEST_CASE("whoever a block removes from the registry is named for disconnection in that block") {
    Admission admission(key(5), {});
    (void)admission.update({key(1), key(2), key(5)}, {key(9)});
    CHECK(admission.update({key(2), key(5)}, {}) == std::vector{key(1), key(9)});
    CHECK(admission.incoming(key(1)) == Role::none);
    CHECK(admission.update({key(2), key(5)}, {}).empty());
    // A validator that becomes a plain node keeps its bulk connection and loses the other.
    CHECK(admission.update({key(5)}, {key(2)}) == std::vector{key(2)});
    CHECK(admission.incoming(key(2)) == Role::node);
}

TEST_CASE("to a node that does not vote, validators are nodes; once it votes, validators") {
    Admission admission(key(5), {});
    (void)admission.update({key(1), key(2)}, {key(5)});
    CHECK(admission.incoming(key(1)) == Role::node);
    CHECK(admission.update({key(1), key(2), key(5)}, {}) == std::vector{key(1), key(2)});
    CHECK(admission.incoming(key(1)) == Role::validator);
}

TEST_CASE("a bootnode is dialled for bulk while this node is behind, never let in, and judged by the registry later") {
    Admission admission(key(5), {key(3), key(5)});
    (void)admission.update({key(1), key(5)}, {});
    CHECK(admission.outgoing(key(3)) == Role::node);
    CHECK(admission.incoming(key(3)) == Role::none);
    CHECK(admission.to_dial() == std::vector{key(3)});
    admission.caught_up();
    CHECK(admission.outgoing(key(3)) == Role::none);
    CHECK(admission.to_dial().empty());
    admission.fell_behind();
    CHECK(admission.outgoing(key(3)) == Role::node);
    (void)admission.update({key(1), key(3), key(5)}, {});
    admission.caught_up();
    CHECK(admission.outgoing(key(3)) == Role::validator);
}

TEST_CASE("of two nodes exactly one dials the other") {
    Admission low(key(1), {}), high(key(2), {});
    (void)low.update({key(1), key(2)}, {});
    (void)high.update({key(1), key(2)}, {});
    CHECK(low.to_dial() == std::vector{key(2)});
    CHECK(high.to_dial().empty());
}

}  // namespace
}  // namespace talea::tests
