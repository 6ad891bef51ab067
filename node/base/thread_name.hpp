#pragma once
#include <string_view>

namespace talea::node {

/// How a thread of the node is called where the system lists threads (`top -H`, /proc/PID/task/*/comm), so that its use
/// of the processor is seen by part. Linux keeps 15 characters; a thread without a name of its own has that of the
/// thread that started it.
namespace thread_name {
constexpr std::string_view writer = "writer";          ///< consensus, execution, the chain's database
constexpr std::string_view worker = "worker";          ///< signatures of gossiped transactions, answers to peers
constexpr std::string_view p2p = "p2p";                ///< sockets of peers
constexpr std::string_view rpc = "rpc";                ///< sockets of clients
constexpr std::string_view rpc_worker = "rpc-worker";  ///< answers to clients, and signatures of what they send
constexpr std::string_view caller = "rpc-caller";      ///< what they let the node compute: eth_call and the like
constexpr std::string_view subscriptions = "rpc-subscriber";
constexpr std::string_view leveldb = "leveldb";  ///< compaction
constexpr std::string_view disk = "disk-watch";
constexpr std::string_view forgetter = "forgetter";  ///< of old blocks
}  // namespace thread_name

/// Of the calling thread, which is not the process's first one: that one's name is the program's.
void name_this_thread(std::string_view name);

}  // namespace talea::node
