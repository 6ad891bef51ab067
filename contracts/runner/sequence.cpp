#include "contracts/runner/sequence.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "vm/base/hex.hpp"

namespace talea::runner {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Fails = std::function<bool(std::span<const SequenceCall>)>;

/// Halves first, then ever smaller parts, down to single calls, until none can be left out.
void drop_calls(Sequence& sequence, const Fails& fails) {
    std::size_t part = std::max<std::size_t>(1, sequence.size() / 2);
    while (!sequence.empty()) {
        bool dropped = false;
        for (std::size_t at = 0; at < sequence.size();) {
            const auto first = sequence.begin() + static_cast<std::ptrdiff_t>(at);
            const auto last = sequence.begin() + static_cast<std::ptrdiff_t>(std::min(at + part, sequence.size()));
            Sequence shorter(sequence.begin(), first);
            shorter.insert(shorter.end(), last, sequence.end());
            if (fails(shorter)) {
                sequence = std::move(shorter);
                dropped = true;
            } else {
                at += part;
            }
        }
        if (part > 1)
            part /= 2;
        else if (!dropped)
            return;
    }
}

void shrink_arguments(Sequence& sequence, const Fails& fails) {
    for (std::size_t i = 0; i < sequence.size(); ++i) {
        const auto smaller_fails = [&](std::span<const abi::Value> smaller) {
            std::vector<abi::Value> before = std::exchange(sequence[i].arguments, {smaller.begin(), smaller.end()});
            const bool failed = fails(sequence);
            sequence[i].arguments = std::move(before);
            return failed;
        };
        sequence[i].arguments = shrink(sequence[i].target->function->input_types, sequence[i].arguments, smaller_fails);
    }
}

vm::Address random_sender(Random& random, const Targets& targets, const Dictionary& dictionary) {
    if (!targets.senders.empty()) return targets.senders[random.below(targets.senders.size())];
    static const abi::Type type = *abi::parse_type("address");
    vm::Address sender;
    do sender = vm::to_address(random_value(random, type, dictionary).word);
    while (std::ranges::find(targets.excluded_senders, sender) != targets.excluded_senders.end());
    return sender;
}

}  // namespace

SequenceCall random_call(Random& random, const Targets& targets, const Dictionary& dictionary) {
    SequenceCall call;
    call.target = &targets.functions[random.below(targets.functions.size())];
    call.to = call.target->address;
    call.sender = random_sender(random, targets, dictionary);
    for (const abi::Type& type : call.target->function->input_types)
        call.arguments.push_back(random_value(random, type, dictionary));
    return call;
}

Sequence shrink_sequence(Sequence sequence, const Fails& fails) {
    std::size_t tried = 0;
    const Fails within_limit = [&](std::span<const SequenceCall> smaller) {
        return tried < shrink_sequences_max && (++tried, fails(smaller));
    };
    drop_calls(sequence, within_limit);
    shrink_arguments(sequence, within_limit);
    // Smaller arguments may make other calls needless.
    drop_calls(sequence, within_limit);
    return sequence;
}

FailureStore::FailureStore(std::optional<fs::path> folder, const TestContract& contract)
    : folder_(std::move(folder)), contract_(contract.entry.name) {}

fs::path FailureStore::file_of(const std::string& test) const {
    return *folder_ / (contract_ + "." + test.substr(0, test.find('(')) + ".json");
}

std::optional<Sequence> FailureStore::load(const std::string& test, const Targets& targets) const {
    if (!folder_) return std::nullopt;
    std::ifstream file(file_of(test));
    const Json json = Json::parse(file, nullptr, false);
    if (!json.is_array()) return std::nullopt;
    Sequence sequence;
    for (const Json& item : json) {
        const auto field = [&](const char* name) { return item.is_object() ? item.value(name, "") : std::string(); };
        const auto sender = vm::address_from_hex(field("from")), to = vm::address_from_hex(field("to"));
        const auto input = vm::from_hex(field("input"));
        const TargetFunction* target = sender && to && input ? targets.find(*to, *input) : nullptr;
        if (target == nullptr) return std::nullopt;
        auto arguments = abi::decode(target->function->input_types, vm::BytesView(*input).subspan(4));
        if (!arguments) return std::nullopt;
        sequence.push_back({*sender, *to, target, std::move(*arguments)});
    }
    return sequence;
}

std::optional<fs::path> FailureStore::keep(const std::string& test, std::span<const SequenceCall> sequence) const {
    if (!folder_) return std::nullopt;
    Json json = Json::array();
    for (const SequenceCall& call : sequence)
        json.push_back({{"from", vm::to_hex(call.sender)},
                        {"to", vm::to_hex(call.to)},
                        {"function", call.target->contract + "." + call.target->function->signature},
                        {"input", vm::to_hex(call.input())}});
    std::error_code error;
    fs::create_directories(*folder_, error);
    const fs::path path = file_of(test);
    std::ofstream file(path, std::ios::trunc);
    file << json.dump(2) << "\n";
    if (!file.flush()) return std::nullopt;
    return path;
}

void FailureStore::drop(const std::string& test) const {
    std::error_code error;
    if (folder_) fs::remove(file_of(test), error);
}

}  // namespace talea::runner
