// TensorFlow's messages made for tests, field by field; never included by library code. Each function gives
// the bytes of one message.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "jetline/graph/wire.h"
#include "jetline/importers/tensorflow/proto.h"

namespace jetline::tf::made {

using Attrs = std::vector<std::pair<std::string, std::string>>;  // name -> AttrValue

inline ByteView bytes_of(const std::string& s) {
  return ByteView(reinterpret_cast<const uint8_t*>(s.data()), s.size());
}
// A field that holds a message.
inline std::string part(uint32_t number, const std::string& message) {
  wire::Writer w;
  w.text(number, message);
  return w.str();
}
inline std::string number(uint32_t field, int64_t value) {
  wire::Writer w;
  w.int64(field, value);
  return w.str();
}
// A map<string, V> entry as field `field`.
inline std::string entry(uint32_t field, const std::string& key, const std::string& value) {
  return part(field, part(1, key) + part(2, value));
}

inline std::string shape(const std::vector<int64_t>& dims) {
  std::string out;
  for (int64_t d : dims) out += part(2, number(1, d));
  return out;
}
// TensorProto with tensor_content.
inline std::string tensor(DataType type, const std::vector<int64_t>& dims, const std::string& content) {
  return number(1, static_cast<int64_t>(type)) + part(2, shape(dims)) + part(4, content);
}
template <typename T>
std::string packed(const std::vector<T>& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
}
inline std::string floats(const std::vector<int64_t>& dims, const std::vector<float>& values) {
  return tensor(DataType::kFloat, dims, packed(values));
}
inline std::string strings(const std::vector<int64_t>& dims, const std::vector<std::string>& values) {
  std::string out = number(1, static_cast<int64_t>(DataType::kString)) + part(2, shape(dims));
  for (const std::string& s : values) out += part(8, s);
  return out;
}

inline std::string attr_type(DataType t) {
  return number(6, static_cast<int64_t>(t));
}
inline std::string attr_int(int64_t v) {
  return number(3, v);
}
inline std::string attr_bool(bool v) {
  return number(5, v);
}
inline std::string attr_text(const std::string& v) {
  return part(2, v);
}
inline std::string attr_shape(const std::vector<int64_t>& dims) {
  return part(7, shape(dims));
}
inline std::string attr_tensor(const std::string& proto) {
  return part(8, proto);
}
inline std::string attr_func(const std::string& name) {
  return part(10, part(1, name));
}

inline std::string node(const std::string& name, const std::string& op,
                        const std::vector<std::string>& inputs = {}, const Attrs& attrs = {}) {
  std::string out = part(1, name) + part(2, op);
  for (const std::string& i : inputs) out += part(3, i);
  for (const auto& [key, value] : attrs) out += entry(5, key, value);
  return out;
}
inline std::string constant(const std::string& name, const std::string& proto, DataType type) {
  return node(name, "Const", {}, {{"value", attr_tensor(proto)}, {"dtype", attr_type(type)}});
}

struct Arg {
  std::string name;
  DataType type;
};
inline std::string function(const std::string& name, const std::vector<Arg>& inputs,
                            const std::vector<Arg>& outputs, const std::vector<std::string>& nodes,
                            const std::vector<std::pair<std::string, std::string>>& ret) {
  std::string signature = part(1, name);
  for (const Arg& a : inputs) signature += part(2, part(1, a.name) + number(3, static_cast<int64_t>(a.type)));
  for (const Arg& a : outputs)
    signature += part(3, part(1, a.name) + number(3, static_cast<int64_t>(a.type)));
  std::string out = part(1, signature);
  for (const std::string& n : nodes) out += part(3, n);
  for (const auto& [key, value] : ret) out += entry(4, key, value);
  return out;
}
inline std::string graph(const std::vector<std::string>& nodes,
                         const std::vector<std::string>& functions = {}) {
  std::string out, library;
  for (const std::string& n : nodes) out += part(1, n);
  for (const std::string& f : functions) library += part(1, f);
  return out + (functions.empty() ? "" : part(2, library)) + part(4, number(1, 1087));
}

inline std::string tensor_info(const std::string& name, DataType type, const std::vector<int64_t>& dims) {
  return part(1, name) + number(2, static_cast<int64_t>(type)) + part(3, shape(dims));
}
inline std::string signature(const std::vector<std::pair<std::string, std::string>>& inputs,
                             const std::vector<std::pair<std::string, std::string>>& outputs) {
  std::string out;
  for (const auto& [key, info] : inputs) out += entry(1, key, info);
  for (const auto& [key, info] : outputs) out += entry(2, key, info);
  return out + part(3, "tensorflow/serving/predict");
}
struct Meta {
  std::string graph;
  std::vector<std::string> tags = {"serve"};
  std::string restore_op;
  std::vector<std::pair<std::string, std::string>> signatures,
      collections;                                          // name -> SignatureDef, CollectionDef
  std::vector<std::pair<std::string, std::string>> assets;  // tensor -> file name
};
inline std::string meta(const Meta& m) {
  std::string info;
  for (const std::string& t : m.tags) info += part(4, t);
  std::string out = part(1, info + part(5, "2.15.1")) + part(2, m.graph);
  if (!m.restore_op.empty()) out += part(3, part(1, "save/Const:0") + part(3, m.restore_op));
  for (const auto& [key, value] : m.collections) out += entry(4, key, value);
  for (const auto& [key, value] : m.signatures) out += entry(5, key, value);
  for (const auto& [name, file] : m.assets) out += part(6, part(1, part(1, name)) + part(2, file));
  return out;
}
inline std::string saved_model(const std::vector<Meta>& metas) {
  std::string out = number(1, 1);
  for (const Meta& m : metas) out += part(2, meta(m));
  return out;
}

// A model in TensorFlow 2's form: the function "f" multiplies its argument by the variable "w", which the
// function "restore" fills from the checkpoint's "w/.ATTRIBUTES/VARIABLE_VALUE".
inline Meta small_meta() {
  const Attrs variable = {
      {"dtype", attr_type(DataType::kFloat)}, {"shape", attr_shape({2})}, {"shared_name", attr_text("w")}};
  Meta m;
  m.graph = graph(
      {node("w", "VarHandleOp", {}, variable),
       node("x", "Placeholder", {}, {{"dtype", attr_type(DataType::kFloat)}, {"shape", attr_shape({-1, 2})}}),
       node("call", "StatefulPartitionedCall", {"x", "w"}, {{"f", attr_func("f")}}),
       node("saver_filename", "Placeholder", {}, {{"dtype", attr_type(DataType::kString)}}),
       node("restored", "StatefulPartitionedCall", {"saver_filename", "w"}, {{"f", attr_func("restore")}})},
      {function("f", {{"x", DataType::kFloat}, {"handle", DataType::kResource}}, {{"y", DataType::kFloat}},
                {node("read", "ReadVariableOp", {"handle"}, {{"dtype", attr_type(DataType::kFloat)}}),
                 node("mul", "Mul", {"x", "read:value:0"}, {{"T", attr_type(DataType::kFloat)}})},
                {{"y", "mul:z:0"}}),
       function("restore", {{"file", DataType::kString}, {"handle", DataType::kResource}},
                {{"done", DataType::kString}},
                {constant("names", strings({1}, {"w/.ATTRIBUTES/VARIABLE_VALUE"}), DataType::kString),
                 constant("slices", strings({1}, {""}), DataType::kString),
                 node("RestoreV2", "RestoreV2", {"file", "names:output:0", "slices:output:0"}),
                 node("Identity", "Identity", {"RestoreV2:tensors:0"}),
                 node("AssignVariableOp", "AssignVariableOp", {"handle", "Identity:output:0"})},
                {{"done", "file"}})});
  m.restore_op = "restored";
  m.signatures = {{"serving_default", signature({{"x", tensor_info("x:0", DataType::kFloat, {-1, 2})}},
                                                {{"y", tensor_info("call:0", DataType::kFloat, {-1, 2})}})}};
  return m;
}

}  // namespace jetline::tf::made
