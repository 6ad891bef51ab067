#include "node/consensus/journal.hpp"

#include <algorithm>
#include <array>

#include "node/base/text_bytes.hpp"
#include "node/consensus/certificate.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::node {
namespace rlp = vm::rlp;

namespace {

constexpr std::string_view magic = "talea-journal 1\n";
constexpr std::size_t check_bytes = 8;
constexpr std::size_t header_bytes = magic.size() + sizeof(vm::Hash) + sizeof(vm::Address) + check_bytes;
constexpr std::size_t size_check_bytes = 4;
constexpr std::size_t frame_header_bytes = 4 + size_check_bytes + check_bytes;

enum class Kind : std::uint8_t { enter = 1, lock = 2, body = 3, rejoin = 4 };

using Check = std::array<std::uint8_t, check_bytes>;

/// Bound to the journal and to the place in it.
Check check_of(const vm::Hash& id, std::uint64_t offset, vm::BytesView covered) {
    vm::Bytes bytes = vm::to_bytes(vm::view(id));
    for (std::size_t i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(offset >> (56 - 8 * i)));
    vm::append(bytes, covered);
    const auto hash = vm::keccak256(bytes);
    Check check;
    std::copy_n(hash.bytes.begin(), check_bytes, check.begin());
    return check;
}

struct EncodeRecord {
    vm::Bytes& out;

    void operator()(const EnterRecord& r) const {
        begin(Kind::enter, r.instance, r.view.number);
        rlp::encode(out, r.view.round);
    }
    void operator()(const LockRecord& r) const {
        begin(Kind::lock, r.instance, r.view.number);
        rlp::encode(out, r.view.round);
        vm::append(out, encode_header(r.header));
        encode_seals(out, r.prepares);
    }
    void operator()(const BodyRecord& r) const {
        begin(Kind::body, 0, r.number);
        rlp::encode(out, r.hash);
        rlp::encode(out, vm::BytesView(r.encoded));
    }
    void operator()(const RejoinRecord& r) const { begin(Kind::rejoin, r.instance, r.sign_from); }

