// How a trie is changed. All changes below a node are applied to it at once, on the way down by their nibbles and on
// the way up into new encodings, so that a node is read and hashed at most once however many changes are below it.
// A node's size does not depend on its children's hashes, so those are left out on the way up and filled in at the end,
// all of a depth at once, the deepest first.
//
// Nodes are stored by path, and a branch never moves: what is put above it or taken away (an extension) ends at it.
// Only leaves and extensions move, so what came of a subtree is handed up unwritten when it is one, for the parent to
// join with nibbles of its own, and is written by the first that needs to name it.
#include <algorithm>
#include <ranges>

#include "vm/base/check.hpp"
#include "vm/crypto/keccak.hpp"
#include "vm/trie/node.hpp"
#include "vm/trie/trie.hpp"

namespace talea::vm {
namespace {

constexpr std::size_t key_nibbles = Nibbles::count_max;
/// Changes from which on tasks are worth handing out: some 100 us of work.
constexpr std::size_t parallel_min = 64;

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

/// What became of a subtree.
struct Outcome {
    enum class Kind : std::uint8_t { unchanged, gone, short_node, branch };
    Kind kind = Kind::unchanged;
    ShortNode short_node;  ///< not written yet
    NodeReference branch;  ///< written, perhaps not hashed yet

    /// Whether a node of its own stands where the subtree does.
    [[nodiscard]] bool is_written() const { return kind == Kind::branch && branch.is_hash(); }
};

/// Nodes that are written, and are to be hashed into their parents.
class Unhashed {
  public:
    /// `encoding` lies where it is until `settle`, and may still lack hashes of its children.
    [[nodiscard]] NodeReference add(std::size_t depth, BytesView encoding) {
        nodes_.push_back({encoding, nullptr, static_cast<std::uint8_t>(depth)});
        return NodeReference::awaited(static_cast<std::uint32_t>(nodes_.size() - 1));
    }
    /// The parent of `child`, where its hash is awaited, holds it at `place`.
    void put_into(const NodeReference& child, std::uint8_t* place) {
        if (const auto number = child.awaited()) nodes_[*number].place = place;
    }
    /// Hashes all, of which `top` is the only one without a parent, where it is awaited.
    void settle(NodeReference& top) {
        Hash hash_of_top;
        if (const auto number = top.awaited()) nodes_[*number].place = hash_of_top.bytes.data();
        std::ranges::sort(nodes_, std::ranges::greater{}, &Node::depth);
        std::vector<BytesView> encodings;
        std::vector<Hash> hashes;
        for (std::span<const Node> left = nodes_; !left.empty();) {
            const auto end = std::ranges::upper_bound(left, left.front().depth, std::ranges::greater{}, &Node::depth);
            const auto level = left.first(static_cast<std::size_t>(end - left.begin()));
            encodings.clear();
            for (const Node& node : level) encodings.push_back(node.encoding);
            hashes.resize(level.size());
            keccak256_each(encodings, hashes);
            for (std::size_t i = 0; i < level.size(); ++i) {
                check(level[i].place != nullptr, "a node below another one has its hash in it");
                std::memcpy(level[i].place, hashes[i].bytes.data(), sizeof(Hash));
            }
            left = left.subspan(level.size());
        }
        nodes_.clear();
        if (top.awaited()) top = NodeReference::to(hash_of_top);
    }

  private:
    struct Node {
        BytesView encoding;
        std::uint8_t* place;
        std::uint8_t depth;
    };
    std::vector<Node> nodes_;
};

/// A branch while what became of its children is put in. Of children that are short nodes one is held back: if it stays
/// alone it is joined with what is above, and so is never written.
struct Assembly {
    BranchNode branch;
    std::uint16_t placed = 0;  ///< bits of the children that are branches known from this update
    std::optional<std::uint8_t> held_index;
    ShortNode held;
    bool held_stood = false;  ///< a node of its own stood in its place
};

class Update {
  public:
    Update(const TrieNodes& nodes, const ForEach& for_each, NodeChanges& out)
        : nodes_(nodes), for_each_(for_each), out_(out) {}

