#pragma once
#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/native/abi_reader.hpp"
#include "vm/native/abi_writer.hpp"
#include "vm/native/addresses.hpp"
#include "vm/native/native_genesis.hpp"
#include "vm/native/refusal.hpp"
#include "vm/native/registries.hpp"
#include "vm/native/rule.hpp"
#include "vm/state/state.hpp"

namespace talea::tests {

/// Accounts of a genesis as a state at rest.
class AllocView final : public vm::StateView {
  public:
    explicit AllocView(vm::GenesisAlloc accounts) : accounts_(std::move(accounts)) {}
    [[nodiscard]] std::optional<vm::Account> account(const vm::Address& address) const override {
        const auto found = accounts_.find(address);
        if (found == accounts_.end()) return std::nullopt;
        return vm::Account{found->second.nonce, found->second.balance, vm::keccak256(found->second.code)};
    }
    [[nodiscard]] vm::u256 storage(const vm::Address& address, const vm::u256& key) const override {
        const auto found = accounts_.find(address);
        if (found == accounts_.end()) return {};
        const auto slot = found->second.storage.find(key);
        return slot == found->second.storage.end() ? vm::u256{} : slot->second;
    }
    [[nodiscard]] bool has_storage(const vm::Address& address) const override {
        const auto found = accounts_.find(address);
        return found != accounts_.end() && !found->second.storage.empty();
    }
    [[nodiscard]] vm::Code code(const vm::Hash&) const override { return std::make_shared<const vm::Bytes>(); }
    [[nodiscard]] vm::Hash block_hash(vm::BlockNumber) const override { return {}; }

  private:
    vm::GenesisAlloc accounts_;
};

inline vm::Address address(std::uint16_t low) {
    return vm::low_address(low);
}
inline vm::u256 word(const vm::Address& address) {
    return vm::to_u256(address);
}

/// Call data of a function whose arguments are all words.
inline vm::Bytes call_data(std::string_view signature, std::initializer_list<vm::u256> words = {}) {
    const vm::Hash hash = vm::keccak256({reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()});
    vm::Bytes data(hash.bytes.begin(), hash.bytes.begin() + 4);
    vm::AbiWriter out{data};
    for (const vm::u256& each : words) out.word(each);
    return data;
}

struct Answer {
    vm::Status status = vm::Status::success;
    vm::Bytes output;
    vm::Gas gas_used = 0;

    [[nodiscard]] bool ok() const { return status == vm::Status::success; }
    [[nodiscard]] vm::u256 word(std::size_t i = 0) const {
        vm::check(output.size() >= 32 * (i + 1), "the answer has that many words");
        return vm::u256::from_be_bytes(vm::BytesView{output}.subspan(32 * i, 32));
    }
    /// A revert with exactly this custom error.
    [[nodiscard]] bool is(std::string_view error, std::initializer_list<vm::u256> words = {}) const {
        return status == vm::Status::revert && output == call_data(error, words);
    }
    [[nodiscard]] bool is_error(std::string_view error) const {
        return status == vm::Status::revert && output.size() >= 4 &&
               vm::equal(vm::BytesView{output}.first(4), call_data(error));
    }
};

/// What contracts answer whom the registries ask; who is not named fails as an account without code does.
class ScriptedContracts final : public vm::StaticCaller {
  public:
    struct Asked {
        vm::Address contract;
        vm::Bytes input;
        vm::Gas gas = 0;
    };
    using Answers = std::function<vm::CallResult(vm::BytesView input, vm::Gas gas)>;

    std::map<vm::Address, Answers> answers;
    std::vector<Asked> asked;

    vm::CallResult static_call(const vm::Message&, const vm::Address& to, vm::BytesView input, vm::Gas gas) override {
        asked.push_back({to, vm::to_bytes(input), gas});
        const auto found = answers.find(to);
        if (found == answers.end()) return {vm::Status::success, gas, {}, {}};
        return found->second(input, gas);
    }
};

/// The registries over a state, called as the Evm would call them.
class NativeChain {
  public:
    static inline const vm::Address admin = address(0xad);
    static constexpr std::uint64_t genesis_time = 1'795'208'340;  // 2026-11-20 20:59:00Z

