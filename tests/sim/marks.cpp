#include "sim/marks.hpp"

#include <array>

#include "vm/base/check.hpp"

namespace talea::sim {
namespace {

/// Every branch that a corpus must have taken.
constexpr std::array<std::string_view, 75> declared{
    "backup: blocks",
    "backup: journal too",
    "backup: no journal",
    "blackout",
    "block imported",
    "block invalid",
    "blocks of a batch",
    "body fetched",
    "checkpoint learned",
    "clock jump",
    "clocks apart",
    "connection reset",
    "crash",
    "disk full",
    "equivocation seen",
    "fell silent",
    "finalised an old round",
    "frame lost",
    "frame twice",
    "half-open connection",
    "journal damaged",
    "journal lost",
    "journal tail torn",
    "jumped",
    "lie: bad seal",
    "lie: dated back",
    "lie: equivocation",
    "lie: flood",
    "lie: forged justification",
    "lie: garbage",
    "lie: height",
    "lie: hidden lock",
    "lie: invalid block",
    "lie: replay",
    "lie: sync",
    "lie: votes for all",
    "lie: withheld",
    "link clogged",
    "locked",
    "lying sync showed",
    "message passed on",
    "message refused",
    "moved by proposal",
    "night",
    "node: cut off",
    "node: let in again",
    "nonsense",
    "not admitted",
    "one-way partition",
    "partition",
    "pause",
    "peer blamed",
    "peer disconnected",
    "power cut",
    "proposal held",
    "proposal refused",
    "proposer gone",
    "quarantined",
    "recovered",
    "rejoined",
    "reproposed",
    "resent",
    "rolling restart",
    "round change sent",
    "round timed out",
    "set: added",
    "set: proposer leaves",
    "set: removed",
    "set: replaced",
    "signer away",
    "stopped for want of journals",
    "sync failed",
    "torn write",
    "unsynced write lost",
    "wipe",
};

}  // namespace

Marks::Marks() {
    for (const auto name : declared) counts_.emplace(name, 0);
}

void Marks::hit(std::string_view name, std::uint64_t times) {
    const auto found = counts_.find(name);
    vm::check(found != counts_.end(), "a mark is declared in marks.cpp");
    found->second += times;
}

void Marks::add(const Marks& other) {
    for (const auto& [name, count] : other.counts_) counts_[name] += count;
}

std::uint64_t Marks::count(std::string_view name) const {
    const auto found = counts_.find(name);
    return found == counts_.end() ? 0 : found->second;
}

}  // namespace talea::sim
