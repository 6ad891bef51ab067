#include "node/rpc/dispatcher.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <thread>

#include "node/base/limits.hpp"
#include "node/base/thread_name.hpp"

namespace talea::node {
namespace {

void begin_response(JsonWriter& out, const Json* id) {
    out.object_begin();
    out.member("jsonrpc", "2.0");
    out.key("id");
    if (id != nullptr)
        out.value(*id);
    else
        out.null();
}

void write_error(JsonWriter& out, const Json* id, const RpcError& error) {
    begin_response(out, id);
    out.key("error");
    out.object_begin();
    out.key("code");
    out.raw(std::to_string(static_cast<int>(error.code)));
    out.member("message", error.message);
    if (!error.data.empty()) {
        out.key("data");
        out.raw(error.data);
    }
    out.object_end();
    out.object_end();
}

bool is_id(const Json& json) {
    return json.is_null() || json.is_string() || json.is(Json::Kind::integer) ||
           json.is(Json::Kind::unsigned_integer) || json.is(Json::Kind::real);
}

}  // namespace

Dispatcher::Dispatcher(Chain& chain) : state_(chain) {
    callers_.emplace(std::max<std::size_t>(limits::rpc_callers_min, std::thread::hardware_concurrency()),
                     thread_name::caller,
                     [] { setpriority(PRIO_PROCESS, 0, limits::rpc_callers_nice); });  // on Linux: of this thread
    add_chain_methods(methods_);
    add_qbft_methods(methods_);
    add_state_methods(methods_);
    add_proof_methods(methods_);
    add_call_methods(methods_);
    add_log_methods(methods_);
    add_filter_methods(methods_);
    add_subscription_methods(methods_);
    add_transaction_methods(methods_);
    add_pool_methods(methods_);
    add_raw_methods(methods_);
    add_network_methods(methods_);
    add_talea_methods(methods_);
}

bool Dispatcher::computes(const Json& request) const {
    if (request.is_array())
        return std::ranges::any_of(request.items, [this](const Json& one) { return computes(one); });
    const auto* name = request.find("method");
    const auto method = name == nullptr ? methods_.end() : methods_.find(name->text);
    return method != methods_.end() && method->second.computes;
}

void Dispatcher::answer(std::string_view body, std::shared_ptr<Subscriber> subscriber, Done done) {
    auto json = parse_json(body);
    if (!json || !computes(*json)) return answer_body(json ? &*json : nullptr, subscriber.get(), done);
    callers_->add([this, json = std::make_shared<const Json>(std::move(*json)), subscriber = std::move(subscriber),
                   done = std::move(done)] { answer_body(json.get(), subscriber.get(), done); });
}

void Dispatcher::stop() {
    state_.stops = true;
    callers_.reset();
}

/// `json`: null where the body was none.
void Dispatcher::answer_body(const Json* json, Subscriber* subscriber, const Done& done) {
    Api api{state_, state_.chain, subscriber, std::chrono::steady_clock::now() + limits::rpc_body_time_max};
    JsonWriter out;
    if (json == nullptr)
        write_error(out, nullptr,
                    {RpcCode::parse_error, "the body is not JSON, is nested too deeply or holds too many values", {}});
    else if (json->is_array())
        return done(answer_batch(*json, api), std::move(api.subscribed));
    else
        answer_one(*json, api, out);
    done(out.take(), std::move(api.subscribed));
}

std::string Dispatcher::answer_batch(const Json& batch, Api& api) {
    api.is_batch = true;
    JsonWriter out;
    const auto refuse = [&](std::string message) {
        write_error(out, nullptr, {RpcCode::invalid_request, std::move(message), {}});
        return out.take();
    };
    if (batch.items.empty()) return refuse("a batch holds at least one request");
    if (batch.items.size() > limits::rpc_batch_max)
        return refuse("a batch holds at most " + std::to_string(limits::rpc_batch_max) + " requests");
    out.array_begin();
    const auto empty = out.size();
    for (const auto& request : batch.items) {
        const auto leave_out = [&](std::string message) {
            const auto* id = request.is_object() ? request.find("id") : nullptr;
            if (id != nullptr && is_id(*id)) write_error(out, id, {RpcCode::limit_exceeded, std::move(message), {}});
        };
        if (out.size() > limits::rpc_response_bytes_max)
            leave_out("the answer to this batch is too large");
        else if (api.is_late())
            leave_out("this batch took longer than " + std::to_string(limits::rpc_body_time_max.count()) +
                      " s; send what is left in another one");
        else
            answer_one(request, api, out);
    }
    if (out.size() == empty) return {};
    out.array_end();
    return out.take();
}

void Dispatcher::answer_one(const Json& request, Api& api, JsonWriter& out) {
    const auto* id = request.is_object() ? request.find("id") : nullptr;
    if (id != nullptr && !is_id(*id)) id = nullptr;
    const auto invalid = [&](std::string message) {
        write_error(out, id, {RpcCode::invalid_request, std::move(message), {}});
    };
    if (!request.is_object()) return invalid("a request is a JSON object");
    const auto* version = request.find("jsonrpc");
    if (version != nullptr && version->text != "2.0") return invalid("jsonrpc must be \"2.0\"");
    const auto* name = request.find("method");
    if (name == nullptr || !name->is_string()) return invalid("method must be a string");
    if (request.find("id") != nullptr && id == nullptr) return invalid("id must be a string, a number or null");

    const auto before = out.mark();
    const auto fail = [&](const RpcError& error) {
        out.rewind(before);
        if (id != nullptr) write_error(out, id, error);
    };
    const auto method = methods_.find(name->text);
    if (method == methods_.end())
        return fail({RpcCode::method_not_found, "the method " + name->text.substr(0, 64) + " does not exist", {}});
    const auto* params = request.find_present("params");
    if (params != nullptr && !params->is_array()) return fail({RpcCode::invalid_params, "params must be a list", {}});
    const auto given = params == nullptr ? std::span<const Json>{} : std::span<const Json>(params->items);
    if (given.size() > method->second.params_max)
        return fail({RpcCode::invalid_params,
                     name->text + " takes at most " + std::to_string(method->second.params_max) + " parameters",
                     {}});
    begin_response(out, id);
    out.key("result");
    if (auto done = method->second.run(api, given, out); !done) return fail(done.error());
    out.object_end();
    if (id == nullptr) out.rewind(before);  // a notification is done and not answered
}

}  // namespace talea::node
