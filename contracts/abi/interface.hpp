#pragma once
#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/abi/codec.hpp"
#include "contracts/abi/type.hpp"
#include "contracts/abi/value.hpp"
#include "vm/base/bytes.hpp"

namespace talea::abi {

/// The first four bytes of the keccak of a signature.
struct Selector {
    std::array<std::uint8_t, 4> bytes{};
    friend auto operator<=>(const Selector&, const Selector&) = default;
};
[[nodiscard]] Selector selector_of(std::string_view canonical_signature);
/// Of call or revert data; nothing where it is shorter than four bytes.
[[nodiscard]] std::optional<Selector> selector_in(vm::BytesView data);

struct Parameter {
    std::string name;  ///< may be empty
    Type type;
    bool indexed = false;  ///< of an event
};

enum class Mutability : std::uint8_t { pure, view, nonpayable, payable };

struct Function {
    std::string name;
    std::vector<Parameter> inputs, outputs;
    Mutability mutability = Mutability::nonpayable;
    std::vector<Type> input_types, output_types;  ///< of the parameters above, as the codec takes them
    std::string signature;                        ///< canonical
    Selector selector;

    /// Selector and arguments. Precondition as of `encode`.
    [[nodiscard]] vm::Bytes encode_call(std::span<const Value> arguments) const;
};

/// A custom error; `Error(string)` and `Panic(uint256)` are two of them.
struct ErrorDefinition {
    std::string name;
    std::vector<Parameter> inputs;
    std::vector<Type> input_types;
    std::string signature;
    Selector selector;
};

struct Event {
    std::string name;
    std::vector<Parameter> inputs;
    bool anonymous = false;
    std::string signature;
    vm::Hash topic;  ///< keccak of the signature: the first topic of an event that is not anonymous
};

/// An event's values in the order of its parameters. An indexed parameter that is no word (a string, an array) is only
/// known by its keccak: `hashed` says so and `values` holds the keccak as a word.
struct DecodedEvent {
    const Event* event = nullptr;
    std::vector<Value> values;
    std::vector<bool> hashed;
};

enum class InterfaceError : std::uint8_t {
    not_json,
    not_an_abi,  ///< no array of objects with the fields of the specification
    bad_type,
};
[[nodiscard]] std::string_view to_string(InterfaceError error);

/// What a contract understands and says: its JSON ABI, read.
class Interface {
  public:
    /// The JSON array that solc prints as `abi`.
    [[nodiscard]] static std::expected<Interface, InterfaceError> parse(std::string_view json);

    [[nodiscard]] const std::vector<Function>& functions() const { return functions_; }
    [[nodiscard]] const std::vector<Event>& events() const { return events_; }
    [[nodiscard]] const std::vector<ErrorDefinition>& errors() const { return errors_; }
    /// Of the constructor; empty where it has none.
    [[nodiscard]] const std::vector<Parameter>& constructor_inputs() const { return constructor_inputs_; }
    [[nodiscard]] std::vector<Type> constructor_types() const;

    /// Null where there is none. By name: the first with that name and, where `arguments` is given, so many inputs.
    [[nodiscard]] const Function* find_function(const Selector& selector) const;
    [[nodiscard]] const Function* find_function(std::string_view name, std::optional<std::size_t> arguments = {}) const;
    [[nodiscard]] const ErrorDefinition* find_error(const Selector& selector) const;
    [[nodiscard]] const Event* find_event(const vm::Hash& topic, std::size_t topic_count) const;
    [[nodiscard]] const Event* find_event(std::string_view name) const;

    /// Adds what `other` has and this has not (a caller that knows several contracts decodes with all of them).
    void merge(const Interface& other);

  private:
    std::vector<Function> functions_;
    std::vector<Event> events_;
    std::vector<ErrorDefinition> errors_;
    std::vector<Parameter> constructor_inputs_;
};

/// The event of a log by its topics, or nothing where `known` has none that fits or the data does not decode.
[[nodiscard]] std::optional<DecodedEvent> decode_event(const Interface& known, std::span<const vm::Hash> topics,
                                                       vm::BytesView data);

/// `Error(string)` and `Panic(uint256)`, which every contract may revert with.
[[nodiscard]] const ErrorDefinition& standard_error();
[[nodiscard]] const ErrorDefinition& standard_panic();
/// What a panic code means ("arithmetic overflow or underflow"); empty for a code that Solidity does not use.
[[nodiscard]] std::string_view panic_meaning(std::uint64_t code);

/// Revert data taken apart: which error, with which arguments.
struct DecodedError {
    const ErrorDefinition* error = nullptr;
    std::vector<Value> values;
};
/// Nothing where `known` has no such error or the arguments do not decode. Looks at the standard errors first.
[[nodiscard]] std::optional<DecodedError> decode_error(const Interface& known, vm::BytesView revert_data);

/// One line for a person: the message of Error(string) as it is, "panic: arithmetic overflow or underflow (0x11)",
/// "CapExceeded(1, 2)", the data in hex where nothing is known of it, "reverted without data".
[[nodiscard]] std::string describe_revert(const Interface& known, vm::BytesView revert_data);
[[nodiscard]] std::string describe_revert(const Interface& known, vm::BytesView revert_data,
                                          const AddressNamer& name_address);
/// "transfer(0x…, 100)", or the data in hex where the function is not known.
[[nodiscard]] std::string describe_call(const Interface& known, vm::BytesView call_data);
[[nodiscard]] std::string describe_call(const Interface& known, vm::BytesView call_data,
                                        const AddressNamer& name_address);
/// "Transfer(from: 0x…, to: 0x…, value: 100)"; an indexed string or array by its keccak.
[[nodiscard]] std::string describe_event(const DecodedEvent& event, const AddressNamer& name_address);

}  // namespace talea::abi
