// While loops of TensorFlow 1, frame by frame, innermost first. The parts of a loop in a frame:
//
//   Enter(v) -> Merge(enter, next) -> Switch(merge, LoopCond(cond(merge …))) -> 0: Exit(v)
//                       ^                    1: body … -> NextIteration -+
//                       +--------------------------------------------------+
//
// and Enter(is_constant) for what the loop only reads. What the slices of condition and body reach outside of
// the frame (frozen constants without control edges) becomes a further argument.
#include <algorithm>
#include <unordered_set>

#include "jetline/importers/tensorflow/control/frame_graph.h"

namespace jetline::tf::frames {
namespace {

constexpr int kLiftDepth = 64;  // frames within frames

struct LiftFrame {
  std::string_view name;
  int parent = -1;
  int depth = 0;
  std::vector<int> enters, exits, merges, switches, conds;
};

struct LiftVar {
  int enter = -1, merge = -1, next = -1;
};

Status lift_malformed(const LiftFrame& f, const std::string& what) {
  return Status::bad_input("tf.malformed-frame", "the loop '" + std::string(f.name) + "' " + what,
                           "the graph was cut from a larger one, or is damaged");
}

class Lift {
 public:
  Lift(FrameGraph& g, std::string unique, std::vector<std::unique_ptr<FunctionDef>>& functions)
      : g_(g), unique_(std::move(unique)), functions_(functions) {}
  Status run();
  std::vector<bool> inside() {
    std::vector<bool> out(g_.size(), false);
    if (!find_frames().ok()) return out;
    for (size_t i = 0; i < out.size(); ++i) {
      int f = frame_of_[i];
      if (f >= 0 && is_exit(g_.node(static_cast<int>(i)).op)) f = frames_[static_cast<size_t>(f)].parent;
      out[i] = f >= 0;
    }
    return out;
  }

 private:
  Status find_frames();
  Status lift(int f);
  Status variables(int f, std::vector<LiftVar>& vars);
  // The text of `input` inside the function under construction; starts the walk of what it names.
  Status inside(int f, std::string_view input, std::vector<int>& work, std::string_view& text);
  Status slice(int f, const std::vector<std::string_view>& roots, FunctionDef& out);
  std::string_view capture(std::string_view input);

