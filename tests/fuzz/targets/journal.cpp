// The vote journal: any bytes end in a verdict; what is read is written back to the byte, as the grammar in journal.hpp
// says; a tear costs no whole record, and damage before the tail is never taken for a tear.
#include "node/consensus/journal.hpp"

#include <algorithm>

#include "fuzz/input.hpp"
#include "fuzz/memory.hpp"
#include "fuzz/target.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"

using namespace talea;
using node::JournalDamage;
using node::JournalRecord;
using vm::Bytes;
using vm::BytesView;
using vm::check;

namespace {

constexpr std::size_t header_bytes = 16 + 32 + 20 + 8;
const node::JournalId id{{{0x5a}}, {{0x07}}};

/// The first bytes of keccak(id ++ offset ++ covered).
Bytes check_bytes(std::uint64_t offset, BytesView covered, std::size_t count) {
    Bytes bytes = vm::to_bytes(vm::view(id.id));
    for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(offset >> shift));
    vm::append(bytes, covered);
    const auto hash = vm::keccak256(bytes);
    return vm::to_bytes(vm::view(hash).first(count));
}

/// The frame of any payload at `offset`, by the grammar.
Bytes framed(BytesView payload, std::uint64_t offset) {
    Bytes frame;
    for (int shift = 24; shift >= 0; shift -= 8) frame.push_back(static_cast<std::uint8_t>(payload.size() >> shift));
    vm::append(frame, check_bytes(offset, BytesView(frame).first(4), 4));
    vm::append(frame, check_bytes(offset, payload, 8));
    vm::append(frame, payload);
    return frame;
}

Bytes written(const std::vector<JournalRecord>& records, std::vector<std::size_t>* ends = nullptr) {
    Bytes file = node::encode_journal_header(id);
    for (const auto& record : records) {
        vm::append(file, node::encode_frame(record, id, file.size()));
        if (ends != nullptr) ends->push_back(file.size());
    }
    return file;
}

