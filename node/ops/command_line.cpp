#include "node/ops/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>

#include "node/base/log.hpp"
#include "node/base/log_format.hpp"
#include "node/ops/backup.hpp"
#include "node/ops/ceremony.hpp"
#include "node/ops/devnet.hpp"
#include "node/ops/export.hpp"
#include "node/ops/index.hpp"
#include "node/ops/init.hpp"
#include "node/ops/inspect.hpp"
#include "node/ops/keys.hpp"
#include "node/ops/recover.hpp"
#include "node/ops/remote_signer.hpp"
#include "node/ops/replay_command.hpp"
#include "node/ops/run.hpp"
#include "node/ops/status.hpp"

namespace talea::node {
namespace {

void add_password_option(CLI::App& sub, std::string& password_file) {
    sub.add_option("--password-file", password_file, "File whose first line is the password of an encrypted key");
}

void add_dir_option(CLI::App& sub, std::string& dir) {
    sub.add_option("--dir", dir, "Data directory")->required();
}

/// What a chosen command does; set by the command's callback, run after all of the line was understood.
using Command = std::function<ExitCode()>;

/// Lets `sub`, once it is chosen, do `does` with what its options said.
template <class Options, class Does>
void set_command(CLI::App& sub, Command& command, std::shared_ptr<Options> options, Does does) {
    sub.callback([&command, options, does] { command = [options, does] { return does(*options); }; });
}

/// What is said of the log, for all commands.
struct LogOptions {
    std::string level = "info";
    std::string format = "text";
    /// The words that say it again.
    [[nodiscard]] std::vector<std::string> words() const {
        std::vector<std::string> words;
        if (level != "info") words.insert(words.end(), {"--log", level});
        if (format != "text") words.insert(words.end(), {"--log-format", format});
        return words;
    }
};

void add_devnet(CLI::App& app, Command& command, const LogOptions& log) {
    auto* sub = app.add_subcommand("devnet", "Run a development chain with one or more validators on this machine");
    sub->footer(
        "Makes keys, a genesis and data directories where there are none, and goes on with the chain that is there\n"
        "otherwise. Blocks are sealed as soon as there is a transaction. Several validators are processes of their\n"
        "own, each in DIR/node-N with its key, configuration and log; they end with this one.\n\n"
        "Example: talead devnet --dir /tmp/chain --enforced --clock 2026-11-20T20:59:00Z --stepped\n"
        "Example: talead devnet --dir /tmp/network --validators 4");
    auto options = std::make_shared<DevnetOptions>();
    sub->add_option("--dir", options->dir, "Data directory")->capture_default_str();
    sub->add_option("--validators", options->validators,
                    "How many (default: those of the chain that is there; one in a new chain)")
        ->check(CLI::Range(std::size_t{1}, devnet_validators_max));
    sub->add_flag(
        "--json", options->json,
        "Say what runs as one JSON object on stdout: addresses, JSON-RPC, processes; the rest goes to stderr");
    sub->add_option("--rpc-port", options->rpc_port,
                    "Port of JSON-RPC on loopback, the first of several nodes; 0 takes a free one and prints it")
        ->capture_default_str();
    sub->add_option("--chain-id", options->chain_id, "Chain id (EIP-155)")
        ->capture_default_str()
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 50));
    sub->add_flag("--enforced", options->enforced,
                  "Only accounts with TRANSACT may send, only those with DEPLOY create contracts (default: open)");
    sub->add_option("--clock", options->clock, "Where the chain's clock starts: 2026-11-20T20:59:00Z (default: UTC)");
    sub->add_flag("--stepped", options->stepped, "The clock stands still until it is advanced (default: it runs)");
    sub->add_option("--admin", options->admins,
                    "Address that gets every role; may be repeated (default: a new key in the directory)");
    sub->add_option("--grant", options->grants,
                    "ADDRESS=ROLE,ROLE of admin, network, registrar_admin, transact, deploy; may be repeated");
    sub->add_option("--fund", options->funds, "ADDRESS=AMOUNT of the native coin's smallest unit; may be repeated");
    sub->add_option("--gas-limit", options->gas_limit, "Gas limit of a block")->capture_default_str();
    sub->add_option("--recovery-delay", options->recovery_delay,
                    "Seconds from announcing a lost wallet's recovery to its effect")
        ->capture_default_str();
    sub->add_option("--idle-interval", options->idle_interval, "Seconds after which an empty block shows life")
        ->capture_default_str()
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{86'400}));
    set_command(*sub, command, options, [&log](DevnetOptions& chosen) {
        chosen.log_words = log.words();
        return run_devnet(chosen);
    });
}

void add_init(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("init", "Make a data directory from a genesis source file");
    sub->footer(
        "Resolves names, templates and registries' content once and writes DIR/genesis.json, the file that every node\n"
        "of the chain loads. Without --dir the resolved genesis goes to stdout. With --ceremony the validators and\n"
        "admitted nodes are those of public files, which each host makes with `talead keys export`; the hosts then\n"
        "verify what was made with `talead join`.\n\n"
        "Example: talead init genesis-source.json --dir /var/lib/talea\n"
        "Example: talead init settings.json --ceremony validator-*.json > genesis.json");
    auto options = std::make_shared<InitOptions>();
    sub->add_option("source", options->source, "The genesis source, JSON in geth's shape with config.talea")
        ->required();
    sub->add_option("--dir", options->dir, "Data directory to make");
    sub->add_option("--ceremony", options->ceremony, "Public files of all hosts; the source then names no validators");
    set_command(*sub, command, options, init_chain);
}

void add_join(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("join", "Verify a network's genesis and set this host's node up");
    sub->footer(
        "Checks the genesis, its hash, and that every validator in it is one of the public files, signed by its key.\n"
        "Prints the hash: compare it with the other hosts before anybody starts. With --dir it makes the data\n"
        "directory, with the genesis and a node.json for `talead run --config`; without, it only verifies.\n\n"
        "Example: talead join genesis.json validator-*.json --hash 0x… --key /etc/talea/validator.key \\\n"
        "             --dir /var/lib/talea");
    auto options = std::make_shared<JoinOptions>();
    sub->add_option("genesis", options->genesis, "The resolved genesis, made by `talead init --ceremony`")->required();
    sub->add_option("files", options->files, "Public files of all hosts");
    sub->add_option("--hash", options->hash, "The genesis hash that the hosts agreed on");
    sub->add_option("--key", options->key, "This host's key file");
    sub->add_option("--dir", options->dir, "Data directory to make");
    add_password_option(*sub, options->password_file);
    sub->add_option("--listen", options->listen,
                    "ADDRESS:PORT for other nodes (default: every address, at the port of the own public file)");
    sub->add_option("--rpc-port", options->rpc_port, "Port of JSON-RPC on loopback (default: 8545)");
    set_command(*sub, command, options, join_network);
}

void add_run(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("run", "Run the node of a data directory");
    sub->footer(
        "With --config the options are members of a JSON object under their names (peers, rpc-hosts and rpc-origins\n"
        "are lists); what is said on the line goes first. Outside loopback JSON-RPC is served only with a secret or "
        "TLS.\n\n"
        "Example: talead run --dir /var/lib/talea --key /etc/talea/validator.key --listen 0.0.0.0:30303 \\\n"
        "             --peer 0x…@validator-2.example:30303");
    auto options = std::make_shared<RunOptions>();
    sub->add_option("--config", options->config, "A file with these options");
    sub->add_option("--dir", options->said.dir, "Data directory, made by `talead init`");
    sub->add_option("--key", options->said.key, "The validator's key file; without it the node only follows");
    sub->add_option("--node-key", options->said.node_key,
                    "The key file by which peers know a node that only follows; Permissions must admit it");
    add_password_option(*sub, options->said.password_file);
    sub->add_option("--signer", options->said.signer,
                    "Socket of a `talead signer` that holds the validator's secret; --key is what was left of it");
    sub->add_option("--listen", options->said.listen, "ADDRESS:PORT for other nodes; without it this node only dials");
    sub->add_option("--peer", options->peers, "0xADDRESS@HOST:PORT of another node's key; may be repeated");
    sub->add_option(
        "--history", options->history,
        "Days for which transactions and receipts are kept; older ones are forgotten, what they left in the "
        "state is not (default: all)");
    sub->add_option("--rpc-port", options->said.rpc_port,
                    "Port of JSON-RPC on loopback; 0 takes a free one and prints it (default: 8545)");
    auto& rpc = options->said.rpc;
    sub->add_option("--rpc-listen", rpc.listen, "ADDRESS:PORT of JSON-RPC, in the place of loopback");
    sub->add_option("--rpc-jwt-secret", rpc.jwt_secret,
                    "File of 64 hexadecimal digits: each request needs a token made with it (HS256)");
    sub->add_option("--rpc-tls-cert", rpc.tls_certificate, "Certificate of JSON-RPC in PEM, with those above it");
    sub->add_option("--rpc-tls-key", rpc.tls_key, "Its key in PEM");
    sub->add_option("--rpc-host", rpc.hosts, "Name by which clients may call this node; may be repeated; * is any");
    sub->add_option("--rpc-origin", rpc.origins, "Site whose pages may ask (https://…); may be repeated; * is any");
    set_command(*sub, command, options, run_node);
}

void add_inspect(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("inspect", "Show what a data directory holds, at any block");
    sub->require_subcommand(1);
    sub->footer(
        "The node of the directory must be stopped.\n\nExample: talead inspect account 0x… --dir chain --at 12");
    struct Options {
        std::string dir, at = "latest", address, slot;
    };
    auto options = std::make_shared<Options>();
    const auto add = [&](const char* name, const char* what, const char* example) {
        auto* inner = sub->add_subcommand(name, what);
        inner->footer(fmt::format("The node of the directory must be stopped.\n\nExample: {}", example));
        add_dir_option(*inner, options->dir);
        return inner;
    };
    auto* block = add("block", "A block: header, certificate, transactions", "talead inspect block 12 --dir chain");
    block->add_option("block", options->at, "Its number, or latest")->capture_default_str();
    set_command(*block, command, options, [](const Options& chosen) { return inspect_block({chosen.dir}, chosen.at); });
    auto* account =
        add("account", "An account: nonce, balance, code, roles", "talead inspect account 0x… --dir chain --at 12");
    account->add_option("address", options->address, "Its address")->required();
    account->add_option("--at", options->at, "Block number, or latest")->capture_default_str();
    set_command(*account, command, options,
                [](const Options& chosen) { return inspect_account({chosen.dir}, chosen.address, chosen.at); });
    auto* storage =
        add("storage", "One storage slot of an account", "talead inspect storage 0x… 0 --dir chain --at 12");
    storage->add_option("address", options->address, "The account's address")->required();
    storage->add_option("slot", options->slot, "The slot, decimal or 0x")->required();
    storage->add_option("--at", options->at, "Block number, or latest")->capture_default_str();
    set_command(*storage, command, options, [](const Options& chosen) {
        return inspect_storage({chosen.dir}, chosen.address, chosen.slot, chosen.at);
    });
    auto* registries = add("registries", "Chain settings, validators and the native registries",
                           "talead inspect registries --dir chain --at 12");
    registries->add_option("--at", options->at, "Block number, or latest")->capture_default_str();
    set_command(*registries, command, options,
                [](const Options& chosen) { return inspect_registries({chosen.dir}, chosen.at); });
}

void add_prove(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("prove", "Prove an account, and storage of it, at any block");
    sub->footer(
        "Prints a JSON object with the header, its certificate and the nodes of the state's trie (as eth_getProof), "
        "by\n"
        "which a stranger who knows the genesis verifies it (node/CHAIN.md). A node proves the last 10,000 blocks by\n"
        "eth_getProof; here the tries of older blocks are made anew. The node of the directory must be stopped; a\n"
        "backup of it does as well.\n\n"
        "Example: talead prove 0x… 0 --dir /backup/talea --at 12");
    struct Options {
        std::string dir, at = "latest", address;
        std::vector<std::string> slots;
    };
    auto options = std::make_shared<Options>();
    sub->add_option("address", options->address, "The account's address")->required();
    sub->add_option("slots", options->slots, "Slots of its storage, decimal or 0x");
    add_dir_option(*sub, options->dir);
    sub->add_option("--at", options->at, "Block number, or latest")->capture_default_str();
    set_command(*sub, command, options, [](const Options& chosen) {
        return prove_account({chosen.dir}, chosen.address, chosen.slots, chosen.at);
    });
}

void add_replay(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("replay", "Execute every block again from genesis and check every root");
    sub->footer(
        "Checks block hashes, certificates, headers, state, transaction and receipt roots, stored receipts and the\n"
        "stored state. The node of the directory must be stopped. With --export, a file that `talead export` wrote is\n"
        "executed instead, with no directory; compare the genesis hash with one you trust.\n\n"
        "Example: talead replay --dir chain\nExample: talead replay --export chain.jsonl");
    auto options = std::make_shared<ReplayOptions>();
    auto* of_directory = sub->add_option("--dir", options->dir, "Data directory");
    sub->add_option("--export", options->file, "File of `talead export`, in the place of a directory")
        ->excludes(of_directory);
    sub->add_option("--checkpoint", options->checkpoints,
                    "A recovery checkpoint besides those stored in the directory; may be repeated");
    sub->callback([options, &command] {
        if (options->dir.empty() && options->file.empty()) throw CLI::RequiredError("--dir or --export");
        command = [options] { return run_replay(*options); };
    });
}

void add_recover_new(CLI::App& recover, Command& command) {
    auto* sub = recover.add_subcommand("new", "Make a checkpoint on the last certified block of a node");
    sub->footer(
        "Take the node that is furthest: a checkpoint below another node's last certified block would undo what was\n"
        "final. The node must be stopped. Prints the digest that the recovery keys sign.\n\n"
        "Example: talead recover new checkpoint.json --dir chain --validator 0x…");
    auto options = std::make_shared<RecoverNew>();
    sub->add_option("file", options->file, "The file to write")->required();
    add_dir_option(*sub, options->dir);
    sub->add_option("--validator", options->validators, "Address of a validator that goes on; may be repeated")
        ->required();
    set_command(*sub, command, options, recover_new);
}

void add_recover_sign(CLI::App& recover, Command& command) {
    auto* sub = recover.add_subcommand("sign", "Add the signature of a recovery key");
    sub->footer(
        "With --key the key in a file signs. A key held elsewhere signs the digest that `talead recover show` prints,\n"
        "and its signature is added with --signature. Sign only what `show` says and you know to be the end of the\n"
        "chain.\n\n"
        "Example: talead recover sign checkpoint.json --genesis genesis.json --key admin.key");
    auto options = std::make_shared<RecoverSign>();
    sub->add_option("file", options->file, "The checkpoint, written anew with the signature")->required();
    sub->add_option("--genesis", options->genesis, "The chain's genesis.json")->required();
    auto* key = sub->add_option("--key", options->key_file, "Key file of the recovery key");
    auto* made = sub->add_option("--signature", options->signature, "65 bytes: r, s, y parity (0 or 1)");
    key->excludes(made);
    add_password_option(*sub, options->password_file);
    sub->callback([options, &command] {
        if (!options->key_file && !options->signature) throw CLI::RequiredError("--key or --signature");
        command = [options] { return recover_sign(*options); };
    });
}

void add_recover(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("recover", "Go on when a quorum of validators is gone for ever");
    sub->require_subcommand(1);
    sub->footer(
        "A checkpoint says after which block, and by whom, the chain goes on. Holders of genesis's recovery keys sign\n"
        "it; then every node stores it while it is stopped, and the new validators begin when they are started.\n\n"
        "Example: talead recover new checkpoint.json --dir chain --validator 0x…\n"
        "         talead recover sign checkpoint.json --genesis chain/genesis.json --key admin.key\n"
        "         talead recover apply checkpoint.json --dir chain");
    add_recover_new(*sub, command);
    add_recover_sign(*sub, command);
    auto* show = sub->add_subcommand("show", "Say what a checkpoint says, who signed it and whether it holds");
    show->footer("Example: talead recover show checkpoint.json --genesis genesis.json");
    auto shown = std::make_shared<RecoverShow>();
    show->add_option("file", shown->file, "The checkpoint")->required();
    show->add_option("--genesis", shown->genesis, "The chain's genesis.json")->required();
    show->add_flag("--json", shown->json, "One JSON object");
    set_command(*show, command, shown, recover_show);
    auto* apply = sub->add_subcommand("apply", "Store a checkpoint in a node's data directory");
    apply->footer(
        "The node must be stopped. Refused where too few recovery keys signed, or where the node holds certified "
        "blocks\n"
        "that the checkpoint would undo.\n\nExample: talead recover apply checkpoint.json --dir chain");
    auto applied = std::make_shared<RecoverApply>();
    apply->add_option("file", applied->file, "The checkpoint")->required();
    add_dir_option(*apply, applied->dir);
    apply->add_flag("--json", applied->json, "One JSON object");
    set_command(*apply, command, applied, recover_apply);
}

void add_export(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("export", "Write the chain for other programs: genesis, checkpoints, blocks");
    sub->footer(
        "A JSON object a line on stdout, with headers, certificates and transactions as their bytes: all that a\n"
        "stranger needs to verify the chain by node/CHAIN.md. The node must be stopped.\n\n"
        "Example: talead export --dir chain > chain.jsonl");
    auto directory = std::make_shared<Directory>();
    add_dir_option(*sub, directory->path);
    set_command(*sub, command, directory, export_chain);
}

void add_backup(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("backup", "Copy a data directory into another folder");
    sub->footer(
        "The node must be stopped; the other validators go on without it. The copy is a data directory: to restore "
        "it,\n"
        "put it in the place of the lost one. Keys and vote journals are no part of it and must not be restored: a\n"
        "validator whose key or journal is lost gets a new key (`talea validator replace`).\n\n"
        "Example: talead backup --dir /var/lib/talea --to /backup/talea-2026-11-20");
    struct Options {
        std::string dir, to;
    };
    auto options = std::make_shared<Options>();
    add_dir_option(*sub, options->dir);
    sub->add_option("--to", options->to, "The folder to make")->required();
    set_command(*sub, command, options, [](const Options& chosen) { return make_backup({chosen.dir}, chosen.to); });
}

void add_index(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("index", "Build the index of token holders again from stored receipts");
    sub->footer("The node of the directory must be stopped.\n\nExample: talead index --dir chain");
    auto directory = std::make_shared<Directory>();
    add_dir_option(*sub, directory->path);
    set_command(*sub, command, directory, rebuild_index);
}

void add_consent(CLI::App& keys, Command& command) {
    auto* sub = keys.add_subcommand("consent", "Sign that a key agrees to validate a chain");
    sub->footer(
        "Prints the signature that `addValidator` and `replaceValidator` of Permissions take with the key's address "
        "and\n"
        "the expiry in seconds since 1970.\n\n"
        "Example: talead keys consent validator.key --genesis genesis.json --expiry 2026-12-01T00:00:00Z");
    auto options = std::make_shared<Consent>();
    sub->add_option("file", options->file.path, "The key file")->required();
    sub->add_option("--genesis", options->genesis, "The chain's genesis.json")->required();
    sub->add_option("--expiry", options->expiry, "The consent holds before this time")->required();
    add_password_option(*sub, options->file.password_file);
    set_command(*sub, command, options, sign_consent);
}

void add_keys(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("keys", "Keys of nodes");
    sub->require_subcommand(1);
    auto* fresh = sub->add_subcommand("new", "Make a node's key and its vote journal");
    fresh->footer(
        "Writes FILE, which only its owner reads, and FILE.journal, in which a validator keeps what it must not "
        "forget.\n"
        "Nothing else makes a journal: move them together, never copy or restore them, and keep them out of backups.\n"
        "A key without its journal signs nothing until a quorum of other validators says where the chain is.\n"
        "With --password-file the key is encrypted (Web3 Secret Storage), and so must be named wherever it is used.\n\n"
        "Example: talead keys new validator.key\n"
        "Example: talead keys new validator.key --password-file /run/secrets/talea");
    auto made = std::make_shared<KeyFile>();
    fresh->add_option("file", made->path, "The file to make")->required();
    add_password_option(*fresh, made->password_file);
    set_command(*fresh, command, made, new_key);
    auto* show = sub->add_subcommand("show", "Print the address of a key, or its public key");
    show->footer("Example: talead keys show validator.key");
    auto shown = std::make_shared<ShowKey>();
    show->add_option("file", shown->file.path, "The key file")->required();
    show->add_flag("--public", shown->is_public, "The public key, 64 bytes, as `admitNode` of Permissions takes it");
    add_password_option(*show, shown->file.password_file);
    set_command(*show, command, shown, show_key);
    auto* encrypt = sub->add_subcommand("encrypt", "Put a key that stands in the clear under a password, in place");
    encrypt->footer(
        "The journal stays as it is. What the disk held before may still be on it: for a key that others may have "
        "read,\n"
        "make a new one (examples/runbooks/rotate-key.sh).\n\n"
        "Example: talead keys encrypt validator.key --password-file /run/secrets/talea");
    auto encrypted = std::make_shared<KeyFile>();
    encrypt->add_option("file", encrypted->path, "The key file")->required();
    encrypt->add_option("--password-file", encrypted->password_file, "File whose first line is the new password")
        ->required();
    set_command(*encrypt, command, encrypted, encrypt_key);
    auto* split = sub->add_subcommand("split", "Move a validator's secret out of its key file, for a signer");
    split->footer(
        "FILE keeps what the node needs, the address and which vote journal is the key's; SECRET goes to whoever runs\n"
        "`talead signer`. The node then runs with --key FILE --signer SOCKET. An encrypted key stays encrypted.\n\n"
        "Example: talead keys split /etc/talea/validator.key --secret /etc/talea-signer/secret.key");
    auto parted = std::make_shared<SplitOptions>();
    split->add_option("file", parted->file.path, "The key file")->required();
    split->add_option("--secret", parted->secret, "The file to make for the signer")->required();
    add_password_option(*split, parted->file.password_file);
    set_command(*split, command, parted, split_key);
    auto* exported = sub->add_subcommand("export", "Print what other hosts need to know of a key: its public file");
    exported->footer(
        "Holds the public key, where the node will be found, and the key's signature over both; no secret. Send it to\n"
        "whoever assembles the genesis, or puts this node into a running network.\n\n"
        "Example: talead keys export validator.key --place validator-1.example:30303 > validator-1.json");
    auto options = std::make_shared<ExportKey>();
    exported->add_option("file", options->key_file, "The key file")->required();
    exported->add_option("--place", options->place, "HOST:PORT where other nodes find this one");
    exported->add_flag("--observer", options->observer, "The node only follows");
    add_password_option(*exported, options->password_file);
    set_command(*exported, command, options, export_public_file);
    add_consent(*sub, command);
}

void add_signer(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("signer", "Hold a validator's secret and sign for its node");
    sub->footer(
        "Answers at a Unix socket that only its owner may use. It signs what it is asked: what a validator may sign "
        "is\n"
        "its node's matter, by the vote journal, so no two nodes may use one signer. While it is away its node only\n"
        "follows. The protocol, for a program before a device, is in node/ops/remote_signer.hpp.\n\n"
        "Example: talead signer /etc/talea-signer/secret.key --socket /run/talea/signer.sock");
    auto options = std::make_shared<SignerOptions>();
    sub->add_option("file", options->key_file, "The key file, from `talead keys split`")->required();
    sub->add_option("--socket", options->socket_path, "Where to answer")->required();
    add_password_option(*sub, options->password_file);
    set_command(*sub, command, options, run_signer);
}

void add_status(CLI::App& app, Command& command) {
    auto* sub = app.add_subcommand("status", "Say how a running node is: block, peers, validators, why, disk");
    sub->footer("Example: talead status\nExample: talead status --rpc http://127.0.0.1:18545 --json");
    auto options = std::make_shared<StatusOptions>();
    sub->add_option("--rpc", options->node.url, "The node")->capture_default_str();
    sub->add_option("--jwt-secret", options->node.jwt_secret_file,
                    "File of the secret that the node wants tokens made with")
        ->envname("TALEA_JWT_SECRET");
    sub->add_option("--ca", options->node.ca_file,
                    "Certificates (PEM) to judge an https node by; default: the system's")
        ->envname("TALEA_CA");
    sub->add_flag("--json", options->json, "One JSON object");
    set_command(*sub, command, options, show_status);
}

/// What is wrong with a line that did not parse: a word that is no command is named beside those that are.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App* at = &app;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    const auto rest = app.remaining(true);
    const auto word = std::ranges::find_if(rest, [](const std::string& text) { return !text.starts_with('-'); });
    const auto known = at->get_subcommands([](const CLI::App*) { return true; });
    if (word == rest.end() || known.empty()) return error.what();
    std::vector<std::string> names;
    for (const CLI::App* command : known) names.push_back(command->get_name());
    return fmt::format("there is no command '{}'; commands are {}", *word, fmt::join(names, ", "));
}

}  // namespace

