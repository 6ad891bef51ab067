#include "reference/program.hpp"

#include <algorithm>
#include <array>

#include "vm/chain/create_address.hpp"

namespace talea::reference {
namespace {

using namespace talea::vm;

constexpr std::size_t contracts = 3;
constexpr std::size_t code_bytes_max = 1200;

/// Zeros follow the end.
class Reader {
  public:
    explicit Reader(BytesView bytes) : bytes_(bytes) {}
    [[nodiscard]] bool at_end() const { return place_ >= bytes_.size(); }
    unsigned next() { return at_end() ? 0 : bytes_[place_++]; }
    unsigned next_of(std::size_t count) { return next() % static_cast<unsigned>(count); }
    unsigned next_pair() {
        const unsigned high = next();
        return high << 8 | next();
    }

  private:
    BytesView bytes_;
    std::size_t place_ = 0;
};

Address delegation_address(unsigned n) {
    return low_address(static_cast<std::uint16_t>(0xde00 + n));
}
constexpr Address origin = low_address(0xca11), holder = low_address(0xe0a0), empty_account = low_address(0xe000),
                  absent = low_address(0xab5e), coinbase = low_address(0xc01b);
Address contract_address(std::size_t n) {
    Address out = low_address(static_cast<std::uint16_t>(0xc0d0 + n));
    if (n == 1) out.bytes[0] = 0xff, out.bytes[7] = 0x80;  // bits in every limb
    return out;
}
/// All addresses that programs name by number.
const std::vector<Address>& addresses() {
    static const std::vector<Address> all = [] {
        std::vector<Address> list;
        for (std::size_t n = 0; n < contracts; ++n) list.push_back(contract_address(n));
        for (const Address& address : {origin, holder, empty_account, absent, coinbase, native_address})
            list.push_back(address);
        for (unsigned n = 0; n < 3; ++n) list.push_back(delegation_address(n));
        for (std::uint16_t n = 0; n <= 0x12; ++n) list.push_back(low_address(n));
        list.push_back(low_address(0x100));
        return list;
    }();
    return all;
}

u256 special_number(unsigned choice) {
    const u256 one{1};
    const std::array<u256, 32> numbers{
        u256{},
        one,
        u256{2},
        u256{3},
        u256{31},
        u256{32},
        u256{33},
        u256{64},
        u256{255},
        u256{256},
        u256{30},
        u256{0x7f},
        u256{0x80},
        u256{0xffffffff},
        one << 32,
        (one << 63) - one,
        one << 63,
        u256{~0ULL},
        one << 64,
        (one << 64) + one,
        (one << 128) - one,
        one << 128,
        (one << 160) - one,
        one << 160,
        one << 192,
        (one << 255) - one,
        one << 255,
        (one << 255) + one,
        u256::max() - one,
        u256::max(),
        u256{1'000'000'000'000'000'000ULL},
        (one << 96) - one,
    };
    return numbers[choice % numbers.size()];
}

/// One contract's code.
class Program {
  public:
    explicit Program(Reader& in) : in_(in) {}

    Bytes make() {
        // Numbers to work on, so that few programs end with a stack that is too low.
        for (unsigned n = 4 + in_.next_of(20); n > 0; --n) push(u256{n});
        bool more = true;
        while (more && !in_.at_end() && code_.size() < code_bytes_max) more = idiom();
        spill(4);  // the way out, where what the stack holds is seen
        for (const std::size_t place : label_uses_) {
            const unsigned choice = code_[place];
            const std::size_t target = labels_.empty() ? choice : labels_[choice % labels_.size()] + choice / 250;
            code_[place] = static_cast<std::uint8_t>(target >> 8);
            code_[place + 1] = static_cast<std::uint8_t>(target);
        }
        return code_;
    }

