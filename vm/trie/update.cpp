// How a trie is changed. All changes below a node are applied to it at once, on the way down by their nibbles and on
// the way up into new encodings, so that a node is read and hashed at most once however many changes are below it.
//
// Nodes are stored by path, and a branch never moves: what is put above it or taken away (an extension) ends at it.
// Only leaves and extensions move, so what came of a subtree is handed up unwritten when it is one, for the parent to
// join with nibbles of its own, and is written by the first that needs to name it.
#include <algorithm>

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/trie/node.hpp"
#include "vm/trie/trie.hpp"

namespace talea::vm {
namespace {

constexpr std::size_t key_nibbles = 2 * sizeof(Hash);

/// A key and its value, which is not empty.
struct Entry {
    Hash key;
    BytesView value;
};

using Changes = std::span<const TrieChange>;
using Entries = std::span<const Entry>;

std::uint8_t nibble(const Hash& key, std::size_t index) {
    return nibble_at(key.bytes, index);
}

/// The first of sorted `keyed` whose nibble at `depth` is not that of the front: they agree up to there.
template <class Keyed>
std::size_t group_size(std::span<const Keyed> keyed, std::size_t depth) {
    const std::uint8_t of_front = nibble(keyed.front().key, depth);
    std::size_t count = 1;
    while (count < keyed.size() && nibble(keyed[count].key, depth) == of_front) ++count;
    return count;
}

/// How many nibbles of `fragment` the key has at `depth`.
std::size_t common_nibbles(const Hash& key, std::size_t depth, BytesView fragment) {
    std::size_t count = 0;
    while (count < fragment.size() && nibble(key, depth + count) == fragment[count]) ++count;
    return count;
}

Bytes fragment_of(const Hash& key, std::size_t begin, std::size_t end) {
    Bytes fragment;
    fragment.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) fragment.push_back(nibble(key, i));
    return fragment;
}

/// What became of a subtree.
struct Outcome {
    enum class Kind : std::uint8_t { unchanged, gone, short_node, branch };
    Kind kind = Kind::unchanged;
    ShortNode short_node;  ///< not written yet
    NodeReference branch;  ///< written
};

class Update {
  public:
    Update(const TrieNodes& nodes, TrieUpdate& out) : nodes_(nodes), out_(out) {}

    void run(Changes changes) {
        const std::optional<Bytes> root = nodes_.node(path_);
        Outcome outcome = root ? apply_to_node(*root, changes) : build(inserts(changes));
        switch (outcome.kind) {
            case Outcome::Kind::unchanged:
                out_.root = root ? keccak256(*root) : empty_trie_root;
                return;
            case Outcome::Kind::gone:
                out_.root = empty_trie_root;
                if (root) out_.nodes[path_] = std::nullopt;
                return;
            case Outcome::Kind::short_node:
                write_root(encode_node(outcome.short_node));
                return;
            case Outcome::Kind::branch:
                if (outcome.branch.is_hash()) {
                    out_.root = outcome.branch.hash();
                } else {
                    write_root(to_bytes(outcome.branch.item()));
                }
                return;
        }
    }

  private:
    // A root stands on its own however short it is.
    void write_root(Bytes encoding) {
        out_.root = keccak256(encoding);
        out_.nodes[path_] = std::move(encoding);
    }

    /// Writes the node that stands at the path, unless it is short enough to stand in its parent.
    NodeReference write(Bytes encoding) {
        const NodeReference reference = NodeReference::to(encoding);
        if (reference.is_hash()) out_.nodes[path_] = std::move(encoding);
        return reference;
    }

    [[nodiscard]] Bytes load(const NodeReference& reference) const {
        if (!reference.is_hash()) return to_bytes(reference.item());
        std::optional<Bytes> encoding = nodes_.node(path_);
        check(encoding.has_value(), "a trie node that its parent names is stored");
        return std::move(*encoding);
    }

    static std::vector<Entry> inserts(Changes changes) {
        std::vector<Entry> entries;
        for (const TrieChange& change : changes)
            if (!change.value.empty()) entries.push_back({change.key, change.value});
        return entries;
    }

