#include "contracts/runner/targets.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vm/base/hex.hpp"

namespace talea::runner {
namespace {

using abi::Function;
using abi::Value;

std::string text_of(const Value& value) {
    return {value.bytes.begin(), value.bytes.end()};
}

template <typename List, typename Item>
bool holds(const List& list, const Item& item) {
    return std::ranges::find(list, item) != list.end();
}

bool writes(const Function& function) {
    return function.mutability == abi::Mutability::nonpayable || function.mutability == abi::Mutability::payable;
}

/// A contract while its functions are chosen.
struct Candidate {
    vm::Address address;
    std::string name;
    const KnownContract* known = nullptr;  // null for the test contract itself
    std::vector<const Function*> functions;
    bool by_selector = false;  // `functions` is what targetSelectors named, and no more

    void add(const Function& function) {
        if (!holds(functions, &function)) functions.push_back(&function);
    }
};

class Finder {
  public:
    explicit Finder(Bench& bench) : bench_(bench), book_(bench.book()) {}

    std::expected<Targets, std::string> find() {
        take_made_contracts();
        take_interfaces();
        take_selectors();
        drop_selectors();
        Targets targets;
        for (const Value& value : ask("targetSenders")) targets.senders.push_back(vm::to_address(value.word));
        for (const Value& value : ask("excludeSenders")) targets.excluded_senders.push_back(vm::to_address(value.word));
        std::erase_if(targets.senders, [&](const auto& sender) { return holds(targets.excluded_senders, sender); });
        for (const Candidate& candidate : candidates_)
            for (const Function* function : candidate.functions)
                targets.functions.push_back({candidate.address, candidate.name, function});
        if (error_.empty() && targets.functions.empty())
            error_ =
                "there is nothing to call: setUp made no contract with functions that may write, or all are "
                "excluded";
        if (!error_.empty()) return std::unexpected(error_);
        return targets;
    }

  private:
    Bench& bench_;
    const ContractBook& book_;
    std::vector<Candidate> candidates_;
    std::string error_;  // the first one

    void fail(std::string sentence) {
        if (error_.empty()) error_ = std::move(sentence);
    }

    /// The items of the array that the function returns; none where the contract has no such function.
    std::vector<Value> ask(std::string_view name) {
        const Function* function = bench_.contract().abi.find_function(name, 0);
        if (function == nullptr) return {};
        const Run run = bench_.ask(function->selector.bytes);
        if (!run.passed()) {
            fail(fmt::format("{}: {}", function->signature, bench_.reason_of(run)));
            return {};
        }
        auto values = abi::decode(function->output_types, run.output);
        if (!values || values->empty() || function->output_types[0].kind != abi::Kind::array) {
            fail(fmt::format("{} returns no array", function->signature));
            return {};
        }
        return std::move(values->front().items);
    }

    std::vector<std::string> names(std::string_view function) {
        std::vector<std::string> out;
        for (const Value& value : ask(function)) out.push_back(text_of(value));
        return out;
    }

    std::vector<vm::Address> addresses(std::string_view function) {
        std::vector<vm::Address> out;
        for (const Value& value : ask(function)) out.push_back(vm::to_address(value.word));
        return out;
    }

    static bool is_any(const KnownContract& known, const std::vector<std::string>& names) {
        return std::ranges::any_of(names, [&](const std::string& name) { return is_named(known, name); });
    }

    Candidate& candidate_at(const vm::Address& address) {
        const auto found = std::ranges::find(candidates_, address, &Candidate::address);
        if (found != candidates_.end()) return *found;
        Candidate made{address, vm::to_hex(address), nullptr, {}, false};
        if (address == test_contract_address)
            made.name = bench_.contract().entry.name;
        else
            made.known = book_.by_runtime_code(bench_.code_at(address));
        if (made.known != nullptr) made.name = made.known->name;
        return candidates_.emplace_back(std::move(made));
    }

