#include "vm/interpreter/translation.hpp"

#include <doctest/doctest.h>
#include <pthread.h>

#include "unit/random.hpp"
#include "unit/vm/interpreter/runner.hpp"
#include "vm/crypto/keccak.hpp"

using namespace talea;
using namespace talea::vm;
using tests::Assembler;

namespace {

constexpr Address self = low_address(0xc0de);

/// As many blocks as code may hold, told apart by their first bytes.
Code largest(unsigned number) {
    Bytes code(limits::code_bytes_max, 0x5b);
    const Bytes first = Assembler().push(u256{number}, 4).bytes();
    std::ranges::copy(first, code.begin());
    return std::make_shared<const Bytes>(code);
}

CallResult run(Evm& evm, const Bytes& code, Gas gas, Bytes* output = nullptr) {
    MapState view;
    view.put(self, 1, Wei{}, code);
    State state(view);
    state.begin_transaction();
    BlockContext block;
    block.fork = Fork::osaka;
    const TxContext tx;
    const EvmEnvironment environment{state, block, tx};
    Message message;
    message.gas = gas;
    message.recipient = message.code_address = self;
    const CallResult result = evm.execute(environment, message);
    if (output != nullptr) *output = to_bytes(result.output);
    return result;
}

}  // namespace

TEST_CASE("translations stay within their limit even where every one is of a frame that runs") {
    TranslationCache cache;
    std::size_t made = 0, refused = 0;
    for (unsigned i = 0; i < 300; ++i) {
        const Code code = largest(i);
        Translation& one = cache.get(keccak256(*code), code);
        ++one.pins;
        (cache.make(one) ? made : refused) += 1;
        CHECK(cache.size_bytes() <= limits::translations_bytes_max);
        CHECK(one.find_jump_destination(10));
        CHECK_FALSE(one.find_jump_destination(3));  // what a PUSH4 pushes
    }
    CHECK(made > 20);
    CHECK(refused > 20);

    SUBCASE("those not pinned make room for others") {
        for (unsigned i = 0; i < 300; ++i) {
            const Code code = largest(i);
            --cache.get(keccak256(*code), code).pins;
        }
        const Code code = largest(1000);
        Translation& one = cache.get(keccak256(*code), code);
        ++one.pins;
        CHECK(cache.make(one));
    }
}

TEST_CASE("code is translated once as many of its instructions ran as it has bytes, and goes on where it stands") {
    // Counts down from 1,000 in memory-free code, then returns what is left of the gas' last byte and the sum.
    Assembler code;
    code.push(0).push(1000, 2);                                // sum, n
    code.op(0x5b);                                             // at 5: loop
    code.op(0x80).op(0x91).op(0x01).op(0x90);                  // sum += n
    code.push(1).op(0x90).op(0x03).op(0x80).push(5).op(0x57);  // --n, again unless 0
    code.op(0x50).push(0).op(0x52).push(32).push(0).op(0xf3);
    Evm hot{Translate::hot_code}, all{Translate::all_code};
    Bytes of_hot, of_all;
    for (Gas gas : {1'000'000, 40'000, 20'000, 100}) {
        const CallResult one = run(hot, code.bytes(), gas, &of_hot), other = run(all, code.bytes(), gas, &of_all);
        CHECK(one.status == other.status);
        CHECK(one.gas_left == other.gas_left);
        CHECK(of_hot == of_all);
    }
    run(hot, code.bytes(), 1'000'000, &of_hot);
    CHECK((u256::from_be_bytes(of_hot) == u256{500'500}));
}

TEST_CASE("1,024 nested calls fit 128 kB of the machine's stack") {
    // Calls itself with all gas and returns one more than the call did.
    Assembler code;
    code.push(32).push(0).push(0).push(0).push(0).push(u256{0xc0de}).op(0x5a).op(0xf1).op(0x50);
    code.push(0).op(0x51).push(1).op(0x01).push(0).op(0x52).push(32).push(0).op(0xf3);
    struct Job {
        const Bytes* code;
        CallResult result;
        Bytes output;
    } job{&code.bytes(), {}, {}};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    REQUIRE(pthread_attr_setstacksize(&attributes, 128 << 10) == 0);
    pthread_t thread;
    const auto body = [](void* given) -> void* {
        Job& asked = *static_cast<Job*>(given);
        Evm evm;
        asked.result = run(evm, *asked.code, Gas{1} << 50, &asked.output);
        return nullptr;
    };
    REQUIRE(pthread_create(&thread, &attributes, body, &job) == 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    CHECK(job.result.status == Status::success);
    CHECK((u256::from_be_bytes(job.output) == u256{1025}));  // the outermost and 1,024 below it
}