/// Reads any bytes as a journal.
node::JournalContent check_read(BytesView file) {
    const auto before = fuzz::allocated_bytes();
    auto content = node::read_journal(file);
    check(fuzz::allocated_bytes() - before <= 4'096 + 64 * file.size(), "reading takes memory in proportion");
    check(!node::to_string(content.damage).empty(), "a verdict has its sentence");
    check(content.good_bytes <= file.size(), "no more is good than there is");
    if (content.damage == JournalDamage::wrong_form || content.good_bytes == 0) {
        check(content.records.empty(), "nothing is read of what is no journal");
        return content;
    }
    check((content.damage == JournalDamage::none) == (content.good_bytes == file.size()),
          "a journal is whole where all of it holds");
    if (content.id == id)
        check(vm::equal(written(content.records), file.first(content.good_bytes)),
              "what is read is written back to the byte");
    return content;
}

vm::Header header_from(fuzz::Input& input) {
    vm::Header header;
    header.number = {input.u64()};
    header.parent_hash = input.hash();
    header.extra_data = vm::to_bytes(input.bytes(input.below(40)));
    if (input.below(2) == 0) header.base_fee_per_gas = input.word();
    return header;
}

std::vector<JournalRecord> records_from(fuzz::Input& input) {
    std::vector<JournalRecord> records;
    for (auto count = input.below(8); count > 0; --count) {
        const node::View view{{input.below(6)}, input.below(4)};
        const std::uint64_t instance = input.below(8) / 6;
        switch (input.below(4)) {
            case 0:
                records.push_back(node::EnterRecord{instance, view});
                break;
            case 1: {
                node::LockRecord lock{instance, view, header_from(input), std::vector<node::Seal>(input.below(5))};
                for (auto& seal : lock.prepares) seal.fill(input.byte());
                records.push_back(std::move(lock));
                break;
            }
            case 2:
                records.push_back(node::BodyRecord{view.number, input.hash(), vm::to_bytes(input.bytes(input.byte()))});
                break;
            default:
                records.push_back(node::RejoinRecord{instance, view.round == 3 ? node::sign_never : view.number});
        }
    }
    return records;
}

bool same(const node::JournalState::Height& a, const node::JournalState::Height& b) {
    return a.instance == b.instance && a.entered == b.entered && a.lock == b.lock;
}

/// What is dropped takes nothing along that binds above it.
void check_compact(const std::vector<JournalRecord>& records, vm::BlockNumber keep_from) {
    const auto all = node::summarise(records), kept = node::summarise(node::compact(records, keep_from));
    auto latest = all.sign_from_instance;
    for (const auto& [number, height] : all.heights) latest = std::max(latest, height.instance);
    const auto rejoined = latest == all.sign_from_instance ? all.sign_from : vm::BlockNumber{};
    check(kept.sign_from_instance == latest && kept.sign_from == std::max(rejoined, keep_from),
          "a rejoin is kept, and nothing is signed again of what is dropped");
    for (const auto& [number, height] : all.heights)
        if (number >= keep_from) {
            const auto found = kept.heights.find(number);
            check(found != kept.heights.end(), "a height that is kept is there");
            // A lock that was dropped leaves its mark in the height that it entered: what was said there in an older
            // instance is void.
            const auto below = all.heights.find({number.value - 1});
            const bool is_void = number == keep_from && below != all.heights.end() && below->second.lock &&
                                 below->second.instance > height.instance;
            const auto expected = is_void ? node::JournalState::Height{below->second.instance, 0, {}} : height;
            check(same(expected, found->second), "what is kept says the same");
        }
    for (const auto& [number, height] : kept.heights) check(number >= keep_from, "what is dropped is gone");
    // A quarantine ends with what is said last, and with nothing that was said before.
    auto later = node::compact(records, keep_from);
    later.emplace_back(node::RejoinRecord{latest, {keep_from.value / 2}});
    check(node::summarise(later).sign_from == vm::BlockNumber{keep_from.value / 2}, "the latest rejoin counts");
}

void run_records(fuzz::Input& input) {
    const auto records = records_from(input);
    std::vector<std::size_t> ends{header_bytes};
    auto file = written(records, &ends);
    check(header_bytes == node::encode_journal_header(id).size(), "a header has the size of the grammar");
    const auto whole = check_read(file);
    check(whole.damage == JournalDamage::none && whole.records == records && whole.id == id,
          "a journal is read as it was written");
    check_compact(records, {input.below(7)});
    if (records.empty()) return;

    const auto place = static_cast<std::size_t>(input.u64() % (file.size() - header_bytes)) + header_bytes;
    // The frame that the place is in.
    const auto frame = static_cast<std::size_t>(std::ranges::upper_bound(ends, place) - ends.begin()) - 1;
    switch (input.below(3)) {
        case 0: {
            file.resize(place);
            const auto torn = check_read(file);
            const bool is_between = ends[frame] == place;
            check(torn.damage == (is_between ? JournalDamage::none : JournalDamage::torn_tail), "a tear is a tear");
            check(torn.records.size() == frame && torn.good_bytes == ends[frame], "a tear costs no whole record");
            return;
        }
        case 1: {
            const auto spoiled = static_cast<std::uint8_t>(1 + input.below(255));
            file[place] ^= spoiled;
            const auto damaged = check_read(file);
            const bool is_last = frame + 1 == records.size();
            check(damaged.damage == (is_last ? JournalDamage::torn_tail : JournalDamage::damaged),
                  "damage is a tear in the last frame alone");
            check(damaged.records.size() == frame, "nothing behind damage is believed");
            return;
        }
        default: {
            // Zeros in place of what was not written, and of some that was.
            std::fill(file.begin() + static_cast<std::ptrdiff_t>(place), file.end(), std::uint8_t{0});
            static_cast<void>(check_read(file));
        }
    }
}

/// A frame that holds, with any payload.
void run_payload(fuzz::Input& input) {
    auto file = node::encode_journal_header(id);
    while (!input.at_end()) vm::append(file, framed(input.bytes(input.byte()), file.size()));
    static_cast<void>(check_read(file));
}

void run(BytesView bytes) {
    static_cast<void>(check_read(bytes));
    fuzz::Input input(bytes);
    switch (input.byte()) {
        case 'r':
            return run_records(input);
        case 'p':
            return run_payload(input);
        default:
            return;
    }
}

const fuzz::Target target{"journal", 1'500, run};

}  // namespace
