#include "jetline/importers/tensorflow/control/functionalize.h"

#include "jetline/importers/tensorflow/control/frame_graph.h"

namespace jetline::tf {

bool has_frames_or_merges(const std::vector<NodeDef>& nodes) {
  for (const NodeDef& n : nodes)
    if (frames::is_enter(n.op) || frames::is_merge(n.op)) return true;
  return false;
}

std::vector<bool> inside_frames(const std::vector<NodeDef>& nodes) {
  std::vector<NodeDef> copy;  // only looked at
  if (!has_frames_or_merges(nodes)) return std::vector<bool>(nodes.size(), false);
  copy = nodes;
  frames::FrameGraph g(copy, false);
  return frames::nodes_in_frames(g);
}

Result<Functionalized> functionalize(const std::vector<NodeDef>& nodes, bool in_function,
                                     const std::string& unique) {
  Functionalized out;
  out.nodes = nodes;
  frames::FrameGraph g(out.nodes, in_function);
  out.names = g.names();
  if (Status s = frames::lift_frames(g, unique, out.functions); !s.ok()) return s;
  // Nodes may have moved; look at what is left afresh.
  frames::FrameGraph left(out.nodes, in_function);
  frames::annotate_merges(left);
  auto both = std::make_shared<std::pair<std::shared_ptr<const void>, std::shared_ptr<const void>>>(
      g.names(), left.names());
  out.names = both;
  for (auto& f : out.functions) {
    frames::FrameGraph body(f->nodes, true);
    frames::annotate_merges(body);
  }
  return out;
}

}  // namespace jetline::tf
