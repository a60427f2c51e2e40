#include "jetline/surgery/batch_trace.h"

#include "jetline/passes/edit.h"
#include "jetline/surgery/names.h"

namespace jetline::surgery {
namespace {

bool numbers_of(const ops::KnownInts* known, std::vector<int64_t>& out) {
  if (!known) return false;
  out.clear();
  for (const Dim& d : known->elements) {
    if (!d.known()) return false;
    out.push_back(d.value);
  }
  return true;
}

}  // namespace

BatchTrace::BatchTrace(Model& before, Model& now, int64_t old_size, int64_t new_size, std::string symbol)
    : before_(before),
      now_(now),
      old_inference_(before),
      inference_(now),
      old_size_(old_size),
      new_size_(new_size),
      symbol_(std::move(symbol)) {
  old_inference_.graph(before_.graph());
}

void BatchTrace::input(Value* v) {
  axis_[v] = 0;
  some_input_ = v;
}

Value* BatchTrace::count_pictures(Node& n, int64_t factor, const std::string& stem) {
  Graph& g = now_.graph();
  Value* shape = g.add_op("Shape", {some_input_}, stem + "_shape", &n);
  Value* size = g.add_op("Gather", {shape, passes::add_ints(g, {0}, stem + "_axis")}, stem + "_size", &n);
  inference_.node(*shape->producer());
  inference_.node(*size->producer());
  if (factor == 1) return size;
  Value* times = g.add_op("Mul", {size, passes::add_ints(g, {factor}, stem + "_each")}, stem + "_count", &n);
  inference_.node(*times->producer());
  return times;
}

int BatchTrace::axis_of(const Value* v) const {
  const auto it = v ? axis_.find(v) : axis_.end();
  return it == axis_.end() ? -1 : it->second;
}

const ValueType& BatchTrace::old_type(const Value* v) const {
  static const ValueType kNone;
  const Value* old = v ? before_.graph().find(v->name()) : nullptr;
  return old ? old->type : kNone;
}

Status BatchTrace::refuse(const Node& n, const std::string& why) const {
  const std::string kind = n.domain().empty() ? n.op() : n.domain() + "." + n.op();
  return Status::bad_input(
      "surgery.batch", "the batch size cannot change because of " + kind + " '" + node_label(n) + "': " + why,
      "cut the model in front of that node (`jetline cut --before`), or export it with a "
      "dynamic batch",
      node_label(n));
}

void BatchTrace::patched(const Node& n, const std::string& what) {
  patches_.push_back({node_label(n), n.op(), what});
}

bool BatchTrace::old_ints(const Node& n, size_t i, std::vector<int64_t>& out) {
  const Value* v = n.input(i) ? before_.graph().find(n.input(i)->name()) : nullptr;
  return v && numbers_of(old_inference_.ints(v), out);
}

bool BatchTrace::new_ints(const Node& n, size_t i, std::vector<int64_t>& out) {
  return n.input(i) && numbers_of(inference_.ints(n.input(i)), out);
}

Status BatchTrace::set_shape_input(Node& n, size_t i, std::vector<int64_t> target, size_t axis) {
  Graph& g = now_.graph();
  const int64_t old_count = target[axis];
  const std::string stem = (n.input(i) ? n.input(i)->name() : node_label(n)) + "_batch";
  target[axis] = scaled(old_count);
  std::string text;
  for (size_t k = 0; k < target.size(); ++k) {
    text += (k ? ", " : "") + (k == axis && !symbol_.empty() ? symbol_ : std::to_string(target[k]));
  }
  if (symbol_.empty()) {
    n.set_input(i, passes::add_ints(g, target, stem));
    patched(n, "[" + text + "] is fixed in it now");
    return Status();
  }
  // [target in front, pictures, target behind]
  if (old_size_ != 1) {
    return refuse(n, "an open batch has to be divided by the " + std::to_string(old_size_) +
                         " of before; set it to 1 first");
  }
  Value* size = count_pictures(n, old_count, stem);
  std::vector<Value*> pieces;
  if (axis > 0) {
    pieces.push_back(passes::add_ints(g, {target.begin(), target.begin() + static_cast<std::ptrdiff_t>(axis)},
                                      stem + "_front"));
  }
  pieces.push_back(size);
  if (axis + 1 < target.size()) {
    pieces.push_back(passes::add_ints(
        g, {target.begin() + static_cast<std::ptrdiff_t>(axis) + 1, target.end()}, stem + "_rest"));
  }
  Value* whole = g.add_op("Concat", pieces, stem + "_target", &n);
  whole->producer()->set_attribute(Attribute("axis", int64_t{0}));
  inference_.node(*whole->producer());
  n.set_input(i, whole);
  patched(n, "[" + text + "] is computed from the batch now");
  return Status();
}

Status BatchTrace::spread_constant(Node& n, size_t i, int axis) {
  const Value* v = n.input(i);
  const Tensor* t = passes::constant_of(v);
  const Node* p = v->producer();
  if (!t && p && p->is("Constant")) {
    const Attribute* a = p->attribute("value");
    t = a ? a->as_tensor() : nullptr;
  }
  const std::string name = "'" + v->name() + "'";
  if (!t || t->dtype() == DType::kString || dtype_bits(t->dtype()) < 8) {
    return refuse(n, name + " does not grow with the batch");
  }
  const std::vector<int64_t>& dims = t->dims();
  const auto at = static_cast<size_t>(axis);
  if (at >= dims.size() || dims[at] % old_size_ != 0) return refuse(n, name + " does not hold a whole batch");
  int64_t outer = 1, inner = dtype_bits(t->dtype()) / 8;
  for (size_t k = 0; k < at; ++k) outer *= dims[k];
  for (size_t k = at + 1; k < dims.size(); ++k) inner *= dims[k];
  const int64_t one = dims[at] / old_size_ * inner;  // bytes of one picture in one row
  for (int64_t o = 0; o < outer; ++o) {
    const uint8_t* row = t->bytes().data() + o * old_size_ * one;
    for (int64_t k = 1; k < old_size_; ++k) {
      if (!std::equal(row, row + one, row + k * one)) {
        return refuse(n, name + " holds other numbers for every picture");
      }
    }
  }
  const bool alone = dims[at] == old_size_;  // one element a picture: broadcasting does the rest
  if (!alone && !symbol_.empty()) {
    if (old_size_ != 1)
      return refuse(n, name + " would have to be repeated for every picture; set the batch to 1 first");
    std::vector<Value*> repeats;
    Graph& g = now_.graph();
    const std::string stem = v->name() + "_batch";
    for (size_t k = 0; k < dims.size(); ++k) {
      repeats.push_back(k == at ? count_pictures(n, 1, stem) : passes::add_ints(g, {1}, stem + "_once"));
    }
    Value* times = repeats.size() == 1 ? repeats[0] : g.add_op("Concat", repeats, stem + "_repeats", &n);
    if (repeats.size() > 1) {
      times->producer()->set_attribute(Attribute("axis", int64_t{0}));
      inference_.node(*times->producer());
    }
    Value* tiled = g.add_op("Tile", {n.input(i), times}, stem, &n);
    inference_.node(*tiled->producer());
    n.set_input(i, tiled);
    patched(n, name + " is repeated as often as there are pictures");
    return Status();
  }
  const int64_t copies = alone ? 1 : new_size_;
  if (outer * copies * one > (int64_t{1} << 30)) return refuse(n, name + " would grow beyond 1 GiB");
  std::vector<uint8_t> bytes;
  for (int64_t o = 0; o < outer; ++o) {
    const uint8_t* row = t->bytes().data() + o * old_size_ * one;
    for (int64_t k = 0; k < copies; ++k) bytes.insert(bytes.end(), row, row + one);
  }
  std::vector<int64_t> grown = dims;
  grown[at] = dims[at] / old_size_ * copies;
  JETLINE_ASSIGN_OR_RETURN(Tensor made, Tensor::own(t->dtype(), std::move(grown), std::move(bytes)));
  n.set_input(i, passes::add_constant(now_.graph(), std::move(made), v->name() + "_batch"));
  patched(n, name + (alone ? " is stored once for all pictures" : " is repeated for every picture"));
  return Status();
}

// On which axis `v` grew with the batch; -1: on none. Not OK when it changed in another way.
Status BatchTrace::classify(const Node& n, const Value& v, int& axis) const {
  axis = -1;
  const ValueType &then = old_type(&v), &now = v.type;
  if (!then.is_tensor() || !then.has_shape || !now.has_shape || then.shape.size() != now.shape.size()) {
    return refuse(n, "the shape of '" + v.name() + "' is " + to_string(then) + " before and " +
                         to_string(now) + " after");
  }
  for (size_t k = 0; k < then.shape.size(); ++k) {
    const Dim &a = then.shape[k], &b = now.shape[k];
    if (a.known() && b.known() ? a.value == b.value : !a.known() && !b.known()) continue;
    const bool grew =
        a.known() && b.known() && a.value % old_size_ == 0 && b.value == a.value / old_size_ * new_size_;
    if (!grew || axis >= 0) {
      return refuse(n, "'" + v.name() + "' becomes " + to_string(now) + ", which " + to_string(then) +
                           " does not explain");
    }
    axis = static_cast<int>(k);
  }
  return Status();
}

// No data of a batch enters: what shapes say is right by itself.
Status BatchTrace::shapes_only(Node& n) {
  for (const Value* v : n.outputs()) {
    if (!v || !v->type.is_tensor()) continue;
    const ValueType& then = old_type(v);
    if (!then.has_shape && !v->type.has_shape) continue;
    int axis = -1;
    JETLINE_RETURN_IF_ERROR(classify(n, *v, axis));
    if (axis >= 0) axis_[v] = axis;
  }
  return Status();
}

Status BatchTrace::node(Node& n) {
  bool batched = false;
  for (const Value* v : n.inputs()) batched = batched || axis_of(v) >= 0;
  for (const Graph* sub : n.subgraphs()) {
    for (const auto& inner : sub->nodes()) {
      for (const Value* v : inner->inputs()) batched = batched || axis_of(v) >= 0;
    }
  }
  if (!batched) {
    inference_.node(n);
    return shapes_only(n);
  }
  if (n.is("Shape") || n.is("Size")) {
    inference_.node(n);
    return Status();
  }
  JETLINE_RETURN_IF_ERROR(check_batch_rule(*this, n));
  for (Value* v : n.outputs()) {
    if (v) v->type = ValueType::tensor(v->type.dtype);
  }
  inference_.node(n);
  if (n.is("NonMaxSuppression")) return Status();  // its rows name their picture; who reads them was checked
  for (const Value* v : n.outputs()) {
    if (!v) continue;
    int axis = -1;
    JETLINE_RETURN_IF_ERROR(classify(n, *v, axis));
    if (axis < 0) return refuse(n, "'" + v->name() + "' is the same for any number of pictures");
    axis_[v] = axis;
  }
  return Status();
}

Status BatchTrace::run() {
  // Nodes that patches insert stand before the node that they are for and are inferred there.
  for (Node* n : now_.graph().node_list()) JETLINE_RETURN_IF_ERROR(node(*n));
  return Status();
}

}  // namespace jetline::surgery
