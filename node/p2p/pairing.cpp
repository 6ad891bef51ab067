#include "node/p2p/pairing.hpp"

namespace talea::node {

Welcome welcome(const vm::Address& own, const vm::Address& peer, const std::optional<Standing>& standing,
                const wire::Hello& hello) {
    const bool opens = hello.lane == wire::Lane::votes;
    if (standing && !standing->dialled && !standing->is_up && standing->link == hello.link &&
        standing->incarnation == hello.incarnation) {
        return standing->has_lane[static_cast<std::size_t>(hello.lane)] ? Welcome::refuse : Welcome::join;
    }
    if (!opens) return Welcome::refuse;  // the lane of votes comes first
    if (!standing) return Welcome::begin;
    // It dialled before and dials again: it knows better what became of that.
    if (!standing->dialled) return standing->link == hello.link ? Welcome::refuse : Welcome::begin;
    if (standing->is_up) return standing->incarnation == hello.incarnation ? Welcome::refuse : Welcome::begin;
    // Both dial. One that reached nobody yet may never: it gives way.
    return standing->reached && own < peer ? Welcome::refuse : Welcome::begin;
}

}  // namespace talea::node
