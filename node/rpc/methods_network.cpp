#include <fmt/format.h>

#include <algorithm>

#include "node/rpc/dispatcher.hpp"
#include "node/rpc/params.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/native_version.hpp"
#include "vm/crypto/address.hpp"

/// net_peerCount, admin_peers, admin_nodeInfo and talea_why (DESIGN 8).
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
    if (sync.waits_for == SyncPlanner::WaitsFor::history)
        return fmt::format(
            "this node catches up: it is at block {} of {}, and every linked node has forgotten block {}; "
            "link it with one whose history is all, or begin with a backup of one",
            sync.head.value, sync.certified.value, sync.head.value + 1);
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
    out.key("nativeVersionKnown");  // by this program; the chain's may be lower, and one that is scheduled higher
    out.number(vm::native_version_max);
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

/// Why the chain does (not) move, as this node sees it; null before it has begun.
void write_why(JsonWriter& out, const Chain& chain) {
    const auto why = chain.why();
    if (!why) return out.null();
    const auto now = Chain::monotonic_now();
    out.object_begin();
    out.member("sentence", sentence(*why, now));
    write_consensus(out, why->consensus, now);
    out.key("sync");
    write_sync(out, why->sync);
    out.key("peers");
    write_peers(out, why->peers);
    out.object_end();
}

std::string_view state_name(PoolWhy::State state) {
    switch (state) {
        case PoolWhy::State::unknown:
            return "unknown";
        case PoolWhy::State::ready:
            return "pending";
        case PoolWhy::State::behind_gap:
            return "queued";
        case PoolWhy::State::dropped:
            return "dropped";
    }
    return "";
}

/// {sentence, status, …}: where the transaction is and what it waits for; of one that waits for a block, why the chain
/// does (not) make one.
void write_why_of(JsonWriter& out, const Chain& chain, Pool& pool, const vm::Hash& hash) {
    // The pool first: a transaction that leaves it for a block in between is found in the head read after it.
    const auto why = pool.why(hash);
    const auto head = chain.head();
    out.object_begin();
    if (const auto place = head->blocks().find(hash)) {
        out.member("sentence", fmt::format("it stands in block {}, which is final", place->block.value));
        out.member("status", "final");
        out.member("blockNumber", vm::to_quantity(place->block.value));
        out.object_end();
        return;
    }
    out.member("sentence", why.sentence);
    out.member("status", state_name(why.state));
    if (why.state != PoolWhy::State::unknown) out.member("from", vm::to_hex(why.sender));
    if (why.state == PoolWhy::State::behind_gap) out.member("missingNonce", vm::to_quantity(why.missing_nonce));
    if (why.state == PoolWhy::State::dropped && why.dropped) out.member("reason", to_string(*why.dropped));
    if (why.state == PoolWhy::State::ready) {
        out.member("ownBefore", vm::to_quantity(std::uint64_t{why.own_before}));
        out.member("sendersBefore", vm::to_quantity(std::uint64_t{why.senders_before}));
        out.key("chain");
        write_why(out, chain);
    }
    out.object_end();
}

/// talea_why() → {sentence, block, round, proposer, owed, waitsFor, missing, signs, inQuarantine, signsFrom,
/// validators, sync, peers}; talea_why(hash) → {sentence, status: final | pending | queued | dropped | unknown,
/// blockNumber?, from?, missingNonce?, reason?, ownBefore?, sendersBefore?, chain?}.
RpcResult<void> why_it_waits(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto* json = optional_param(params, 0);
    if (json == nullptr) {
        write_why(out, api.chain);
        return {};
    }
    const auto hash = read_hash(*json, "the transaction's hash");
    if (!hash) return std::unexpected(hash.error());
    write_why_of(out, api.chain, api.chain.pool(), *hash);
    return {};
}

/// admin_peers() → [{id, name, network: {remoteAddress, inbound}, role, linked, silentMs, protocols}]: who is
/// connected, by the address of its key.
RpcResult<void> peers(Api& api, std::span<const Json>, JsonWriter& out) {
    const auto why = api.chain.why();
    const auto links = api.chain.links();
    out.array_begin();
    for (const auto& peer : why ? why->peers : std::vector<NodeCore::CoreWhy::Peer>{}) {
        const auto link = std::ranges::find(links, peer.address, &Peers::Link::peer);
        out.object_begin();
        out.member("id", vm::to_hex(peer.address));
        out.member("name", "talea");
        out.key("network");
        out.object_begin();
        out.member("remoteAddress", link == links.end() ? std::string() : link->remote);
        out.member("inbound", link != links.end() && !link->dialled);
        out.object_end();
        out.member("role", to_string(peer.role));
        out.member("linked", peer.is_linked);
        out.key("silentMs");
        out.number(peer.silent_ms);
        out.key("protocols");
        out.object_begin();
        out.object_end();
        out.object_end();
    }
    out.array_end();
    return {};
}

/// admin_nodeInfo() → {id, name, protocols: {talea: {network, genesis, head, block, firstBlock, validator,
/// version}}}; from firstBlock on all is kept.
RpcResult<void> node_info(Api& api, std::span<const Json>, JsonWriter& out) {
    const auto head = api.chain.head();
    out.object_begin();
    out.member("id", vm::to_hex(api.chain.own_address()));
    out.member("name", client_name);
    out.key("protocols");
    out.object_begin();
    out.key("talea");
    out.object_begin();
    out.key("network");
    out.number(api.chain.parameters().chain_id);
    out.member("genesis", vm::to_hex(api.chain.genesis_hash()));
    out.member("head", vm::to_hex(head->hash()));
    out.member("block", vm::to_quantity(head->number().value));
    out.member("firstBlock", vm::to_quantity(head->blocks().first_whole().value));
    out.member("validator", api.chain.validator().has_value());
    out.key("version");
    out.number(wire::wire_version);
    out.object_end();
    out.object_end();
    out.object_end();
    return {};
}

}  // namespace

void add_network_methods(MethodTable& table) {
    table["net_peerCount"] = {0, peer_count};
    table["admin_peers"] = {0, peers};
    table["admin_nodeInfo"] = {0, node_info};
    table["talea_why"] = {1, why_it_waits};
}

}  // namespace talea::node
