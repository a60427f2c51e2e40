#include <algorithm>

#include "jetline/importers/tensorflow/proto/message.h"

namespace jetline::tf {
namespace {

Status function_arg(ByteView bytes, decode::Context& context, ArgDef& out) {
  decode::Message m(bytes, "function argument", context);
  while (m.next()) {
    switch (m.number()) {
      case 1:
        out.name = m.text();
        break;
      case 3:
        out.type = m.data_type();
        break;
      case 4:
        out.type_attr = m.text();
        break;
      case 5:
        out.number_attr = m.text();
        break;
      case 6:
        out.type_list_attr = m.text();
        break;
      default:
        break;
    }
  }
  return m.status();
}

Status function_signature(ByteView bytes, decode::Context& context, FunctionDef& out) {
  decode::Message m(bytes, "function signature", context);
  while (m.next()) {
    if (m.number() == 1) {
      out.name = m.text();
    } else if (m.number() == 2 || m.number() == 3) {
      m.item();
      std::vector<ArgDef>& args = m.number() == 2 ? out.inputs : out.outputs;
      args.emplace_back();
      const ByteView arg = m.bytes();
      if (m.ok()) m.keep(function_arg(arg, context, args.back()));
    }
  }
  return m.status();
}

// map<uint32, ArgAttrs>
Status function_arg_attrs(ByteView bytes, decode::Context& context,
                          std::vector<std::pair<int64_t, decode::Attributes>>& out) {
  decode::Message m(bytes, "function argument", context);
  out.emplace_back(0, decode::Attributes());
  while (m.next()) {
    if (m.number() == 1) {
      out.back().first = m.integer();
    } else if (m.number() == 2) {
      decode::Message attrs(m.bytes(), "function argument", context);
      while (attrs.next()) {
        if (attrs.number() != 1) continue;
        attrs.item();
        const ByteView entry = attrs.bytes();
        if (attrs.ok()) attrs.keep(decode::attribute_entry(entry, context, out.back().second));
      }
      m.keep(attrs.status());
    }
  }
  decode::remove_repeated(out.back().second);
  return m.status();
}

// map<string, string>
Status function_ret(ByteView bytes, decode::Context& context, FunctionDef& out) {
  decode::Message m(bytes, "function result", context);
  std::string_view key, value;
  while (m.next()) {
    if (m.number() == 1) key = m.text();
    if (m.number() == 2) value = m.text();
  }
  out.ret[key] = value;
  return m.status();
}

// Only as far as the name, which TensorFlow writes first.
Status function_name(ByteView bytes, decode::Context& context, std::string_view& out) {
  decode::Message m(bytes, "function", context);
  while (m.next()) {
    if (m.number() != 1) continue;
    decode::Message signature(m.bytes(), "function signature", context);
    while (signature.next()) {
      if (signature.number() != 1) continue;
      out = signature.text();
      return signature.status();
    }
    if (!signature.ok()) return signature.status();
  }
  return m.status();
}

}  // namespace

Status decode::read_function(ByteView bytes, Context& context, FunctionDef& out) {
  Message m(bytes, "function", context);
  std::vector<std::pair<int64_t, Attributes>> arg_attrs;
  while (m.next()) {
    if (m.number() == 2 || m.number() > 7) {
      continue;
    }
    m.item();
    const ByteView part = m.bytes();
    if (!m.ok()) break;
    switch (m.number()) {
      case 1:
        m.keep(function_signature(part, context, out));
        break;
      case 3:
        out.nodes.emplace_back();
        m.keep(read_node(part, context, out.nodes.back()));
        break;
      case 4:
        m.keep(function_ret(part, context, out));
        break;
      case 5:
        m.keep(attribute_entry(part, context, out.attrs));
        break;
      case 7:
        m.keep(function_arg_attrs(part, context, arg_attrs));
        break;
      default:
        break;
    }
  }
  JETLINE_RETURN_IF_ERROR(m.status());
  remove_repeated(out.attrs);
  out.arg_attrs.resize(out.inputs.size());
  for (auto& [index, attrs] : arg_attrs) {
    if (index >= 0 && index < static_cast<int64_t>(out.inputs.size())) {
      out.arg_attrs[static_cast<size_t>(index)] = std::move(attrs);
    }
  }
  return Status();
}

Result<FunctionDef> parse_function(ByteView bytes, const std::shared_ptr<const void>& owner) {
  decode::Context context;
  context.begin = bytes.data();
  context.owner = owner;
  FunctionDef function;
  JETLINE_RETURN_IF_ERROR(decode::read_function(bytes, context, function));
  return function;
}

Result<FunctionLibrary> FunctionLibrary::index(ByteView library, std::shared_ptr<const void> owner) {
  FunctionLibrary out;
  out.owner_ = std::move(owner);
  JETLINE_RETURN_IF_ERROR(out.append(library, library.data()));
  return out;
}

Status FunctionLibrary::append(ByteView library, const uint8_t* file) {
  decode::Context context;
  context.begin = file_ = file;
  decode::Message m(library, "function library", context);
  while (m.next()) {
    if (m.number() != 1) continue;  // gradients
    m.item();
    const ByteView bytes = m.bytes();
    std::string_view name;
    if (!m.ok()) break;
    m.keep(function_name(bytes, context, name));
    if (m.ok() && !bytes_.emplace(name, bytes).second) duplicates_.emplace_back(name);
  }
  return m.status();
}

Result<const FunctionDef*> FunctionLibrary::find(std::string_view name) const {
  const auto known = bytes_.find(name);
  if (known == bytes_.end()) return static_cast<const FunctionDef*>(nullptr);
  std::unique_ptr<FunctionDef>& slot = decoded_[known->first];
  if (!slot) {
    decode::Context context;
    context.begin = file_;
    context.owner = owner_;
    auto function = std::make_unique<FunctionDef>();
    const Status s = decode::read_function(known->second, context, *function);
    if (!s.ok()) return s.at("function " + std::string(name));
    function->name = known->first;
    slot = std::move(function);
  }
  return static_cast<const FunctionDef*>(slot.get());
}

std::vector<std::string_view> FunctionLibrary::names() const {
  std::vector<std::string_view> out;
  out.reserve(bytes_.size());
  for (const auto& [name, bytes] : bytes_) out.push_back(name);
  std::sort(out.begin(), out.end());
  return out;
}

const FunctionDef* FunctionLibrary::add(std::unique_ptr<FunctionDef> function) {
  if (!function || has(function->name)) return nullptr;
  const std::string_view name = function->name;
  bytes_.emplace(name, ByteView());
  return (decoded_[name] = std::move(function)).get();
}

}  // namespace jetline::tf