    void take_made_contracts() {
        const auto wanted = addresses("targetContracts"), unwanted = addresses("excludeContracts");
        auto artifacts = names("targetArtifacts");
        const auto excluded = names("excludeArtifacts");
        const auto by_artifact = ask("targetArtifactSelectors");
        for (const Value& pair : by_artifact) artifacts.push_back(text_of(pair.items[0]));
        for (const std::string& name : artifacts)
            if (book_.by_name(name) == nullptr) fail(fmt::format("no contract is called {}", name));

        std::vector<vm::Address> offered = bench_.made_contracts();
        // A contract that stands at a place of its own (vm.etch) is called where it is named.
        for (const vm::Address& address : wanted)
            if (!holds(offered, address)) offered.push_back(address);
        for (const vm::Address& address : offered) {
            if (address == test_contract_address || holds(unwanted, address)) continue;
            if (!wanted.empty() && !holds(wanted, address)) continue;
            const KnownContract* known = book_.by_runtime_code(bench_.code_at(address));
            if (known == nullptr) {
                if (!wanted.empty())
                    fail(fmt::format("targetContracts: nothing is known of the code at {}", vm::to_hex(address)));
                continue;
            }
            if (!artifacts.empty() && !is_any(*known, artifacts)) continue;
            if (is_any(*known, excluded)) continue;
            Candidate& candidate = candidate_at(address);
            for (const Value& pair : by_artifact)
                if (is_named(*known, text_of(pair.items[0]))) add_selectors(candidate, pair.items[1]);
            if (candidate.by_selector) continue;
            for (const Function& function : known->abi.functions())
                if (writes(function)) candidate.add(function);
        }
    }

    void take_interfaces() {
        for (const Value& pair : ask("targetInterfaces")) {
            Candidate& candidate = candidate_at(vm::to_address(pair.items[0].word));
            for (const Value& name : pair.items[1].items) {
                const KnownContract* known = book_.by_name(text_of(name));
                if (known == nullptr) {
                    fail(fmt::format("targetInterfaces: no contract is called {}", text_of(name)));
                    continue;
                }
                for (const Function& function : known->abi.functions())
                    if (writes(function)) candidate.add(function);
            }
        }
    }

    void take_selectors() {
        for (const Value& pair : ask("targetSelectors"))
            add_selectors(candidate_at(vm::to_address(pair.items[0].word)), pair.items[1]);
    }

    void add_selectors(Candidate& candidate, const Value& selectors) {
        if (!candidate.by_selector) candidate.functions.clear();
        candidate.by_selector = true;
        for (const Value& word : selectors.items)
            if (const Function* function = function_of(candidate, word)) candidate.add(*function);
    }

    void drop_selectors() {
        for (const Value& pair : ask("excludeSelectors")) {
            const vm::Address address = vm::to_address(pair.items[0].word);
            const auto found = std::ranges::find(candidates_, address, &Candidate::address);
            if (found == candidates_.end()) continue;
            for (const Value& word : pair.items[1].items) std::erase(found->functions, function_of(*found, word));
        }
    }

    const Function* function_of(const Candidate& candidate, const Value& word) {
        abi::Selector selector;
        const auto bytes = word.word.to_be_bytes();
        std::copy_n(bytes.begin(), 4, selector.bytes.begin());
        const abi::Interface* abi = nullptr;
        if (candidate.address == test_contract_address) abi = &bench_.contract().abi;
        if (candidate.known != nullptr) abi = &candidate.known->abi;
        const Function* function = abi != nullptr ? abi->find_function(selector) : nullptr;
        if (function == nullptr) function = book_.all().find_function(selector);
        if (function == nullptr)
            fail(fmt::format("{} has no function with selector {}", candidate.name, vm::to_hex(selector.bytes)));
        return function;
    }
};

}  // namespace

const TargetFunction* Targets::find(const vm::Address& address, vm::BytesView call_data) const {
    const auto selector = abi::selector_in(call_data);
    if (!selector) return nullptr;
    const auto found = std::ranges::find_if(functions, [&](const TargetFunction& target) {
        return target.address == address && target.function->selector == *selector;
    });
    return found == functions.end() ? nullptr : &*found;
}

std::expected<Targets, std::string> find_targets(Bench& bench) {
    bench.begin_sequence();
    return Finder(bench).find();
}

}  // namespace talea::runner
