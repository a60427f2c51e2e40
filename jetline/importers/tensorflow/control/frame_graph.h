// The nodes of one graph or function body with their edges resolved, for making TensorFlow 1 control flow
// functional. Private to functionalize.cpp and its parts. Threads: one.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "jetline/importers/tensorflow/control/functionalize.h"

namespace jetline::tf::frames {

struct Edge {
  int node = -1;  // -1: an argument of the function, or a name nobody has
  int port = 0;   // flattened for Switch and Merge; as written for others
  bool control = false;
};

class FrameGraph {
 public:
  FrameGraph(std::vector<NodeDef>& nodes, bool in_function);

  Edge edge(std::string_view input) const;
  const NodeDef& node(int i) const { return (*nodes_)[static_cast<size_t>(i)]; }
  NodeDef& node(int i) { return (*nodes_)[static_cast<size_t>(i)]; }
  size_t size() const { return nodes_->size(); }
  int add(NodeDef node);  // under a free name
  bool taken(std::string_view name) const { return index_.count(name) > 0; }
  std::string_view keep(std::string text);  // a view that lives as long as names()
  std::shared_ptr<const void> names() const { return names_; }
  bool in_function() const { return in_function_; }

 private:
  std::vector<NodeDef>* nodes_;
  bool in_function_;
  std::unordered_map<std::string_view, int> index_;
  std::shared_ptr<std::deque<std::string>> names_ = std::make_shared<std::deque<std::string>>();
};

bool is_switch(std::string_view op);
bool is_merge(std::string_view op);
bool is_enter(std::string_view op);
bool is_exit(std::string_view op);
bool is_next(std::string_view op);

// An attribute made here; its bytes live as long as the attribute.
Attr function_attr(std::string_view function);
Attr int_attr(int64_t value);

// Gives each Merge that is not part of a loop its predicate: a third input, and the attribute
// "_true_input" that says which of the first two is the side taken when it is true. A Merge whose predicate
// cannot be told is left as it is.
void annotate_merges(FrameGraph& g);

// Which nodes stand in a frame; none where the frames make no sense.
std::vector<bool> nodes_in_frames(FrameGraph& g);
// Turns every frame into a While node. tf.malformed-frame.
Status lift_frames(FrameGraph& g, const std::string& unique,
                   std::vector<std::unique_ptr<FunctionDef>>& functions);

}  // namespace jetline::tf::frames
