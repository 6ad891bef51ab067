#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "sim/marks.hpp"
#include "sim/packet.hpp"
#include "sim/random.hpp"
#include "sim/scheduler.hpp"
#include "sim/trace.hpp"

namespace talea::sim {

/// How a cut divides the nodes.
enum class PartitionShape : std::uint8_t {
    none,
    halves,   ///< a random half against the rest
    uneven,   ///< each node picks its side by itself
    isolate,  ///< one node against all others
    links,    ///< single links, each by itself
};

struct NetworkOptions {
    Micros delay_min = 1 * millisecond;
    Micros delay_mean = 1 * millisecond;  ///< exponential above `delay_min`
    bool ordered = true;                  ///< frames of one direction stay in order, as on a connection
    std::uint64_t loss_ppm = 0;           ///< a frame disappears and nobody is told (a full queue of the sender)
    std::uint64_t duplicate_ppm = 0;      ///< a consensus message comes twice, the second time much later
    std::uint64_t reset_ppm = 0;          ///< per frame: the connection breaks, and all that is under way with it
    std::uint64_t half_open_ppm = 0;      ///< of broken connections: one side is told only after `half_open_mean`
    Micros half_open_mean = 5 * second;
    Micros clog_every = 0;  ///< mean time between two links that stall (0: never)
    Micros clog_mean = 1 * second;
    PartitionShape partition = PartitionShape::none;
    bool partition_symmetric = true;
    Micros partition_every = 20 * second;
    Micros partition_mean = 3 * second;
    Micros silence_limit = 2 * second;  ///< a side that hears nothing for so long through a cut gives the connection up
    Micros reconnect_mean = 300 * millisecond;
};

/// Connections between all pairs of nodes that have a link. A frame arrives whole, late, twice, or not at all; and the
/// two ends of a connection may disagree for a while whether it is there.
class Network {
  public:
    struct Handlers {
        std::function<void(std::size_t to, std::size_t from, const Frame& frame)> frame;
        std::function<void(std::size_t node, std::size_t peer, bool up)> connection;
    };

    Network(Scheduler& scheduler, Trace& trace, Marks& marks, Random random, const NetworkOptions& options,
            std::size_t nodes, Handlers handlers);
    Network(const Network&) = delete;
    Network& operator=(const Network&) = delete;

    /// Goes into nothing where the sender sees no connection.
    void send(std::size_t from, std::size_t to, Frame frame);
    /// Whether `node` believes that it is connected to `peer`.
    [[nodiscard]] bool connected(std::size_t node, std::size_t peer) const { return half(node, peer).up; }

    /// A process begins: it dials everybody, and everybody it.
    void start_node(std::size_t node);
    /// A process ends. Its peers learn it at once, or (power gone) only when they have missed it for long.
    void stop_node(std::size_t node, bool power_cut);

    /// Random faults begin and end; links that are cut stay so until `heal`.
    void start_faults();
    void stop_faults();
    /// No frame goes from `from` to `to` any more. What was sent waits, as on a connection.
    void cut(std::size_t from, std::size_t to);
    void heal(std::size_t from, std::size_t to);
    void heal_all();
    /// `a` and `b` have no link: they never connect.
    void remove_link(std::size_t a, std::size_t b);
    [[nodiscard]] bool has_link(std::size_t a, std::size_t b) const { return half(a, b).linked; }
    /// Breaks the connection; both will try again.
    void break_connection(std::size_t a, std::size_t b);

    [[nodiscard]] std::uint64_t frames_sent() const { return frames_sent_; }
    [[nodiscard]] NetworkOptions& options() { return options_; }

  private:
    /// One end of a pair, and the direction away from it.
    struct Half {
        bool linked = true;
        bool dials = false;         ///< this end has planned an attempt
        bool up = false;            ///< this end believes so
        std::uint64_t session = 0;  ///< of that belief; frames of another one are lost
        unsigned cuts = 0;          ///< partitions, clogs and hands that hold this direction
        Micros last_delivery = 0;
        std::vector<Frame> held;
    };
    [[nodiscard]] Half& half(std::size_t a, std::size_t b) { return halves_[a * nodes_ + b]; }
    [[nodiscard]] const Half& half(std::size_t a, std::size_t b) const { return halves_[a * nodes_ + b]; }
    [[nodiscard]] Micros delay();
    void schedule_delivery(std::size_t from, std::size_t to, Frame frame, Micros extra = 0);
    void dial_later(std::size_t a, std::size_t b, Micros after);
    void dial(std::size_t a, std::size_t b);
    void set_up(std::size_t node, std::size_t peer, std::uint64_t session);
    void set_down(std::size_t node, std::size_t peer);
    void cut_for(std::size_t from, std::size_t to, Micros length);
    void plan_clog();
    void plan_partition();
    void begin_partition();

    Scheduler& scheduler_;
    Trace& trace_;
    Marks& marks_;
    Random random_;
    NetworkOptions options_;
    std::size_t nodes_;
    Handlers handlers_;
    std::vector<Half> halves_;
    std::vector<bool> running_;
    std::uint64_t sessions_ = 0;
    std::uint64_t frames_sent_ = 0;
    std::uint64_t fault_epoch_ = 0;  ///< raised by stop_faults, which voids what was planned
    bool faulty_ = false;
};

}  // namespace talea::sim