  FrameGraph& g_;
  std::string unique_;
  std::vector<std::unique_ptr<FunctionDef>>& functions_;
  std::vector<LiftFrame> frames_;
  std::vector<int> frame_of_;  // by node; -1: none
  // Of the frame being lifted:
  std::unordered_map<int, std::string_view> argument_;  // Merge, Switch and constant Enter -> argument
  std::unordered_map<std::string_view, std::string_view> captured_;  // outer text -> argument
  std::vector<std::string_view> capture_order_;
};

Status Lift::find_frames() {
  std::unordered_map<std::string_view, int> by_name;
  std::vector<std::vector<int>> users(g_.size());
  frame_of_.assign(g_.size(), -1);
  std::vector<int> work;
  for (size_t i = 0; i < g_.size(); ++i) {
    const NodeDef& n = g_.node(static_cast<int>(i));
    for (std::string_view input : n.inputs) {
      const Edge e = g_.edge(input);
      if (e.node >= 0) users[static_cast<size_t>(e.node)].push_back(static_cast<int>(i));
    }
    if (!is_enter(n.op)) continue;
    const Attr* a = n.attr("frame_name");
    const std::string_view name = a ? a->as_string() : std::string_view();
    const auto [it, fresh] = by_name.emplace(name, static_cast<int>(frames_.size()));
    if (fresh) {
      frames_.emplace_back();
      frames_.back().name = name;
    }
    frame_of_[i] = it->second;
    frames_[static_cast<size_t>(it->second)].enters.push_back(static_cast<int>(i));
    work.push_back(static_cast<int>(i));
  }
  // A frame's nodes are what is reachable from its Enter nodes; past an Exit that is the frame around it.
  size_t steps = 0;
  const size_t limit = 1000000 + 64 * g_.size();
  while (!work.empty()) {
    const int i = work.back();
    work.pop_back();
    if (++steps > limit) return lift_malformed(frames_[0], "does not end");
    int frame = frame_of_[static_cast<size_t>(i)];
    if (frame >= 0 && is_exit(g_.node(i).op)) frame = frames_[static_cast<size_t>(frame)].parent;
    if (frame < 0) continue;
    for (const int u : users[static_cast<size_t>(i)]) {
      int& of = frame_of_[static_cast<size_t>(u)];
      if (is_enter(g_.node(u).op)) {
        LiftFrame& inner = frames_[static_cast<size_t>(of)];
        if (of == frame || inner.parent == frame) continue;
        if (inner.parent >= 0) return lift_malformed(inner, "is entered from two other loops");
        inner.parent = frame;
        work.insert(work.end(), inner.exits.begin(), inner.exits.end());
      } else if (of < 0) {
        of = frame;
        if (is_exit(g_.node(u).op)) frames_[static_cast<size_t>(frame)].exits.push_back(u);
        work.push_back(u);
      }
    }
  }
  for (LiftFrame& f : frames_) {
    int hops = 0;
    for (int p = f.parent; p >= 0; p = frames_[static_cast<size_t>(p)].parent) {
      if (++hops > kLiftDepth) return lift_malformed(f, "is nested too deeply, or in itself");
    }
    f.depth = hops;
  }
  for (size_t i = 0; i < g_.size(); ++i) {
    if (frame_of_[i] < 0) continue;
    LiftFrame& f = frames_[static_cast<size_t>(frame_of_[i])];
    const std::string_view op = g_.node(static_cast<int>(i)).op;
    if (is_merge(op)) f.merges.push_back(static_cast<int>(i));
    if (is_switch(op)) f.switches.push_back(static_cast<int>(i));
    if (op == "LoopCond") f.conds.push_back(static_cast<int>(i));
  }
  return Status();
}

Status Lift::variables(int index, std::vector<LiftVar>& vars) {
  const LiftFrame& f = frames_[static_cast<size_t>(index)];
  for (const int m : f.merges) {
    LiftVar v;
    v.merge = m;
    for (std::string_view input : g_.node(m).inputs) {
      const Edge e = g_.edge(input);
      if (e.node < 0 || e.control) continue;
      if (is_enter(g_.node(e.node).op)) v.enter = e.node;
      if (is_next(g_.node(e.node).op)) v.next = e.node;
    }
    if (v.next < 0) {
      if (v.enter >= 0)
        return lift_malformed(
            f, "has a variable that no turn gives a new value: '" + std::string(g_.node(m).name) + "'");
      continue;  // of a conditional inside the loop
    }
    if (v.enter < 0)
      return lift_malformed(f,
                            "has a variable without a first value: '" + std::string(g_.node(m).name) + "'");
    if (g_.node(v.enter).inputs.empty() || g_.node(v.next).inputs.empty())
      return lift_malformed(f, "has a part without input");
    vars.push_back(v);
  }
  return Status();
}

std::string_view Lift::capture(std::string_view input) {
  const auto it = captured_.find(input);
  if (it != captured_.end()) return it->second;
  const std::string_view name = g_.keep("jetline_captured_" + std::to_string(capture_order_.size()));
  captured_.emplace(input, name);
  capture_order_.push_back(input);
  return name;
}

Status Lift::inside(int frame, std::string_view input, std::vector<int>& work, std::string_view& text) {
  const LiftFrame& f = frames_[static_cast<size_t>(frame)];
  const Edge e = g_.edge(input);
  text = input;
  if (e.node < 0) {
    if (!g_.in_function())
      return lift_malformed(f, "uses '" + std::string(input) + "', which no node is called");
    text = capture(input);
    return Status();
  }
  const auto argument = argument_.find(e.node);
  if (argument != argument_.end()) {
    const std::string_view op = g_.node(e.node).op;
    if (is_switch(op) && e.port != 1)
      return lift_malformed(f, "uses in its body what only leaves it: '" + std::string(input) + "'");
    if (is_merge(op) && e.port != 0)
      return lift_malformed(
          f, "asks which turn it is in a way that is not supported: '" + std::string(input) + "'");
    text = argument->second;
    return Status();
  }
  const NodeDef& n = g_.node(e.node);
  if (n.op == "Const" || frame_of_[static_cast<size_t>(e.node)] == frame) {
    if (is_next(n.op) || is_enter(n.op))
      return lift_malformed(f, "uses '" + std::string(n.name) + "' in a place where it has no meaning");
    work.push_back(e.node);
  } else {
    text = capture(input);
  }
  return Status();
}

Status Lift::slice(int frame, const std::vector<std::string_view>& roots, FunctionDef& out) {
  std::vector<int> work;
  std::unordered_set<int> seen;
  for (size_t i = 0; i < roots.size(); ++i) {
    std::string_view text;
    if (Status s = inside(frame, roots[i], work, text); !s.ok()) return s;
    out.ret[out.outputs[i].name] = text;
  }
  while (!work.empty()) {
    const int i = work.back();
    work.pop_back();
    if (!seen.insert(i).second) continue;
    NodeDef copy = g_.node(i);
    copy.inputs.clear();
    for (std::string_view input : g_.node(i).inputs) {
      std::string_view text;
      if (!input.empty() && input[0] == '^') {
        // A control edge tells to which side of a conditional a node belongs.
        const Edge e = g_.edge(input);
        if (e.node < 0 || argument_.count(e.node) || frame_of_[static_cast<size_t>(e.node)] != frame)
          continue;
        const NodeDef& from = g_.node(e.node);
        if (from.op == "LoopCond" || is_next(from.op) || is_exit(from.op) || is_enter(from.op)) continue;
        work.push_back(e.node);
        copy.inputs.push_back(input);
        continue;
      }
      if (Status s = inside(frame, input, work, text); !s.ok()) return s;
      copy.inputs.push_back(text);
    }
    out.nodes.push_back(std::move(copy));
  }
  return Status();
}

Status Lift::lift(int index) {
  const LiftFrame f = frames_[static_cast<size_t>(index)];
  if (f.conds.size() != 1)
    return lift_malformed(f, f.conds.empty() ? "has no condition" : "has several conditions");
  const NodeDef cond_node = g_.node(f.conds[0]);
  if (cond_node.inputs.empty()) return lift_malformed(f, "has a condition without input");
  std::vector<LiftVar> vars;
  if (Status s = variables(index, vars); !s.ok()) return s;
  argument_.clear();
  captured_.clear();
  capture_order_.clear();
  std::unordered_map<int, size_t> of_merge;
  std::vector<ArgDef> arguments;
  std::vector<std::string_view> outer;
  auto argument = [&](int enter) {
    ArgDef a;
    a.name = g_.keep("jetline_variable_" + std::to_string(arguments.size()));
    if (const Attr* t = g_.node(enter).attr("T")) a.type = t->as_type();
    arguments.push_back(a);
    outer.push_back(g_.node(enter).inputs[0]);
    return a.name;
  };
  for (size_t i = 0; i < vars.size(); ++i) {
    argument_[vars[i].merge] = argument(vars[i].enter);
    of_merge[vars[i].merge] = i;
  }
  for (const int e : f.enters) {
    if (std::any_of(vars.begin(), vars.end(), [&](const LiftVar& v) { return v.enter == e; })) continue;
    if (g_.node(e).inputs.empty()) return lift_malformed(f, "has an entry without input");
    argument_[e] = argument(e);
  }
  std::unordered_map<int, size_t> of_switch;
  for (const int s : f.switches) {
    if (g_.node(s).inputs.size() < 2 || g_.edge(g_.node(s).inputs[1]).node != f.conds[0]) continue;
    const auto m = of_merge.find(g_.edge(g_.node(s).inputs[0]).node);
    if (m == of_merge.end()) return lift_malformed(f, "switches what is no variable of it");
    of_switch[s] = m->second;
    argument_[s] = arguments[m->second].name;
  }

  const std::string stem = unique_ + "/" + std::string(f.name) + "/" + std::to_string(index);
  auto cond = std::make_unique<FunctionDef>();
  auto body = std::make_unique<FunctionDef>();
  cond->name = g_.keep(stem + "/cond");
  body->name = g_.keep(stem + "/body");
  cond->outputs.resize(1);
  cond->outputs[0].name = "jetline_goes_on";
  cond->outputs[0].type = DataType::kBool;
  if (Status s = slice(index, {cond_node.inputs[0]}, *cond); !s.ok()) return s;
  std::vector<std::string_view> next;
  for (const LiftVar& v : vars) next.push_back(g_.node(v.next).inputs[0]);
  body->outputs.assign(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(vars.size()));
  if (Status s = slice(index, next, *body); !s.ok()) return s;
  for (std::string_view text : capture_order_) {
    ArgDef a;
    a.name = captured_[text];
    arguments.push_back(a);
    outer.push_back(text);
  }
  cond->inputs = body->inputs = arguments;
  for (size_t i = vars.size(); i < arguments.size(); ++i) {  // what the loop only reads passes through
    body->outputs.push_back(arguments[i]);
    body->ret[arguments[i].name] = arguments[i].name;
  }

  std::string name = std::string(f.name.empty() ? std::string_view("loop") : f.name) + "/while";
  while (g_.taken(name)) name += "_";
  NodeDef loop;
  loop.name = g_.keep(name);
  loop.op = "While";
  loop.inputs = outer;
  loop.attrs.emplace_back("cond", function_attr(cond->name));
  loop.attrs.emplace_back("body", function_attr(body->name));
  g_.add(std::move(loop));
  frame_of_.push_back(f.parent);
  for (const int x : f.exits) {
    NodeDef& n = g_.node(x);
    const Edge e = n.inputs.empty() ? Edge{} : g_.edge(n.inputs[0]);
    const auto s = of_switch.find(e.node);
    if (s == of_switch.end() || e.port != 0)
      return lift_malformed(f, "is left with what is no variable of it: '" + std::string(n.name) + "'");
    n.op = "Identity";
    n.inputs = {g_.keep(name + ":" + std::to_string(s->second))};
    frame_of_[static_cast<size_t>(x)] = f.parent;
  }
  functions_.push_back(std::move(cond));
  functions_.push_back(std::move(body));
  return Status();
}

Status Lift::run() {
  if (Status s = find_frames(); !s.ok()) return s;
  if (frames_.empty()) return Status();
  std::vector<int> sequence(frames_.size());
  for (size_t i = 0; i < sequence.size(); ++i) sequence[i] = static_cast<int>(i);
  std::stable_sort(sequence.begin(), sequence.end(), [&](int a, int b) {
    return frames_[static_cast<size_t>(a)].depth > frames_[static_cast<size_t>(b)].depth;
  });
  for (const int f : sequence)
    if (Status s = lift(f); !s.ok()) return s;
  return Status();
}

}  // namespace

std::vector<bool> nodes_in_frames(FrameGraph& g) {
  std::vector<std::unique_ptr<FunctionDef>> none;
  return Lift(g, "", none).inside();
}

Status lift_frames(FrameGraph& g, const std::string& unique,
                   std::vector<std::unique_ptr<FunctionDef>>& functions) {
  return Lift(g, unique, functions).run();
}

}  // namespace jetline::tf::frames
