#include "jetline/fix/place.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "jetline/passes/edit.h"

namespace jetline::fix {

bool is_floating(DType t) {
  return t == DType::kF32 || t == DType::kF64 || t == DType::kF16 || t == DType::kBF16;
}

std::vector<int64_t> iota(int64_t n) {
  std::vector<int64_t> v(static_cast<size_t>(std::max<int64_t>(n, 0)));
  std::iota(v.begin(), v.end(), 0);
  return v;
}

bool Place::known(size_t i, std::vector<double>& out) const {
  if (!in(i)) return false;
  if (numbers_of(in(i), out)) return true;
  std::vector<int64_t> whole;
  if (!ints(i, whole)) return false;
  out.assign(whole.begin(), whole.end());
  return true;
}

// Reductions have their axes as an input from 18 on, the sum from 13 on.
Value* Place::reduce(const char* op, Value* x, std::vector<int64_t> axes, bool keep) {
  const bool input = opset() >= (std::strcmp(op, "ReduceSum") == 0 ? 13 : 18);
  if (input) return emit(op, {x, int_list(axes)}, {{"keepdims", keep ? 1 : 0}});
  return emit(op, {x}, {{"axes", std::move(axes)}, {"keepdims", keep ? 1 : 0}});
}

Value* Place::axes_op(const char* op, Value* x, std::vector<int64_t> axes) {
  if (opset() >= 13) return emit(op, {x, int_list(axes)});
  return emit(op, {x}, {{"axes", std::move(axes)}});
}

Value* Place::slice(Value* x, std::vector<int64_t> axes, std::vector<int64_t> starts,
                    std::vector<int64_t> ends) {
  if (opset() >= 10) return emit("Slice", {x, int_list(starts), int_list(ends), int_list(axes)});
  return emit("Slice", {x},
              {{"axes", std::move(axes)}, {"starts", std::move(starts)}, {"ends", std::move(ends)}});
}

Value* Place::pad(Value* x, std::vector<int64_t> pads, double value) {
  if (std::all_of(pads.begin(), pads.end(), [](int64_t p) { return p == 0; })) return x;
  if (opset() < 11) return emit("Pad", {x}, {{"pads", std::move(pads)}, {"value", value}});
  std::vector<Value*> inputs = {x, int_list(pads)};
  if (value != 0) inputs.push_back(number(value, x));
  return emit("Pad", std::move(inputs));
}

Value* Place::clip(Value* x, double low, double high) {
  if (opset() < 11) return emit("Clip", {x}, {{"min", low}, {"max", high}});
  return emit("Clip", {x, number(low, x), number(high, x)});
}

Value* Place::transpose(Value* x, const std::vector<int64_t>& perm) {
  return perm == iota(static_cast<int64_t>(perm.size())) ? x : emit("Transpose", {x}, {{"perm", perm}});
}

Value* Place::gather(Value* x, const std::vector<int64_t>& indices, int64_t axis) {
  return gather(x, int_list(indices), axis);
}

Value* Place::gather(Value* x, Value* indices, int64_t axis) {
  return emit("Gather", {x, indices}, {{"axis", axis}});
}

Outcome Place::done(Value* with) {
  Graph& g = *node().graph();
  const std::string name = out()->name();
  if (with == in(0) || !with->producer()) with = emit("Identity", {with});
  (void)become(with);
  // The same number under the same name: comparing before and after, and people, find it again.
  if (removed() && !with->is_output() && !g.find(name)) (void)g.rename(with, name);
  return {};
}

Value* Place::flat_index(Value* indices, const std::vector<int64_t>& sizes) {
  Value* sum = nullptr;
  int64_t stride = 1;
  for (size_t k = sizes.size(); k-- > 0;) {
    Value* column = gather(indices, scalar(static_cast<double>(k), DType::kI64), -1);
    column = cast(column, DType::kI64);
    Value* negative = emit("Less", {column, scalar(0, DType::kI64)});
    column = where(negative, add(column, scalar(static_cast<double>(sizes[k]), DType::kI64)), column);
    if (stride != 1) column = mul(column, scalar(static_cast<double>(stride), DType::kI64));
    sum = sum ? add(sum, column) : column;
    stride *= sizes[k];
  }
  return sum;
}

Result<int> rewrite_places(FixContext& c, std::initializer_list<const char*> ops, PlaceRule rule) {
  int changed = 0;
  passes::each_graph(c.model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      if (!n->domain().empty() || !c.wanted(*n)) continue;
      if (std::none_of(ops.begin(), ops.end(), [&](const char* op) { return n->op() == op; })) continue;
      Place place(c, *n);
      Outcome out = rule(place);
      if (out.kind == Outcome::Kind::kDone && place.failed())
        out = Outcome::refused("works on an element type that is not known");
      if (out.kind == Outcome::Kind::kDone) ++changed;
      if (out.kind == Outcome::Kind::kRefused) c.refuse(*n, std::move(out.why));
    }
  });
  // What a refused place had begun to write, and constants that nobody reads any more.
  c.model.graph().remove_dead();
  c.refresh();
  return changed;
}

}  // namespace jetline::fix