    /// A subtree of nothing but `entries`.
    Outcome build(Entries entries) {
        if (entries.empty()) return {Outcome::Kind::gone, {}, {}};
        const std::size_t depth = path_.size();
        const Hash& first = entries.front().key;
        if (entries.size() == 1)
            return of_short_node({fragment_of(first, depth, key_nibbles), true, to_bytes(entries.front().value), {}});
        std::size_t parting = depth;
        while (nibble(first, parting) == nibble(entries.back().key, parting)) ++parting;
        const Bytes fragment = fragment_of(first, depth, parting);
        append(path_, fragment);
        std::array<Outcome, 16> outcomes;
        for (Entries rest = entries; !rest.empty();) {
            const std::size_t count = group_size(rest, parting);
            const std::uint8_t index = nibble(rest.front().key, parting);
            path_.push_back(index);
            outcomes[index] = build(rest.first(count));
            path_.pop_back();
            rest = rest.subspan(count);
        }
        Outcome outcome = finish_branch({}, outcomes);
        path_.resize(depth);
        return behind(fragment, std::move(outcome));
    }

    /// The subtree that a parent names, after `changes` (at least one).
    Outcome apply(const NodeReference& reference, Changes changes) {
        if (reference.empty()) {
            Outcome outcome = build(inserts(changes));
            if (outcome.kind == Outcome::Kind::gone) outcome.kind = Outcome::Kind::unchanged;
            return outcome;
        }
        Outcome outcome = apply_to_node(load(reference), changes);
        // If nothing was written in its place, the node is gone from there.
        if (outcome.kind != Outcome::Kind::unchanged && reference.is_hash()) out_.nodes.try_emplace(path_);
        return outcome;
    }

    Outcome apply_to_node(BytesView encoding, Changes changes) {
        DecodedNode node = decode_node(encoding);
        if (node.branch) return apply_to_branch(*node.branch, changes);
        if (node.short_node->is_leaf) return apply_to_leaf(*node.short_node, changes);
        return apply_to_extension(node.short_node->fragment, node.short_node->child, changes);
    }

    Outcome apply_to_leaf(const ShortNode& leaf, Changes changes) {
        Hash key;
        for (std::size_t i = 0; i < key_nibbles; ++i) {
            const std::uint8_t value = i < path_.size() ? path_[i] : leaf.fragment[i - path_.size()];
            key.bytes[i / 2] = static_cast<std::uint8_t>(key.bytes[i / 2] << 4 | value);
        }
        std::vector<Entry> entries = inserts(changes);
        const auto place = std::lower_bound(entries.begin(), entries.end(), key,
                                            [](const Entry& entry, const Hash& of) { return entry.key < of; });
        const auto own = std::lower_bound(changes.begin(), changes.end(), key,
                                          [](const TrieChange& change, const Hash& of) { return change.key < of; });
        const bool changes_own = own != changes.end() && own->key == key;
        const bool keeps_own = !changes_own || equal(own->value, leaf.value);
        if (keeps_own && entries.size() == (changes_own ? 1U : 0U)) return {};
        if (!changes_own) entries.insert(place, {key, leaf.value});
        return build(entries);
    }

    Outcome apply_to_branch(const BranchNode& branch, Changes changes) {
        std::array<Outcome, 16> outcomes;
        bool changed = false;
        while (!changes.empty()) {
            const std::size_t count = group_size(changes, path_.size());
            const std::uint8_t index = nibble(changes.front().key, path_.size());
            path_.push_back(index);
            outcomes[index] = apply(branch.children[index], changes.first(count));
            path_.pop_back();
            changed = changed || outcomes[index].kind != Outcome::Kind::unchanged;
            changes = changes.subspan(count);
        }
        if (!changed) return {};
        return finish_branch(branch, outcomes);
    }

    /// An extension of `fragment`, which may be empty, to the branch `child`.
    Outcome apply_to_extension(BytesView fragment, const NodeReference& child, Changes changes) {
        // What passes the whole fragment changes the child. Of the rest, what is deleted was never here, and what is
        // inserted parts from the fragment and splits it where the first does.
        const std::size_t depth = path_.size();
        std::size_t split = fragment.size();
        for (const TrieChange& change : changes)
            if (!change.value.empty()) split = std::min(split, common_nibbles(change.key, depth, fragment));
        // Sorted keys that agree with the fragment up to there stand together.
        const auto agrees = [&](const TrieChange& change) {
            return common_nibbles(change.key, depth, fragment.first(split)) == split;
        };
        const auto first = std::find_if(changes.begin(), changes.end(), agrees);
        const auto last = std::find_if_not(first, changes.end(), agrees);
        if (first == last) return {};
        const BytesView before = fragment.first(split);
        append(path_, before);
        Outcome outcome = split == fragment.size() ? apply(child, {first, last})
                                                   : apply_to_split(fragment.subspan(split), child, {first, last});
        path_.resize(depth);
        if (outcome.kind == Outcome::Kind::unchanged) return outcome;
        return behind(before, std::move(outcome));
    }