    Hash run(Changes changes) {
        const bool has_root = nodes_.node(path_, scratch_);
        const Hash old_root = has_root ? keccak256(scratch_) : empty_trie_root;
        Outcome outcome = has_root ? apply_to_node(decode_node(scratch_), changes) : build(inserts(changes));
        settle(outcome);
        switch (outcome.kind) {
            case Outcome::Kind::unchanged:
                return old_root;
            case Outcome::Kind::gone:
                if (has_root) forget();
                return empty_trie_root;
            case Outcome::Kind::short_node:
                encode_node(scratch_, outcome.short_node);
                return write_root(scratch_);
            case Outcome::Kind::branch:
                return outcome.branch.is_hash() ? outcome.branch.hash() : write_root(outcome.branch.item());
        }
        return {};
    }

  private:
    // A root stands on its own however short it is.
    Hash write_root(BytesView encoding) {
        out_.put(path_, encoding);
        return keccak256(encoding);
    }

    /// Writes the node that stands at the path, unless it is short enough to stand in its parent.
    template <class Node>
    NodeReference write(const Node& node) {
        encode_node(scratch_, node);
        if (scratch_.size() < sizeof(Hash)) return NodeReference::from_item(scratch_);
        const std::span<std::uint8_t> encoding = out_.put(path_, scratch_);
        await_children(node, encoding.data() + encoding.size());
        return unhashed_.add(path_.size(), encoding);
    }
    // Children are an encoding's last items, but for a branch's value, which is none.
    void await_children(const ShortNode& node, std::uint8_t* end) {
        unhashed_.put_into(node.child, end - sizeof(Hash));
    }
    void await_children(const BranchNode& node, std::uint8_t* end) {
        --end;
        for (const NodeReference& child : std::views::reverse(node.children)) {
            unhashed_.put_into(child, end - sizeof(Hash));
            end -= child.empty() ? 1 : child.item().size();
        }
    }
    /// Fills in all hashes; `outcome` is what became of the whole.
    void settle(Outcome& outcome) {
        unhashed_.settle(outcome.kind == Outcome::Kind::branch ? outcome.branch : outcome.short_node.child);
    }
    /// The node that stood at the path is gone from there.
    void forget() { out_.erase(path_); }

    [[nodiscard]] DecodedNode load(const NodeReference& reference) {
        if (!reference.is_hash()) return decode_node(reference.item());
        check(nodes_.node(path_, scratch_), "a trie node that its parent names is stored");
        return decode_node(scratch_);
    }

    static std::vector<Entry> inserts(Changes changes) {
        std::vector<Entry> entries;
        entries.reserve(changes.size());
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
            return of_short_node({{first, depth, key_nibbles}, true, to_bytes(entries.front().value), {}});
        std::size_t parting = depth;
        while (nibble(first, parting) == nibble(entries.back().key, parting)) ++parting;
        const Nibbles fragment(first, depth, parting);
        path_.append(fragment);
        Assembly assembly;
        for (Entries rest = entries; !rest.empty();) {
            const std::size_t count = group_size(rest, parting);
            const std::uint8_t index = nibble(rest.front().key, parting);
            path_.push_back(index);
            Outcome outcome = build(rest.first(count));
            path_.pop_back();
            put(assembly, index, std::move(outcome), false);
            rest = rest.subspan(count);
        }
        Outcome outcome = finish(assembly);
        path_.shorten(depth);
        return behind(fragment, std::move(outcome));
    }

    /// The subtree that a parent names, after `changes` (at least one). Where it does not leave a node at the path, the
    /// one that stood there is still to be forgotten.
    Outcome apply(const NodeReference& reference, Changes changes) {
        if (reference.empty()) {
            Outcome outcome = build(inserts(changes));
            if (outcome.kind == Outcome::Kind::gone) outcome.kind = Outcome::Kind::unchanged;
            return outcome;
        }
        return apply_to_node(load(reference), changes);
    }

