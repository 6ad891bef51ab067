#include "node/ops/monitor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "node/base/counters.hpp"
#include "node/base/log.hpp"
#include "node/base/thread_name.hpp"
#include "node/consensus/certificate.hpp"
#include "node/ops/metrics_text.hpp"
#include "node/ops/network.hpp"

namespace talea::node {
namespace {

std::uint64_t seconds_now() {
    return Chain::monotonic_now().ms / 1000;
}

void write_chain(MetricsText& out, const Chain& chain, const std::optional<NodeCore::CoreWhy>& why) {
    const auto head = chain.head();
    out.gauge("talea_head_block", "Number of the last final block here.", head->number().value);
    out.gauge("talea_head_timestamp_seconds", "Timestamp of that block, by the chain's clock.",
              head->header().timestamp.seconds);
    out.gauge("talea_history_first_block", "From this block on transactions and receipts are kept; 0: of all blocks.",
              head->blocks().first_whole().value);
    if (!why) return;
    const auto certified = std::max(why->sync.certified, head->number());
    out.gauge("talea_certified_block", "Highest block of which this node saw a certificate.", certified.value);
    out.gauge("talea_syncing", "1 while it fetches blocks that others have.", certified > head->number());
    const auto& consensus = why->consensus;
    const auto linked = std::ranges::count(consensus.validators, true, &Why::Validator::connected);
    out.gauge("talea_consensus_round", "Round of the block that is worked on.", consensus.round);
    out.gauge("talea_validators", "Validators of the block that is worked on.", consensus.validators.size());
    out.gauge("talea_validators_linked", "Of those, this node and those linked with it.",
              static_cast<std::uint64_t>(linked));
    out.gauge("talea_validators_needed", "Of those, how many a block needs.", quorum(consensus.validators.size()));
    out.gauge("talea_signs", "1 where this node votes.", consensus.signs);
    out.gauge("talea_in_quarantine", "1 where its vote journal is lost and it may not vote yet.",
              consensus.in_quarantine);
    out.gauge("talea_peers", "Nodes linked with this one.", why->peers.size());
}

void write_counters(MetricsText& out) {
    const auto& counts = counters();
    out.counter("talea_blocks_applied_total", "Blocks that became the head.", counts.blocks);
    out.counter("talea_blocks_imported_total", "Of those, blocks fetched from peers.", counts.imported_blocks);
    out.counter("talea_transactions_applied_total", "Transactions in applied blocks.", counts.transactions);
    out.counter("talea_gas_applied_total", "Gas used by applied blocks.", counts.gas);
    out.counter_seconds("talea_execution_seconds_total", "Time spent building and executing blocks.",
                        counts.execution_us);
    out.counter_seconds("talea_commit_seconds_total", "Time spent writing blocks, synced.", counts.commit_us);
    out.counter_seconds("talea_journal_seconds_total", "Time spent writing votes, synced.", counts.journal_us);
    out.counter("talea_round_timeouts_total", "Rounds whose time was up.", counts.round_timeouts);
    out.counter("talea_round_changes_total", "Round changes this node sent.", counts.round_changes);
    out.counter("talea_equivocations_total", "Validators seen signing two messages where one is allowed.",
                counts.equivocations);
    out.counter("talea_messages_refused_total", "Consensus messages that break a rule.", counts.messages_refused);
    out.counter("talea_peer_frames_received_total", "Frames of peers.", counts.frames_received);
    out.counter("talea_peer_received_bytes_total", "Bytes of those.", counts.bytes_received);
    out.counter("talea_peer_frames_sent_total", "Frames to peers.", counts.frames_sent);
    out.counter("talea_peer_sent_bytes_total", "Bytes of those.", counts.bytes_sent);
}

void write_network(MetricsText& out, const Network& network) {
    const auto counts = network.transport().counts();
    out.counter("talea_connections_accepted_total", "Connections that came.", counts.accepted);
    out.counter("talea_connections_turned_away_total", "Of those, before a handshake.", counts.turned_away);
    out.counter("talea_connections_failed_total", "Of those, in the handshake or greeting.", counts.failed);
    out.counter("talea_links_total", "Links that were up, both directions.", counts.linked);
    out.counter("talea_links_overflowed_total", "Links cut because their queue was full.", counts.overflowed);
}

void write_disk(MetricsText& out, const DiskWatch& disk) {
    out.gauge("talea_disk_used_bytes", "Bytes of the data directory's database.", disk.latest().used_bytes);
    out.gauge("talea_disk_free_bytes", "Bytes free on its file system.", disk.latest().free_bytes);
    if (const auto growth = disk.growth_bytes_per_day())
        out.gauge("talea_disk_growth_bytes_per_day", "Growth of the database, over the last day or since the start.",
                  *growth);
}

}  // namespace

void Monitor::start(const Network* network) {
    network_ = network;
    thread_ = std::thread([this] {
        name_this_thread(thread_name::disk);
        watch_disk();
    });
}

void Monitor::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stops_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Monitor::watch_disk() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        const auto use = measure_disk(database_);
        lock.lock();
        if (use) {
            disk_.note(seconds_now(), *use);
            disk_is_known_ = true;
            if (const auto warning = disk_.take_warning()) log_warning("disk", "{}", *warning);
        } else {
            log_warning("disk", "{}", use.error());
        }
        stops_.wait_for(lock, std::chrono::seconds(limits::disk_sample_seconds), [this] { return stopping_; });
    }
}

std::optional<Page> Monitor::page(std::string_view target) const {
    if (target == "/healthz") return Page{.body = "ok\n"};
    if (target == "/readyz") return readiness();
    if (target == "/metrics") return Page{.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics()};
    return std::nullopt;
}

Page Monitor::readiness() const {
    const auto refuse = [](std::string why) { return Page{.status = 503, .body = std::move(why) + "\n"}; };
    const auto why = chain_.why();
    if (!why) return refuse("the node begins or ends");
    const auto head = chain_.head()->number();
    if (why->sync.certified > head)
        return refuse(fmt::format("behind: at block {} of {}", head.value, why->sync.certified.value));
    // Alone it cannot know what the others agreed on since.
    const auto& validators = why->consensus.validators;
    const bool stands_alone = validators.size() == 1 && validators.front().connected;
    if (why->peers.empty() && !stands_alone) return refuse("linked with no other node");
    if (why->consensus.in_quarantine) return refuse("in quarantine: its vote journal was lost");
    if (why->consensus.waits_for == WaitsFor::signer) return refuse("its signer gives no signatures");
    return Page{.body = "ready\n"};
}

std::string Monitor::metrics() const {
    MetricsText out;
    out.info("talea_build_info", "The version that runs.", "version", TALEA_VERSION);
    write_chain(out, chain_, chain_.why());
    const auto pool = chain_.pool().counts();
    out.gauge("talea_pool_pending", "Transactions that could be in the next blocks.", pool.pending);
    out.gauge("talea_pool_queued", "Transactions that wait behind a missing nonce.", pool.queued);
    write_counters(out);
    if (network_ != nullptr) write_network(out, *network_);
    const std::lock_guard lock(mutex_);
    if (disk_is_known_) write_disk(out, disk_);
    return out.take();
}

}  // namespace talea::node
