#include "jetline/picture/svg.h"

namespace jetline::picture {
namespace {

std::string dot_text(const std::string& text) {
  std::string out = "\"";
  for (char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string dot_color(const Tree& tree, const std::string& css) {
  for (const LegendEntry& e : tree.legend) {
    if (e.css == css) return e.light;
  }
  return "#ffffff";
}

void dot_group(const Tree& tree, int group, const std::string& indent, std::string& out) {
  for (int c : tree.items[static_cast<size_t>(group)].children) {
    const Item& item = tree.items[static_cast<size_t>(c)];
    const std::string id = std::to_string(c);
    if (item.kind == Item::Kind::kGroup) {
      out += indent + "subgraph cluster_" + id + " {\n" + indent + "  label=" + dot_text(item.title) + ";\n";
      dot_group(tree, c, indent + "  ", out);
      out += indent + "}\n";
      continue;
    }
    std::string label = item.title;
    if (!item.subtitle.empty()) label += "\n" + item.subtitle;
    if (!item.note.empty()) label += "\n" + item.note;
    out += indent + "n" + id + " [label=" + dot_text(label) +
           ", fillcolor=" + dot_text(dot_color(tree, item.css)) + "];\n";
  }
}

}  // namespace

std::string write_dot(const Tree& tree) {
  std::string out = "digraph " + dot_text(tree.title) +
                    " {\n  rankdir=TB;\n  label=" + dot_text(tree.title + "\n" + tree.description) +
                    ";\n  node [shape=box, style=\"filled,rounded\", fontname=\"sans-serif\", fontsize=10];\n"
                    "  edge [fontname=\"sans-serif\", fontsize=8];\n";
  dot_group(tree, 0, "  ", out);
  for (const Wire& w : tree.wires) {
    for (int to : w.to) {
      out += "  n" + std::to_string(w.from) + " -> n" + std::to_string(to) + " [label=" + dot_text(w.shape) +
             "];\n";
    }
  }
  return out + "}\n";
}

}  // namespace jetline::picture