  private:
    void op(unsigned opcode) { code_.push_back(static_cast<std::uint8_t>(opcode)); }
    void push(const u256& value) { push(value, std::max(1U, value.byte_width())); }
    void push(const u256& value, unsigned width) {
        op(0x5f + width);
        const auto bytes = value.to_be_bytes();
        code_.insert(code_.end(), bytes.end() - width, bytes.end());
    }
    void push_address() {
        const auto& all = addresses();
        const unsigned choice = in_.next();
        push(to_u256(all[choice < 128 ? choice % contracts : choice % all.size()]));
    }
    /// Where and how much in memory: mostly small.
    void push_size() {
        const unsigned choice = in_.next();
        const unsigned word = choice & ~31U;
        if (choice >= 250)
            push(special_number(choice * 5));
        else if (choice % 4 == 0)
            push(u256{word + (choice / 4) % 3});  // about the edge of a word
        else
            push(u256{choice % 4 == 1 ? choice / 4 : word});
    }
    void push_label() {
        op(0x61);
        label_uses_.push_back(code_.size());
        code_.push_back(static_cast<std::uint8_t>(in_.next()));  // which label; made its place at the end
        code_.push_back(0);
    }
    void label() {
        labels_.push_back(code_.size());
        op(0x5b);
    }

    /// Items of the stack into memory, and all of it out.
    void spill(unsigned items) {
        label();
        for (unsigned i = 0; i < items; ++i) {
            push(u256{32 * i});
            op(0x52);
        }
        op(0x59);
        op(0x5f);
        op(0xf3);
    }

