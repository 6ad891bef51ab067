#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "node/chain/chain.hpp"
#include "node/chain/workers.hpp"
#include "node/rpc/decoded_blocks.hpp"
#include "node/rpc/error.hpp"
#include "node/rpc/filters.hpp"
#include "node/rpc/json.hpp"
#include "node/rpc/past_tries.hpp"

namespace talea::node {

class Subscriber;

/// As web3_clientVersion says it.
inline constexpr std::string_view client_name = "talea/0.1.0";

/// What all requests share.
struct RpcState {
    explicit RpcState(Chain& of) : chain(of) {}
    Chain& chain;
    std::atomic<std::size_t> waiting{0};  ///< requests that wait for a block now
    std::atomic<bool> stops{false};
    Filters filters;
    PastTries tries;
    DecodedBlocks blocks;
};

/// What methods work with: one for each body of requests. Methods run on many threads at once.
struct Api {
    RpcState& shared;
    Chain& chain;
    Subscriber* subscriber = nullptr;  ///< null: requests came by POST, and nothing can be told later
    std::chrono::steady_clock::time_point deadline;
    bool is_batch = false;
    std::vector<std::uint64_t> subscribed = {};  ///< subscriptions that this body made

    [[nodiscard]] std::chrono::milliseconds time_left() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    }
    [[nodiscard]] bool is_late() const { return shared.stops || time_left().count() <= 0; }
};

/// One method: reads `params`, writes its result (one JSON value) into `out`. On an error what it wrote is dropped.
struct Method {
    using Run = RpcResult<void> (*)(Api& api, std::span<const Json> params, JsonWriter& out);
    std::size_t params_max = 0;
    Run run = nullptr;
    bool computes = false;  ///< for up to seconds: done by threads of its own
};
using MethodTable = std::map<std::string_view, Method>;

/// Every method, by file: what each one answers is said there.
void add_chain_methods(MethodTable& table);         // methods_chain.cpp
void add_qbft_methods(MethodTable& table);          // methods_qbft.cpp
void add_state_methods(MethodTable& table);         // methods_state.cpp
void add_proof_methods(MethodTable& table);         // methods_proof.cpp
void add_call_methods(MethodTable& table);          // methods_call.cpp
void add_log_methods(MethodTable& table);           // methods_logs.cpp
void add_filter_methods(MethodTable& table);        // methods_filters.cpp
void add_subscription_methods(MethodTable& table);  // subscriptions.cpp
void add_transaction_methods(MethodTable& table);   // methods_transaction.cpp
void add_pool_methods(MethodTable& table);          // methods_pool.cpp
void add_raw_methods(MethodTable& table);           // methods_raw.cpp
void add_network_methods(MethodTable& table);       // methods_network.cpp
void add_talea_methods(MethodTable& table);         // methods_talea.cpp

/// JSON-RPC 2.0 between bytes and methods: requests, batches, notifications, errors.
class Dispatcher {
  public:
    /// Gets the response, empty where there is nothing to answer (only notifications), and the subscriptions made.
    using Done = std::function<void(std::string response, std::vector<std::uint64_t> subscribed)>;

    explicit Dispatcher(Chain& chain);
    /// Answers `body`, from any thread: on this one, or on one of the dispatcher's where a request computes. `done` is
    /// called once, or never where `stop` comes first. `subscriber` is the client where it can be told more later.
    void answer(std::string_view body, std::shared_ptr<Subscriber> subscriber, Done done);
    /// Ends what computes at the next request; what waits for its turn is dropped.
    void stop();

    [[nodiscard]] RpcState& shared() { return state_; }

  private:
    [[nodiscard]] bool computes(const Json& request) const;
    void answer_body(const Json* json, Subscriber* subscriber, const Done& done);
    std::string answer_batch(const Json& batch, Api& api);
    void answer_one(const Json& request, Api& api, JsonWriter& out);
    RpcState state_;
    MethodTable methods_;
    std::optional<Workers> callers_;
};

}  // namespace talea::node
