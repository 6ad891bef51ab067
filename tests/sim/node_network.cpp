#include <algorithm>
#include <utility>

#include "node/chain/clock.hpp"
#include "node/consensus/proposer.hpp"
#include "node/core/serving.hpp"
#include "sim/describe.hpp"
#include "sim/node.hpp"
#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"

/// What a node sends and hears, and what its clock, disk and program do to that.
namespace talea::sim {
namespace {

constexpr std::uint64_t garbled_of = 500;  ///< a liar that garbles spoils one frame of so many
/// A vote goes by way of a node to a peer once; its author may repeat it later.
constexpr Micros passed_on_again = 100 * millisecond;

Frame frame_of(const node::wire::Message& message) {
    return std::make_shared<const vm::Bytes>(node::wire::encode_frame(message));
}
/// Nothing of what a liar garbled.
std::optional<node::wire::Message> message_of(const vm::Bytes& frame) {
    const auto header = node::wire::decode_frame_header(frame);
    if (!header) return std::nullopt;
    auto message = node::wire::decode_payload(*header, vm::BytesView(frame).subspan(node::wire::frame_header_bytes));
    if (!message) return std::nullopt;
    return *std::move(message);
}

/// What is said to consensus, where it is.
std::optional<node::Message> consensus_of(const std::optional<node::wire::Message>& said) {
    const auto* consensus = said ? std::get_if<node::wire::Consensus>(&*said) : nullptr;
    if (consensus == nullptr) return std::nullopt;
    auto message = node::decode_message(consensus->encoded);
    if (!message) return std::nullopt;
    return *std::move(message);
}

}  // namespace

std::optional<std::size_t> Node::index_of(const vm::Address& address) const {
    const auto found = std::ranges::find(around_.addresses, address);
    if (found == around_.addresses.end()) return std::nullopt;
    return static_cast<std::size_t>(found - around_.addresses.begin());
}

std::optional<vm::Address> Node::signer_of(const node::Message& message) const {
    const node::SigningDomain domain{around_.world.genesis_hash(), process_->core->consensus_why().instance};
    return around_.signatures.signer(node::signed_digest(message, domain), node::signature_of(message));
}

bool Node::is_own(const node::Message& message) const {
    return signer_of(message) == person_.address;
}

void Node::perform(const node::NodeCore::Send& order) {
    const auto said = message_of(*order.frame);
    vm::check(said.has_value(), "a frame of our own is read back");
    const auto* status = std::get_if<node::wire::Status>(&*said);
    if (status != nullptr && status->head > shown())
        around_.checker.fail("n{} claims block {} and shows none above {}", index_, status->head.value, shown().value);
    if (status != nullptr && liar_) {
        auto shown = *status;
        if (liar_->lies_in_sync() && (liar_->insists() || random_.below(4) == 0)) {
            around_.marks.hit("lie: height");
            shown.head.value += 1 + random_.below(1'000);
            if (shown.certificate.empty()) shown.certificate = {1};
        }
        send(order.to, frame_of(shown));
        return;
    }
    // What others would refuse is not shown to them before it stands in a block.
    const bool shows =
        std::holds_alternative<node::wire::Transactions>(*said) || std::holds_alternative<node::wire::Announce>(*said);
    if (permits_everything_ && shows) return;
    const auto* consensus = std::get_if<node::wire::Consensus>(&*said);
    if (consensus == nullptr) {
        send(order.to, order.frame);
        return;
    }
    const auto message = node::decode_message(consensus->encoded);
    vm::check(message.has_value() && node::encode_message(*message) == consensus->encoded,
              "a message of our own is read back");
    send_own(*message, order.to, order.frame);
}

void Node::send_own(const node::Message& message, const std::vector<vm::Address>& to, const Frame& frame) {
    // What others signed may be handed on; it is not audited here again.
    if (!is_own(message)) {
        around_.marks.hit("message passed on");
        if (is_honest) check_passed_on(message, to, frame);
        send_message(message, to, frame);
        return;
    }
    if (is_honest && !is_observer_) {
        const auto at = height();
        if (const auto view = node::view_of(message)) {
            if (view->number < at.number)
                around_.checker.fail("n{} speaks of block {}, which is final here", index_, view->number.value);
            witness_.said(*view, at);
        }
        if (const auto* proposal = std::get_if<node::Proposal>(&message)) witness_.proposed(*proposal, at, {});
        // Judged by the clock of the first time: what is said again was prepared then.
        if (const auto* prepare = std::get_if<node::Prepare>(&message);
            prepare != nullptr && std::exchange(process_->prepared, prepare->subject) != prepare->subject)
            if (const auto wrong = witness_.prepares(prepare->subject, at, now().clock))
                around_.checker.fail("n{} prepares {}/{}: {}", index_, prepare->subject.number.value,
                                     prepare->subject.round, *wrong);
    }
    if (is_honest && !is_observer_)
        around_.checker.signed_message(index_, process_->core->consensus_why().instance, message, durable_journal());
    if (liar_) {
        liar_->would_send(message, to);
    } else {
        send_message(message, to, frame);
    }
}

/// A message is known by what was signed, whoever brings it: else it goes round in circles.
void Node::check_passed_on(const node::Message& message, const std::vector<vm::Address>& to, const Frame& frame) {
    const auto author = signer_of(message);
    for (const auto& peer : to) {
        if (peer == author) continue;  // is shown what it said
        const auto [last, is_new] = process_->passed_on.try_emplace({vm::keccak256(*frame), peer});
        if (!is_new && around_.scheduler.now() < last->second + passed_on_again)
            around_.checker.fail("n{} passes on to n{} again the {} of n{} that it passed on at {} us", index_,
                                 index_of(peer).value_or(99), describe(message), index_of(*author).value_or(99),
                                 last->second);
        last->second = around_.scheduler.now();
    }
}

void Node::forget_passed_on(std::size_t to) {
    std::erase_if(process_->passed_on, [&](const auto& entry) { return entry.first.second == around_.addresses[to]; });
}

void Node::send_message(const node::Message& message, const std::vector<vm::Address>& to, const Frame& frame) {
    if (!process_ || is_silent_) return;
    around_.trace.line(static_cast<int>(index_), "sends {}", describe(message));
    for (const auto& address : to) {
        const auto receiver = index_of(address);
        if (!receiver || *receiver == index_ || !around_.network->connected(index_, *receiver)) continue;
        if (around_.holds_back && around_.holds_back(index_, *receiver, message)) continue;
        ++counters_.consensus_messages;
        transmit(*receiver, frame);
    }
}

void Node::corrupt() {
    is_honest = false;
    Liar::Hands hands;
    hands.send = [this](const node::Message& message, const std::vector<vm::Address>& to) {
        send_message(message, to, frame_of(node::wire::Consensus{node::encode_message(message)}));
    };
    hands.other_block = [this](std::optional<vm::Timestamp> time) { return other_block(time); };
    hands.head = [this] { return process_ ? process_->ledger.head() : vm::Header{}; };
    hands.validators = [this] { return process_ ? process_->next_validators : std::vector<vm::Address>{}; };
    hands.proposer = [this](std::uint64_t round) {
        return node::proposer(process_->next_validators, process_->ledger.head().beneficiary, round);
    };
    liar_ = std::make_unique<Liar>(random_.branch("liar"), around_.marks, signer_, around_.world.genesis_hash(),
                                   std::move(hands));
    garbles_ = random_.below(4) == 0;
}

ExecutedPtr Node::other_block(std::optional<vm::Timestamp> time) {
    if (!process_) return nullptr;
    node::Pool empty;
    if (!time) {
        time = node::block_time(process_->settings, process_->ledger.head().timestamp,
                                clock_.utc(around_.scheduler.now()));
        time->seconds += random_.below(2);
    }
    const auto executed = process_->ledger.build(empty, {*time, person_.address}, true);
    auto& candidate = process_->candidates[executed->hash];
    candidate.block = std::shared_ptr<const vm::RecoveredBlock>(executed, &executed->block);
    candidate.executed = executed;
    return executed;
}

void Node::send(const std::vector<vm::Address>& to, const Frame& frame) {
    for (const auto& address : to)
        if (const auto receiver = index_of(address)) transmit(*receiver, frame);
}

void Node::transmit(std::size_t to, const Frame& frame) {
    if (!garbles_ || random_.below(garbled_of) != 0) {
        around_.network->send(index_, to, frame);
        return;
    }
    around_.marks.hit("lie: garbage");
    auto garbled = *frame;
    const auto flipped = static_cast<std::uint8_t>(1 + random_.below(255));
    garbled[random_.below(garbled.size())] ^= flipped;
    if (random_.below(2) == 0) garbled.resize(1 + random_.below(garbled.size()));
    around_.network->send(index_, to, std::make_shared<const vm::Bytes>(std::move(garbled)));
}

void Node::perform(const node::NodeCore::Disconnect& order) {
    around_.marks.hit("peer disconnected");
    const auto peer = index_of(order.peer);
    if (!peer) return;
    process_->peers.erase(*peer);
    around_.network->break_connection(index_, *peer);
}

void Node::perform(const node::NodeCore::Pause& order) {
    const auto peer = index_of(order.peer);
    if (!peer) return;
    auto& reading = process_->reading[*peer];
    reading.paused_until = order.until;
    const Micros when = clock_.when_monotonic_ms(order.until.ms, around_.scheduler.now());
    later(when - around_.scheduler.now(), [this, from = *peer] { read(from); });
}

/// What came from a peer is told, as long as it is to be read.
void Node::read(std::size_t from) {
    const auto process = process_;
    if (!process) return;
    auto& reading = process->reading[from];
    while (process_ == process && !reading.frames.empty() && reading.paused_until <= now().at) {
        const auto frame = std::move(reading.frames.front());
        reading.frames.pop_front();
        const auto said = message_of(*frame);
        // Whom it hears from has changed, and with it what it misses.
        if (said && std::holds_alternative<node::wire::Status>(*said)) forget_passed_on(from);
        const auto message = consensus_of(said);
        // A liar hears votes before the honest machine does; the witness hears of those that came to it.
        if (liar_ && message) liar_->heard(*message);
        const bool is_watched = message && !liar_ && !is_observer_;
        const auto* proposal = is_watched ? std::get_if<node::Proposal>(&*message) : nullptr;
        if (proposal != nullptr) witness_.proposed(*proposal, height(), now().clock);
        feed(node::NodeCore::FrameReceived{around_.addresses[from], frame});
        if (is_watched && process_ == process && process->peers.contains(from)) witness_.heard(*message, height());
    }
}

void Node::on_frame(std::size_t from, const Frame& frame) {
    later(0, [this, from, frame] {
        if (!process_) return;
        process_->reading[from].frames.push_back(frame);
        read(from);
    });
}

void Node::on_connection(std::size_t peer, bool up) {
    later(0, [this, peer, up] {
        if (!process_ || around_.network->connected(index_, peer) != up) return;
        process_->reading.erase(peer);
        process_->peers.erase(peer);
        forget_passed_on(peer);
        if (up) {
            process_->peers.insert(peer);
            feed(node::NodeCore::Connected{around_.addresses[peer], index_ < peer});
        } else {
            feed(node::NodeCore::Gone{around_.addresses[peer]});
        }
    });
}

void Node::perform(const node::NodeCore::ServeHeaders& order) {
    const auto read = [this](vm::BlockNumber number) -> std::optional<node::wire::CertifiedHeader> {
        if (number.value == 0 || number > shown()) return std::nullopt;
        const auto& record = process_->finals[number.value - 1];
        return node::wire::CertifiedHeader{vm::encode_header(record.block->header),
                                           node::encode_certificate(record.certificate)};
    };
    auto headers = node::answer(order.request, read);
    if (liar_ && liar_->lies_in_sync() && !liar_->insists() && random_.below(2) == 0) {
        around_.marks.hit("lie: sync");
        node::Certificate none;
        none.seals.assign(node::quorum(process_->next_validators.size()), node::make_seal(person_.key, vm::Hash{}));
        headers.headers = {{vm::encode_header(other_block({})->block.header), node::encode_certificate(none)}};
        if (const auto unfinished = liar_->unfinished())
            if (const auto known = process_->candidates.find(unfinished->hash);
                known != process_->candidates.end() && known->second.block)
                headers.headers = {{vm::encode_header(known->second.block->header),
                                    node::encode_certificate(unfinished->certificate)}};
    }
    send({order.to}, frame_of(headers));
}

void Node::perform(const node::NodeCore::ServeBlocks& order) {
    const auto read = [this](const vm::Hash& hash) -> std::optional<node::wire::EncodedBlock> {
        std::shared_ptr<const vm::RecoveredBlock> block;
        if (const auto number = process_->numbers.find(hash);
            number != process_->numbers.end() && number->second <= shown())
            block = process_->finals[number->second.value - 1].block;
        if (const auto found = process_->candidates.find(hash); found != process_->candidates.end())
            block = found->second.block;
        if (!block) return std::nullopt;
        node::wire::EncodedBlock encoded{vm::encode_header(block->header), {}};
        for (const auto& transaction : block->transactions)
            encoded.transactions.push_back(vm::encode_transaction(transaction.tx));
        return encoded;
    };
    around_.marks.hit("body fetched");
    send({order.to}, frame_of(node::answer(order.request, read)));
}

void Node::perform(const node::NodeCore::StoreCheckpoint& order) {
    around_.marks.hit("checkpoint learned");
    around_.trace.line(static_cast<int>(index_), "learns of a checkpoint on block {}", order.checkpoint.number.value);
    recover(order.checkpoint, false);
}

void Node::perform(const node::NodeCore::CheckpointRefused& order) {
    around_.trace.line(static_cast<int>(index_), "refuses a checkpoint of n{}: {}", index_of(order.peer).value_or(99),
                       order.sentence);
}

void Node::perform(const node::NodeCore::Blamed& order) {
    around_.marks.hit("peer blamed");
    around_.trace.line(static_cast<int>(index_), "holds it against n{} that it {}", index_of(order.peer).value_or(99),
                       node::to_string(order.misdeed));
}

void Node::perform(const node::NodeCore::RefusedBy& order) {
    if (order.reason == node::wire::Refusal::not_admitted) around_.marks.hit("not admitted");
    around_.trace.line(static_cast<int>(index_), "is refused by n{}", index_of(order.peer).value_or(99));
}

}  // namespace talea::sim