    /// False: the contract ends here.
    bool idiom() {
        constexpr unsigned comparisons[] = {0x10, 0x11, 0x12, 0x13, 0x14};
        switch (in_.next_of(56)) {
            case 0:
                return false;
            case 1:
            case 2:
                push(u256{in_.next()});
                break;
            case 3:
            case 4:
                push(special_number(in_.next()));
                break;
            case 5: {
                const unsigned width = 1 + in_.next_of(32);
                op(0x5f + width);
                for (unsigned i = 0; i < width; ++i) op(in_.next());
                break;
            }
            case 6:
            case 7:
                op(0x80 + in_.next_of(16));
                break;
            case 8:
            case 9:
                op(0x90 + in_.next_of(16));
                break;
            case 10:
            case 11:
            case 12:
                op(0x01 + in_.next_of(0x0b));
                break;
            case 13:
            case 14:
                op(0x10 + in_.next_of(0x0f));
                break;
            case 15:
                op(in_.next());
                break;
            case 16:
            case 17:
                push_size();
                op(0x51 + in_.next_of(3));
                break;
            case 18:
            case 19: {
                constexpr unsigned storage[] = {0x54, 0x55, 0x55, 0x5c, 0x5d};
                const unsigned choice = in_.next();
                push(u256{choice / 8 % 4});
                op(storage[choice % 5]);
                break;
            }
            case 20:  // a value and its slot
                push(u256{in_.next_of(4)});
                push(u256{in_.next_of(4)});
                op(0x55);
                break;
            case 21:
                push_label();
                op(0x56);
                break;
            case 22:
                push_label();
                op(0x57);
                break;
            case 23:
                op(0x15);
                push_label();
                op(0x57);
                break;
            case 24:
            case 25: {
                const unsigned choice = in_.next();
                op(comparisons[choice % 5]);
                if ((choice & 0x40) != 0) op(0x15);
                if ((choice & 0x80) != 0) op(0x15);
                push_label();
                op(0x57);
                break;
            }
            case 26:
            case 27:
                label();
                break;
            case 28:  // a return address, as internal functions take it
                push_label();
                break;
            case 29:
                op(0x56);
                break;
            case 30: {  // a constant and what takes it
                constexpr unsigned takes[] = {0x01, 0x16, 0x14, 0x1b, 0x1c, 0x51, 0x52, 0x03, 0x19, 0x10, 0x0b, 0x1d};
                const unsigned choice = in_.next();
                push((choice & 0x80) != 0 ? special_number(in_.next()) : u256{in_.next()});
                op(takes[choice % 12]);
                break;
            }
            case 31:  // a mask, and with it
                push(u256{1});
                push(u256{1});
                push(u256{in_.next()});
                op(0x1b);
                op(0x03);
                op(0x16);
                break;
            case 32: {
                constexpr unsigned pairs[][2] = {{0x50, 0x50}, {0x90, 0x50}, {0x91, 0x50}, {0x92, 0x50}, {0x80, 0x15}};
                const auto& pair = pairs[in_.next_of(5)];
                op(pair[0]);
                op(pair[1]);
                break;
            }
            case 33: {  // a dispatcher: selector, then a chain of comparisons
                push(u256{});
                op(0x35);
                push(u256{0xe0});
                op(0x1c);
                for (unsigned n = in_.next_of(6); n > 0; --n) {
                    op(n == 5 ? 0x81 : 0x80);
                    push(u256{n % 3 == 0 ? 0 : 0x01020304 * n}, 4);
                    op(0x14);
                    push_label();
                    op(0x57);
                }
                break;
            }
            case 34:  // the slot of a mapping
                push(u256{});
                op(0x52);
                push(u256{32});
                op(0x52);
                push(u256{64});
                push(u256{});
                op(0x20);
                break;
            case 35:
                push_size();
                push_size();
                op(0x20);
                break;
            case 36:
            case 37:
            case 38:
                call();
                break;
            case 39:
            case 40:
                create();
                break;
            case 41: {
                const unsigned choice = in_.next();
                push_size();
                push_size();
                op(choice % 3 == 0 ? 0xfd : 0xf3);
                break;
            }
            case 42:  // all memory
                op(0x59);
                op(0x5f);
                op(0xf3);
                break;
            case 43:
                push_address();
                op(0xff);
                break;
            case 44: {
                const unsigned topics = in_.next_of(5);
                push_size();
                push_size();
                op(0xa0 + topics);
                break;
            }
            case 45: {
                constexpr unsigned copies[] = {0x37, 0x39, 0x3e, 0x5e};
                const unsigned choice = in_.next_of(4);
                push_size();
                push_size();
                push_size();
                op(copies[choice]);
                break;
            }
            case 46:
                push_size();
                push_size();
                push_size();
                push_address();
                op(0x3c);
                break;
            case 47: {
                constexpr unsigned asks[] = {0x31, 0x3b, 0x3f, 0x40, 0x49, 0x35};
                const unsigned choice = in_.next_of(6);
                if (choice < 3)
                    push_address();
                else
                    push(u256{choice == 3 ? in_.next_of(2) * 254 + 742 + in_.next_of(5) : in_.next()});
                op(asks[choice]);
                break;
            }
            case 48: {
                constexpr unsigned tells[] = {0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43,
                                              0x44, 0x45, 0x46, 0x47, 0x48, 0x4a, 0x58, 0x59, 0x5a, 0x5a, 0x5f};
                op(tells[in_.next_of(std::size(tells))]);
                break;
            }
            case 49:
                spill(1 + in_.next_of(16));
                break;
            case 50:
                push(u256{1 + in_.next_of(20)});
                loops_.push_back(static_cast<std::uint16_t>(code_.size()));
                label();
                break;
            case 51:  // counts down and back to the loop's beginning
                if (loops_.empty()) break;
                push(u256{1});
                op(0x90);
                op(0x03);
                op(0x80);
                push(u256{loops_.back()}, 2);
                op(0x57);
                op(0x50);
                loops_.pop_back();
                break;
            case 52:  // many items: to the stack's end in a loop
                for (unsigned n = in_.next(); n > 0; --n) op(0x80 + (n & 3));
                break;
            case 53:  // storage of the caller's kind: SLOAD, ADD, SSTORE
                push(u256{in_.next_of(4)});
                op(0x80);
                op(0x54);
                push(u256{in_.next()});
                op(0x01);
                op(0x90);
                op(0x55);
                break;
            case 54:
                op(std::array{0x00U, 0xfeU, 0x5aU, 0x5aU}[in_.next_of(4)]);  // an end, or the gas that is left
                break;
            case 55:
                precompile();
                break;
            default:
                break;
        }
        return true;
    }

    void call() {
        constexpr unsigned kinds[] = {0xf1, 0xf1, 0xf2, 0xf4, 0xfa};
        const unsigned kind = kinds[in_.next_of(5)];
        const unsigned shape = in_.next();
        if ((shape & 0x80) != 0) {  // whom the stack names, often what was just created
            for (int i = 0; i < (kind < 0xf3 ? 5 : 4); ++i) op(0x5f);
            op(kind < 0xf3 ? 0x85 : 0x84);
        } else {
            for (int i = 0; i < 4; ++i) push_size();
            if (kind < 0xf3) push((shape & 0x40) != 0 ? special_number(in_.next()) : u256{(shape >> 4) & 3});
            push_address();
        }
        switch (shape & 7) {
            case 0:
                push(u256{in_.next()});
                break;
            case 1:
                push(u256{in_.next_pair()});
                break;
            case 2:
                push(special_number(in_.next()));
                break;
            default:
                op(0x5a);
        }
        op(kind);
    }

