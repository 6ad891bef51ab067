#include "contracts/runner/trace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "contracts/runner/test_chain.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/native/addresses.hpp"

namespace talea::runner {
namespace {

// A trace is for a person: beyond these the rest of a text or tree is told by its size alone.
constexpr std::size_t text_bytes_max = 2'000;
constexpr std::size_t calls_max = 5'000;

std::string shortened(std::string text) {
    if (text.size() <= text_bytes_max) return text;
    return text.substr(0, text_bytes_max) + fmt::format("... ({} characters)", text.size());
}

std::string_view kind_mark(vm::CallKind kind) {
    switch (kind) {
        case vm::CallKind::delegatecall:
            return " [delegatecall]";
        case vm::CallKind::callcode:
            return " [callcode]";
        case vm::CallKind::staticcall:
            return " [staticcall]";
        case vm::CallKind::call:
        case vm::CallKind::create:
        case vm::CallKind::create2:
            return "";
    }
    return "";
}

}  // namespace

void Trace::begin(const vm::Message& message, vm::State& state) {
    const std::size_t index = calls_.size();
    if (!open_.empty()) calls_[open_.back()].items.push_back({true, index});
    open_.push_back(index);
    Call call;
    call.kind = message.kind;
    call.sender = message.sender;
    call.recipient = message.recipient;
    call.code_address = message.code_address;
    call.value = message.value;
    call.input = vm::to_bytes(message.input);
    call.gas = message.gas;
    if (creates(message.kind)) {
        call.contract = book_.by_creation_code(message.input);
    } else {
        call.contract = book_.by_runtime_code(*state.code(message.code_address));
        if (call.contract != nullptr) seen_[message.code_address] = call.contract;
    }
    calls_.push_back(std::move(call));
}

void Trace::end(const vm::CallResult& result, vm::State& state) {
    Call& call = calls_[open_.back()];
    open_.pop_back();
    call.gas_used = call.gas - result.gas_left;
    call.status = result.status;
    call.output = vm::to_bytes(result.output);
    if (creates(call.kind)) {
        call.recipient = result.created;
        if (result.status == vm::Status::success) {
            if (call.contract == nullptr) call.contract = book_.by_runtime_code(*state.code(result.created));
            if (call.contract != nullptr) seen_[result.created] = call.contract;
        }
    }
}

void Trace::log(const vm::Log& log) {
    if (open_.empty()) return;
    calls_[open_.back()].items.push_back({false, logs_.size()});
    logs_.push_back(log);
}

std::string Trace::name_of(const vm::Address& address) const {
    if (const auto label = labels_.find(address); label != labels_.end()) return label->second;
    if (address == cheat_code_address) return "vm";
    if (address == console_address) return "console";
    if (address == default_sender) return "default sender";
    if (address == vm::permissions_address) return "Permissions";
    if (address == vm::identities_address) return "Identities";
    if (address == vm::policies_address) return "Policies";
    if (const auto seen = seen_.find(address); seen != seen_.end()) {
        // Two contracts of one kind are told apart by their addresses.
        const auto same = std::ranges::count(seen_, seen->second, [](const auto& entry) { return entry.second; });
        return same > 1 ? fmt::format("{}@{}", seen->second->name, vm::to_hex(address).substr(0, 10))
                        : seen->second->name;
    }
    return vm::to_checksum_hex(address);
}

std::string Trace::describe(const Call& call) const {
    const auto namer = [this](const vm::Address& address) { return name_of(address); };
    const std::string value = call.value.is_zero() || call.kind == vm::CallKind::delegatecall
                                  ? ""
                                  : fmt::format("{{value: {}}}", vm::to_decimal(call.value));
    if (creates(call.kind)) {
        return fmt::format("[{}] new {}{}", call.gas_used, call.contract != nullptr ? call.contract->name : "contract",
                           value);
    }
    const abi::Interface& known = call.contract != nullptr ? call.contract->abi : book_.all();
    std::string text = abi::describe_call(known, call.input, namer);
    // A proxy, a fallback or native code: another contract may know the function.
    if (text.starts_with("0x") && call.input.size() >= 4) text = abi::describe_call(book_.all(), call.input, namer);
    if (text.starts_with("0x")) text = call.input.empty() ? "receive()" : "fallback(" + text + ")";
    return fmt::format("[{}] {}::{}{}{}", call.gas_used, name_of(call.code_address), shortened(std::move(text)), value,
                       kind_mark(call.kind));
}

std::string Trace::describe_result(const Call& call) const {
    const auto namer = [this](const vm::Address& address) { return name_of(address); };
    if (call.status == vm::Status::revert)
        return "reverts: " + shortened(abi::describe_revert(book_.all(), call.output, namer));
    if (call.status != vm::Status::success) return fmt::format("halts: {}", to_string(call.status));
    if (creates(call.kind))
        return fmt::format("at {}, {} bytes of code", vm::to_checksum_hex(call.recipient), call.output.size());
    if (call.output.empty()) return {};
    const auto selector = abi::selector_in(call.input);
    const abi::Function* function = nullptr;
    if (selector && call.contract != nullptr) function = call.contract->abi.find_function(*selector);
    if (selector && function == nullptr) function = book_.all().find_function(*selector);
    const auto values = function != nullptr ? abi::decode(function->output_types, call.output)
                                            : std::unexpected(abi::DecodeError::too_short);
    if (!values) return "returns " + shortened(vm::to_hex(call.output));
    std::string text;
    for (std::size_t i = 0; i < values->size(); ++i)
        text += (i > 0 ? ", " : "") + abi::format(function->output_types[i], (*values)[i], namer);
    return "returns " + shortened(std::move(text));
}

std::string Trace::describe(const vm::Log& log) const {
    const auto namer = [this](const vm::Address& address) { return name_of(address); };
    if (const auto event = abi::decode_event(book_.all(), log.topics, log.data))
        return "emits " + shortened(abi::describe_event(*event, namer));
    std::string text = "emits";
    for (const vm::Hash& topic : log.topics) text += " " + vm::to_hex(topic);
    return shortened(text + " " + vm::to_hex(log.data));
}

void Trace::render_call(std::string& out, const Call& call, const std::string& before_first,
                        const std::string& before) const {
    out += before_first + describe(call) + "\n";
    const std::string result = describe_result(call);
    for (std::size_t i = 0; i < call.items.size(); ++i) {
        const bool last = i + 1 == call.items.size() && result.empty();
        const Item& item = call.items[i];
        const std::string here = before + (last ? "└─ " : "├─ ");
        if (item.is_call)
            render_call(out, calls_[item.index], here, before + (last ? "   " : "│  "));
        else
            out += here + describe(logs_[item.index]) + "\n";
    }
    if (!result.empty()) out += before + "└─ " + result + "\n";
}

std::string Trace::render() const {
    if (calls_.empty()) return {};
    if (calls_.size() > calls_max) return fmt::format("({} calls: too many to show)\n", calls_.size());
    std::string out;
    render_call(out, calls_.front(), "", "");
    return out;
}

}  // namespace talea::runner
