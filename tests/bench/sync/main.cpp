// talea-make-chain FOLDER --blocks N [--transfers N] [--holders N] [--seconds N]
//
// Makes FOLDER/chain, a data directory of N blocks of 10 restricted transfers among 1,000 holders with certificates of
// four validators; and the keys of three nodes that may follow it: FOLDER/first.key, second.key and joiner.key.
// Prints the number of its head. Blocks are --seconds apart; without, 20 of them share a second.
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "bench/sync/made_chain.hpp"
#include "node/ops/files.hpp"

int main(int argc, char** argv) {
    using namespace talea;
    std::string folder;
    std::size_t blocks = 0, transfers = 10, holders = 1'000, seconds = 0;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const std::size_t value = i + 1 < argc ? std::strtoull(argv[i + 1], nullptr, 10) : 0;
        if (word == "--blocks" && value > 0)
            blocks = value, ++i;
        else if (word == "--transfers" && value > 0)
            transfers = value, ++i;
        else if (word == "--holders" && value >= 2)
            holders = value, ++i;
        else if (word == "--seconds" && value > 0)
            seconds = value, ++i;
        else if (folder.empty() && !word.starts_with("-"))
            folder = word;
        else
            blocks = 0, argc = 0;
    }
    if (folder.empty() || blocks == 0) {
        fmt::print(stderr, "usage: talea-make-chain FOLDER --blocks N [--transfers N] [--holders N] [--seconds N]\n");
        return 2;
    }
    std::vector<vm::PublicKey> admitted;
    for (const std::string_view name : {"first", "second", "joiner"}) {
        const auto made = node::make_key_file(fmt::format("{}/{}.key", folder, name), node::KeyUse::account);
        if (!made) {
            fmt::print(stderr, "talea-make-chain: {}\n", made.error());
            return 1;
        }
        admitted.push_back(vm::public_key_of(made->key));
    }
    bench::MadeChain chain(bench::make_genesis(holders, admitted), holders, {folder + "/chain"}, seconds);
    chain.issue();
    for (std::size_t i = 0; i < blocks; ++i) chain.append(transfers);
    fmt::print("{}\n", chain.head().value);
    return 0;
}