    void create() {
        const unsigned shape = in_.next();
        const bool salted = (shape & 0x80) != 0;
        const unsigned value = shape >> 4 & 3;
        const auto begin = [&] {
            if (salted) push(u256{shape & 1});
        };
        Bytes init;
        switch (shape & 15) {
            case 0:  // what memory has
                begin();
                push_size();
                push_size();
                break;
            case 1:  // this very code
                op(0x38);
                op(0x5f);
                op(0x5f);
                op(0x39);
                begin();
                op(0x38);
                op(0x5f);
                break;
            case 2:
                init = {0x60, static_cast<std::uint8_t>(in_.next()), 0x5f, 0xf3};  // zeros
                break;
            case 3:  // a contract that destroys itself
                init = {0x61, 0x33, 0xff, 0x5f, 0x52, 0x60, 0x02, 0x60, 0x1e, 0xf3};
                break;
            case 4:
                init = {0x60, static_cast<std::uint8_t>(in_.next()), 0x5f, 0xfd};  // reverts
                break;
            case 5:  // code that begins with 0xef
                init = {0x60, 0xef, 0x5f, 0x53, 0x60, 0x01, 0x5f, 0xf3};
                break;
            case 6:  // writes, returns its storage's code
                init = {
                    0x60, static_cast<std::uint8_t>(in_.next()), 0x5f, 0x55, 0x5f, 0x54, 0x5f, 0x52, 0x60, 0x20, 0x5f,
                    0xf3};
                break;
            case 7:
                init = {0x33, 0xff};  // destroys itself at once
                break;
            case 8:  // code longer than allowed, or nearly
                init = {0x61, 0x60, static_cast<std::uint8_t>(in_.next_of(3)), 0x5f, 0xf3};
                break;
            case 9:  // calls who creates it, or the precompile that gives back what it gets
                init = {0x5f, 0x5f, 0x60, 0x21, 0x5f, 0x5f, 0x60, 0x04, 0x5a, 0xf1, 0x00};
                if (value == 0) init = {0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x33, 0x5a, 0xf1, 0x00};
                break;
            case 10:  // deploys what writes a slot and returns it
                init = {0x68, 0x60, 0x05, 0x5f, 0x54, 0x01, 0x5f, 0x55, 0x5f,
                        0x54, 0x5f, 0x52, 0x60, 0x09, 0x60, 0x17, 0xf3};
                break;
            case 11:
                begin();
                push(u256{49'152} + u256{in_.next_of(3)} - u256{1});  // the bound of init code
                op(0x5f);
                break;
            default:
                for (unsigned n = in_.next_of(32); n > 0; --n) init.push_back(static_cast<std::uint8_t>(in_.next()));
        }
        if (!init.empty()) {
            push(u256::from_be_bytes(init), static_cast<unsigned>(init.size()));
            op(0x5f);
            op(0x52);
            begin();
            push(u256{init.size()});
            push(u256{32 - init.size()});
        } else if ((shape & 15) > 11) {
            begin();
            op(0x5f);
            op(0x5f);
        }
        push(u256{value});
        op(salted ? 0xf5 : 0xf0);
        if ((shape & 0x40) != 0) op(0x3d);  // what it returned is not for its creator
    }

    /// A call with words of input in memory, as precompiles want them.
    void precompile() {
        const unsigned shape = in_.next();
        const unsigned count = shape & 7;
        for (unsigned i = 0; i < count; ++i) {
            const unsigned choice = in_.next();
            push(choice < 128 ? u256{choice} : special_number(choice));
            push(u256{32 * i});
            op(0x52);
        }
        push(u256{shape >> 3 & 0x60});
        push(u256{32 * (count + 1)});
        push(u256{(shape & 8) != 0 ? 213 : 32 * count});
        op(0x5f);
        push(u256{1 + in_.next_of(0x11)});
        push(u256{in_.next_pair()});
        op(0xfa);
    }

    Reader& in_;
    Bytes code_;
    std::vector<std::size_t> labels_, label_uses_;
    std::vector<std::uint16_t> loops_;
};

Bytes delegation_to(const Address& address) {
    Bytes code{0xef, 0x01, 0x00};
    append(code, view(address));
    return code;
}

}  // namespace

Scenario scenario_of(BytesView bytes) {
    Reader in(bytes);
    Scenario out;
    constexpr Fork forks[] = {Fork::osaka, Fork::prague, Fork::cancun, Fork::shanghai};
    const unsigned flags = in.next();
    out.block.fork = forks[flags % 4];
    out.with_steps = (flags & 0x18) == 0x18;
    out.with_native = (flags & 4) != 0;
    out.guarded = (flags & 0x60) == 0x60;
    const bool nonce_at_end = (flags & 0x80) != 0;
    out.block.chain_id = 7;
    out.block.number = {1000};
    out.block.timestamp = {1'750'000'000};
    out.block.beneficiary = coinbase;
    out.block.gas_limit = 30'000'000;
    out.block.base_fee = u256{7};
    out.block.prev_randao = Hash{u256::max().to_be_bytes()};
    out.block.blob_base_fee = u256{1};
    for (const std::uint64_t number : {742U, 743U, 744U, 745U, 900U, 998U, 999U, 1000U})
        out.world.block_hashes[{number}] = Hash{u256{number * 0x0123456789abcdefULL}.to_be_bytes()};

    for (unsigned n = 1 + in.next_of(3); n > 0; --n) {
        Transaction tx;
        const unsigned shape = in.next();
        const unsigned gas = in.next_pair();
        tx.message.gas = gas < 0x8000 ? gas : gas < 0xf000 ? (gas - 0x8000) * 16 : (gas - 0xf000) * 480;
        tx.message.sender = origin;
        tx.message.value = u256{shape >> 6};
        for (unsigned count = in.next_of(48); count > 0; --count)
            tx.input.push_back(static_cast<std::uint8_t>(in.next()));
        if ((shape & 0x3f) == 0x3f) {
            tx.message.kind = CallKind::create;
        } else {
            tx.message.recipient = tx.message.code_address = (shape & 0x30) == 0
                                                                 ? addresses()[(shape & 15) % addresses().size()]
                                                                 : contract_address(shape % contracts);
            tx.warm.push_back(tx.message.recipient);
        }
        tx.warm.push_back(origin);
        if ((gas & 1) != 0) tx.warm.push_back(coinbase);
        for (std::uint16_t p = 1; p <= 0x11; ++p) tx.warm.push_back(low_address(p));
        tx.gas_price = u256{9};
        tx.blob_hashes.resize(gas & 3, Hash{u256{1234567}.to_be_bytes()});
        out.transactions.push_back(std::move(tx));
    }

    out.named = addresses();
    out.world.put(origin, 1, u256{1'000'000'000}, {});
    out.world.put(holder, 0, u256{5}, {});
    // Where the first contract's first CREATE goes; storage stands there alone (EIP-7610).
    if (nonce_at_end) out.world.put(create_address(contract_address(0), 1), 0, u256{}, {}, {{u256{3}, u256{1}}});
    out.world.put(native_address, 1, u256{}, Bytes{0xfe}, {{u256{1}, u256{6}}});
    out.world.put(empty_account, 0, u256{}, {});
    for (std::size_t n = 0; n < contracts; ++n) {
        const std::map<u256, u256> storage =
            n == 2 ? std::map<u256, u256>{} : std::map<u256, u256>{{u256{1}, u256{1}}, {u256{2}, u256::max()}};
        out.world.put(contract_address(n), n == 1 && nonce_at_end ? ~std::uint64_t{0} : 1, u256{100 * n},
                      Program(in).make(), storage);
    }
    if (out.block.fork >= Fork::prague) {
        out.world.put(delegation_address(0), 1, u256{3}, delegation_to(contract_address(1)), {{u256{0}, u256{9}}});
        out.world.put(delegation_address(1), 1, u256{}, delegation_to(delegation_address(0)));
        out.world.put(delegation_address(2), 1, u256{}, delegation_to(low_address(4)));
    }
    return out;
}

}  // namespace talea::reference
