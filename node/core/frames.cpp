#include <utility>

#include "node/core/node_core.hpp"
#include "node/core/serving.hpp"
#include "vm/crypto/keccak.hpp"

/// What peers say.
namespace talea::node {
namespace {

/// Signatures that judging a message costs: its own, and those that it embeds.
std::uint64_t signatures_of(const Message& message) {
    if (const auto* proposal = std::get_if<Proposal>(&message))
        return 1 + proposal->round_changes.size() + proposal->prepares.size();
    if (const auto* change = std::get_if<RoundChange>(&message); change != nullptr && change->certificate)
        return 1 + change->certificate->prepares.size();
    return 1;
}

}  // namespace

void NodeCore::handle(const FrameReceived& event) {
    const auto& from = event.peer;
    if (!peers_.contains(from)) return;
    if (!charge(from, Cost::bytes, event.frame->size()) || !charge(from, Cost::messages, 1)) return;
    const auto header = wire::decode_frame_header(*event.frame);
    if (!header) return blame(from, Misdeed::malformed);
    const auto message = wire::decode_payload(*header, vm::BytesView(*event.frame).subspan(wire::frame_header_bytes));
    // A type of a later release is skipped.
    if (!message && message.error() != wire::WireError::unknown_type) return blame(from, Misdeed::malformed);
    perform(links_.heard(from, now_.at));
    if (message) std::visit([&](const auto& said) { hear(from, said, event.frame); }, *message);
}

void NodeCore::hear(const vm::Address& from, const wire::Status& status, const Frame&) {
    if (status.genesis_hash != genesis_hash_) return disconnect(from, wire::Refusal::other_genesis);
    perform(relay_.linked(from, status.linked, now_.at));
    gossip_.linked(from, status.linked);
    note_reach();
    // A head without its certificate carries no weight.
    perform(planner_.claimed(from, status.certificate.empty() ? vm::BlockNumber{} : status.head, now_.at));
}

void NodeCore::hear(const vm::Address& from, const wire::Refused& refused, const Frame&) {
    emit(RefusedBy{from, refused.reason});
}

void NodeCore::hear(const vm::Address& from, const wire::Announce& announce, const Frame&) {
    perform(gossip_.announced(from, announce.hashes, now_.at));
}

void NodeCore::hear(const vm::Address& from, const wire::GetTransactions& request, const Frame&) {
    gossip_.requested(from, request.hashes);
    for (auto& frame : answer(request.hashes, pool_)) send(from, std::move(frame));
}

void NodeCore::hear(const vm::Address& from, const wire::Transactions& transactions, const Frame&) {
    TakeTransactions order{from, {}};
    for (const auto& encoded : transactions.encoded) {
        const auto hash = vm::keccak256(encoded);
        auto arrival = gossip_.arrived(from, hash, encoded.size(), now_.at);
        perform(arrival.actions);
        if (!connected_.contains(from)) return;
        if (!arrival.is_new) continue;
        taking_.insert_or_assign(hash, from);
        order.encoded.push_back(encoded);
    }
    if (order.encoded.empty() || !charge(from, Cost::signatures, order.encoded.size())) return;
    emit(std::move(order));
}

void NodeCore::hear(const vm::Address& from, const wire::Consensus& said, const Frame& frame) {
    auto message = decode_message(said.encoded);
    if (!message) return blame(from, Misdeed::malformed);
    const auto frame_hash = vm::keccak256(said.encoded);
    if (!relay_.is_known(frame_hash) && !charge(from, Cost::signatures, signatures_of(*message))) return;
    // Consensus is told of repetitions too: it may have had no use for the message when it came first.
    if (relay(from, *message, frame_hash, frame)) told_.emplace_back(node::MessageReceived{std::move(*message)});
}

bool NodeCore::relay(const vm::Address& from, const Message& message, const vm::Hash& frame_hash, const Frame& frame) {
    // Those of rejoining belong to no height; they are passed on in the current one.
    const auto view = view_of(message).value_or(View{next(head()), 0});
    if (view.number <= head() || view.number.value > head().value + Relay::Settings{}.heights) return true;
    const auto digest = signed_digest(message, domain());
    const auto author = signatures_.signer(digest, signature_of(message));
    if (!author) {
        blame(from, Misdeed::bad_signature);
        return false;
    }
    const MessageKey key{view.number, static_cast<std::uint8_t>(code_of(message)), *author, view.round, digest};
    perform(relay_.received(from, key, frame_hash, frame, now_.at).sends);
    return true;
}

void NodeCore::hear(const vm::Address& from, const wire::GetHeaders& request, const Frame&) {
    emit(ServeHeaders{from, request});
}

void NodeCore::hear(const vm::Address& from, const wire::Headers& headers, const Frame&) {
    perform(planner_.received(from, headers, now_.at));
}

void NodeCore::hear(const vm::Address& from, const wire::GetBlocks& request, const Frame&) {
    emit(ServeBlocks{from, request});
}

void NodeCore::hear(const vm::Address& from, const wire::Blocks& blocks, const Frame&) {
    if (!BodyFetch::is_own(blocks.request)) return perform(planner_.received(from, blocks, now_.at));
    BodyFetch::Actions actions;
    const auto verdict = bodies_.received(from, blocks, actions);
    perform(actions);
    if (verdict == BodyFetch::Answer::unasked) blame(from, Misdeed::unasked);
    if (verdict == BodyFetch::Answer::lie) blame(from, Misdeed::lie);
}

void NodeCore::hear(const vm::Address& from, const wire::Checkpoint& said, const Frame&) {
    auto checkpoint = decode_checkpoint(said.encoded);
    if (!checkpoint) return blame(from, Misdeed::malformed);
    auto known = checkpoints_;
    known.insert(known.end(), storing_.begin(), storing_.end());
    // What the driver is still to apply is certified too, and its hashes are not here.
    CheckpointGround ground{final_, instance_of(head(), checkpoints_), std::nullopt};
    if (checkpoint->number == head()) ground.hash = head_.hash;
    const auto fate = judge_checkpoint(*checkpoint, known, ground);
    if (fate == CheckpointFate::known || !charge(from, Cost::signatures, checkpoint->signatures.size())) return;
    if (!verify_checkpoint(*checkpoint, genesis_hash_, recovery_)) return blame(from, Misdeed::lie);
    if (!fate) return emit(CheckpointRefused{from, fate.error()});
    storing_.push_back(*checkpoint);
    emit(StoreCheckpoint{std::move(*checkpoint)});
}

}  // namespace talea::node