    Outcome apply_to_node(const DecodedNode& node, Changes changes) {
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
        Assembly assembly;
        assembly.branch = branch;
        bool changed = false;
        const auto take = [&](std::uint8_t index, Outcome outcome) {
            if (outcome.kind == Outcome::Kind::unchanged) return;
            changed = true;
            put(assembly, index, std::move(outcome), branch.children[index].is_hash());
        };
        if (path_.empty() && changes.size() >= parallel_min) {
            apply_in_parallel(branch, changes, take);
        } else {
            while (!changes.empty()) {
                const std::size_t count = group_size(changes, path_.size());
                const std::uint8_t index = nibble(changes.front().key, path_.size());
                path_.push_back(index);
                Outcome outcome = apply(branch.children[index], changes.first(count));
                path_.pop_back();
                take(index, std::move(outcome));
                changes = changes.subspan(count);
            }
        }
        return changed ? finish(assembly) : Outcome{};
    }

    /// A task for each child of the root that changes; `take` is given what became of them in their order.
    template <class Take>
    void apply_in_parallel(const BranchNode& root, Changes changes, const Take& take) {
        struct Part {
            std::uint8_t index = 0;
            Changes changes;
            Outcome outcome;
            NodeChanges nodes;
        };
        std::vector<Part> parts;
        while (!changes.empty()) {
            const std::size_t count = group_size(changes, 0);
            parts.push_back({nibble(changes.front().key, 0), changes.first(count), {}, {}});
            changes = changes.subspan(count);
        }
        for_each_(parts.size(), [&](std::size_t i) {
            Part& part = parts[i];
            Update below(nodes_, for_each_, part.nodes);
            below.path_.push_back(part.index);
            part.outcome = below.apply(root.children[part.index], part.changes);
            below.settle(part.outcome);
        });
        for (Part& part : parts) {
            out_.append(std::move(part.nodes));
            take(part.index, std::move(part.outcome));
        }
    }

    /// An extension of `fragment` to the branch `child`.
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
        path_.append(before);
        Outcome outcome;
        if (split == fragment.size()) {
            outcome = apply(child, {first, last});
            if (outcome.kind != Outcome::Kind::unchanged && child.is_hash() && !outcome.is_written()) forget();
        } else {
            outcome = apply_to_split(fragment.subspan(split), child, {first, last});
        }
        path_.shorten(depth);
        if (outcome.kind == Outcome::Kind::unchanged) return outcome;
        return behind(before, std::move(outcome));
    }

    /// A new branch stands at the path. The fragment goes on from one of its children, inserts from others.
    Outcome apply_to_split(BytesView fragment, const NodeReference& child, Changes changes) {
        const BytesView rest = fragment.subspan(1);
        Assembly assembly;
        // Until changes say otherwise. Nothing stood where the fragment was, unless it ends here.
        Outcome old = behind(rest, {Outcome::Kind::branch, {}, child});
        const bool old_stood = rest.empty() && child.is_hash();
        std::array<Outcome, 16> outcomes;
        while (!changes.empty()) {
            const std::size_t count = group_size(changes, path_.size());
            const std::uint8_t index = nibble(changes.front().key, path_.size());
            path_.push_back(index);
            Outcome& outcome = outcomes[index];
            if (index != fragment[0])
                outcome = apply({}, changes.first(count));
            else if (rest.empty())
                outcome = apply(child, changes.first(count));
            else
                outcome = apply_to_extension(rest, child, changes.first(count));
            path_.pop_back();
            changes = changes.subspan(count);
        }
        if (outcomes[fragment[0]].kind == Outcome::Kind::unchanged) outcomes[fragment[0]] = std::move(old);
        for (std::uint8_t i = 0; i < 16; ++i)
            if (outcomes[i].kind != Outcome::Kind::unchanged)
                put(assembly, i, std::move(outcomes[i]), i == fragment[0] && old_stood);
        return finish(assembly);
    }

    static Outcome of_short_node(ShortNode node) { return {Outcome::Kind::short_node, std::move(node), {}}; }

