#include <fmt/format.h>

#include <algorithm>

#include "node/rpc/dispatcher.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"

/// net_peerCount and talea_why (DESIGN 8).
namespace talea::node {
namespace {

RpcResult<void> peer_count(Api& api, std::span<const Json>, JsonWriter& out) {
    const auto why = api.chain.why();
    out.string(vm::to_quantity(std::uint64_t{why ? why->peers.size() : 0}));
    return {};
}

std::optional<std::uint64_t> silent_ms(const Why::Validator& validator, Instant now) {
    if (!validator.last_heard) return std::nullopt;
    return elapsed_ms(*validator.last_heard, now);
}

/// "0x… (not connected), 0x… (silent for 12 s)".
std::string missing_in_words(const Why& why, Instant now) {
    std::string words;
    for (const auto& validator : why.validators) {
        if (std::ranges::find(why.missing, validator.address) == why.missing.end()) continue;
        const auto silent = silent_ms(validator, now);
        words += words.empty() ? " of " : ", ";
        words += vm::to_checksum_hex(validator.address);
        if (!validator.connected)
            words += " (not connected)";
        else if (silent)
            words += fmt::format(" (silent for {} s)", *silent / 1000);
    }
    return words;
}

/// What a person wants to know first.
std::string sentence(const NodeCore::CoreWhy& why, Instant now) {
    const auto& sync = why.sync;
    const auto& consensus = why.consensus;
    if (sync.waits_for == SyncPlanner::WaitsFor::hand) return sync.sentence;
    if (sync.certified > sync.head)
        return fmt::format("this node catches up: it is at block {} of {} and waits for {}", sync.head.value,
                           sync.certified.value, to_string(sync.waits_for));
    if (consensus.waits_for == WaitsFor::nothing)
        return fmt::format("block {} waits for nothing but a transaction or the idle interval", consensus.number.value);
    return fmt::format("block {}, round {}: {}; it waits for {}{}", consensus.number.value, consensus.round,
                       to_string(consensus.owed), to_string(consensus.waits_for), missing_in_words(consensus, now));
}

void write_consensus(JsonWriter& out, const Why& why, Instant now) {
    out.member("block", vm::to_quantity(why.number.value));
    out.member("round", vm::to_quantity(why.round));
    out.member("proposer", vm::to_hex(why.proposer));
    out.member("owed", to_string(why.owed));
    out.member("waitsFor", to_string(why.waits_for));
    out.key("missing");
    out.array_begin();
    for (const auto& address : why.missing) out.string(vm::to_hex(address));
    out.array_end();
    out.member("signs", why.signs);
    out.member("inQuarantine", why.in_quarantine);
    if (why.signs_from)
        out.member("signsFrom", vm::to_quantity(why.signs_from->value));
    else
        out.member_null("signsFrom");
    out.key("validators");
    out.array_begin();
    for (const auto& validator : why.validators) {
        out.object_begin();
        out.member("address", vm::to_hex(validator.address));
        out.member("connected", validator.connected);
        out.key("silentMs");
        if (const auto silent = silent_ms(validator, now))
            out.number(*silent);
        else
            out.null();
        out.member("round", vm::to_quantity(validator.round));
        out.member("proposed", validator.proposed);
        out.member("prepared", validator.prepared);
        out.member("committed", validator.committed);
        out.object_end();
    }
    out.array_end();
}

void write_sync(JsonWriter& out, const SyncPlanner::Why& why) {
    out.object_begin();
    out.member("head", vm::to_quantity(why.head.value));
    out.member("certified", vm::to_quantity(why.certified.value));
    out.member("claimed", vm::to_quantity(why.claimed.value));
    out.member("waitsFor", to_string(why.waits_for));
    out.object_end();
}

void write_peers(JsonWriter& out, std::span<const NodeCore::CoreWhy::Peer> peers) {
    out.array_begin();
    for (const auto& peer : peers) {
        out.object_begin();
        out.member("address", vm::to_hex(peer.address));
        out.member("role", to_string(peer.role));
        out.key("silentMs");
        out.number(peer.silent_ms);
        out.object_end();
    }
    out.array_end();
}

/// talea_why() → {sentence, block, round, proposer, owed, waitsFor, missing, signs, inQuarantine, signsFrom,
/// validators, sync, peers}: why the chain does (not) move, as this node sees it; null before it has begun.
RpcResult<void> why_chain(Api& api, std::span<const Json>, JsonWriter& out) {
    const auto why = api.chain.why();
    if (!why) {
        out.null();
        return {};
    }
    const auto now = Chain::monotonic_now();
    out.object_begin();
    out.member("sentence", sentence(*why, now));
    write_consensus(out, why->consensus, now);
    out.key("sync");
    write_sync(out, why->sync);
    out.key("peers");
    write_peers(out, why->peers);
    out.object_end();
    return {};
}

}  // namespace

void add_network_methods(MethodTable& table) {
    table["net_peerCount"] = {0, peer_count};
    table["talea_why"] = {0, why_chain};
}

}  // namespace talea::node
