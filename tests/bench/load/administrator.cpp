#include "bench/load/administrator.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "bench/load/stop.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/create_address.hpp"

namespace talea::load {
namespace {

constexpr std::size_t batch_size = 100;
constexpr std::uint64_t call_gas = 3'000'000;
constexpr std::uint64_t creation_gas = 16'000'000;  // below EIP-7825's cap
constexpr std::chrono::milliseconds poll{5};

}  // namespace

abi::Interface interface_of(std::string_view json) {
    auto parsed = abi::Interface::parse(json);
    if (!parsed) stop("an ABI is not read: {}", to_string(parsed.error()));
    return *std::move(parsed);
}

vm::Bytes Contract::call(std::string_view function, const std::vector<abi::Value>& arguments) const {
    const auto* found = interface.find_function(function, arguments.size());
    if (found == nullptr) stop("a contract has no function {} of {} arguments", function, arguments.size());
    return found->encode_call(arguments);
}

Account Administrator::account() {
    return make_account("talea-load administrator");
}

Administrator::Administrator(Rpc& rpc, std::uint64_t waiting_max)
    : rpc_(rpc), waiting_max_(waiting_max), chain_id_(rpc.number("eth_chainId", "[]")), account_(account()) {
    account_.nonce = nonce_on_chain();
}

std::uint64_t Administrator::nonce_on_chain() {
    return rpc_.number("eth_getTransactionCount", fmt::format(R"(["{}","latest"])", vm::to_hex(account_.address)));
}

void Administrator::call(const Contract& contract, std::string_view function,
                         const std::vector<abi::Value>& arguments) {
    add({contract.address, contract.call(function, arguments), call_gas});
}

Contract Administrator::create(abi::Interface interface, vm::Bytes creation_code,
                               const std::vector<abi::Value>& arguments) {
    abi::encode_to(creation_code, interface.constructor_types(), arguments);
    Contract made{next_creation(), std::move(interface)};
    add({std::nullopt, std::move(creation_code), creation_gas});
    return made;
}

vm::Address Administrator::next_creation(std::uint64_t ahead) const {
    return vm::create_address(account_.address, account_.nonce + ahead);
}

void Administrator::add(Payload payload) {
    auto made = sign(account_, chain_id_, std::move(payload));
    last_ = made.hash;
    unsent_.push_back(std::move(made.encoded));
    if (unsent_.size() == batch_size) flush();
}

void Administrator::flush() {
    if (unsent_.empty()) return;
    while (account_.nonce - nonce_on_chain() > waiting_max_) std::this_thread::sleep_for(poll);
    rpc_.send(std::exchange(unsent_, {}));
}

void Administrator::settle() {
    flush();
    const auto end = std::chrono::steady_clock::now() + patience;
    const auto asked = fmt::format(R"(["{}"])", vm::to_hex(last_));
    auto receipt = rpc_.call("eth_getTransactionReceipt", asked);
    for (; receipt.is_null(); receipt = rpc_.call("eth_getTransactionReceipt", asked)) {
        if (std::chrono::steady_clock::now() > end)
            stop("what was sent stands in no block after {} s", patience.count());
        std::this_thread::sleep_for(poll);
    }
    if (receipt.value("status", "") != "0x1") stop("the chain is not prepared: {}", receipt.dump());
}

}  // namespace talea::load
