#include "jetline/importers/tensorflow/proto/message.h"

namespace jetline::tf {
namespace {

const Attr* attr_in(const decode::Attributes& attributes, std::string_view key) {
  for (const auto& [name, value] : attributes) {
    if (name == key) return &value;
  }
  return nullptr;
}

// A short decimal number; false for anything else.
bool input_index(std::string_view text, int& out) {
  if (text.empty() || text.size() > 9) return false;
  out = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + (c - '0');
  }
  return true;
}

}  // namespace

InputRef parse_input(std::string_view text, bool in_function) {
  InputRef ref;
  if (!text.empty() && text[0] == '^') {
    ref.control = true;
    text.remove_prefix(1);
  }
  ref.node = text;
  const size_t last = text.rfind(':');
  if (last == std::string_view::npos) return ref;
  int index = 0;
  const bool numbered = input_index(text.substr(last + 1), index);
  if (numbered) {
    ref.index = index;
    ref.node = text.substr(0, last);
  }
  if (!in_function) return ref;
  // "node:output:index"; "node:output" is the whole output, "argument:index" an element of a list argument.
  const size_t first = ref.node.find(':');
  if (first != std::string_view::npos) {
    ref.output_name = ref.node.substr(first + 1);
    ref.node = ref.node.substr(0, first);
  }
  return ref;
}

const Attr* NodeDef::attr(std::string_view key) const {
  return attr_in(attrs, key);
}

const Attr* FunctionDef::attr(std::string_view key) const {
  return attr_in(attrs, key);
}

Status decode::read_node(ByteView bytes, Context& context, NodeDef& out) {
  Message m(bytes, "node", context);
  while (m.next()) {
    switch (m.number()) {
      case 1:
        out.name = m.text();
        break;
      case 2:
        out.op = m.text();
        break;
      case 3:
        m.item();
        out.inputs.push_back(m.text());
        break;
      case 4:
        out.device = m.text();
        break;
      case 5: {
        m.item();
        const ByteView entry = m.bytes();
        if (m.ok()) m.keep(attribute_entry(entry, context, out.attrs));
        break;
      }
      case 6: {  // experimental_debug_info
        Message info(m.bytes(), "node's debug information", context);
        while (info.next()) {
          if (info.number() > 2) continue;
          info.item();
          (info.number() == 1 ? out.original_nodes : out.original_functions).push_back(info.text());
        }
        m.keep(info.status());
        break;
      }
      default:
        break;
    }
  }
  remove_repeated(out.attrs);
  return m.status();
}

Status decode::read_graph(ByteView bytes, Context& context, GraphDef& out, std::vector<ByteView>& libraries) {
  Message m(bytes, "graph", context);
  while (m.next()) {
    switch (m.number()) {
      case 1: {
        m.item();
        out.nodes.emplace_back();
        const ByteView node = m.bytes();
        if (m.ok()) m.keep(read_node(node, context, out.nodes.back()));
        break;
      }
      case 2:
        m.item();
        libraries.push_back(m.bytes());
        break;
      case 4: {  // versions
        Message versions(m.bytes(), "version", context);
        while (versions.next()) {
          if (versions.number() == 1) out.producer = static_cast<int>(versions.integer());
        }
        m.keep(versions.status());
        break;
      }
      default:
        break;
    }
  }
  return m.status();
}

}  // namespace jetline::tf
