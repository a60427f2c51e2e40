#include "jetline/graph/text.h"

#include <cstdio>

#include "jetline/base/strings.h"

namespace jetline {
namespace {
constexpr size_t kTextListLimit = 12;    // longer lists are cut, with their length
constexpr size_t kTextStringLimit = 60;  // so are longer texts

std::string text_number(double v) {
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.6g", v);
  return buffer;
}

// Control characters, quotes and broken UTF-8 as escapes, so that a line stays a line.
std::string text_escape(std::string_view s) {
  const bool utf8 = is_valid_utf8(s);
  std::string out;
  for (const char c : s) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < 0x20 || u == 0x7f || (u >= 0x80 && !utf8)) {
      char buffer[8];
      std::snprintf(buffer, sizeof buffer, "\\x%02x", u);
      out += buffer;
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_quote(const std::string& s) {
  if (s.size() <= kTextStringLimit) return "\"" + text_escape(s) + "\"";
  size_t cut = kTextStringLimit;
  while (cut > 0 && (static_cast<unsigned char>(s[cut]) & 0xc0) == 0x80) --cut;  // not inside a character
  return "\"" + text_escape(std::string_view(s).substr(0, cut)) + "…\" (" + std::to_string(s.size()) +
         " bytes)";
}

std::string text_value(const Value* v) {
  return v ? "%" + text_escape(v->name()) : "-";
}

template <typename List, typename Fn>
std::string text_list(const List& list, const Fn& fn) {
  std::string out = "[";
  for (size_t i = 0; i < list.size(); ++i) {
    if (i == kTextListLimit) return out + ", … " + std::to_string(list.size()) + " in all]";
    out += (i ? ", " : "") + fn(list[i]);
  }
  return out + "]";
}

std::string text_tensor(const Tensor& t) {
  std::string out =
      to_string(ValueType::tensor(t.dtype(), std::vector<Dim>(t.dims().begin(), t.dims().end())));
  if (t.count() > static_cast<int64_t>(kTextListLimit)) {
    return out +
           (t.dtype() == DType::kString ? "" : " " + human_bytes(static_cast<double>(t.byte_count())));
  }
  if (t.dtype() == DType::kString) return out + " " + text_list(t.strings(), text_quote);
  const auto ints = t.to_ints();
  if (ints.ok()) return out + " " + text_list(*ints, [](int64_t v) { return std::to_string(v); });
  const auto doubles = t.to_doubles();
  if (doubles.ok()) return out + " " + text_list(*doubles, text_number);
  return out;
}

std::string text_sparse(const SparseTensor& t) {
  return "sparse " + text_list(t.dims, [](int64_t v) { return std::to_string(v); }) + " of " +
         std::to_string(t.values.count()) + " " + std::string(dtype_name(t.values.dtype()));
}

std::string text_attribute(const Attribute& a) {
  if (a.is_reference()) return "@" + text_escape(a.referred());
  return std::visit(
      [](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        auto count = [](size_t n, const char* what) { return std::to_string(n) + " " + what; };
        if constexpr (std::is_same_v<T, float>)
          return text_number(static_cast<double>(v));
        else if constexpr (std::is_same_v<T, int64_t>)
          return std::to_string(v);
        else if constexpr (std::is_same_v<T, std::string>)
          return text_quote(v);
        else if constexpr (std::is_same_v<T, Tensor>)
          return text_tensor(v);
        else if constexpr (std::is_same_v<T, SparseTensor>)
          return text_sparse(v);
        else if constexpr (std::is_same_v<T, ValueType>)
          return to_string(v);
        else if constexpr (std::is_same_v<T, std::vector<float>>) {
          return text_list(v, [](float f) { return text_number(static_cast<double>(f)); });
        } else if constexpr (std::is_same_v<T, std::vector<int64_t>>) {
          return text_list(v, [](int64_t i) { return std::to_string(i); });
        } else if constexpr (std::is_same_v<T, std::vector<std::string>>)
          return text_list(v, text_quote);
        else if constexpr (std::is_same_v<T, std::vector<Tensor>>)
          return text_list(v, text_tensor);
        else if constexpr (std::is_same_v<T, std::vector<SparseTensor>>)
          return text_list(v, text_sparse);
        else if constexpr (std::is_same_v<T, std::vector<ValueType>>) {
          return text_list(v, [](const ValueType& t) { return to_string(t); });
        } else if constexpr (std::is_same_v<T, Attribute::GraphPtr>)
          return "{graph}";
        else if constexpr (std::is_same_v<T, std::vector<Attribute::GraphPtr>>)
          return count(v.size(), "graphs");
        else
          return "?";
      },
      a.storage());
}

std::string text_typed(const Value* v) {
  return text_value(v) + (v ? ": " + to_string(v->type) : "");
}

std::string text_joined(const std::vector<Value*>& values, bool typed) {
  std::string out;
  for (size_t i = 0; i < values.size(); ++i) {
    out += (i ? ", " : "") + (typed ? text_typed(values[i]) : text_value(values[i]));
  }
  return out;
}

std::string text_opsets(const std::vector<OpsetImport>& opsets) {
  std::string out;
  for (const OpsetImport& o : opsets) {
    out += (out.empty() ? "" : ", ") + (o.domain.empty() ? "ai.onnx" : text_escape(o.domain)) + " " +
           std::to_string(o.version);
  }
  return out;
}

}  // namespace

std::string to_text(const Node& node, int indent) {
  std::string out(static_cast<size_t>(indent), ' ');
  out += text_joined(node.outputs(), true) + " = ";
  out += (node.domain().empty() ? "" : text_escape(node.domain()) + ".") + text_escape(node.op());
  if (!node.overload.empty()) out += ":" + text_escape(node.overload);
  out += "(" + text_joined(node.inputs(), false) + ")";
  bool first = true;
  for (const Attribute& a : node.attributes()) {
    out += (first ? " {" : ", ") + text_escape(a.name()) + "=" + text_attribute(a);
    first = false;
  }
  if (!first) out += "}";
  if (!node.name.empty()) out += "  # " + text_escape(node.name);
  for (const Attribute& a : node.attributes()) {
    for (const Graph* g : a.graphs()) {
      out += "\n" + std::string(static_cast<size_t>(indent) + 2, ' ') + text_escape(a.name()) + " =\n" +
             to_text(*g, indent + 4);
    }
  }
  return out;
}

std::string to_text(const Graph& graph, int indent) {
  const std::string pad(static_cast<size_t>(indent), ' ');
  std::string out =
      pad + "graph " + text_quote(graph.name) + " (" + text_joined(graph.inputs(), true) + ") {\n";
  for (const Value* v : graph.initializers()) {
    out += pad + "  " + text_value(v) + " = " +
           (v->initializer() ? text_tensor(*v->initializer()) : text_sparse(*v->sparse_initializer())) + "\n";
  }
  for (const auto& n : graph.nodes()) {
    std::string line = to_text(*n, indent + 2);
    if (line.empty() || line.back() != '\n') line += '\n';
    out += line;
  }
  return out + pad + "  return " + text_joined(graph.outputs(), true) + "\n" + pad + "}\n";
}

std::string to_text(const Model& model) {
  std::string out =
      "model of IR version " + std::to_string(model.ir_version) + ", opset " + text_opsets(model.opsets);
  if (!model.producer_name.empty()) {
    out += ", made by " + text_escape(model.producer_name) + " " + text_escape(model.producer_version);
  }
  out += "\n";
  for (const auto& [key, value] : model.metadata)
    out += "metadata " + text_escape(key) + " = " + text_quote(value) + "\n";
  out += to_text(model.graph());
  for (const auto& f : model.functions) {
    out += "function " + text_escape(f->domain) + "." + text_escape(f->name);
    if (!f->overload.empty()) out += ":" + text_escape(f->overload);
    if (!f->attributes.empty() || !f->attribute_defaults.empty()) {
      std::vector<std::string> words;
      for (const std::string& a : f->attributes) words.push_back(text_escape(a));
      for (const Attribute& a : f->attribute_defaults)
        words.push_back(text_escape(a.name()) + "=" + text_attribute(a));
      out += " <" + join(words, ", ") + ">";
    }
    out += " opset " + text_opsets(f->opsets) + "\n" + to_text(*f->body);
  }
  return out;
}

}  // namespace jetline
