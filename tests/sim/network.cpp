#include "sim/network.hpp"

#include <algorithm>
#include <utility>

namespace talea::sim {
namespace {

constexpr std::size_t type_at = 4;
constexpr std::uint8_t consensus_type = 6;  // node/p2p/WIRE.md

bool is_vote(const vm::Bytes& frame) {
    return frame.size() > type_at && frame[type_at] == consensus_type;
}

}  // namespace

Network::Network(Scheduler& scheduler, Trace& trace, Marks& marks, Random random, const NetworkOptions& options,
                 std::size_t nodes, Handlers handlers)
    : scheduler_(scheduler),
      trace_(trace),
      marks_(marks),
      random_(random),
      options_(options),
      nodes_(nodes),
      handlers_(std::move(handlers)),
      halves_(nodes * nodes),
      running_(nodes) {}

Micros Network::delay() {
    const Micros above = options_.delay_mean > options_.delay_min ? options_.delay_mean - options_.delay_min : 0;
    return options_.delay_min + (above == 0 ? 0 : random_.exponential(above));
}

void Network::send(std::size_t from, std::size_t to, Frame frame) {
    Half& out = half(from, to);
    if (!out.up) return;
    ++frames_sent_;
    if (faulty_) {
        if (random_.chance(options_.loss_ppm)) {
            marks_.hit("frame lost");
            return;
        }
        // A connection doubles nothing; a vote comes twice by way of others.
        if (is_vote(*frame) && random_.chance(options_.duplicate_ppm)) {
            marks_.hit("frame twice");
            schedule_delivery(from, to, frame, random_.exponential(2 * second));
        }
        if (random_.chance(options_.reset_ppm)) {
            marks_.hit("connection reset");
            break_connection(from, to);
            return;
        }
    }
    if (out.cuts > 0) {
        out.held.push_back(std::move(frame));
        return;
    }
    schedule_delivery(from, to, std::move(frame));
}

void Network::schedule_delivery(std::size_t from, std::size_t to, Frame frame, Micros extra) {
    Half& out = half(from, to);
    Micros when = scheduler_.now() + delay() + extra;
    if (options_.ordered && extra == 0) {
        when = std::max(when, out.last_delivery);
        out.last_delivery = when;
    }
    scheduler_.at(when, [this, from, to, session = out.session, frame = std::move(frame)] {
        // The receiver's end must be the same connection as the sender's was.
        if (const Half& in = half(to, from); !in.up || in.session != session) return;
        handlers_.frame(to, from, frame);
    });
}

void Network::start_node(std::size_t node) {
    running_[node] = true;
    for (std::size_t peer = 0; peer < nodes_; ++peer)
        if (peer != node && running_[peer] && half(node, peer).linked)
            dial_later(node, peer, random_.exponential(2 * millisecond));
}

void Network::stop_node(std::size_t node, bool power_cut) {
    running_[node] = false;
    for (std::size_t peer = 0; peer < nodes_; ++peer) {
        if (peer == node) continue;
        Half& own = half(node, peer);
        own.up = false;
        own.held.clear();
        const std::uint64_t session = half(peer, node).session;
        const Micros noticed = power_cut ? options_.silence_limit : delay();
        scheduler_.after(noticed, [this, peer, node, session] {
            if (half(peer, node).up && half(peer, node).session == session) set_down(peer, node);
        });
    }
}

void Network::dial_later(std::size_t a, std::size_t b, Micros after) {
    // One attempt of an end at a time: a failed one plans the next, and two side by side would do so for ever.
    if (std::exchange(half(a, b).dials, true)) return;
    scheduler_.after(after, [this, a, b] {
        half(a, b).dials = false;
        dial(a, b);
    });
}

void Network::dial(std::size_t a, std::size_t b) {
    if (!running_[a] || !running_[b] || !half(a, b).linked || half(a, b).up) return;
    if (half(a, b).cuts > 0 || half(b, a).cuts > 0) {
        dial_later(a, b, options_.reconnect_mean / 4 + random_.exponential(options_.reconnect_mean));
        return;
    }
    // A new connection between the same two ends the one that an end still believes in.
    if (half(b, a).up) set_down(b, a);
    if (!running_[a] || !running_[b]) return;
    const std::uint64_t session = ++sessions_;
    set_up(a, b, session);
    if (half(a, b).up && half(a, b).session == session) set_up(b, a, session);
}

void Network::set_up(std::size_t node, std::size_t peer, std::uint64_t session) {
    Half& end = half(node, peer);
    end.up = true;
    end.session = session;
    end.held.clear();
    trace_.line(static_cast<int>(node), "connected to n{}", peer);
    // Told a moment later, so that both ends are up before either speaks.
    scheduler_.after(0, [this, node, peer, session] {
        if (half(node, peer).up && half(node, peer).session == session) handlers_.connection(node, peer, true);
    });
}

void Network::set_down(std::size_t node, std::size_t peer) {
    Half& end = half(node, peer);
    end.up = false;
    end.held.clear();
    trace_.line(static_cast<int>(node), "lost the connection to n{}", peer);
    handlers_.connection(node, peer, false);
    if (running_[node] && running_[peer])
        dial_later(node, peer, options_.reconnect_mean / 4 + random_.exponential(options_.reconnect_mean));
}

void Network::break_connection(std::size_t a, std::size_t b) {
    const bool half_open = faulty_ && random_.chance(options_.half_open_ppm);
    if (half_open) marks_.hit("half-open connection");
    const std::uint64_t session = half(a, b).session;
    const auto end = [this, session](std::size_t node, std::size_t peer) {
        return [this, session, node, peer] {
            if (half(node, peer).up && half(node, peer).session == session) set_down(node, peer);
        };
    };
    scheduler_.after(0, end(a, b));
    scheduler_.after(half_open ? random_.exponential(options_.half_open_mean) : delay(), end(b, a));
}

void Network::cut(std::size_t from, std::size_t to) {
    ++half(from, to).cuts;
    // The side that hears nothing gives up after a while.
    const std::uint64_t session = half(to, from).session;
    scheduler_.after(options_.silence_limit, [this, from, to, session] {
        if (half(from, to).cuts > 0 && half(to, from).up && half(to, from).session == session) set_down(to, from);
    });
    // And the side whose frames are not acknowledged, twice as late.
    const std::uint64_t sending = half(from, to).session;
    scheduler_.after(2 * options_.silence_limit, [this, from, to, sending] {
        if (half(from, to).cuts > 0 && half(from, to).up && half(from, to).session == sending) set_down(from, to);
    });
}

void Network::heal(std::size_t from, std::size_t to) {
    Half& out = half(from, to);
    if (out.cuts == 0 || --out.cuts > 0) return;
    for (Frame& frame : std::exchange(out.held, {})) schedule_delivery(from, to, std::move(frame));
}

void Network::heal_all() {
    for (std::size_t from = 0; from < nodes_; ++from)
        for (std::size_t to = 0; to < nodes_; ++to)
            if (half(from, to).cuts > 0) {
                half(from, to).cuts = 1;
                heal(from, to);
            }
}

void Network::remove_link(std::size_t a, std::size_t b) {
    half(a, b).linked = half(b, a).linked = false;
}

void Network::start_faults() {
    faulty_ = true;
    plan_clog();
    plan_partition();
}

void Network::stop_faults() {
    faulty_ = false;
    ++fault_epoch_;
}

void Network::cut_for(std::size_t from, std::size_t to, Micros length) {
    cut(from, to);
    scheduler_.after(length, [this, from, to, epoch = fault_epoch_] {
        if (epoch == fault_epoch_) heal(from, to);
    });
}

void Network::plan_clog() {
    if (options_.clog_every == 0 || nodes_ < 2) return;
    scheduler_.after(random_.exponential(options_.clog_every), [this, epoch = fault_epoch_] {
        if (epoch != fault_epoch_) return;
        const std::size_t from = random_.below(nodes_);
        const std::size_t to = (from + 1 + random_.below(nodes_ - 1)) % nodes_;
        marks_.hit("link clogged");
        trace_.line(Trace::nobody, "the link n{} -> n{} clogs", from, to);
        cut_for(from, to, random_.exponential(options_.clog_mean));
        plan_clog();
    });
}

void Network::plan_partition() {
    if (options_.partition == PartitionShape::none || nodes_ < 2) return;
    scheduler_.after(random_.exponential(options_.partition_every), [this, epoch = fault_epoch_] {
        if (epoch != fault_epoch_) return;
        begin_partition();
        plan_partition();
    });
}

void Network::begin_partition() {
    std::vector<bool> inside(nodes_);
    switch (options_.partition) {
        case PartitionShape::none:
            return;
        case PartitionShape::halves: {
            std::size_t left = nodes_ / 2;
            while (left > 0) {
                const std::size_t node = random_.below(nodes_);
                if (inside[node]) continue;
                inside[node] = true;
                --left;
            }
            break;
        }
        case PartitionShape::uneven:
            for (std::size_t node = 0; node < nodes_; ++node) inside[node] = random_.below(2) == 1;
            break;
        case PartitionShape::isolate:
            inside[random_.below(nodes_)] = true;
            break;
        case PartitionShape::links:
            break;
    }
    const Micros length = random_.exponential(options_.partition_mean);
    const bool outward = options_.partition_symmetric || random_.below(2) == 1;
    const bool inward = options_.partition_symmetric || !outward;
    marks_.hit(options_.partition_symmetric ? "partition" : "one-way partition");
    for (std::size_t from = 0; from < nodes_; ++from) {
        for (std::size_t to = 0; to < nodes_; ++to) {
            if (from == to) continue;
            bool is_cut = inside[from] != inside[to] && (inside[from] ? outward : inward);
            if (options_.partition == PartitionShape::links) is_cut = random_.below(4) == 0;
            if (!is_cut) continue;
            trace_.line(Trace::nobody, "the link n{} -> n{} is cut for {} ms", from, to, length / millisecond);
            cut_for(from, to, length);
        }
    }
}

}  // namespace talea::sim
