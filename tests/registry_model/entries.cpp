// Every entry point of the three registries, and how a call of it is drawn.
#include "registry_model/population.hpp"
#include "registry_model/walk.hpp"
#include "unit/vm/native/native_chain.hpp"
#include "vm/native/validator_set.hpp"

namespace talea::tests {

using namespace talea::vm;
using namespace population;

namespace {

u256 pick(Random& random, std::initializer_list<u256> from) {
    return *(from.begin() + random.below(from.size()));
}

}  // namespace

const std::vector<Walk::Entry>& Walk::entries() {
    using R = Registry;
    const auto by_network = [](Walk& w) { return w.random_.one_in(5) ? w.anybody() : Pair::first_admin; };
    const auto by_admin = [](Walk& w) { return w.random_.one_in(6) ? w.anybody() : w.admin(); };
    // Views that take what `args` draws.
    const auto view = [](R registry, std::string_view signature, std::function<std::vector<u256>(Walk&)> args) {
        return Entry{signature, [registry, signature, args](Walk& w) {
                         Bytes data = call_data(signature);
                         AbiWriter out{data};
                         for (const u256& word : args(w)) out.word(word);
                         return Drawn{registry, w.anybody(), data};
                     }};
    };
    const auto nothing = [](Walk&) { return std::vector<u256>{}; };
    const auto account = [](Walk& w) { return std::vector{to_u256(w.random_.one_in(3) ? w.admin() : w.anybody())}; };
    const auto an_id = [](Walk& w) { return std::vector{w.id()}; };
    const auto a_policy = [](Walk& w) { return std::vector<u256>{w.policy()}; };
    const auto a_token = [](Walk& w) { return std::vector{to_u256(w.token())}; };
    static const std::vector<Entry> all{
        {"grantRoles(address,uint256)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_admin(w),
                          call_data("grantRoles(address,uint256)",
                                    {to_u256(w.random_.one_in(2) ? w.admin() : w.anybody()), w.roles()})};
         }},
        {"revokeRoles(address,uint256)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_admin(w),
                          call_data("revokeRoles(address,uint256)",
                                    {to_u256(w.random_.one_in(2) ? w.admin() : w.anybody()),
                                     w.random_.one_in(3) ? w.roles() : 8 + 8 * w.random_.below(2)})};
         }},
        {"setThreshold(uint256,uint8)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_admin(w),
                          call_data("setThreshold(uint256,uint8)", {w.roles(), w.random_.below(4)})};
         }},
        {"propose(uint8,address,uint256,uint8,uint64)",
         [=](Walk& w) {
             const std::uint64_t change = w.random_.one_in(30) ? 0 : 1 + w.random_.below(3);
             const bool sets = change == 3;
             const u256 account_word =
                 sets && !w.random_.one_in(9) ? u256{} : to_u256(w.random_.one_in(9) ? w.anybody() : w.admin());
             return Drawn{
                 R::permissions, by_admin(w),
                 call_data("propose(uint8,address,uint256,uint8,uint64)",
                           {change, account_word, w.roles(), sets ? w.random_.below(4) : w.random_.below(9) / 8,
                            w.random_.one_in(12) ? w.pair_.now + w.random_.below(2) * 2'592'001
                                                 : w.pair_.now + 1 + w.random_.below(30'000)})};
         }},
        {"approve(uint64)",
         [=](Walk& w) {
             const auto count = w.pair_.call(R::permissions, w.wallet(), call_data("proposalCount()"));
             const std::uint64_t last = count ? count->word().low_u64() : 0;
             return Drawn{R::permissions, by_admin(w),
                          call_data("approve(uint64)", {last + 1 - std::min(last + 1, w.random_.below(4))})};
         }},
        {"cancel(uint64)",
         [=](Walk& w) {
             const auto count = w.pair_.call(R::permissions, w.wallet(), call_data("proposalCount()"));
             const std::uint64_t last = count ? count->word().low_u64() : 0;
             const std::uint64_t which = last + 1 - std::min(last + 1, w.random_.below(40));
             const auto read = w.pair_.call(R::permissions, w.wallet(), call_data("proposal(uint64)", {which}));
             return Drawn{R::permissions, w.random_.one_in(2) && read ? to_address(read->word(6)) : w.admin(),
                          call_data("cancel(uint64)", {which})};
         }},
        {"setGasLimit(uint64)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_network(w),
                          call_data("setGasLimit(uint64)",
                                    {pick(w.random_, {16'777'215, 16'777'216, 100'000'000, 200'000'000, 200'000'001,
                                                      20'000'000 + w.random_.below(100'000'000)})})};
         }},
        {"scheduleUpgrade(uint32,uint64)",
         [=](Walk& w) {
             const auto version = w.pair_.call(R::permissions, w.wallet(), call_data("nativeVersion()"));
             const std::uint64_t current = version ? version->word().low_u64() : 0;
             return Drawn{
                 R::permissions, by_network(w),
                 call_data("scheduleUpgrade(uint32,uint64)",
                           {w.random_.one_in(5) ? w.random_.below(current + 1) : current + 1,
                            w.random_.one_in(12) ? w.random_.next() : w.pair_.block_number() + w.random_.below(9)})};
         }},
        {"cancelUpgrade()",
         [=](Walk& w) { return Drawn{R::permissions, by_network(w), call_data("cancelUpgrade()")}; }},
        {"advanceClock(uint64)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_network(w),
                          call_data("advanceClock(uint64)",
                                    {w.random_.one_in(5) ? w.random_.next() : w.random_.below(100'000)})};
         }},
        {"addValidator(address,uint64,bytes)",
         [=](Walk& w) { return Drawn{R::permissions, by_network(w), w.consent({}, false)}; }},
        {"replaceValidator(address,address,uint64,bytes)",
         [=](Walk& w) {
             const Address replaced =
                 w.random_.one_in(3) ? low_address(0x11) : address_of(key(w.random_.below(validators)));
             return Drawn{R::permissions, by_network(w), w.consent(replaced, true)};
         }},
        {"removeValidator(address)",
         [=](Walk& w) {
             return Drawn{
                 R::permissions, by_network(w),
                 call_data("removeValidator(address)", {to_u256(address_of(key(w.random_.below(validators))))})};
         }},
        {"admitNode(bytes32,bytes32)",
         [=](Walk& w) {
             const PublicKey node = public_key_of(key(100 + w.random_.below(nodes)));
             return Drawn{
                 R::permissions, by_network(w),
                 call_data("admitNode(bytes32,bytes32)", {node.x, w.random_.one_in(6) ? w.random_.word() : node.y})};
         }},
        {"removeNode(address)",
         [=](Walk& w) {
             return Drawn{R::permissions, by_network(w),
                          call_data("removeNode(address)", {to_u256(address_of(key(100 + w.random_.below(nodes))))})};
         }},
        view(R::permissions, "rolesOf(address)", account),
        view(R::permissions, "hasRole(address,uint256)",
             [](Walk& w) { return std::vector<u256>{to_u256(w.admin()), w.roles()}; }),
        view(R::permissions, "threshold(uint256)", [](Walk& w) { return std::vector<u256>{w.roles()}; }),
        view(R::permissions, "proposal(uint64)", [](Walk& w) { return std::vector<u256>{w.random_.below(60)}; }),
        view(R::permissions, "proposalCount()", nothing),
        view(R::permissions, "adminCount()", nothing),
        view(R::permissions, "mode()", nothing),
        view(R::permissions, "clock()", nothing),
        view(R::permissions, "validators()", nothing),
        view(R::permissions, "isValidator(address)",
             [](Walk& w) { return std::vector{to_u256(address_of(key(w.random_.below(validators))))}; }),
        view(R::permissions, "isAdmitted(address)",
             [](Walk& w) { return std::vector{to_u256(address_of(key(100 + w.random_.below(nodes))))}; }),
        view(R::permissions, "nodes()", nothing),
        view(R::permissions, "configHash()", nothing),
        view(R::permissions, "gasLimit()", nothing),
        view(R::permissions, "baseFee()", nothing),
        view(R::permissions, "nativeVersion()", nothing),
        view(R::permissions, "upgrade()", nothing),
        view(R::permissions, "upgradeNotice()", nothing),

        {"addRegistrar(address)",
         [=](Walk& w) {
             return Drawn{
                 R::identities, by_network(w),
                 call_data("addRegistrar(address)", {to_u256(w.random_.one_in(12) ? w.anybody() : w.registrar())})};
         }},
        {"removeRegistrar(address)",
         [=](Walk& w) {
             return Drawn{R::identities, w.random_.one_in(3) ? Pair::first_admin : w.anybody(),
                          call_data("removeRegistrar(address)", {to_u256(w.registrar())})};
         }},
        {"register(bytes32,uint16,uint64,uint64,bytes32,address[])",
         [=](Walk& w) {
             const std::uint64_t count = w.random_.one_in(60) ? 17 : w.random_.below(3);
             Bytes data = call_data("register(bytes32,uint16,uint64,uint64,bytes32,address[])",
                                    {w.random_.one_in(3) ? w.id() : u256{1'000'000 + w.random_.below(1'000'000)},
                                     w.random_.one_in(20) ? 1'000 : std::uint64_t{w.country()}, w.random_.below(8),
                                     w.pair_.now + w.random_.below(identity_life), w.random_.word(), 192, count});
             AbiWriter out{data};
             for (std::uint64_t i = 0; i < count; ++i)
                 out.address(w.random_.one_in(2) ? w.random_.address() : w.anybody());
             return Drawn{R::identities, w.random_.one_in(5) ? w.anybody() : w.registrar(), data};
         }},
        {"setCountry(bytes32,uint16)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.registrar_of(which),
                          call_data("setCountry(bytes32,uint16)",
                                    {which, w.random_.one_in(12) ? 1'000 : std::uint64_t{w.country()}})};
         }},
        {"setCategories(bytes32,uint64)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.registrar_of(which),
                          call_data("setCategories(bytes32,uint64)", {which, w.random_.below(8)})};
         }},
        {"setExpiry(bytes32,uint64)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.registrar_of(which),
                          call_data("setExpiry(bytes32,uint64)",
                                    {which, w.pair_.now + (w.random_.one_in(6) ? 0 : w.random_.below(identity_life))})};
         }},
        {"setFileHash(bytes32,bytes32)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.registrar_of(which),
                          call_data("setFileHash(bytes32,bytes32)", {which, w.random_.word()})};
         }},
        {"setState(bytes32,uint8)",
         [=](Walk& w) {
             const u256 which = w.id();
             const std::uint64_t state = w.random_.one_in(40) ? 3 : w.random_.one_in(6) ? 2 : 1;
             return Drawn{R::identities, w.registrar_of(which), call_data("setState(bytes32,uint8)", {which, state})};
         }},
        {"linkWallet(bytes32,address)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.registrar_of(which),
                          call_data("linkWallet(bytes32,address)",
                                    {which, to_u256(w.random_.one_in(2) ? w.random_.address() : w.anybody())})};
         }},
        {"unlinkWallet(address)",
         [=](Walk& w) {
             const Address which = w.wallet();
             const auto read = w.pair_.call(R::identities, which, call_data("identityOf(address)", {to_u256(which)}));
             return Drawn{R::identities, read && !w.random_.one_in(3) ? w.registrar_of(read->word()) : w.anybody(),
                          call_data("unlinkWallet(address)", {to_u256(w.random_.one_in(9) ? w.anybody() : which)})};
         }},
        {"offerTransfer(bytes32,address)",
         [=](Walk& w) {
             const u256 which = w.id();
             return Drawn{R::identities, w.random_.one_in(4) ? Pair::first_admin : w.registrar_of(which),
                          call_data("offerTransfer(bytes32,address)",
                                    {which, to_u256(w.random_.one_in(6) ? w.anybody() : w.registrar())})};
         }},
        {"acceptTransfer(bytes32)",
         [=](Walk& w) {
             return Drawn{R::identities, w.random_.one_in(9) ? w.anybody() : w.registrar(),
                          call_data("acceptTransfer(bytes32)", {w.id()})};
         }},
        {"recover(address,address)",
         [=](Walk& w) {
             const Address lost = w.wallet();
             Address by = w.anybody();
             if (w.random_.one_in(4)) {  // else all wallets would be retired soon
                 const auto read = w.pair_.call(R::identities, by, call_data("identityOf(address)", {to_u256(lost)}));
                 if (read) by = w.registrar_of(read->word());
             }
             return Drawn{R::identities, by,
                          call_data("recover(address,address)",
                                    {to_u256(lost), to_u256(w.random_.one_in(3) ? w.wallet() : w.random_.address())})};
         }},
        {"cancelRecovery(address)",
         [=](Walk& w) {
             const bool known = !w.recoveries_.empty() && !w.random_.one_in(4);
             const Address lost = known ? w.recoveries_[w.random_.below(w.recoveries_.size())].first : w.wallet();
             return Drawn{R::identities,
                          w.random_.one_in(6)   ? lost
                          : w.random_.one_in(6) ? Pair::first_admin
                                                : w.anybody(),
                          call_data("cancelRecovery(address)", {to_u256(lost)})};
         }},
        view(R::identities, "registrar(address)", [](Walk& w) { return std::vector{to_u256(w.registrar())}; }),
        view(R::identities, "current(address)", account),
        view(R::identities, "identityOf(address)", account),
        view(R::identities, "walletOf(address)", account),
        view(R::identities, "identity(bytes32)", an_id),
        view(R::identities, "idAt(uint64)", [](Walk& w) { return std::vector<u256>{w.random_.below(80)}; }),
        view(R::identities, "identityCount()", nothing),
        view(R::identities, "recoveryDelay()", nothing),

        {"createPolicy((uint8,uint16,uint8,bytes)[])",
         [=](Walk& w) {
             return Drawn{R::policies, w.owner(), w.rules_call("createPolicy((uint8,uint16,uint8,bytes)[])", {})};
         }},
        {"setRules(uint64,(uint8,uint16,uint8,bytes)[])",
         [=](Walk& w) {
             const std::uint64_t which = w.policy();
             return Drawn{R::policies, w.owner_of(which),
                          w.rules_call("setRules(uint64,(uint8,uint16,uint8,bytes)[])", which)};
         }},
        {"offerPolicy(uint64,address)",
         [=](Walk& w) {
             const std::uint64_t which = w.policy();
             return Drawn{R::policies, w.owner_of(which),
                          call_data("offerPolicy(uint64,address)",
                                    {which, to_u256(w.random_.one_in(9) ? Address{} : w.owner())})};
         }},
        {"acceptPolicy(uint64)",
         [=](Walk& w) { return Drawn{R::policies, w.owner(), call_data("acceptPolicy(uint64)", {w.policy()})}; }},
        {"allowToken(uint64,address,bool)",
         [=](Walk& w) {
             const std::uint64_t which = w.policy();
             return Drawn{R::policies, w.owner_of(which),
                          call_data("allowToken(uint64,address,bool)",
                                    {which, w.random_.one_in(15) ? u256{} : to_u256(w.token()), w.random_.below(2)})};
         }},
        {"setLock(uint64,bytes32,uint64)",
         [=](Walk& w) {
             const std::uint64_t which = w.policy();
             return Drawn{R::policies, w.owner_of(which),
                          call_data("setLock(uint64,bytes32,uint64)",
                                    {which, w.id(), w.random_.one_in(2) ? 0 : w.pair_.now + w.random_.below(3'000)})};
         }},
        {"bind(uint64,bool)",
         [=](Walk& w) {
             return Drawn{R::policies, w.random_.one_in(2) ? w.random_.address() : w.token(),
                          call_data("bind(uint64,bool)", {w.policy(), w.random_.below(2)})};
         }},
        {"setEscrow(address,bool)",
         [=](Walk& w) {
             // Never one that may hold units, which the token sees to.
             return Drawn{
                 R::policies, w.random_.one_in(9) ? w.anybody() : w.token(),
                 call_data("setEscrow(address,bool)",
                           {w.random_.one_in(20) ? u256{} : u256{0x4100 + w.random_.below(4)}, w.random_.below(2)})};
         }},
        view(R::policies, "canSend(address,address)",
             [](Walk& w) { return std::vector{to_u256(w.token()), to_u256(w.anybody())}; }),
        view(R::policies, "canReceive(address,address)",
             [](Walk& w) { return std::vector{to_u256(w.token()), to_u256(w.anybody())}; }),
        view(R::policies, "policyOf(address)", a_token),
        view(R::policies, "isEscrow(address,address)",
             [](Walk& w) { return std::vector{to_u256(w.token()), to_u256(w.escrow())}; }),
        view(R::policies, "unitsOf(address,bytes32)", [](Walk& w) { return std::vector{to_u256(w.token()), w.id()}; }),
        view(R::policies, "holders(address)", a_token),
        view(R::policies, "escrowed(address)", a_token),
        view(R::policies, "putInto(address,address,bytes32)",
             [](Walk& w) { return std::vector{to_u256(w.token()), to_u256(w.escrow()), w.id()}; }),
        view(R::policies, "policy(uint64)", a_policy),
        view(R::policies, "rules(uint64)", a_policy),
        view(R::policies, "isAllowed(uint64,address)",
             [](Walk& w) { return std::vector<u256>{w.policy(), to_u256(w.token())}; }),
        view(R::policies, "lockOf(uint64,bytes32)", [](Walk& w) { return std::vector<u256>{w.policy(), w.id()}; }),
        view(R::policies, "policyCount()", nothing),
    };
    return all;
}

}  // namespace talea::tests