    /// What `outcome` is to one who names it by way of `fragment`.
    static Outcome behind(BytesView fragment, Outcome outcome) {
        if (fragment.empty()) return outcome;
        if (outcome.kind == Outcome::Kind::branch) return of_short_node({Nibbles(fragment), false, {}, outcome.branch});
        if (outcome.kind == Outcome::Kind::short_node) {
            Nibbles joined(fragment);
            const Nibbles& rest = outcome.short_node.fragment;
            joined.append(rest);
            outcome.short_node.fragment = joined;
        }
        return outcome;
    }

    /// Puts what became of the child at `index`; `stood` says that a node of its own was there. The path is the
    /// branch's.
    void put(Assembly& assembly, std::uint8_t index, Outcome outcome, bool stood) {
        NodeReference& child = assembly.branch.children[index];
        child = {};
        if (outcome.kind == Outcome::Kind::short_node) {
            write_held(assembly);  // which is not alone then
            assembly.held_index = index;
            assembly.held = std::move(outcome.short_node);
            assembly.held_stood = stood;
            return;
        }
        if (outcome.kind == Outcome::Kind::branch) {
            child = outcome.branch;
            assembly.placed = static_cast<std::uint16_t>(assembly.placed | 1U << index);
        }
        if (stood && !outcome.is_written()) forget_child(index);
    }
    void write_held(Assembly& assembly) {
        if (!assembly.held_index) return;
        path_.push_back(*assembly.held_index);
        const NodeReference child = write(assembly.held);
        if (assembly.held_stood && !child.is_hash()) forget();
        path_.pop_back();
        assembly.branch.children[*assembly.held_index] = child;
        assembly.held_index.reset();
    }
    void forget_child(std::uint8_t index) {
        path_.push_back(index);
        forget();
        path_.pop_back();
    }

    /// The branch at the path; with one child left it is none.
    Outcome finish(Assembly& assembly) {
        const auto& children = assembly.branch.children;
        const auto left = std::ranges::count_if(children, [](const NodeReference& child) { return !child.empty(); });
        if (assembly.held_index && left == 0) {
            if (assembly.held_stood) forget_child(*assembly.held_index);
            return behind(BytesView{&*assembly.held_index, 1}, of_short_node(std::move(assembly.held)));
        }
        if (!assembly.held_index && left == 0) return {Outcome::Kind::gone, {}, {}};
        if (!assembly.held_index && left == 1) {
            const auto only = std::ranges::find_if(children, [](const NodeReference& child) { return !child.empty(); });
            const auto index = static_cast<std::uint8_t>(only - children.begin());
            const bool is_branch = (assembly.placed >> index & 1) != 0;
            return behind(BytesView{&index, 1},
                          is_branch ? Outcome{Outcome::Kind::branch, {}, *only} : take_child(*only, index));
        }
        write_held(assembly);
        return {Outcome::Kind::branch, {}, write(assembly.branch)};
    }

    /// An only child, whose parent goes away: a branch stays where it is, another leaves its place.
    Outcome take_child(const NodeReference& child, std::uint8_t index) {
        path_.push_back(index);
        DecodedNode node = load(child);
        if (node.short_node && child.is_hash()) forget();
        path_.pop_back();
        if (node.branch) return {Outcome::Kind::branch, {}, child};
        return of_short_node(std::move(*node.short_node));
    }

    const TrieNodes& nodes_;
    const ForEach& for_each_;
    NodeChanges& out_;
    Unhashed unhashed_;
    Bytes scratch_;  ///< one node at a time, read or about to be written
    Nibbles path_;
};

}  // namespace

void in_turn(std::size_t count, const std::function<void(std::size_t)>& task) {
    for (std::size_t i = 0; i < count; ++i) task(i);
}

TrieUpdate update_trie(const TrieNodes& nodes, std::span<const TrieChange> changes, const ForEach& for_each) {
    for (std::size_t i = 1; i < changes.size(); ++i)
        check(changes[i - 1].key < changes[i].key, "changes of a trie are sorted and distinct");
    TrieUpdate out;
    out.root = Update(nodes, for_each, out.nodes).run(changes);
    return out;
}

}  // namespace talea::vm
