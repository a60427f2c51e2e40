// Sequences whose length is known: the tensors that they hold are followed from the operators that make them
// to those that read them, and the sequence itself is no longer there.
#include <algorithm>
#include <unordered_map>

#include "jetline/fix/place.h"
#include "jetline/passes/edit.h"

namespace jetline::fix {
namespace {

using SequenceItems = std::unordered_map<const Value*, std::vector<Value*>>;

// Parts of `x` along the axis, each without it unless kept; empty text, or why not.
std::string sequence_split(Place& p, std::vector<Value*>& items) {
  Value* x = p.in(0);
  const int rank = Place::rank(x);
  int64_t axis = p.node().int_or("axis", 0);
  axis += axis < 0 ? rank : 0;
  const int64_t size = rank < 1 ? -1 : p.dim(x, static_cast<int>(axis));
  if (size < 0) return "splits an axis of unknown size";
  std::vector<int64_t> sizes;
  if (!p.in(1)) {
    sizes.assign(static_cast<size_t>(size), 1);
  } else {
    std::vector<int64_t> given;
    if (!p.ints(1, given) || given.empty()) return "splits at computed places";
    if (Place::rank(p.in(1)) == 0) {
      if (given[0] < 1) return "splits at places that do not fit";
      for (int64_t at = 0; at < size; at += given[0]) sizes.push_back(std::min(given[0], size - at));
    } else {
      sizes = given;
    }
  }
  if (sizes.size() > 4096) return "splits into too many parts";
  const bool squeeze = !p.in(1) && p.node().int_or("keepdims", 1) == 0;
  int64_t at = 0;
  for (int64_t n : sizes) {
    Value* part = p.slice(x, {axis}, {at}, {at + n});
    items.push_back(squeeze ? p.squeeze(part, {axis}) : part);
    at += n;
  }
  return "";
}

// A position in a sequence of n, or of n + 1 for what is put in.
bool sequence_position(Place& p, size_t input, int64_t n, int64_t& at) {
  std::vector<int64_t> given;
  if (!p.in(input)) return at = n - 1, n > 0;
  if (!p.ints(input, given) || given.size() != 1) return false;
  at = given[0] + (given[0] < 0 ? n : 0);
  return at >= 0 && at < n;
}

Value* sequence_join(Place& p, const std::vector<Value*>& items) {
  const int64_t axis = p.node().int_or("axis", 0);
  std::vector<Value*> parts = items;
  if (p.node().int_or("new_axis", 0) != 0) {
    for (Value*& v : parts) v = p.unsqueeze(v, {axis});
  }
  return p.emit("Concat", parts, {{"axis", axis}});
}

std::string sequence_node(Place& p, SequenceItems& known) {
  Node& n = p.node();
  const Value* out = n.output(0);
  if (n.is("SplitToSequence")) return sequence_split(p, known[out]);
  if (n.is("SequenceConstruct")) return known[out] = n.inputs(), "";
  if (n.is("SequenceEmpty")) return known[out] = {}, "";
  const auto it = known.find(n.input(0));
  if (it == known.end()) return "reads a sequence of unknown length";
  std::vector<Value*> items = it->second;
  const auto length = static_cast<int64_t>(items.size());
  int64_t at = 0;
  if (n.is("Identity")) {
    known[out] = items;
  } else if (n.is("SequenceAt")) {
    if (!sequence_position(p, 1, length, at)) return "reads at a computed position";
    (void)p.done(p.emit("Identity", {items[static_cast<size_t>(at)]}));
  } else if (n.is("SequenceLength")) {
    (void)p.done(p.scalar(static_cast<double>(length), DType::kI64));
  } else if (n.is("ConcatFromSequence")) {
    if (items.empty()) return "joins nothing";
    (void)p.done(sequence_join(p, items));
  } else if (n.is("SequenceInsert")) {
    if (!sequence_position(p, 2, length + 1, at)) return "puts in at a computed position";
    items.insert(items.begin() + at, n.input(1));
    known[out] = items;
  } else if (n.is("SequenceErase")) {
    if (!sequence_position(p, 1, length, at)) return "takes out at a computed position";
    items.erase(items.begin() + at);
    known[out] = items;
  } else {
    return "works on sequences as a whole";
  }
  return "";
}

bool sequence_op(const Node& n) {
  if (n.is("SplitToSequence") || n.is("ConcatFromSequence") || n.op().rfind("Sequence", 0) == 0)
    return n.domain().empty();
  return n.is("Identity") && n.input(0) && n.input(0)->type.kind == ValueType::Kind::kSequence;
}

}  // namespace

// Places are not asked for one by one: half a sequence helps nobody.
Result<int> run_static_sequences(Model&, FixContext& c) {
  int changed = 0;
  SequenceItems known;
  passes::each_graph(c.model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      if (!sequence_op(*n)) continue;
      Place p(c, *n);
      const std::string why = sequence_node(p, known);
      if (why.empty())
        ++changed;
      else
        c.refuse(*n, why);
    }
  });
  c.model.graph().remove_dead();
  c.refresh();
  return changed;
}

}  // namespace jetline::fix
