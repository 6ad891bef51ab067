#pragma once
#include <atomic>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "node/chain/chain.hpp"
#include "node/rpc/error.hpp"
#include "node/rpc/json.hpp"

namespace talea::node {

/// What methods work with. They run on many threads at once.
struct Api {
    Chain& chain;
    std::atomic<std::size_t> waiting{0};  ///< requests that wait for a block now
};

/// One method: reads `params`, writes its result (one JSON value) into `out`. On an error what it wrote is dropped.
struct Method {
    using Run = RpcResult<void> (*)(Api& api, std::span<const Json> params, JsonWriter& out);
    std::size_t params_max = 0;
    Run run = nullptr;
};
using MethodTable = std::map<std::string_view, Method>;

/// Every method, by file: what each one answers is said there.
void add_chain_methods(MethodTable& table);        // methods_chain.cpp
void add_state_methods(MethodTable& table);        // methods_state.cpp
void add_call_methods(MethodTable& table);         // methods_call.cpp
void add_log_methods(MethodTable& table);          // methods_logs.cpp
void add_transaction_methods(MethodTable& table);  // methods_transaction.cpp
void add_network_methods(MethodTable& table);      // methods_network.cpp
void add_talea_methods(MethodTable& table);        // methods_talea.cpp

/// JSON-RPC 2.0 between bytes and methods: requests, batches, notifications, errors. Call `answer` from any thread.
class Dispatcher {
  public:
    explicit Dispatcher(Chain& chain);
    /// The response to `body`; empty where there is nothing to answer (only notifications).
    [[nodiscard]] std::string answer(std::string_view body);

  private:
    void answer_one(const Json& request, JsonWriter& out);
    Api api_;
    MethodTable methods_;
};

}  // namespace talea::node
