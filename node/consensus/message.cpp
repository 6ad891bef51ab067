#include "node/consensus/message.hpp"

#include <algorithm>

#include "node/consensus/certificate.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/rlp/decode.hpp"
#include "vm/rlp/encode.hpp"

namespace talea::node {
namespace rlp = vm::rlp;

namespace {

void encode_code(vm::Bytes& out, MessageCode code) {
    rlp::encode(out, static_cast<std::uint64_t>(code));
}
void encode_seal(vm::Bytes& out, const Seal& seal) {
    rlp::encode(out, vm::BytesView(seal));
}
void encode_prepared(vm::Bytes& out, const std::optional<PreparedClaim>& prepared) {
    rlp::List list(out);
    if (!prepared) return;
    rlp::encode(out, prepared->round);
    rlp::encode(out, prepared->hash);
}

// What the signatures cover begins alike.
vm::Bytes begin_payload(MessageCode code, const SigningDomain& domain) {
    vm::Bytes out;
    encode_code(out, code);
    rlp::encode(out, domain_hash(domain));
    return out;
}
vm::Hash list_keccak(vm::BytesView items) {
    vm::Bytes out;
    rlp::encode_list_header(out, items.size());
    vm::append(out, items);
    return vm::keccak256(out);
}

}  // namespace

vm::Hash proposal_digest(const SigningDomain& domain, const VoteSubject& subject,
                         const std::vector<vm::Hash>& transactions) {
    vm::Bytes hashes;
    hashes.reserve(transactions.size() * sizeof(vm::Hash));
    for (const auto& hash : transactions) vm::append(hashes, vm::view(hash));
    auto out = begin_payload(MessageCode::proposal, domain);
    rlp::encode(out, subject.number.value);
    rlp::encode(out, subject.round);
    rlp::encode(out, subject.hash);
    rlp::encode(out, vm::keccak256(hashes));
    return list_keccak(out);
}

vm::Hash round_change_digest(const SigningDomain& domain, vm::BlockNumber number, std::uint64_t round,
                             const std::optional<PreparedClaim>& prepared) {
    auto out = begin_payload(MessageCode::round_change, domain);
    rlp::encode(out, number.value);
    rlp::encode(out, round);
    encode_prepared(out, prepared);
    return list_keccak(out);
}

vm::Hash height_query_digest(const SigningDomain& domain, std::uint64_t nonce) {
    auto out = begin_payload(MessageCode::height_query, domain);
    rlp::encode(out, nonce);
    return list_keccak(out);
}

vm::Hash height_claim_digest(const SigningDomain& domain, const HeightClaim& claim) {
    auto out = begin_payload(MessageCode::height_claim, domain);
    rlp::encode(out, claim.asker);
    rlp::encode(out, claim.nonce);
    rlp::encode(out, claim.number.value);
    return list_keccak(out);
}

namespace {

struct ViewOf {
    std::optional<View> operator()(const Proposal& m) const { return View{m.header.number, m.round}; }
    std::optional<View> operator()(const Prepare& m) const { return View{m.subject.number, m.subject.round}; }
    std::optional<View> operator()(const Commit& m) const { return View{m.subject.number, m.subject.round}; }
    std::optional<View> operator()(const RoundChange& m) const { return View{m.number, m.round}; }
    std::optional<View> operator()(const HeightQuery&) const { return {}; }
    std::optional<View> operator()(const HeightClaim&) const { return {}; }
};

struct CodeOf {
    MessageCode operator()(const Proposal&) const { return MessageCode::proposal; }
    MessageCode operator()(const Prepare&) const { return MessageCode::prepare; }
    MessageCode operator()(const Commit&) const { return MessageCode::commit; }
    MessageCode operator()(const RoundChange&) const { return MessageCode::round_change; }
    MessageCode operator()(const HeightQuery&) const { return MessageCode::height_query; }
    MessageCode operator()(const HeightClaim&) const { return MessageCode::height_claim; }
};

struct SignedDigest {
    const SigningDomain& domain;

    vm::Hash operator()(const Proposal& m) const {
        const VoteSubject subject{m.header.number, m.round, vm::header_hash(m.header)};
        return proposal_digest(domain, subject, m.transactions);
    }
    vm::Hash operator()(const Prepare& m) const { return vote_digest(MessageCode::prepare, domain, m.subject); }
    vm::Hash operator()(const Commit& m) const { return vote_digest(MessageCode::commit, domain, m.subject); }
    vm::Hash operator()(const RoundChange& m) const {
        return round_change_digest(domain, m.number, m.round, m.claim.prepared);
    }
    vm::Hash operator()(const HeightQuery& m) const { return height_query_digest(domain, m.nonce); }
    vm::Hash operator()(const HeightClaim& m) const { return height_claim_digest(domain, m); }
};

struct SignatureOf {
    const Seal& operator()(const RoundChange& m) const { return m.claim.signature; }
    template <class Other>
    const Seal& operator()(const Other& m) const {
        return m.signature;
    }
};

struct EncodeMessage {
    vm::Bytes& out;