    /// A new branch stands at the path. The fragment goes on from one of its children, inserts from others.
    Outcome apply_to_split(BytesView fragment, const NodeReference& child, Changes changes) {
        const BytesView rest = fragment.subspan(1);
        std::array<Outcome, 16> outcomes;
        while (!changes.empty()) {
            const std::size_t count = group_size(changes, path_.size());
            const std::uint8_t index = nibble(changes.front().key, path_.size());
            path_.push_back(index);
            outcomes[index] = index == fragment[0] ? apply_to_extension(rest, child, changes.first(count))
                                                   : apply({}, changes.first(count));
            path_.pop_back();
            changes = changes.subspan(count);
        }
        Outcome& old = outcomes[fragment[0]];
        if (old.kind == Outcome::Kind::unchanged) old = behind(rest, {Outcome::Kind::branch, {}, child});
        return finish_branch({}, outcomes);
    }

    static Outcome of_short_node(ShortNode node) { return {Outcome::Kind::short_node, std::move(node), {}}; }

    /// What `outcome` is to one who names it by way of `fragment`.
    static Outcome behind(BytesView fragment, Outcome outcome) {
        if (fragment.empty()) return outcome;
        if (outcome.kind == Outcome::Kind::branch)
            return of_short_node({to_bytes(fragment), false, {}, outcome.branch});
        if (outcome.kind == Outcome::Kind::short_node)
            outcome.short_node.fragment.insert(outcome.short_node.fragment.begin(), fragment.begin(), fragment.end());
        return outcome;
    }

    /// A branch at the path, whose children became `outcomes`; with one child left it is none.
    Outcome finish_branch(BranchNode branch, std::array<Outcome, 16>& outcomes) {
        std::size_t left = 0;
        std::uint8_t last = 0;
        for (std::uint8_t i = 0; i < 16; ++i) {
            const bool there = outcomes[i].kind == Outcome::Kind::unchanged ? !branch.children[i].empty()
                                                                            : outcomes[i].kind != Outcome::Kind::gone;
            if (!there) continue;
            ++left;
            last = i;
        }
        if (left == 0) return {Outcome::Kind::gone, {}, {}};
        if (left == 1) {
            Outcome& only = outcomes[last];
            if (only.kind == Outcome::Kind::unchanged) only = take_child(branch.children[last], last);
            return behind(BytesView{&last, 1}, std::move(only));
        }
        for (std::uint8_t i = 0; i < 16; ++i) {
            switch (outcomes[i].kind) {
                case Outcome::Kind::unchanged:
                    break;
                case Outcome::Kind::gone:
                    branch.children[i] = {};
                    break;
                case Outcome::Kind::short_node:
                    path_.push_back(i);
                    branch.children[i] = write(encode_node(outcomes[i].short_node));
                    path_.pop_back();
                    break;
                case Outcome::Kind::branch:
                    branch.children[i] = outcomes[i].branch;
                    break;
            }
        }
        return {Outcome::Kind::branch, {}, write(encode_node(branch))};
    }

    /// An unchanged child whose parent goes away: a branch stays where it is, another leaves its place.
    Outcome take_child(const NodeReference& child, std::uint8_t index) {
        path_.push_back(index);
        DecodedNode node = decode_node(load(child));
        if (node.short_node && child.is_hash()) out_.nodes[path_] = std::nullopt;
        path_.pop_back();
        if (node.branch) return {Outcome::Kind::branch, {}, child};
        return of_short_node(std::move(*node.short_node));
    }

    const TrieNodes& nodes_;
    TrieUpdate& out_;
    Nibbles path_;
};

}  // namespace

TrieUpdate update_trie(const TrieNodes& nodes, std::span<const TrieChange> changes) {
    for (std::size_t i = 1; i < changes.size(); ++i)
        check(changes[i - 1].key < changes[i].key, "changes of a trie are sorted and distinct");
    TrieUpdate out;
    Update(nodes, out).run(changes);
    return out;
}

}  // namespace talea::vm
