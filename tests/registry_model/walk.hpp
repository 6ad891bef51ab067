#pragma once
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "registry_model/pair.hpp"
#include "unit/random.hpp"
#include "vm/native/refusal.hpp"
#include "vm/native/rule.hpp"

namespace talea::tests {

/// A call that was drawn.
struct Drawn {
    vm::Registry registry = vm::Registry::permissions;
    vm::Address sender;
    vm::Bytes data;
};

/// What happened so far: calls by entry point, judgements by operation, refusals by code.
struct Tally {
    struct Ends {
        std::uint64_t allowed = 0, refused = 0;
    };
    std::map<std::string_view, Ends> entries;
    std::map<vm::Operation, Ends> operations;
    std::map<std::uint16_t, std::uint64_t> codes;
};

/// A pair of registries under random calls: mostly such as make sense, by who may make them.
class Walk {
  public:
    Walk(std::uint64_t seed, Tally& tally);

    /// One call, or a judgement with its preview. False where the two differ: `failure` says how.
    [[nodiscard]] bool step();
    /// Asks both for every counter and record there is.
    [[nodiscard]] bool sweep();
    std::string failure;

  private:
    using Draw = std::function<Drawn(Walk&)>;
    struct Entry {
        std::string_view signature;
        Draw draw;
    };
    static const std::vector<Entry>& entries();

    // Who and what there is to choose from.
    vm::Address admin();
    vm::Address registrar();
    vm::Address owner();
    vm::Address token();
    vm::Address wallet();
    vm::Address escrow();
    vm::Address anybody();
    vm::u256 id();
    std::uint64_t policy();
    std::uint64_t roles();
    std::uint16_t country();
    vm::Address registrar_of(const vm::u256& id);
    vm::Address owner_of(std::uint64_t policy);

    vm::Rule any_rule(std::uint8_t kind);
    std::vector<vm::Rule> any_rules();
    vm::Bytes rules_call(std::string_view signature, std::optional<std::uint64_t> policy);
    vm::Movement any_movement();
    vm::NetMovement any_net();
    vm::u256 any_amount();
    vm::Bytes consent(const vm::Address& first, bool replaces);

    void begin();
    [[nodiscard]] std::optional<Done> call(std::string_view signature, const Drawn& drawn);
    [[nodiscard]] bool judge(bool net);
    [[nodiscard]] bool must(vm::Registry registry, const vm::Address& sender, const vm::Bytes& data);

    Random random_;
    Tally& tally_;
    Pair pair_;
    std::vector<std::pair<vm::Address, vm::Address>> recoveries_;  // announced: lost, replacement
};

}  // namespace talea::tests