  private:
    void begin(Kind kind, std::uint64_t instance, vm::BlockNumber number) const {
        rlp::encode(out, static_cast<std::uint64_t>(kind));
        rlp::encode(out, instance);
        rlp::encode(out, number.value);
    }
};

vm::Bytes encode_payload(const JournalRecord& record) {
    vm::Bytes out;
    rlp::List list(out);
    std::visit(EncodeRecord{out}, record);
    list.close();
    return out;
}

std::optional<vm::Header> read_header(rlp::Reader& in) {
    const auto item = in.item();
    if (!item) return {};
    auto header = vm::decode_header(item->encoded);
    if (!header) return {};
    return std::move(*header);
}

std::optional<std::vector<Seal>> read_seals(rlp::Reader& in) {
    auto list = in.list();
    if (!list) return {};
    std::vector<Seal> seals;
    while (!list->at_end()) {
        const auto bytes = list->string();
        if (!bytes || bytes->size() != std::tuple_size_v<Seal> || seals.size() == limits::consensus_validators_max)
            return {};
        std::ranges::copy(*bytes, seals.emplace_back().begin());
    }
    return seals;
}

std::optional<JournalRecord> read_record(rlp::Reader& in) {
    const auto kind = in.u64();
    const auto instance = in.u64();
    const auto number = in.u64();
    if (!kind || !instance || !number) return {};
    const vm::BlockNumber block{*number};
    switch (*kind) {
        case static_cast<std::uint64_t>(Kind::enter): {
            const auto round = in.u64();
            if (!round) return {};
            return EnterRecord{*instance, {block, *round}};
        }
        case static_cast<std::uint64_t>(Kind::lock): {
            const auto round = in.u64();
            if (!round) return {};
            auto header = read_header(in);
            auto prepares = header ? read_seals(in) : std::nullopt;
            if (!prepares) return {};
            return LockRecord{*instance, {block, *round}, std::move(*header), std::move(*prepares)};
        }
        case static_cast<std::uint64_t>(Kind::body): {
            const auto hash = in.hash();
            if (!hash) return {};
            const auto encoded = in.string();
            if (!encoded) return {};
            return BodyRecord{block, *hash, vm::to_bytes(*encoded)};
        }
        case static_cast<std::uint64_t>(Kind::rejoin):
            return RejoinRecord{*instance, block};
        default:
            return {};
    }
}

std::optional<JournalRecord> decode_payload(vm::BytesView payload) {
    rlp::Reader reader(payload);
    auto list = reader.list();
    if (!list || !reader.at_end()) return {};
    auto record = read_record(*list);
    if (!record || !list->at_end()) return {};
    return record;
}

struct Frame {
    JournalRecord record;
    std::uint64_t end = 0;
};

/// The frame at `offset`, if there is a good one.
std::optional<Frame> frame_at(vm::BytesView file, std::uint64_t offset, const vm::Hash& id) {
    if (file.size() < offset || file.size() - offset < frame_header_bytes) return {};
    const auto frame = file.subspan(offset);
    std::size_t size = 0;
    for (std::size_t i = 0; i < 4; ++i) size = size << 8 | frame[i];
    if (size > limits::journal_record_bytes_max || frame.size() - frame_header_bytes < size) return {};
    // The size has its own check, so that looking for frames behind damage costs one short hash a byte.
    const auto size_check = check_of(id, offset, frame.first(4));
    if (!vm::equal(vm::BytesView(size_check).first(size_check_bytes), frame.subspan(4, size_check_bytes))) return {};
    const auto payload = frame.subspan(frame_header_bytes, size);
    if (!vm::equal(check_of(id, offset, payload), frame.subspan(4 + size_check_bytes, check_bytes))) return {};
    auto record = decode_payload(payload);
    if (!record) return {};
    return Frame{std::move(*record), offset + frame_header_bytes + size};
}

/// Whether any good frame begins after `offset`. Its check covers its place, so nothing is taken for one by chance.
bool has_frame_after(vm::BytesView file, std::uint64_t offset, const vm::Hash& id) {
    for (auto at = offset + 1; at + frame_header_bytes < file.size(); ++at)
        if (frame_at(file, at, id)) return true;
    return false;
}

}  // namespace

vm::Bytes encode_journal_header(const JournalId& id) {
    vm::Bytes out = vm::to_bytes(bytes_of(magic));
    vm::append(out, vm::view(id.id));
    vm::append(out, vm::view(id.validator));
    vm::append(out, check_of(id.id, 0, out));
    return out;
}

vm::Bytes encode_frame(const JournalRecord& record, const JournalId& id, std::uint64_t offset) {
    const auto payload = encode_payload(record);
    vm::check(payload.size() <= limits::journal_record_bytes_max, "a record fits its limit");
    vm::Bytes out;
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(payload.size() >> shift));
    const auto size_check = check_of(id.id, offset, out);
    vm::append(out, vm::BytesView(size_check).first(size_check_bytes));
    vm::append(out, check_of(id.id, offset, payload));
    vm::append(out, payload);
    return out;
}

std::string_view to_string(JournalDamage damage) {
    switch (damage) {
        case JournalDamage::none:
            return "whole";
        case JournalDamage::torn_tail:
            return "torn at its end";
        case JournalDamage::damaged:
            return "damaged";
        case JournalDamage::foreign:
            return "of another key";
        case JournalDamage::wrong_form:
            return "no journal of this version";
    }
    return "";
}

JournalContent read_journal(vm::BytesView file) {
    JournalContent content;
    if (file.size() < header_bytes || !vm::equal(file.first(magic.size()), bytes_of(magic))) {
        content.damage = JournalDamage::wrong_form;
        return content;
    }
    std::copy_n(file.begin() + magic.size(), sizeof(vm::Hash), content.id.id.bytes.begin());
    std::copy_n(file.begin() + magic.size() + sizeof(vm::Hash), sizeof(vm::Address),
                content.id.validator.bytes.begin());
    const auto covered = file.first(header_bytes - check_bytes);
    if (!vm::equal(check_of(content.id.id, 0, covered), file.subspan(covered.size(), check_bytes))) {
        content.damage = JournalDamage::damaged;
        return content;
    }
    content.good_bytes = header_bytes;
    while (auto frame = frame_at(file, content.good_bytes, content.id.id)) {
        content.records.push_back(std::move(frame->record));
        content.good_bytes = frame->end;
    }
    if (content.good_bytes < file.size())
        content.damage = has_frame_after(file, content.good_bytes, content.id.id) ? JournalDamage::damaged
                                                                                  : JournalDamage::torn_tail;
    return content;
}

