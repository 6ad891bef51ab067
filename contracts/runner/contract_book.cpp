#include "contracts/runner/contract_book.hpp"

#include <algorithm>

#include "contracts/runner/cheat_table.hpp"

namespace talea::runner {
namespace {

/// Equal but for the ranges, which are in order of nothing.
bool matches(const ContractContents& contents, vm::BytesView code) {
    const vm::Bytes& own = contents.runtime_code;
    if (own.empty() || own.size() != code.size()) return false;
    if (contents.open_places.empty()) return vm::equal(own, code);
    vm::Bytes masked = vm::to_bytes(code);
    for (const CodeRange& range : contents.open_places) {
        if (range.start + range.length > masked.size()) return false;
        std::fill_n(masked.begin() + static_cast<std::ptrdiff_t>(range.start), range.length, std::uint8_t{0});
    }
    return masked == own;
}

}  // namespace

void ContractBook::read() const {
    std::call_once(read_, [this] {
        for (const ContractEntry& entry : entries_) {
            // What the cache lost gives no name, and no more than that.
            auto contents = compiler_.load(entry);
            if (!contents) continue;
            auto abi = abi::Interface::parse(contents->abi);
            if (!abi) continue;
            all_.merge(*abi);
            contracts_.push_back({entry.name, entry.unit, std::move(*abi), std::move(*contents)});
        }
        all_.merge(cheat_interface());
    });
}

const KnownContract* ContractBook::by_runtime_code(vm::BytesView code) const {
    read();
    const auto found =
        std::ranges::find_if(contracts_, [&](const KnownContract& known) { return matches(known.contents, code); });
    return found == contracts_.end() ? nullptr : &*found;
}

const KnownContract* ContractBook::by_creation_code(vm::BytesView init_code) const {
    read();
    const KnownContract* best = nullptr;
    for (const KnownContract& known : contracts_) {
        const vm::Bytes& own = known.contents.creation_code;
        if (own.empty() || own.size() > init_code.size() || !vm::equal(own, init_code.first(own.size()))) continue;
        if (best == nullptr || own.size() > best->contents.creation_code.size()) best = &known;
    }
    return best;
}

const KnownContract* ContractBook::by_name(std::string_view name) const {
    read();
    const auto found =
        std::ranges::find_if(contracts_, [&](const KnownContract& known) { return is_named(known, name); });
    return found == contracts_.end() ? nullptr : &*found;
}

bool is_named(const KnownContract& contract, std::string_view name) {
    if (name == contract.name) return true;
    const std::string whole = contract.unit + ":" + contract.name;
    return name == whole || (name.contains(':') && whole.ends_with("/" + std::string(name)));
}

const abi::Interface& ContractBook::all() const {
    read();
    return all_;
}

}  // namespace talea::runner
