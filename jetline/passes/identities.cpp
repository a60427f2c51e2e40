// Law: a node that gives back one of its inputs, whatever the data, is bypassed. Exact (but -0 + 0 stays -0).
// Where the result is an output of the graph and the input cannot take over its name (it is an input, a
// constant or an output itself) an Identity stays. Measure: nodes other than Identity, then Identities.
#include <algorithm>
#include <climits>

#include "jetline/passes/edit.h"
#include "jetline/passes/layout/permutation.h"

namespace jetline::passes {
namespace {

bool identity_same_output(const Node& n, size_t input = 0) {
  return n.input(input) && n.output(0) && same_type(n.input(input)->type, n.output(0)->type);
}

bool identity_uniform(const Value* v, double wanted) {
  double x = 0;
  return uniform_constant(v, x) && x == wanted;
}

// Input i of a broadcasting operator comes through unchanged because the other one is the neutral `other`.
bool identity_neutral(const Node& n, size_t i, double other) {
  if (n.inputs().size() != 2 || !n.input(0) || !n.input(1) || !identity_uniform(n.input(1 - i), other)) {
    return false;
  }
  // A constant of rank 0 cannot widen anything; any other must be seen not to.
  return rank_of(n.input(1 - i)) == 0 || identity_same_output(n, i);
}

bool identity_all(const Value* v, int64_t wanted) {
  std::vector<int64_t> values;
  return constant_ints(v, values) &&
         std::all_of(values.begin(), values.end(), [&](int64_t x) { return x == wanted; });
}

bool identity_slice(const Node& n, int64_t opset) {
  if (opset < 10) {  // starts and ends are attributes, the step is one
    if (identity_same_output(n) && n.input(0)->type.is_static()) return true;
    return false;
  }
  if (n.input(4) && !identity_all(n.input(4), 1)) return false;
  if (identity_same_output(n) && n.input(0)->type.is_static()) return true;
  std::vector<int64_t> ends;
  return identity_all(n.input(1), 0) && constant_ints(n.input(2), ends) &&
         std::all_of(ends.begin(), ends.end(), [](int64_t e) { return e >= INT_MAX; });
}

bool identity_pad(const Node& n, int64_t opset) {
  if (opset >= 11) return identity_all(n.input(1), 0);
  const std::vector<int64_t> pads = n.ints_or("pads", {1});
  return std::all_of(pads.begin(), pads.end(), [](int64_t p) { return p == 0; });
}

bool identity_transpose(const Node& n) {
  Perm perm;
  if (!transpose_perm(n, perm)) return false;
  return is_identity(perm) || (moves_no_data(perm, n.input(0)->type) && identity_same_output(n));
}

bool identity_resize(const Node& n, int64_t opset) {
  if (opset < 11 || !identity_same_output(n) || !n.input(0)->type.is_static()) return false;
  const std::string how = n.string_or("coordinate_transformation_mode", "half_pixel");
  if (how.rfind("tf_", 0) == 0) return false;
  return n.input(3) || identity_uniform(n.input(2), 1);
}

bool identity_pool(const Node& n) {
  auto ones = [&](const char* name, bool absent) {
    const Attribute* a = n.attribute(name);
    if (!a) return absent;
    return a->as_ints() &&
           std::all_of(a->as_ints()->begin(), a->as_ints()->end(), [](int64_t x) { return x == 1; });
  };
  return n.outputs().size() == 1 && ones("kernel_shape", false) && ones("strides", true) &&
         identity_same_output(n);
}

// Sum, mean, product, largest and smallest of one element are that element.
bool identity_reduce(const Node& n, PassContext& c) {
  const bool axes_are_input = c.opset >= 18 || (n.is("ReduceSum") && c.opset >= 13);
  std::vector<int64_t> axes;
  bool given = false;
  const int rank = rank_of(n.input(0));
  if (rank < 0 || !axes_of(n, axes_are_input ? 1 : 99, rank, axes, given)) return false;
  if (axes.empty() && axes_are_input && n.int_or("noop_with_empty_axes", 0) != 0) return true;
  if (n.int_or("keepdims", 1) == 0) return false;
  const auto& shape = n.input(0)->type.shape;
  if (axes.empty()) {
    return std::all_of(shape.begin(), shape.end(), [](const Dim& d) { return d.known() && d.value == 1; });
  }
  return std::all_of(axes.begin(), axes.end(), [&](int64_t a) {
    const Dim& d = shape[static_cast<size_t>(a)];
    return d.known() && d.value == 1;
  });
}

bool identity_dropout(const Node& n, PassContext& c) {
  if (n.output(1) && !n.output(1)->uses().empty()) return false;
  if (c.opset < 12) return c.opset >= 7;
  return !n.input(2) || identity_uniform(n.input(2), 0);
}

bool identity_concat(const Node& n) {
  return n.inputs().size() == 1 && n.input(0);
}

// The input that the node gives back; null when it does something.
Value* identity_source(const Node& n, PassContext& c) {
  if (!n.domain().empty() || n.outputs().empty() || !n.output(0) || !n.input(0)) return nullptr;
  auto first = [&](bool yes) { return yes ? n.input(0) : nullptr; };
  const std::string& op = n.op();
  if (op == "Identity") return n.input(0);
  if (op == "Dropout") return first(identity_dropout(n, c));
  if (op == "Cast" || op == "CastLike") {
    const DType from = n.input(0)->type.dtype, to = n.output(0)->type.dtype;
    return first(from != DType::kUndefined && from == to);
  }
  if (op == "Reshape" || op == "Flatten" || op == "Squeeze" || op == "Unsqueeze" || op == "Expand") {
    return first(identity_same_output(n));
  }
  if (op == "Transpose") return first(identity_transpose(n));
  if (op == "Tile") return first(identity_all(n.input(1), 1));
  if (op == "Pad") return first(identity_pad(n, c.opset));
  if (op == "Slice") return first(identity_slice(n, c.opset));
  if (op == "Resize") return first(identity_resize(n, c.opset));
  if (op == "Concat" || op == "Sum" || op == "Max" || op == "Min" || op == "Mean") {
    return first(identity_concat(n));
  }
  if (op == "Split") return first(n.outputs().size() == 1);
  if (op == "MaxPool" || op == "AveragePool") return first(identity_pool(n));
  if (op == "ReduceSum" || op == "ReduceMean" || op == "ReduceMax" || op == "ReduceMin" ||
      op == "ReduceProd") {
    return first(identity_reduce(n, c));
  }
  if (op == "Mul" || op == "And") {
    if (identity_neutral(n, 0, 1)) return n.input(0);
    return identity_neutral(n, 1, 1) ? n.input(1) : nullptr;
  }
  if (op == "Add" || op == "Or") {
    if (identity_neutral(n, 0, 0)) return n.input(0);
    return identity_neutral(n, 1, 0) ? n.input(1) : nullptr;
  }
  if (op == "Sub") return first(identity_neutral(n, 0, 0));
  if (op == "Div" || op == "Pow") {
    return first(identity_neutral(n, 0, 1) && n.input(0)->type.dtype == n.output(0)->type.dtype);
  }
  if (op == "Where" && n.inputs().size() == 3) {
    const size_t taken = identity_uniform(n.input(0), 1) ? 1 : 2;
    if (taken == 2 && !identity_uniform(n.input(0), 0)) return nullptr;
    return identity_same_output(n, taken) ? n.input(taken) : nullptr;
  }
  return nullptr;
}

}  // namespace

Result<int> run_identities(Model& model, PassContext& c) {
  int changes = 0;
  const Status done = each_graph_checked(model.graph(), [&](Graph& g) -> Status {
    for (Node* n : g.node_list()) {
      Value* source = identity_source(*n, c);
      if (!source || source == n->output(0)) continue;
      if (replaceable(n->output(0), source)) {
        JETLINE_RETURN_IF_ERROR(replace_value(c, n->output(0), source));
        ++changes;
      } else if (!n->is("Identity") && n->outputs().size() == 1) {
        n->set_op("Identity");
        n->resize_inputs(1);
        n->set_input(0, source);
        while (!n->attributes().empty()) n->remove_attribute(std::string(n->attributes()[0].name()));
        ++changes;
      }
    }
    return Status();
  });
  JETLINE_RETURN_IF_ERROR(done);
  return changes;
}

}  // namespace jetline::passes