JournalState summarise(const std::vector<JournalRecord>& records) {
    JournalState state;
    const auto height = [&](std::uint64_t instance, vm::BlockNumber number) -> JournalState::Height* {
        auto& known = state.heights[number];
        if (instance < known.instance) return nullptr;  // void since a recovery
        if (instance > known.instance) known = {.instance = instance, .entered = 0, .lock = {}};
        return &known;
    };
    for (const auto& record : records) {
        if (const auto* enter = std::get_if<EnterRecord>(&record)) {
            if (auto* known = height(enter->instance, enter->view.number))
                known->entered = std::max(known->entered, enter->view.round);
        } else if (const auto* lock = std::get_if<LockRecord>(&record)) {
            if (auto* known = height(lock->instance, lock->view.number)) {
                known->entered = std::max(known->entered, lock->view.round);
                if (!known->lock || known->lock->view.round <= lock->view.round) known->lock = *lock;
            }
        } else if (const auto* rejoin = std::get_if<RejoinRecord>(&record)) {
            if (rejoin->instance < state.sign_from_instance) continue;
            state.sign_from = rejoin->sign_from;
            state.sign_from_instance = rejoin->instance;
        }
    }
    return state;
}

std::vector<JournalRecord> compact(const std::vector<JournalRecord>& records, vm::BlockNumber keep_from) {
    const auto state = summarise(records);
    std::vector<JournalRecord> kept;
    // What was signed below is forgotten with this: a node whose blocks are put back from a backup must not sign there.
    std::uint64_t instance = state.sign_from_instance;
    for (const auto& [number, height] : state.heights) instance = std::max(instance, height.instance);
    const auto rejoined = instance == state.sign_from_instance ? state.sign_from : vm::BlockNumber{};
    kept.emplace_back(RejoinRecord{instance, std::max(rejoined, keep_from)});
    for (const auto& [number, height] : state.heights) {
        // A dropped lock still says that the height after it was entered.
        if (next(number) == keep_from && height.lock) kept.emplace_back(EnterRecord{height.instance, {keep_from, 0}});
        if (number < keep_from) continue;
        if (height.lock) {
            const auto hash = vm::header_hash(height.lock->header);
            const auto body = std::ranges::find_if(records, [&](const auto& record) {
                const auto* known = std::get_if<BodyRecord>(&record);
                return known != nullptr && known->hash == hash;
            });
            if (body != records.end()) kept.push_back(*body);
            kept.emplace_back(*height.lock);
        }
        if (!height.lock || height.entered > height.lock->view.round)
            kept.emplace_back(EnterRecord{height.instance, {number, height.entered}});
    }
    // Of bodies stay those of locks, and those written since their height's latest round was entered: these may be
    // locked on next.
    std::map<vm::BlockNumber, std::vector<const BodyRecord*>> latest;
    for (const auto& record : records) {
        if (const auto* enter = std::get_if<EnterRecord>(&record)) latest.erase(enter->view.number);
        if (const auto* body = std::get_if<BodyRecord>(&record); body != nullptr && body->number >= keep_from)
            latest[body->number].push_back(body);
    }
    const auto is_kept = [&](const vm::Hash& hash) {
        return std::ranges::any_of(kept, [&](const auto& record) {
            const auto* body = std::get_if<BodyRecord>(&record);
            return body != nullptr && body->hash == hash;
        });
    };
    for (const auto& [number, bodies] : latest)
        for (const auto* body : bodies)
            if (!is_kept(body->hash)) kept.emplace_back(*body);
    return kept;
}

}  // namespace talea::node
