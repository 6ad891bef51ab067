#include "node/rpc/dispatcher.hpp"

#include "node/base/limits.hpp"

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

std::string Dispatcher::answer(std::string_view body) {
    Api api{state_, state_.chain, nullptr, std::chrono::steady_clock::now() + limits::rpc_body_time_max};
    return answer_body(body, api);
}

std::string Dispatcher::answer(std::string_view body, Subscriber& subscriber, std::vector<std::uint64_t>& subscribed) {
    Api api{state_, state_.chain, &subscriber, std::chrono::steady_clock::now() + limits::rpc_body_time_max};
    auto text = answer_body(body, api);
    subscribed = std::move(api.subscribed);
    return text;
}

std::string Dispatcher::answer_body(std::string_view body, Api& api) {
    JsonWriter out;
    const auto json = parse_json(body);
    if (!json) {
        write_error(out, nullptr,
                    {RpcCode::parse_error, "the body is not JSON, is nested too deeply or holds too many values", {}});
        return out.take();
    }
    if (!json->is_array()) {
        answer_one(*json, api, out);
        return out.take();
    }
    const auto refuse = [&](std::string message) {
        write_error(out, nullptr, {RpcCode::invalid_request, std::move(message), {}});
        return out.take();
    };
    if (json->items.empty()) return refuse("a batch holds at least one request");
    if (json->items.size() > limits::rpc_batch_max)
        return refuse("a batch holds at most " + std::to_string(limits::rpc_batch_max) + " requests");
    out.array_begin();
    const auto empty = out.size();
    for (const auto& request : json->items) {
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
