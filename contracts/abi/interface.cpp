#include "contracts/abi/interface.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "vm/base/hex.hpp"
#include "vm/crypto/address.hpp"
#include "vm/crypto/keccak.hpp"

namespace talea::abi {
namespace {

using nlohmann::json;
using vm::BytesView;

BytesView view_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text_of(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

bool flag_of(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_boolean() && found->get<bool>();
}

/// Gives a tuple (below any arrays) the names that its `components` tell. The shapes agree: one was made of the other.
void name_components(Type& type, const json& parameter) {
    Type* tuple = &type;
    while (tuple->kind == Kind::array || tuple->kind == Kind::fixed_array) tuple = &tuple->items.front();
    if (tuple->kind != Kind::tuple) return;
    tuple->struct_name = text_of(parameter, "internalType");
    const json& components = parameter["components"];
    for (std::size_t i = 0; i < tuple->items.size(); ++i) {
        tuple->names.push_back(text_of(components[i], "name"));
        name_components(tuple->items[i], components[i]);
    }
}

/// "tuple[]" with its components as "(…)[]".
std::optional<std::string> type_text(const json& parameter, std::size_t depth) {
    if (!parameter.is_object() || depth > type_depth_max) return std::nullopt;
    const std::string type = text_of(parameter, "type");
    if (!type.starts_with("tuple")) return type;
    const auto components = parameter.find("components");
    if (components == parameter.end() || !components->is_array()) return std::nullopt;
    std::string text = "(";
    for (const json& component : *components) {
        const auto item = type_text(component, depth + 1);
        if (!item) return std::nullopt;
        if (text.size() > 1) text += ",";
        text += *item;
    }
    return text + ")" + type.substr(5);
}

std::expected<std::vector<Parameter>, InterfaceError> parse_parameters(const json& entry, const char* key) {
    std::vector<Parameter> parameters;
    const auto list = entry.find(key);
    if (list == entry.end()) return parameters;
    if (!list->is_array()) return std::unexpected(InterfaceError::not_an_abi);
    for (const json& item : *list) {
        const auto text = type_text(item, 0);
        if (!text) return std::unexpected(InterfaceError::not_an_abi);
        auto type = parse_type(*text);
        if (!type) return std::unexpected(InterfaceError::bad_type);
        name_components(*type, item);
        parameters.push_back({text_of(item, "name"), std::move(*type), flag_of(item, "indexed")});
    }
    return parameters;
}

std::vector<Type> types_of(const std::vector<Parameter>& parameters) {
    std::vector<Type> types;
    for (const Parameter& parameter : parameters) types.push_back(parameter.type);
    return types;
}

std::string signature_of(const std::string& name, const std::vector<Parameter>& inputs) {
    return Signature{name, types_of(inputs)}.canonical();
}

Mutability mutability_of(const json& entry) {
    const std::string text = text_of(entry, "stateMutability");
    if (text == "pure") return Mutability::pure;
    if (text == "view") return Mutability::view;
    if (text == "payable") return Mutability::payable;
    return Mutability::nonpayable;
}

ErrorDefinition make_error(std::string name, std::vector<Parameter> inputs) {
    ErrorDefinition error;
    error.signature = signature_of(name, inputs);
    error.selector = selector_of(error.signature);
    error.name = std::move(name);
    error.input_types = types_of(inputs);
    error.inputs = std::move(inputs);
    return error;
}

ErrorDefinition one_word_error(const char* name, Kind kind) {
    Parameter parameter;
    parameter.type.kind = kind;
    return make_error(name, {std::move(parameter)});
}

std::string format_arguments(std::span<const Type> types, std::span<const Value> values,
                             const AddressNamer& name_address) {
    std::string out = "(";
    for (std::size_t i = 0; i < values.size(); ++i)
        out += (i > 0 ? ", " : "") + format(types[i], values[i], name_address);
    return out + ")";
}

std::string plain_address(const vm::Address& address) {
    return vm::to_checksum_hex(address);
}

}  // namespace

Selector selector_of(std::string_view canonical_signature) {
    const vm::Hash digest = vm::keccak256(view_of(canonical_signature));
    Selector selector;
    std::copy_n(digest.bytes.begin(), 4, selector.bytes.begin());
    return selector;
}

std::optional<Selector> selector_in(BytesView data) {
    if (data.size() < 4) return std::nullopt;
    Selector selector;
    std::copy_n(data.begin(), 4, selector.bytes.begin());
    return selector;
}

vm::Bytes Function::encode_call(std::span<const Value> arguments) const {
    vm::Bytes data(selector.bytes.begin(), selector.bytes.end());
    encode_to(data, input_types, arguments);
    return data;
}

std::string_view to_string(InterfaceError error) {
    switch (error) {
        case InterfaceError::not_json:
            return "not JSON";
        case InterfaceError::not_an_abi:
            return "not a JSON ABI";
        case InterfaceError::bad_type:
            return "a parameter has a type that the Solidity ABI does not know";
    }
    return "unknown";
}

std::expected<Interface, InterfaceError> Interface::parse(std::string_view text) {
    const json parsed = json::parse(text, nullptr, false);
    if (parsed.is_discarded()) return std::unexpected(InterfaceError::not_json);
    if (!parsed.is_array()) return std::unexpected(InterfaceError::not_an_abi);
    Interface out;
    for (const json& entry : parsed) {
        if (!entry.is_object()) return std::unexpected(InterfaceError::not_an_abi);
        const std::string kind = text_of(entry, "type");
        std::string name = text_of(entry, "name");
        auto inputs = parse_parameters(entry, "inputs");
        if (!inputs) return std::unexpected(inputs.error());
        if (kind == "constructor") {
            out.constructor_inputs_ = std::move(*inputs);
        } else if (kind == "function") {
            auto outputs = parse_parameters(entry, "outputs");
            if (!outputs) return std::unexpected(outputs.error());
            Function function;
            function.signature = signature_of(name, *inputs);
            function.selector = selector_of(function.signature);
            function.name = std::move(name);
            function.input_types = types_of(*inputs);
            function.output_types = types_of(*outputs);
            function.inputs = std::move(*inputs);
            function.outputs = std::move(*outputs);
            function.mutability = mutability_of(entry);
            out.functions_.push_back(std::move(function));
        } else if (kind == "event") {
            Event event;
            event.signature = signature_of(name, *inputs);
            event.topic = vm::keccak256(view_of(event.signature));
            event.name = std::move(name);
            event.inputs = std::move(*inputs);
            event.anonymous = flag_of(entry, "anonymous");
            out.events_.push_back(std::move(event));
        } else if (kind == "error") {
            out.errors_.push_back(make_error(std::move(name), std::move(*inputs)));
        } else if (kind != "fallback" && kind != "receive") {
            return std::unexpected(InterfaceError::not_an_abi);
        }
    }
    return out;
}

std::vector<Type> Interface::constructor_types() const {
    return types_of(constructor_inputs_);
}

const Function* Interface::find_function(const Selector& selector) const {
    const auto found = std::ranges::find(functions_, selector, &Function::selector);
    return found == functions_.end() ? nullptr : &*found;
}

const Function* Interface::find_function(std::string_view name, std::optional<std::size_t> arguments) const {
    for (const Function& function : functions_)
        if (function.name == name && (!arguments || function.inputs.size() == *arguments)) return &function;
    return nullptr;
}

const ErrorDefinition* Interface::find_error(const Selector& selector) const {
    const auto found = std::ranges::find(errors_, selector, &ErrorDefinition::selector);
    return found == errors_.end() ? nullptr : &*found;
}

const Event* Interface::find_event(const vm::Hash& topic, std::size_t topic_count) const {
    // The same signature may come with other parameters indexed (ERC-20's and ERC-721's Transfer).
    for (const Event& event : events_) {
        const auto indexed = static_cast<std::size_t>(std::ranges::count_if(event.inputs, &Parameter::indexed));
        if (!event.anonymous && event.topic == topic && indexed + 1 == topic_count) return &event;
    }
    return nullptr;
}

const Event* Interface::find_event(std::string_view name) const {
    const auto found = std::ranges::find(events_, name, &Event::name);
    return found == events_.end() ? nullptr : &*found;
}

void Interface::merge(const Interface& other) {
    for (const Function& function : other.functions_)
        if (find_function(function.selector) == nullptr) functions_.push_back(function);
    for (const ErrorDefinition& error : other.errors_)
        if (find_error(error.selector) == nullptr) errors_.push_back(error);
    for (const Event& event : other.events_) {
        const auto indexed = static_cast<std::size_t>(std::ranges::count_if(event.inputs, &Parameter::indexed));
        if (find_event(event.topic, indexed + 1) == nullptr) events_.push_back(event);
    }
}

std::optional<DecodedEvent> decode_event(const Interface& known, std::span<const vm::Hash> topics, BytesView data) {
    if (topics.empty()) return std::nullopt;
    const Event* event = known.find_event(topics.front(), topics.size());
    if (event == nullptr) return std::nullopt;
    std::vector<Type> in_data;
    for (const Parameter& parameter : event->inputs)
        if (!parameter.indexed) in_data.push_back(parameter.type);
    auto values = decode(in_data, data);
    if (!values) return std::nullopt;

    DecodedEvent decoded{event, {}, {}};
    std::size_t next_topic = 1, next_value = 0;
    for (const Parameter& parameter : event->inputs) {
        const bool hashed = parameter.indexed && !parameter.type.is_word();
        decoded.hashed.push_back(hashed);
        if (!parameter.indexed) {
            decoded.values.push_back(std::move((*values)[next_value++]));
            continue;
        }
        const vm::Hash& topic = topics[next_topic++];
        if (!hashed && !decode({&parameter.type, 1}, topic.bytes)) return std::nullopt;
        decoded.values.push_back(hash(topic));
    }
    return decoded;
}

const ErrorDefinition& standard_error() {
    static const ErrorDefinition error = one_word_error("Error", Kind::string);
    return error;
}

const ErrorDefinition& standard_panic() {
    static const ErrorDefinition error = one_word_error("Panic", Kind::uint);
    return error;
}

// Solidity documentation, "Panic via assert and Error via require".
std::string_view panic_meaning(std::uint64_t code) {
    switch (code) {
        case 0x00:
            return "generic";
        case 0x01:
            return "assertion failed";
        case 0x11:
            return "arithmetic overflow or underflow";
        case 0x12:
            return "division or modulo by zero";
        case 0x21:
            return "value out of an enum's range";
        case 0x22:
            return "storage byte array encoded wrongly";
        case 0x31:
            return "pop of an empty array";
        case 0x32:
            return "array index out of bounds";
        case 0x41:
            return "out of memory";
        case 0x51:
            return "call of an uninitialised internal function";
        default:
            return {};
    }
}

std::optional<DecodedError> decode_error(const Interface& known, BytesView revert_data) {
    const auto selector = selector_in(revert_data);
    if (!selector) return std::nullopt;
    const ErrorDefinition* error = *selector == standard_error().selector   ? &standard_error()
                                   : *selector == standard_panic().selector ? &standard_panic()
                                                                            : known.find_error(*selector);
    if (error == nullptr) return std::nullopt;
    auto values = decode(error->input_types, revert_data.subspan(4));
    if (!values) return std::nullopt;
    return DecodedError{error, std::move(*values)};
}

std::string describe_revert(const Interface& known, BytesView revert_data) {
    return describe_revert(known, revert_data, plain_address);
}

std::string describe_revert(const Interface& known, BytesView revert_data, const AddressNamer& name_address) {
    if (revert_data.empty()) return "reverted without data";
    const auto decoded = decode_error(known, revert_data);
    if (!decoded) return "reverted with " + vm::to_hex(revert_data);
    if (decoded->error == &standard_error()) {
        const std::string quoted = format(decoded->error->input_types.front(), decoded->values.front());
        return quoted.substr(1, quoted.size() - 2);
    }
    if (decoded->error == &standard_panic()) {
        const vm::u256& code = decoded->values.front().word;
        const std::string_view meaning = code.fits_u64() ? panic_meaning(code.low_u64()) : std::string_view{};
        return "panic: " + std::string(meaning.empty() ? "unknown" : meaning) + " (" + vm::to_quantity(code) + ")";
    }
    return decoded->error->name + format_arguments(decoded->error->input_types, decoded->values, name_address);
}

std::string describe_call(const Interface& known, BytesView call_data) {
    return describe_call(known, call_data, plain_address);
}

std::string describe_event(const DecodedEvent& event, const AddressNamer& name_address) {
    std::string out = event.event->name + "(";
    for (std::size_t i = 0; i < event.values.size(); ++i) {
        const Parameter& parameter = event.event->inputs[i];
        if (i > 0) out += ", ";
        if (!parameter.name.empty()) out += parameter.name + ": ";
        out += event.hashed[i] ? "keccak " + vm::to_hex(vm::to_hash(event.values[i].word))
                               : format(parameter.type, event.values[i], name_address);
    }
    return out + ")";
}

std::string describe_call(const Interface& known, BytesView call_data, const AddressNamer& name_address) {
    const auto selector = selector_in(call_data);
    const Function* function = selector ? known.find_function(*selector) : nullptr;
    if (function == nullptr) return vm::to_hex(call_data);
    const auto values = decode(function->input_types, call_data.subspan(4));
    if (!values) return function->name + "(" + vm::to_hex(call_data.subspan(4)) + ")";
    return function->name + format_arguments(function->input_types, *values, name_address);
}

}  // namespace talea::abi