int run_command_line(int argument_count, char** arguments) {
    CLI::App app("Talea's node: a private chain for tokenised treasuries", "talead");
    app.require_subcommand(1);
    app.set_version_flag("--version", "talead " TALEA_VERSION);
    app.footer(
        "`talead COMMAND --help` tells more of each command. Exit codes: 0 done, 1 it could not be done,\n"
        "2 wrong usage, 74 the disk failed.");
    LogOptions log;
    app.add_option("--log", log.level, "Lines at this level and above: debug, info, warning, error")
        ->capture_default_str()
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    app.add_option("--log-format", log.format, "text for people, or json: an object a line")
        ->capture_default_str()
        ->check(CLI::IsMember({"text", "json"}));
    app.fallthrough();
    std::signal(SIGPIPE, SIG_IGN);  // a reader that left is an error code, not an end
    std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit likewise
    Command command;
    add_devnet(app, command, log);
    add_init(app, command);
    add_join(app, command);
    add_run(app, command);
    add_signer(app, command);
    add_status(app, command);
    add_inspect(app, command);
    add_prove(app, command);
    add_replay(app, command);
    add_recover(app, command);
    add_export(app, command);
    add_backup(app, command);
    add_index(app, command);
    add_keys(app, command);
    try {
        app.parse(argument_count, arguments);
    } catch (const CLI::Success& done) {
        return app.exit(done);  // help and version
    } catch (const CLI::ParseError& error) {
        fmt::print(stderr, "talead: {}; see `talead --help`\n", what_is_wrong(app, error));
        return static_cast<int>(ExitCode::wrong_usage);
    }
    set_log_level(log.level == "debug"     ? LogLevel::debug
                  : log.level == "warning" ? LogLevel::warning
                  : log.level == "error"   ? LogLevel::error
                                           : LogLevel::info);
    if (log.format == "json") set_log_format(LogFormat::json);
    return static_cast<int>(command());
}

}  // namespace talea::node
