#pragma once
#include <optional>
#include <string>
#include <vector>

#include "node/base/stop.hpp"

/// `talead recover`: a recovery checkpoint (DESIGN 7) is made from a node's last certified block, signed by holders of
/// recovery keys one after the other, and stored by every node. Failures are printed, one sentence each.
namespace talea::node {

struct RecoverNew {
    std::string dir;  ///< of a node that is stopped
    std::vector<std::string> validators;
    std::string file;  ///< to write
};
[[nodiscard]] ExitCode recover_new(const RecoverNew& options);

struct RecoverSign {
    std::string file;     ///< is written anew with the signature
    std::string genesis;  ///< the chain's genesis.json
    std::optional<std::string> key_file;
    std::string password_file;             ///< of an encrypted key
    std::optional<std::string> signature;  ///< made elsewhere over the digest that `show` prints
};
[[nodiscard]] ExitCode recover_sign(const RecoverSign& options);

struct RecoverShow {
    std::string file;
    std::string genesis;
    bool json = false;
};
[[nodiscard]] ExitCode recover_show(const RecoverShow& options);

struct RecoverApply {
    std::string file;
    std::string dir;
    bool json = false;
};
[[nodiscard]] ExitCode recover_apply(const RecoverApply& options);

}  // namespace talea::node
