#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "node/rpc/dispatcher.hpp"
#include "node/rpc/log_filter.hpp"

/// Subscriptions of WebSocket clients (eth_subscribe): new heads, logs, pending transactions.
namespace talea::node {

/// One client: hears its requests, tells it the answers, and what it subscribed to. From any thread.
class Subscriber : public std::enable_shared_from_this<Subscriber> {
  public:
    /// Takes what is to be sent, in order: answers, and what was not asked for now. Must not wait.
    using Push = std::function<void(std::string text, bool is_answer)>;
    Subscriber(Dispatcher& dispatcher, Push push) : dispatcher_(dispatcher), push_(std::move(push)) {}

    /// Answers one body of requests, and calls `done` then. What a subscription made here tells comes after the answer
    /// that names it.
    void hear(std::string_view body, std::function<void()> done);
    /// Tells what is new up to `head`.
    void tell(const HeadPtr& head);
    [[nodiscard]] bool awaits_transactions() const { return awaits_transactions_; }

    // For eth_subscribe and eth_unsubscribe.
    enum class Kind : std::uint8_t { heads, logs, transactions };
    struct Wish {
        Kind kind = Kind::heads;
        LogFilter logs;
        bool whole = false;  ///< transactions, not only their hashes
    };
    /// Nothing where it has too many. It sleeps until its answer is on the way.
    [[nodiscard]] std::optional<std::uint64_t> subscribe(Wish wish);
    [[nodiscard]] bool unsubscribe(std::uint64_t id);

  private:
    struct Subscription {
        Wish wish;
        bool awake = false;
        vm::BlockNumber next_block{};    ///< the first that was not told
        std::uint64_t next_arrival = 0;  ///< the same of transactions
    };
    void notify(std::uint64_t id, const std::function<void(JsonWriter& out)>& write_result);
    void tell_heads(std::uint64_t id, const Subscription& of, const Head& head);
    void tell_logs(std::uint64_t id, const Subscription& of, const Head& head);
    void tell_transactions(std::uint64_t id, const Subscription& of, std::uint64_t end);
    void note_wishes();
    void wake(const std::vector<std::uint64_t>& ids);

    Dispatcher& dispatcher_;
    const Push push_;
    std::mutex mutex_;
    std::map<std::uint64_t, Subscription> subscriptions_;
    std::uint64_t last_id_ = 0;
    std::atomic<bool> awaits_transactions_{false};
};

/// Tells all subscribers what is new, from a thread of its own, which also lets filters and tries expire.
class Subscribers {
  public:
    explicit Subscribers(Dispatcher& dispatcher);
    ~Subscribers();
    Subscribers(const Subscribers&) = delete;
    Subscribers& operator=(const Subscribers&) = delete;

    /// It is told for as long as it is held.
    [[nodiscard]] std::shared_ptr<Subscriber> add(Subscriber::Push push);
    /// Nobody is told anything more. To be called before what `push` leads to ends.
    void stop();

  private:
    void run();
    [[nodiscard]] std::vector<std::shared_ptr<Subscriber>> all();

    Dispatcher& dispatcher_;
    std::mutex mutex_;
    std::vector<std::weak_ptr<Subscriber>> subscribers_;
    std::atomic<bool> stops_{false};
    std::thread thread_;
};

}  // namespace talea::node
