#include "contracts/runner/cheat_refused.hpp"

#include <map>

#include "contracts/abi/type.hpp"
#include "vm/base/check.hpp"

namespace talea::runner {
namespace {

struct Family {
    std::string_view why;
    std::string_view signatures;  // with a space between them
};

// The names are those of forge-std 1.16.1.
// clang-format off
constexpr Family families[] = {
    {"tests read and write no files",
     "closeFile(string) copyFile(string,string) createDir(string,bool) currentFilePath() dumpState(string) "
     "exists(string) fsMetadata(string) getArtifactPathByCode(bytes) getArtifactPathByDeployedCode(bytes) "
     "isDir(string) isFile(string) loadAllocs(string) projectRoot() readDir(string) readDir(string,uint64) "
     "readDir(string,uint64,bool) readFile(string) readFileBinary(string) readLine(string) "
     "readLink(string) removeDir(string,bool) removeFile(string) writeFile(string,string) "
     "writeFileBinary(string,bytes) writeJson(string,string) writeJson(string,string,string) "
     "writeLine(string,string) writeToml(string,string) writeToml(string,string,string)"},
    {"tests read no JSON or TOML",
     "keyExists(string,string) keyExistsJson(string,string) keyExistsToml(string,string) parseJson(string) "
     "parseJson(string,string) parseJsonAddress(string,string) parseJsonAddressArray(string,string) "
     "parseJsonBool(string,string) parseJsonBoolArray(string,string) parseJsonBytes(string,string) "
     "parseJsonBytes32(string,string) parseJsonBytes32Array(string,string) "
     "parseJsonBytesArray(string,string) parseJsonInt(string,string) parseJsonIntArray(string,string) "
     "parseJsonKeys(string,string) parseJsonString(string,string) parseJsonStringArray(string,string) "
     "parseJsonType(string,string) parseJsonType(string,string,string) "
     "parseJsonTypeArray(string,string,string) parseJsonUint(string,string) "
     "parseJsonUintArray(string,string) parseToml(string) parseToml(string,string) "
     "parseTomlAddress(string,string) parseTomlAddressArray(string,string) parseTomlBool(string,string) "
     "parseTomlBoolArray(string,string) parseTomlBytes(string,string) parseTomlBytes32(string,string) "
     "parseTomlBytes32Array(string,string) parseTomlBytesArray(string,string) parseTomlInt(string,string) "
     "parseTomlIntArray(string,string) parseTomlKeys(string,string) parseTomlString(string,string) "
     "parseTomlStringArray(string,string) parseTomlType(string,string) parseTomlType(string,string,string) "
     "parseTomlTypeArray(string,string,string) parseTomlUint(string,string) "
     "parseTomlUintArray(string,string) serializeAddress(string,string,address) "
     "serializeAddress(string,string,address[]) serializeBool(string,string,bool) "
     "serializeBool(string,string,bool[]) serializeBytes(string,string,bytes) "
     "serializeBytes(string,string,bytes[]) serializeBytes32(string,string,bytes32) "
     "serializeBytes32(string,string,bytes32[]) serializeInt(string,string,int256) "
     "serializeInt(string,string,int256[]) serializeJson(string,string) serializeJsonType(string,bytes) "
     "serializeJsonType(string,string,string,bytes) serializeString(string,string,string) "
     "serializeString(string,string,string[]) serializeUint(string,string,uint256) "
     "serializeUint(string,string,uint256[]) serializeUintToHex(string,string,uint256)"},
    {"tests read nothing from their surroundings, so that a seed is a test case",
     "envAddress(string) envAddress(string,string) envBool(string) envBool(string,string) envBytes(string) "
     "envBytes(string,string) envBytes32(string) envBytes32(string,string) envExists(string) "
     "envInt(string) envInt(string,string) envOr(string,address) envOr(string,bool) envOr(string,bytes) "
     "envOr(string,bytes32) envOr(string,int256) envOr(string,string) envOr(string,string,address[]) "
     "envOr(string,string,bool[]) envOr(string,string,bytes32[]) envOr(string,string,bytes[]) "
     "envOr(string,string,int256[]) envOr(string,string,string[]) envOr(string,string,uint256[]) "
     "envOr(string,uint256) envString(string) envString(string,string) envUint(string) "
     "envUint(string,string) prompt(string) promptAddress(string) promptSecret(string) "
     "promptSecretUint(string) promptUint(string) resolveEnv(string) setEnv(string,string) sleep(uint256) "
     "unixTime()"},
    {"tests run no programs",
     "ffi(string[]) tryFfi(string[])"},
    {"tests run on a chain of their own, and there is no other one to look at",
     "activeFork() allowCheatcodes(address) createFork(string) createFork(string,bytes32) "
     "createFork(string,uint256) createSelectFork(string) createSelectFork(string,bytes32) "
     "createSelectFork(string,uint256) eth_getLogs(uint256,uint256,address,bytes32[]) getChain(string) "
     "getChain(uint256) getRawBlockHeader(uint256) isPersistent(address) makePersistent(address) "
     "makePersistent(address,address) makePersistent(address,address,address) makePersistent(address[]) "
     "revokePersistent(address) revokePersistent(address[]) rollFork(bytes32) rollFork(uint256) "
     "rollFork(uint256,bytes32) rollFork(uint256,uint256) rpc(string,string) rpc(string,string,string) "
     "rpcJson(string,string) rpcJson(string,string,string) rpcUrl(string) rpcUrlStructs() rpcUrls() "
     "selectFork(uint256) transact(bytes32) transact(uint256,bytes32)"},
    {"tests send nothing to a network; use talea send",
     "attachBlob(bytes) broadcast() broadcast(address) broadcast(uint256) broadcastRawTransaction(bytes) "
     "executeTransaction(bytes) getBroadcast(string,uint64,uint8) getBroadcasts(string,uint64) "
     "getBroadcasts(string,uint64,uint8) getDeployment(string) getDeployment(string,uint64) "
     "getDeployments(string,uint64) startBroadcast() startBroadcast(address) startBroadcast(uint256) "
     "stopBroadcast()"},
    {"use `new`, or vm.getCode",
     "deployCode(string) deployCode(string,bytes) deployCode(string,bytes,bytes32) "
     "deployCode(string,bytes,uint256) deployCode(string,bytes,uint256,bytes32) deployCode(string,bytes32) "
     "deployCode(string,uint256) deployCode(string,uint256,bytes32) interceptInitcode()"},
    {"accounts with delegated code are no part of its tests",
     "attachDelegation((uint8,bytes32,bytes32,uint64,address)) "
     "attachDelegation((uint8,bytes32,bytes32,uint64,address),bool) "
     "signAndAttachDelegation(address,uint256) signAndAttachDelegation(address,uint256,bool) "
     "signAndAttachDelegation(address,uint256,uint64) signDelegation(address,uint256) "
     "signDelegation(address,uint256,bool) signDelegation(address,uint256,uint64)"},
    {"gas is always counted; the report shows it for every test",
     "lastCallGas() pauseGasMetering() resetGasMetering() resumeGasMetering() snapshotGasLastCall(string) "
     "snapshotGasLastCall(string,string) snapshotValue(string,string,uint256) "
     "snapshotValue(string,uint256) startSnapshotGas(string) startSnapshotGas(string,string) "
     "stopSnapshotGas() stopSnapshotGas(string) stopSnapshotGas(string,string)"},
    {"single accesses and steps are not recorded; -vv shows the calls",
     "accesses(address) breakpoint(string) breakpoint(string,bool) expectSafeMemory(uint64,uint64) "
     "expectSafeMemoryCall(uint64,uint64) getMappingKeyAndParentOf(address,bytes32) "
     "getMappingLength(address,bytes32) getMappingSlotAt(address,bytes32,uint256) getRecordedLogsJson() "
     "getStateDiff() getStateDiffJson() getStorageAccesses() getStorageSlots(address,string) "
     "pauseTracing() record() resumeTracing() startDebugTraceRecording() startMappingRecording() "
     "startStateDiffRecording() stopAndReturnDebugTraceRecording() stopAndReturnStateDiff() "
     "stopExpectSafeMemory() stopMappingRecording() stopRecord()"},
    {"use vm.store for the slots that matter",
     "cloneAccount(address,address) copyStorage(address,address) setArbitraryStorage(address) "
     "setArbitraryStorage(address,bool)"},
    {"what is warm at the start is what a transaction of the chain finds warm",
     "accessList((address,bytes32[])[]) cool(address) coolSlot(address,bytes32) noAccessList() "
     "warmSlot(address,bytes32)"},
    {"the chain has one set of rules, of Osaka, without blobs",
     "blobhashes(bytes32[]) difficulty(uint256) foundryVersionAtLeast(string) foundryVersionCmp(string) "
     "getBlobhashes() getEvmVersion() getFoundryVersion() setBlockhash(uint256,bytes32) "
     "setEvmVersion(string)"},
    {"only keys of secp256k1 given as numbers sign",
     "createEd25519Key(bytes32) deriveKey(string,string,uint32) deriveKey(string,string,uint32,string) "
     "deriveKey(string,uint32) deriveKey(string,uint32,string) publicKeyEd25519(bytes32) "
     "publicKeyP256(uint256) rememberKeys(string,string,string,uint32) rememberKeys(string,string,uint32) "
     "sign(bytes32) signCompact(bytes32) signEd25519(bytes,bytes,bytes32) signP256(uint256,bytes32) "
     "signWithNonceUnsafe(uint256,bytes32,uint256) verifyEd25519(bytes,bytes,bytes,bytes32)"},
    {"encode it in Solidity",
     "eip712HashStruct(string,bytes) eip712HashStruct(string,string,bytes) eip712HashType(string) "
     "eip712HashType(string,string) eip712HashTypedData(string) ensNamehash(string) fromRlp(bytes) "
     "toRlp(bytes[])"},
    {"it belongs to another chain",
     "assumeImplicitApproval(address) expectLogoURIUpdated(address,address,string) "
     "expectTip20LogoURIUpdated(address,address,string) isImplicitlyApproved(address) "
     "setLogoURI(address,string) setTip20LogoURI(address,string)"},
    {"use vm.assume on what the call needs",
     "assumeNoRevert((address,bool,bytes)) assumeNoRevert((address,bool,bytes)[]) assumeNoRevert()"},
};
// clang-format on

using RefusedOf = std::map<abi::Selector, Refused>;

RefusedOf make_table() {
    RefusedOf table;
    for (const Family& family : families) {
        std::string_view rest = family.signatures;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(' '), rest.size());
            const auto signature = abi::parse_signature(rest.substr(0, end));
            vm::check(signature.has_value(), "a refused cheat code has a valid signature");
            table[abi::selector_of(signature->canonical())] = {rest.substr(0, end), family.why};
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return table;
}

}  // namespace

std::optional<Refused> find_refused(const abi::Selector& selector) {
    static const RefusedOf table = make_table();
    const auto found = table.find(selector);
    return found == table.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace talea::runner
