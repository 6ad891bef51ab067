#include "node/rpc/subscriptions.hpp"

#include <algorithm>

#include "node/base/limits.hpp"
#include "node/base/thread_name.hpp"
#include "node/rpc/render.hpp"
#include "vm/base/hex.hpp"

namespace talea::node {
namespace {

/// How long the thread sleeps where nothing is new: as late as that it sees that it is to stop.
constexpr std::chrono::milliseconds nap{200};

/// Telling only later is possible to a client that holds a connection.
RpcResult<Subscriber*> subscriber(const Api& api) {
    if (api.subscriber != nullptr) return api.subscriber;
    return std::unexpected(RpcError{RpcCode::server_error,
                                    "subscriptions need a WebSocket connection (ws:// on the same port); by POST, "
                                    "poll a filter (eth_newFilter)",
                                    {}});
}

/// eth_subscribe(newHeads | logs, {address, topics} | newPendingTransactions, whole).
RpcResult<void> subscribe(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto to = subscriber(api);
    if (!to) return std::unexpected(to.error());
    const auto name = required_param(params, 0, "what to subscribe to");
    if (!name) return std::unexpected(name.error());
    Subscriber::Wish wish;
    const auto* more = optional_param(params, 1);
    if ((*name)->text == "newHeads") {
        if (more != nullptr) return invalid_params("newHeads takes no more parameters");
    } else if ((*name)->text == "logs") {
        wish.kind = Subscriber::Kind::logs;
        if (more != nullptr) {
            auto filter = read_log_filter(*more);
            if (!filter) return std::unexpected(filter.error());
            wish.logs = std::move(*filter);
        }
    } else if ((*name)->text == "newPendingTransactions") {
        wish.kind = Subscriber::Kind::transactions;
        if (more != nullptr) {
            const auto whole = read_bool(*more, "whether transactions are shown whole");
            if (!whole) return std::unexpected(whole.error());
            wish.whole = *whole;
        }
    } else {
        return invalid_params("what can be subscribed to is newHeads, logs and newPendingTransactions");
    }
    const auto id = (*to)->subscribe(std::move(wish));
    if (!id)
        return std::unexpected(RpcError{RpcCode::limit_exceeded,
                                        "a connection has at most " + std::to_string(limits::ws_subscriptions_max) +
                                            " subscriptions; eth_unsubscribe ends one",
                                        {}});
    api.subscribed.push_back(*id);
    out.string(vm::to_quantity(*id));
    return {};
}

RpcResult<void> unsubscribe(Api& api, std::span<const Json> params, JsonWriter& out) {
    const auto to = subscriber(api);
    if (!to) return std::unexpected(to.error());
    const auto json = required_param(params, 0, "the subscription");
    if (!json) return std::unexpected(json.error());
    const auto id = read_u64(**json, "the subscription");
    if (!id) return std::unexpected(id.error());
    out.boolean((*to)->unsubscribe(*id));
    return {};
}

}  // namespace

void add_subscription_methods(MethodTable& table) {
    table["eth_subscribe"] = {2, subscribe};
    table["eth_unsubscribe"] = {1, unsubscribe};
}

// ---- One client -----------------------------------------------------------------------------------------------------

void Subscriber::hear(std::string_view body, std::function<void()> done) {
    dispatcher_.answer(
        body, shared_from_this(),
        [self = shared_from_this(), done = std::move(done)](std::string response, const auto& subscribed) {
            if (!response.empty()) self->push_(std::move(response), true);
            if (!subscribed.empty()) self->wake(subscribed);
            done();
        });
}

void Subscriber::wake(const std::vector<std::uint64_t>& ids) {
    {
        const std::lock_guard lock(mutex_);
        for (const auto id : ids)
            if (const auto found = subscriptions_.find(id); found != subscriptions_.end()) found->second.awake = true;
    }
    // What happened while it slept.
    tell(dispatcher_.shared().chain.head());
}

std::optional<std::uint64_t> Subscriber::subscribe(Wish wish) {
    const auto& chain = dispatcher_.shared().chain;
    const std::lock_guard lock(mutex_);
    if (subscriptions_.size() >= limits::ws_subscriptions_max) return std::nullopt;
    const auto id = ++last_id_;
    subscriptions_[id] = {std::move(wish), false, next(chain.head()->number()), chain.arrivals().end()};
    note_wishes();
    return id;
}

bool Subscriber::unsubscribe(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    const bool was_there = subscriptions_.erase(id) != 0;
    note_wishes();
    return was_there;
}

void Subscriber::note_wishes() {
    awaits_transactions_ = std::ranges::any_of(
        subscriptions_, [](const auto& entry) { return entry.second.wish.kind == Kind::transactions; });
}

void Subscriber::tell(const HeadPtr& head) {
    const auto& chain = dispatcher_.shared().chain;
    const std::lock_guard lock(mutex_);
    for (auto& [id, subscription] : subscriptions_) {
        if (!subscription.awake) continue;
        if (subscription.wish.kind == Kind::transactions) {
            const auto end = chain.arrivals().end();
            tell_transactions(id, subscription, end);
            subscription.next_arrival = end;
            continue;
        }
        if (subscription.next_block > head->number()) continue;
        if (subscription.wish.kind == Kind::heads)
            tell_heads(id, subscription, *head);
        else
            tell_logs(id, subscription, *head);
        subscription.next_block = next(head->number());
    }
}

void Subscriber::notify(std::uint64_t id, const std::function<void(JsonWriter& out)>& write_result) {
    JsonWriter out;
    out.object_begin();
    out.member("jsonrpc", "2.0");
    out.member("method", "eth_subscription");
    out.key("params");
    out.object_begin();
    out.member("subscription", vm::to_quantity(id));
    out.key("result");
    write_result(out);
    out.object_end();
    out.object_end();
    push_(out.take(), false);
}

void Subscriber::tell_heads(std::uint64_t id, const Subscription& of, const Head& head) {
    for (auto number = of.next_block; number <= head.number(); number = next(number)) {
        const auto header = head.blocks().header(number);
        const auto hash = head.blocks().hash(number);
        if (!header || !hash) damaged("a header");
        notify(id, [&](JsonWriter& out) { render_header(out, *header, *hash); });
    }
}

void Subscriber::tell_logs(std::uint64_t id, const Subscription& of, const Head& head) {
    // Block by block, so that no limit on one answer cuts anything off.
    for (auto number = of.next_block; number <= head.number(); number = next(number)) {
        visit_logs(head, of.wish.logs, number, [&](const FoundLog& found) {
            notify(id,
                   [&](JsonWriter& out) { render_log(out, found.log, found.transaction, found.place, found.index); });
        });
    }
}

void Subscriber::tell_transactions(std::uint64_t id, const Subscription& of, std::uint64_t end) {
    auto& chain = dispatcher_.shared().chain;
    for (const auto& hash : chain.arrivals().since(of.next_arrival, end)) {
        if (!of.wish.whole) {
            notify(id, [&](JsonWriter& out) { out.string(vm::to_hex(hash)); });
            continue;
        }
        const auto pending = chain.pool().find(hash);
        if (pending == nullptr) continue;  // in a block already
        notify(id, [&](JsonWriter& out) { render_pending(out, *pending, chain.parameters().base_fee_per_gas); });
    }
}

// ---- All of them ----------------------------------------------------------------------------------------------------

Subscribers::Subscribers(Dispatcher& dispatcher) : dispatcher_(dispatcher), thread_([this] { run(); }) {}

Subscribers::~Subscribers() {
    stop();
}

void Subscribers::stop() {
    stops_ = true;
    if (thread_.joinable()) thread_.join();
}

std::shared_ptr<Subscriber> Subscribers::add(Subscriber::Push push) {
    auto subscriber = std::make_shared<Subscriber>(dispatcher_, std::move(push));
    const std::lock_guard lock(mutex_);
    subscribers_.push_back(subscriber);
    return subscriber;
}

std::vector<std::shared_ptr<Subscriber>> Subscribers::all() {
    const std::lock_guard lock(mutex_);
    std::erase_if(subscribers_, [](const auto& one) { return one.expired(); });
    std::vector<std::shared_ptr<Subscriber>> held;
    for (const auto& one : subscribers_)
        if (auto subscriber = one.lock()) held.push_back(std::move(subscriber));
    return held;
}

void Subscribers::run() {
    name_this_thread(thread_name::subscriptions);
    auto& state = dispatcher_.shared();
    Chain::News known{state.chain.head(), std::nullopt};
    auto arrivals = state.chain.arrivals().end();
    while (!stops_) {
        const auto listening = all();
        const bool awaits = std::ranges::any_of(listening, [](const auto& one) { return one->awaits_transactions(); });
        known.arrivals = awaits ? std::optional(arrivals) : std::nullopt;
        if (!state.chain.wait_for_news(known, nap)) std::this_thread::sleep_for(nap);  // the node stops
        known.head = state.chain.head();
        arrivals = state.chain.arrivals().end();
        // Who came meanwhile is told too.
        for (const auto& subscriber : all()) subscriber->tell(known.head);
        const auto now = Chain::monotonic_now();
        state.filters.expire(now);
        state.tries.expire(now);
    }
}

}  // namespace talea::node