    static vm::NativeGenesis plain_genesis() {
        vm::NativeGenesis genesis;
        genesis.settings = {.mode = vm::PermissionMode::enforced,
                            .clock_mode = vm::ClockMode::stepped,
                            .clock = static_cast<std::int64_t>(genesis_time),
                            .gas_limit = 100'000'000,
                            .base_fee = 0,
                            .native_version = vm::native_version_max};
        genesis.recovery_delay_seconds = 86'400;
        genesis.upgrade_notice_blocks = 1'000;
        genesis.roles[admin] = vm::role::admin | vm::role::network | vm::role::registrar_admin;
        genesis.validators = {address(0x11)};
        return genesis;
    }

    explicit NativeChain(const vm::NativeGenesis& genesis = plain_genesis())
        : view_(vm::native_accounts(genesis).value()), state(view_) {
        block.timestamp = {genesis_time};
        block.native_version = genesis.settings.native_version;
        state.begin_transaction();
    }

    Answer call(const vm::Address& sender, const vm::Address& registry, const vm::Bytes& data, vm::Gas gas = 10'000'000,
                bool is_static = false, const vm::u256& value = {}) {
        vm::Message message;
        message.gas = gas;
        message.recipient = message.code_address = registry;
        message.sender = sender;
        message.value = value;
        message.is_static = is_static;
        message.input = data;
        const vm::State::Snapshot before = state.snapshot();
        const vm::CallResult result = registries.call(message, state, block, {}, contracts);
        Answer answer{result.status, vm::to_bytes(result.output), gas - result.gas_left};
        if (!answer.ok()) state.revert(before);
        return answer;
    }
    Answer call(const vm::Address& sender, const vm::Address& registry, std::string_view signature,
                std::initializer_list<vm::u256> words = {}) {
        return call(sender, registry, call_data(signature, words));
    }
    vm::u256 view(const vm::Address& registry, std::string_view signature, std::initializer_list<vm::u256> words = {}) {
        const Answer answer = call(address(0x99), registry, call_data(signature, words), 10'000'000, true);
        vm::check(answer.ok(), "a view answers");
        return answer.word();
    }
    void next_transaction() {
        state.end_transaction();
        state.begin_transaction();
    }

    /// What `register` of Identities takes.
    Answer register_identity(const vm::Address& registrar, const vm::u256& id, std::uint16_t country,
                             std::uint64_t categories, std::uint64_t expiry, const std::vector<vm::Address>& wallets) {
        vm::Bytes data = call_data("register(bytes32,uint16,uint64,uint64,bytes32,address[])",
                                   {id, std::uint64_t{country}, categories, expiry, 0xf11e, 192, wallets.size()});
        vm::AbiWriter out{data};
        for (const vm::Address& wallet : wallets) out.address(wallet);
        return call(registrar, vm::identities_address, data);
    }
    Answer create_policy(const vm::Address& owner, const std::vector<vm::Rule>& rules) {
        vm::Bytes data = call_data("createPolicy((uint8,uint16,uint8,bytes)[])", {32});
        vm::AbiWriter out{data};
        vm::write_rules(out, rules);
        return call(owner, vm::policies_address, data);
    }
    Answer set_rules(const vm::Address& owner, std::uint64_t policy, const std::vector<vm::Rule>& rules) {
        vm::Bytes data = call_data("setRules(uint64,(uint8,uint16,uint8,bytes)[])", {policy, 64});
        vm::AbiWriter out{data};
        vm::write_rules(out, rules);
        return call(owner, vm::policies_address, data);
    }
    Answer authorize(const vm::Movement& movement) {
        return call(movement.token, vm::policies_address, vm::encode_authorize_call(movement));
    }
    std::vector<vm::Refusal> preview(const vm::Movement& movement) {
        const Answer answer =
            call(address(0x99), vm::policies_address, vm::encode_preview_call(movement), 10'000'000, true);
        vm::check(answer.ok(), "a preview answers");
        return vm::decode_preview_result(answer.output).value();
    }

  private:
    AllocView view_;

  public:
    vm::State state;
    vm::BlockContext block;
    vm::Registries registries;
    ScriptedContracts contracts;
};

}  // namespace talea::tests