    void operator()(const Proposal& m) const {
        rlp::encode(out, m.round);
        vm::append(out, encode_header(m.header));
        {
            rlp::List list(out);
            for (const auto& hash : m.transactions) rlp::encode(out, hash);
        }
        encode_seal(out, m.signature);
        {
            rlp::List list(out);
            for (const auto& claim : m.round_changes) {
                rlp::List pair(out);
                encode_prepared(out, claim.prepared);
                encode_seal(out, claim.signature);
            }
        }
        encode_seals(out, m.prepares);
    }
    void operator()(const Prepare& m) const { vote(m.subject, m.signature); }
    void operator()(const Commit& m) const { vote(m.subject, m.signature); }
    void operator()(const RoundChange& m) const {
        rlp::encode(out, m.number.value);
        rlp::encode(out, m.round);
        encode_prepared(out, m.claim.prepared);
        encode_seal(out, m.claim.signature);
        rlp::List list(out);
        if (!m.certificate) return;
        vm::append(out, encode_header(m.certificate->header));
        encode_seals(out, m.certificate->prepares);
    }
    void operator()(const HeightQuery& m) const {
        rlp::encode(out, m.nonce);
        encode_seal(out, m.signature);
    }
    void operator()(const HeightClaim& m) const {
        rlp::encode(out, m.asker);
        rlp::encode(out, m.nonce);
        rlp::encode(out, m.number.value);
        encode_seal(out, m.signature);
    }

  private:
    void vote(const VoteSubject& subject, const Seal& signature) const {
        rlp::encode(out, subject.number.value);
        rlp::encode(out, subject.round);
        rlp::encode(out, subject.hash);
        encode_seal(out, signature);
    }
};

}  // namespace

std::optional<View> view_of(const Message& message) {
    return std::visit(ViewOf{}, message);
}
MessageCode code_of(const Message& message) {
    return std::visit(CodeOf{}, message);
}
vm::Hash signed_digest(const Message& message, const SigningDomain& domain) {
    return std::visit(SignedDigest{domain}, message);
}
const Seal& signature_of(const Message& message) {
    return std::visit(SignatureOf{}, message);
}

vm::Bytes encode_message(const Message& message) {
    vm::Bytes out;
    rlp::List list(out);
    encode_code(out, code_of(message));
    std::visit(EncodeMessage{out}, message);
    list.close();
    return out;
}

std::string_view to_string(MessageDecodeError error) {
    switch (error) {
        case MessageDecodeError::rlp:
            return "not the encoding of a message";
        case MessageDecodeError::too_large:
            return "larger than a message may be";
        case MessageDecodeError::unknown_code:
            return "of a type that consensus does not know";
        case MessageDecodeError::too_many:
            return "with more seals, claims or transactions than a message may have";
        case MessageDecodeError::round:
            return "of a round that no chain reaches";
        case MessageDecodeError::prepared:
            return "a prepared claim and its certificate that do not belong together";
    }
    return "";
}

namespace {

/// Takes items from a list; the first failure stays and makes all later reads yield zeros, so that a message is read as
/// a straight line and judged once.
class Take {
  public:
    explicit Take(rlp::Reader reader) : reader_(reader) {}

    std::uint64_t u64() { return value(reader_.u64()); }
    vm::Hash hash() { return value(reader_.hash()); }
    vm::Address address() { return value(reader_.address()); }
    std::uint64_t round() {
        const auto round = u64();
        if (round > limits::round_max) fail(MessageDecodeError::round);
        return round;
    }
    Seal seal() {
        const auto bytes = value(reader_.string());
        Seal seal{};
        if (bytes.size() != seal.size()) {
            fail(MessageDecodeError::rlp);
            return seal;
        }
        std::ranges::copy(bytes, seal.begin());
        return seal;
    }
    vm::Header header() {
        const auto item = reader_.item();
        if (!item) {
            fail(MessageDecodeError::rlp);
            return {};
        }
        auto header = vm::decode_header(item->encoded);
        // One header has one encoding, which its hash covers.
        if (!header || !vm::equal(vm::encode_header(*header), item->encoded)) {
            fail(MessageDecodeError::rlp);
            return {};
        }
        return std::move(*header);
    }
    /// A list of at most `count_max` items, each read by `read(Take&)`.
    template <class T, class Read>
    std::vector<T> list(std::size_t count_max, Read read) {
        std::vector<T> items;
        auto inner = sub();
        while (!error_ && !inner.at_end()) {
            if (items.size() == count_max) {
                fail(MessageDecodeError::too_many);
                break;
            }
            items.push_back(read(inner));
            if (inner.error_) error_ = inner.error_;
        }
        return items;
    }
    std::vector<Seal> seals() {
        return list<Seal>(limits::consensus_validators_max, [](Take& in) { return in.seal(); });
    }
    std::optional<PreparedClaim> prepared() {
        auto inner = sub();
        if (error_ || inner.at_end()) return {};
        PreparedClaim claim;
        claim.round = inner.round();
        claim.hash = inner.hash();
        close(inner);
        return claim;
    }
    Take sub() {
        auto list = reader_.list();
        if (!list) fail(MessageDecodeError::rlp);
        return Take(list ? *list : rlp::Reader({}));
    }
    /// The inner list has been read: nothing may be left in it.
    void close(Take& inner) {
        if (!inner.error_ && !inner.at_end()) inner.fail(MessageDecodeError::rlp);
        if (inner.error_ && !error_) error_ = inner.error_;
    }
    [[nodiscard]] bool at_end() const { return reader_.at_end(); }
    void fail(MessageDecodeError error) {
        if (!error_) error_ = error;
    }
    [[nodiscard]] const std::optional<MessageDecodeError>& error() const { return error_; }

