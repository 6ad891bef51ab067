#include "contracts/runner/cheat_table.hpp"

#include <fmt/format.h>

#include <unordered_map>

#include "contracts/runner/cheat_call.hpp"
#include "vm/base/check.hpp"
#include "vm/base/hex.hpp"
#include "vm/chain/create_address.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/crypto/secp256k1.hpp"

namespace talea::runner {
namespace {

using abi::Value;
using vm::u256;

void set_prank(CheatCall& call, bool standing) {
    Prank prank{call.address(0), std::nullopt, call.message.sender, call.message.depth, false};
    for (std::size_t i = 1; i < call.args.size(); ++i) {
        if (call.types[i].kind == abi::Kind::boolean)
            prank.delegated = !call.word(i).is_zero();
        else
            prank.origin = call.address(i);
    }
    CheatState& state = call.cheats.state;
    (standing ? state.standing_prank : state.next_prank) = prank;
}

void expect_revert(CheatCall& call, ExpectedRevert expected) {
    if (call.cheats.state.expected_revert) {
        call.error = "a revert is expected already";
        return;
    }
    expected.depth = call.message.depth;
    call.cheats.state.expected_revert = std::move(expected);
}

/// expectRevert in all its forms: what the data must be, then optionally who reverts and how often.
CheatCode revert_code(const char* name, ExpectedRevert::Match match, const char* what, bool by, bool counted) {
    std::string list = what;
    if (by) list += list.empty() ? "address" : ",address";
    if (counted) list += list.empty() ? "uint64" : ",uint64";
    return {fmt::format("{}({})", name, list), "", [match, by, counted](CheatCall& call) {
                ExpectedRevert expected;
                std::size_t next = 0;
                expected.match = match;
                if (match == ExpectedRevert::Match::selector) {
                    const auto word = call.word(next++).to_be_bytes();
                    expected.data.assign(word.begin(), word.begin() + 4);
                } else if (match == ExpectedRevert::Match::exact) {
                    expected.data = call.args[next++].bytes;
                }
                if (by) expected.reverter = call.address(next++);
                if (counted) expected.count = call.word(next++).low_u64();
                expect_revert(call, std::move(expected));
            }};
}

std::vector<CheatCode> reverts() {
    using enum ExpectedRevert::Match;
    std::vector<CheatCode> codes;
    for (const bool by : {false, true}) {
        for (const bool counted : {false, true}) {
            codes.push_back(revert_code("expectRevert", anything, "", by, counted));
            codes.push_back(revert_code("expectRevert", selector, "bytes4", by, counted));
            codes.push_back(revert_code("expectRevert", exact, "bytes", by, counted));
        }
        codes.push_back(revert_code("expectPartialRevert", selector, "bytes4", by, false));
    }
    return codes;
}

CheatCode event_code(bool flags, bool by, bool counted) {
    std::string list = flags ? "bool,bool,bool,bool" : "";
    if (by) list += list.empty() ? "address" : ",address";
    if (counted) list += list.empty() ? "uint64" : ",uint64";
    return {fmt::format("expectEmit({})", list), "", [flags, by, counted](CheatCall& call) {
                ExpectedEvent expected;
                std::size_t next = 0;
                if (flags) {
                    for (std::size_t i = 1; i < 4; ++i) expected.topics[i] = !call.word(next++).is_zero();
                    expected.data = !call.word(next++).is_zero();
                }
                if (by) expected.emitter = call.address(next++);
                if (counted) expected.count = call.word(next++).low_u64();
                expected.depth = call.message.depth;
                call.cheats.state.expected_events.push_back(std::move(expected));
            }};
}

std::vector<CheatCode> events() {
    std::vector<CheatCode> codes;
    for (const bool flags : {false, true})
        for (const bool by : {false, true})
            for (const bool counted : {false, true}) codes.push_back(event_code(flags, by, counted));
    for (const char* list : {"", "address", "bool,bool,bool,bool,bool", "bool,bool,bool,bool,bool,address"}) {
        codes.push_back({fmt::format("expectEmitAnonymous({})", list), "", [](CheatCall& call) {
                             ExpectedEvent expected;
                             expected.anonymous = true;
                             if (call.args.size() >= 5) {
                                 for (std::size_t i = 0; i < 4; ++i) expected.topics[i] = !call.word(i).is_zero();
                                 expected.data = !call.word(4).is_zero();
                             }
                             if (call.args.size() % 5 == 1) expected.emitter = call.address(call.args.size() - 1);
                             expected.depth = call.message.depth;
                             call.cheats.state.expected_events.push_back(std::move(expected));
                         }});
    }
    return codes;
}

std::vector<CheatCode> callers() {
    std::vector<CheatCode> codes = {
        {"stopPrank()", "",
         [](CheatCall& call) {
             call.cheats.state.standing_prank.reset();
             call.cheats.state.next_prank.reset();
         }},
        // Who is pretended to call: 0 nobody, 3 by prank, 4 by startPrank (1 and 2 are of broadcasts).
        {"readCallers()", "(uint8,address,address)",
         [](CheatCall& call) {
             const CheatState& state = call.cheats.state;
             const auto& prank = state.next_prank ? state.next_prank : state.standing_prank;
             const unsigned mode = state.next_prank ? 3 : state.standing_prank ? 4 : 0;
             const vm::Address origin = call.chain().tx.origin;
             call.results = {abi::number(mode), abi::address(prank ? prank->sender : origin),
                             abi::address(prank ? prank->origin.value_or(origin) : origin)};
         }},
    };
    for (const char* list : {"address", "address,address", "address,bool", "address,address,bool"}) {
        codes.push_back({fmt::format("prank({})", list), "", [](CheatCall& call) { set_prank(call, false); }});
        codes.push_back({fmt::format("startPrank({})", list), "", [](CheatCall& call) { set_prank(call, true); }});
    }
    return codes;
}

std::vector<CheatCode> block_codes() {
    return {
        {"warp(uint256)", "",
         [](CheatCall& call) {
             if (const auto given = call.number(0)) call.chain().block.timestamp = {*given};
         }},
        {"roll(uint256)", "",
         [](CheatCall& call) {
             if (const auto given = call.number(0)) call.chain().block.number = {*given};
         }},
        {"fee(uint256)", "", [](CheatCall& call) { call.chain().block.base_fee = call.word(0); }},
        {"txGasPrice(uint256)", "", [](CheatCall& call) { call.chain().tx.gas_price = call.word(0); }},
        {"blobBaseFee(uint256)", "", [](CheatCall& call) { call.chain().block.blob_base_fee = call.word(0); }},
        {"getBlobBaseFee()", "(uint256)",
         [](CheatCall& call) { call.results = {abi::number(call.chain().block.blob_base_fee)}; }},
        {"chainId(uint256)", "",
         [](CheatCall& call) {
             if (const auto given = call.number(0)) call.chain().block.chain_id = *given;
         }},
        {"coinbase(address)", "", [](CheatCall& call) { call.chain().block.beneficiary = call.address(0); }},
        {"prevrandao(bytes32)", "",
         [](CheatCall& call) { call.chain().block.prev_randao = vm::to_hash(call.word(0)); }},
        {"prevrandao(uint256)", "",
         [](CheatCall& call) { call.chain().block.prev_randao = vm::to_hash(call.word(0)); }},
        {"getBlockTimestamp()", "(uint256)",
         [](CheatCall& call) { call.results = {abi::number(call.chain().block.timestamp.seconds)}; }},
        {"getBlockNumber()", "(uint256)",
         [](CheatCall& call) { call.results = {abi::number(call.chain().block.number.value)}; }},
        {"getChainId()", "(uint256)",
         [](CheatCall& call) { call.results = {abi::number(call.chain().block.chain_id)}; }},
    };
}

void restore_and_forget(CheatCall& call) {
    const bool restored = call.cheats.restore_state(call.word(0), call.message.depth);
    if (restored) call.cheats.forget_state(call.word(0));
    call.results = {abi::boolean(restored)};
}

std::vector<CheatCode> state_codes() {
    return {
        {"deal(address,uint256)", "", [](CheatCall& call) { call.state().set_balance(call.address(0), call.word(1)); }},
        {"store(address,bytes32,bytes32)", "",
         [](CheatCall& call) { call.state().set_storage(call.address(0), call.word(1), call.word(2)); }},
        {"load(address,bytes32)", "(bytes32)",
         [](CheatCall& call) {
             call.results = {abi::number(call.state().slot(call.address(0), call.word(1)).current)};
         }},
        {"etch(address,bytes)", "",
         [](CheatCall& call) {
             const vm::Bytes& code = call.args[1].bytes;
             call.state().set_code(call.address(0), std::make_shared<const vm::Bytes>(code), vm::keccak256(code));
         }},
        {"setNonce(address,uint64)", "",
         [](CheatCall& call) {
             if (const auto given = call.number(1)) call.state().set_nonce(call.address(0), *given);
         }},
        {"getNonce(address)", "(uint64)",
         [](CheatCall& call) { call.results = {abi::number(call.state().nonce(call.address(0)))}; }},
        {"resetNonce(address)", "",
         [](CheatCall& call) {
             const bool contract = !call.state().code(call.address(0))->empty();
             call.state().set_nonce(call.address(0), contract ? 1 : 0);
         }},
        {"setNonceUnsafe(address,uint64)", "",
         [](CheatCall& call) {
             if (const auto given = call.number(1)) call.state().set_nonce(call.address(0), *given);
         }},
        {"deleteStateSnapshot(uint256)", "(bool)",
         [](CheatCall& call) { call.results = {abi::boolean(call.cheats.forget_state(call.word(0)))}; }},
        {"deleteSnapshot(uint256)", "(bool)",
         [](CheatCall& call) { call.results = {abi::boolean(call.cheats.forget_state(call.word(0)))}; }},
        {"deleteStateSnapshots()", "", [](CheatCall& call) { call.cheats.forget_states(); }},
        {"deleteSnapshots()", "", [](CheatCall& call) { call.cheats.forget_states(); }},
        {"snapshotState()", "(uint256)",
         [](CheatCall& call) { call.results = {abi::number(call.cheats.save_state())}; }},
        {"snapshot()", "(uint256)", [](CheatCall& call) { call.results = {abi::number(call.cheats.save_state())}; }},
        {"revertToState(uint256)", "(bool)",
         [](CheatCall& call) {
             call.results = {abi::boolean(call.cheats.restore_state(call.word(0), call.message.depth))};
         }},
        {"revertTo(uint256)", "(bool)",
         [](CheatCall& call) {
             call.results = {abi::boolean(call.cheats.restore_state(call.word(0), call.message.depth))};
         }},
        {"revertToStateAndDelete(uint256)", "(bool)", restore_and_forget},
        {"revertToAndDelete(uint256)", "(bool)", restore_and_forget},
    };
}

bool is_key(const u256& key) {
    return vm::is_valid({vm::to_hash(key)});
}

std::vector<CheatCode> key_codes() {
    static constexpr const char* bad_key = "a private key is neither zero nor at or above the order of secp256k1";
    return {
        {"addr(uint256)", "(address)",
         [](CheatCall& call) {
             if (!is_key(call.word(0))) {
                 call.error = bad_key;
                 return;
             }
             call.results = {abi::address(vm::address_of({vm::to_hash(call.word(0))}))};
         }},
        {"sign(uint256,bytes32)", "(uint8,bytes32,bytes32)",
         [](CheatCall& call) {
             if (!is_key(call.word(0))) {
                 call.error = bad_key;
                 return;
             }
             const vm::Signature signature = vm::sign({vm::to_hash(call.word(0))}, vm::to_hash(call.word(1)));
             call.results = {abi::number(27U + signature.y_parity), abi::number(signature.r), abi::number(signature.s)};
         }},
        {"computeCreateAddress(address,uint256)", "(address)",
         [](CheatCall& call) {
             if (const auto nonce = call.number(1))
                 call.results = {abi::address(vm::create_address(call.address(0), *nonce))};
         }},
    };
}

std::vector<CheatCode> run_codes() {
    std::vector<CheatCode> codes = {
        {"assume(bool)", "",
         [](CheatCall& call) {
             if (!call.word(0).is_zero()) return;
             call.cheats.report.rejected = true;
             call.error = "vm.assume rejected this case";
         }},
        {"skip(bool)", "",
         [](CheatCall& call) {
             if (call.word(0).is_zero()) return;
             call.cheats.report.skipped = "";
             call.error = "vm.skip";
         }},
        {"skip(bool,string)", "",
         [](CheatCall& call) {
             if (call.word(0).is_zero()) return;
             call.cheats.report.skipped = call.text(1);
             call.error = "vm.skip";
         }},
        {"recordLogs()", "", [](CheatCall& call) { call.cheats.state.recorded_logs = std::vector<vm::Log>{}; }},
        {"getRecordedLogs()", "((bytes32[],bytes,address)[])",
         [](CheatCall& call) {
             Value logs;
             auto& recorded = call.cheats.state.recorded_logs;
             for (const vm::Log& log : recorded.value_or(std::vector<vm::Log>{})) {
                 Value topics;
                 for (const vm::Hash& topic : log.topics) topics.items.push_back(abi::hash(topic));
                 logs.items.push_back(abi::list({topics, abi::bytes(log.data), abi::address(log.address)}));
             }
             if (recorded) recorded->clear();
             call.results = {std::move(logs)};
         }},
        // Of the contexts that forge has, a run here is a test (0 the group, 1 test).
        {"isContext(uint8)", "(bool)", [](CheatCall& call) { call.results = {abi::boolean(call.word(0) < u256{2})}; }},
        {"label(address,string)", "", [](CheatCall& call) { call.cheats.labels[call.address(0)] = call.text(1); }},
        {"getLabel(address)", "(string)",
         [](CheatCall& call) {
             const auto found = call.cheats.labels.find(call.address(0));
             call.results = {abi::text(found != call.cheats.labels.end() ? found->second : "unlabeled")};
         }},
    };
    for (const char* type : {"address", "bool", "bytes", "bytes32", "int256", "uint256"})
        codes.push_back({fmt::format("toString({})", type), "(string)", [](CheatCall& call) {
                             call.results = {abi::text(abi::format(call.types[0], call.args[0]))};
                         }});
    return codes;
}

std::vector<CheatCode> all_codes() {
    std::vector<CheatCode> codes;
    for (auto part : {callers(), block_codes(), reverts(), events(), state_codes(), key_codes(), run_codes(),
                      assertions(), mock_codes(), random_codes(), text_codes(), wallet_codes()})
        codes.insert(codes.end(), part.begin(), part.end());
    return codes;
}

struct Entry {
    CheatCode code;
    abi::Signature signature;
    std::vector<abi::Type> results;
};

struct SelectorHasher {
    std::size_t operator()(const abi::Selector& selector) const noexcept {
        std::uint32_t value;
        std::memcpy(&value, selector.bytes.data(), 4);
        return value;
    }
};
using EntryOf = std::unordered_map<abi::Selector, Entry, SelectorHasher>;

const EntryOf& table() {
    static const EntryOf made = [] {
        EntryOf rows;
        for (CheatCode& code : all_codes()) {
            const auto signature = abi::parse_signature(code.signature);
            const auto results =
                code.results.empty() ? abi::Type{} : abi::parse_type(code.results).value_or(abi::Type{});
            vm::check(signature.has_value(), "a cheat code has a valid signature");
            const abi::Selector selector = abi::selector_of(signature->canonical());
            rows.emplace(selector, Entry{std::move(code), *signature, results.items});
        }
        return rows;
    }();
    return made;
}

std::string json_parameters(std::span<const abi::Type> types);

/// A tuple, or an array of some, has its components beside it.
std::string json_parameter(const abi::Type& type) {
    const abi::Type* base = &type;
    std::string brackets;
    for (; base->kind == abi::Kind::array || base->kind == abi::Kind::fixed_array; base = &base->items.front()) {
        const bool fixed = base->kind == abi::Kind::fixed_array;
        brackets.insert(0, fixed ? fmt::format("[{}]", base->length) : "[]");
    }
    if (base->kind != abi::Kind::tuple)
        return fmt::format("{{\"name\":\"\",\"type\":\"{}{}\"}}", base->canonical(), brackets);
    return fmt::format("{{\"name\":\"\",\"type\":\"tuple{}\",\"components\":{}}}", brackets,
                       json_parameters(base->items));
}

std::string json_parameters(std::span<const abi::Type> types) {
    std::string out = "[";
    for (const abi::Type& type : types) out += (out.size() > 1 ? "," : "") + json_parameter(type);
    return out + "]";
}

}  // namespace

const abi::Interface& cheat_interface() {
    static const abi::Interface made = [] {
        std::string json = R"([{"type":"error","name":"CheatcodeError","inputs":[{"name":"message","type":"string"}]})";
        for (const auto& [selector, entry] : table())
            json += fmt::format(R"(,{{"type":"function","name":"{}","inputs":{},"outputs":{}}})", entry.signature.name,
                                json_parameters(entry.signature.inputs), json_parameters(entry.results));
        auto parsed = abi::Interface::parse(json + "]");
        vm::check(parsed.has_value(), "the table of cheat codes is an interface");
        return *parsed;
    }();
    return made;
}

bool run_cheat_code(CheatCodes& cheats, const vm::Message& message, vm::Bytes& output) {
    output.clear();
    const auto selector = abi::selector_in(message.input);
    const auto found = selector ? table().find(*selector) : table().end();
    if (found == table().end()) {
        const std::string sentence = cheats.unknown_cheat_code(message.input);
        cheats.fail(sentence);
        output = cheat_code_error(sentence);
        return false;
    }
    const Entry& entry = found->second;
    const auto arguments = abi::decode(entry.signature.inputs, message.input.subspan(4));
    if (!arguments) {
        output = cheat_code_error(fmt::format("vm.{}: {}", entry.signature.name, to_string(arguments.error())));
        return false;
    }
    CheatCall call{cheats, message, entry.signature.inputs, *arguments, {}, {}};
    entry.code.perform(call);
    if (!call.error.empty()) {
        output = cheat_code_error(call.error);
        return false;
    }
    abi::encode_to(output, entry.results, call.results);
    return true;
}

}  // namespace talea::runner