  private:
    template <class T>
    T value(const rlp::Result<T>& result) {
        if (result && !error_) return *result;
        fail(MessageDecodeError::rlp);
        return T{};
    }

    rlp::Reader reader_;
    std::optional<MessageDecodeError> error_;
};

VoteSubject take_subject(Take& in) {
    VoteSubject subject;
    subject.number = {in.u64()};
    subject.round = in.round();
    subject.hash = in.hash();
    return subject;
}

RoundChangeClaim take_claim(Take& in) {
    auto inner = in.sub();
    RoundChangeClaim claim;
    claim.prepared = inner.prepared();
    claim.signature = inner.seal();
    in.close(inner);
    return claim;
}

Proposal take_proposal(Take& in) {
    Proposal proposal;
    proposal.round = in.round();
    proposal.header = in.header();
    proposal.transactions =
        in.list<vm::Hash>(limits::proposal_transactions_max, [](Take& inner) { return inner.hash(); });
    proposal.signature = in.seal();
    proposal.round_changes = in.list<RoundChangeClaim>(limits::consensus_validators_max, take_claim);
    proposal.prepares = in.seals();
    return proposal;
}

RoundChange take_round_change(Take& in) {
    RoundChange message;
    message.number = {in.u64()};
    message.round = in.round();
    message.claim.prepared = in.prepared();
    message.claim.signature = in.seal();
    auto inner = in.sub();
    if (!in.error() && !inner.at_end()) {
        PreparedCertificate certificate;
        certificate.header = inner.header();
        certificate.prepares = inner.seals();
        in.close(inner);
        message.certificate = std::move(certificate);
    }
    const auto& prepared = message.claim.prepared;
    const bool fits = prepared.has_value() == message.certificate.has_value() &&
                      (!prepared || vm::header_hash(message.certificate->header) == prepared->hash);
    if (!fits) in.fail(MessageDecodeError::prepared);
    return message;
}

std::optional<Message> take_message(Take& in) {
    const auto code = in.u64();
    if (in.error()) return {};
    switch (code) {
        case static_cast<std::uint64_t>(MessageCode::proposal):
            return take_proposal(in);
        case static_cast<std::uint64_t>(MessageCode::prepare): {
            const auto subject = take_subject(in);
            return Prepare{subject, in.seal()};
        }
        case static_cast<std::uint64_t>(MessageCode::commit): {
            const auto subject = take_subject(in);
            return Commit{subject, in.seal()};
        }
        case static_cast<std::uint64_t>(MessageCode::round_change):
            return take_round_change(in);
        case static_cast<std::uint64_t>(MessageCode::height_query): {
            const auto nonce = in.u64();
            return HeightQuery{nonce, in.seal()};
        }
        case static_cast<std::uint64_t>(MessageCode::height_claim): {
            HeightClaim claim;
            claim.asker = in.address();
            claim.nonce = in.u64();
            claim.number = {in.u64()};
            claim.signature = in.seal();
            return claim;
        }
        default:
            in.fail(MessageDecodeError::unknown_code);
            return {};
    }
}

}  // namespace

std::expected<Message, MessageDecodeError> decode_message(vm::BytesView encoded) {
    if (encoded.size() > limits::consensus_message_bytes_max) return std::unexpected(MessageDecodeError::too_large);
    rlp::Reader reader(encoded);
    const auto list = reader.list();
    if (!list || !reader.at_end()) return std::unexpected(MessageDecodeError::rlp);
    Take in(*list);
    auto message = take_message(in);
    if (in.error()) return std::unexpected(*in.error());
    if (!in.at_end()) return std::unexpected(MessageDecodeError::rlp);
    return std::move(*message);
}

}  // namespace talea::node
