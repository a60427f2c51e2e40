#include "jetline/importers/tensorflow/control/list.h"

#include <algorithm>

#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/forms.h"

namespace jetline::tf {
namespace {

constexpr int64_t kListElements = 1 << 16;  // longer lists live in one tensor
constexpr int64_t kListSpread = 512;        // stacked lists up to here are taken apart when written to

std::shared_ptr<ListState> list_copy(const ListState& l) {
  return std::make_shared<ListState>(l);
}

Status list_asked(OpContext& c, const ListState& l) {
  l.loop->content = true;
  return c.poisoned();
}

Shape list_shape(const ListState& l, const Value* like) {
  Shape s = l.element_shape;
  for (const Value* v : l.elements) {
    if (like && OpContext::is_static(like)) break;
    if (v) like = v;
  }
  if (!like || !like->type.has_shape) return s;
  const std::vector<int64_t> dims = OpContext::dims(like);
  if (!s.known_rank || s.dims.size() != dims.size()) return Shape{true, dims};
  for (size_t i = 0; i < dims.size(); ++i)
    if (s.dims[i] < 0) s.dims[i] = dims[i];
  return s;
}

// The dimensions of one element as an int64 vector: known ones as a constant, else those of `like`.
Value* list_dims(OpContext& c, const ListState& l, const Value* like) {
  const Shape s = list_shape(l, like);
  const bool known =
      s.known_rank && std::all_of(s.dims.begin(), s.dims.end(), [](int64_t d) { return d >= 0; });
  if (known) return c.ints(s.dims);
  for (Value* v : l.elements)
    if (!like && v) like = v;
  return like ? c.shape_of(const_cast<Value*>(like)) : nullptr;
}

Value* list_zeros(OpContext& c, const ListState& l, const Value* like) {
  Value* dims = list_dims(c, l, like);
  return dims ? filled(c, dims, 0, l.dtype) : nullptr;
}

Status list_unwritten(OpContext& c) {
  return c.unsupported("reads a list element that nothing has been written to, of unknown shape");
}

void list_refine(const ListState& l, Value* v, bool stacked) {
  if (!l.element_shape.known_rank || !v) return;
  std::vector<Dim> dims;
  if (stacked) dims.push_back(v->type.has_shape && !v->type.shape.empty() ? v->type.shape[0] : Dim());
  for (int64_t d : l.element_shape.dims) dims.push_back(d >= 0 ? Dim(d) : Dim());
  refine_shape(v, dims);
}

Value* list_vector(OpContext& c, Value* scalar) {
  return c.reshape(c.to_i64(scalar), {1});
}

}  // namespace

ListForm list_form(const ListState& l) {
  if (l.loop) return ListForm::kLoop;
  if (l.stacked) return ListForm::kStacked;
  return l.length ? ListForm::kLength : ListForm::kElements;
}

const Value* under_casts(const Value* v) {
  while (v && v->producer() && (v->producer()->is("Cast") || v->producer()->is("Identity")))
    v = v->producer()->input(0);
  return v;
}

bool counts_up_from_zero(OpContext& c, const Value* indices) {
  std::vector<int64_t> known;
  if (c.known_ints(indices, known)) {
    for (size_t i = 0; i < known.size(); ++i)
      if (known[i] != static_cast<int64_t>(i)) return false;
    return true;
  }
  const Value* v = under_casts(indices);
  if (!v || !v->producer() || !v->producer()->is("Range")) return false;
  int64_t start = -1, step = -1;
  return c.known_int(v->producer()->input(0), start) && start == 0 &&
         c.known_int(v->producer()->input(2), step) && step == 1;
}

void merge_shape(OpContext& c, const Value* shape, Shape& known) {
  std::vector<Dim> dims;
  if (!shape || OpContext::rank(shape) == 0 || !partly_known(c, shape, dims)) return;
  if (!known.known_rank) {
    known.known_rank = true;
    known.dims.assign(dims.size(), -1);
  }
  if (known.dims.size() != dims.size()) return;
  for (size_t i = 0; i < dims.size(); ++i)
    if (known.dims[i] < 0 && dims[i].known()) known.dims[i] = dims[i].value;
}

ListPtr make_list(OpContext& c, DType dtype, Shape shape, Value* length) {
  auto l = std::make_shared<ListState>();
  l->dtype = dtype;
  l->element_shape = std::move(shape);
  int64_t n = 0;
  if (c.known_int(length, n) && n >= 0 && n <= kListElements) {
    l->elements.assign(static_cast<size_t>(n), nullptr);
  } else {
    l->length = c.to_i64(OpContext::rank(length) == 0 ? length : c.reshape(length, {}));
  }
  return l;
}

ListPtr list_of(OpContext&, DType dtype, Shape shape, Value* stack) {
  auto l = std::make_shared<ListState>();
  l->dtype = dtype;
  l->element_shape = std::move(shape);
  l->stacked = stack;
  return l;
}

int64_t known_length(OpContext& c, const ListState& l) {
  int64_t n = -1;
  switch (list_form(l)) {
    case ListForm::kElements:
      return static_cast<int64_t>(l.elements.size());
    case ListForm::kStacked:
      return OpContext::dim(l.stacked, 0);
    case ListForm::kLength:
      return c.known_int(l.length, n) ? n : -1;
    case ListForm::kLoop:
      return l.loop->known_length;
  }
  return n;
}

Value* list_length(OpContext& c, const ListState& l) {
  const int64_t n = known_length(c, l);
  if (n >= 0) return c.int_scalar(n);
  if (l.length) return l.length;
  if (l.loop) return l.loop->length;
  return c.reshape(c.emit("Slice", {c.shape_of(l.stacked), c.ints({0}), c.ints({1})}), {});
}

ListPtr list_elements(OpContext& c, const ListPtr& l) {
  const int64_t n = known_length(c, *l);
  if (list_form(*l) != ListForm::kStacked || n < 0 || n > kListSpread) return l;
  auto out = list_copy(*l);
  out->stacked = nullptr;
  for (int64_t i = 0; i < n; ++i)
    out->elements.push_back(c.emit("Gather", {l->stacked, c.int_scalar(i)}, {{"axis", 0}}, "element"));
  return out;
}

Status list_get(OpContext& c, const ListPtr& l, Value* index, Value*& out) {
  int64_t i = 0;
  switch (list_form(*l)) {
    case ListForm::kLoop:
      return list_asked(c, *l);
    case ListForm::kElements:
      if (c.known_int(index, i)) {
        if (i < 0 || i >= static_cast<int64_t>(l->elements.size()))
          return Status::bad_input("tf.malformed", "element " + std::to_string(i) + " of a list of " +
                                                       std::to_string(l->elements.size()) + " is read");
        out = l->elements[static_cast<size_t>(i)];
        if (!out) out = list_zeros(c, *l, nullptr);
        return out ? Status() : list_unwritten(c);
      }
      break;
    case ListForm::kLength:
      out = list_zeros(c, *l, nullptr);
      return out ? Status() : list_unwritten(c);
    case ListForm::kStacked:
      break;
  }
  Value* stack = nullptr;
  if (Status s = list_stack(c, l, stack); !s.ok()) return s;
  Value* at = OpContext::rank(index) == 0 ? index : c.reshape(index, {});
  out = c.emit("Gather", {stack, at}, {{"axis", 0}});
  list_refine(*l, out, false);
  return Status();
}

Status list_set(OpContext& c, const ListPtr& given, Value* index, Value* item, ListPtr& out) {
  ListPtr l = given;
  int64_t i = -1;
  const bool known = c.known_int(index, i);
  if (known && list_form(*l) == ListForm::kStacked) l = list_elements(c, l);
  auto next = list_copy(*l);
  if (next->dtype == DType::kUndefined) next->dtype = OpContext::dtype(item);
  out = next;
  if (list_form(*l) == ListForm::kLoop) {
    next->writes.emplace_back(index, item);
    return Status();
  }
  if (list_form(*l) == ListForm::kElements && known) {
    if (i < 0 || i > kListElements)
      return Status::bad_input("tf.malformed", "element " + std::to_string(i) + " of a list is written");
    if (i >= static_cast<int64_t>(next->elements.size())) next->elements.resize(static_cast<size_t>(i) + 1);
    next->elements[static_cast<size_t>(i)] = item;
    return Status();
  }
  Value* stack = nullptr;
  if (Status s = list_stack(c, l, stack, item); !s.ok()) return s;
  next->elements.clear();
  next->length = nullptr;
  Value* at = c.reshape(c.to_i64(index), {1, 1});
  next->stacked = c.emit("ScatterND", {stack, at, c.unsqueeze(item, {0})});
  return Status();
}

Status list_push(OpContext& c, const ListPtr& l, Value* item, ListPtr& out) {
  auto next = list_copy(*l);
  if (next->dtype == DType::kUndefined) next->dtype = OpContext::dtype(item);
  out = next;
  switch (list_form(*l)) {
    case ListForm::kLoop:
      next->writes.emplace_back(nullptr, item);
      return Status();
    case ListForm::kElements:
      if (next->elements.size() >= static_cast<size_t>(kListElements))
        return c.unsupported("a list of more than " + std::to_string(kListElements) + " elements is made");
      next->elements.push_back(item);
      return Status();
    default:
      break;
  }
  Value* stack = nullptr;
  if (Status s = list_stack(c, l, stack, item); !s.ok()) return s;
  next->length = nullptr;
  next->stacked = c.emit("Concat", {stack, c.unsqueeze(item, {0})}, {{"axis", 0}});
  return Status();
}

Status list_pop(OpContext& c, const ListPtr& l, Value*& item, ListPtr& out) {
  auto next = list_copy(*l);
  out = next;
  if (list_form(*l) == ListForm::kLoop) return list_asked(c, *l);
  if (list_form(*l) == ListForm::kElements) {
    if (next->elements.empty())
      return Status::bad_input("tf.malformed", "the last element of an empty list is taken");
    item = next->elements.back();
    next->elements.pop_back();
    if (!item) item = list_zeros(c, *l, nullptr);
    return item ? Status() : list_unwritten(c);
  }
  Value* stack = nullptr;
  if (Status s = list_stack(c, l, stack); !s.ok()) return s;
  item = c.emit("Gather", {stack, c.int_scalar(-1)}, {{"axis", 0}});
  list_refine(*l, item, false);
  next->length = nullptr;
  next->stacked = c.emit("Slice", {stack, c.ints({0}), c.ints({-1}), c.ints({0})});
  return Status();
}

Status list_stack(OpContext& c, const ListPtr& l, Value*& out, const Value* like) {
  switch (list_form(*l)) {
    case ListForm::kLoop:
      return list_asked(c, *l);
    case ListForm::kStacked:
      out = l->stacked;
      list_refine(*l, out, true);
      return Status();
    case ListForm::kLength: {
      Value* dims = list_dims(c, *l, like);
      if (!dims) return list_unwritten(c);
      out = filled(c, c.emit("Concat", {list_vector(c, l->length), dims}, {{"axis", 0}}), 0, l->dtype);
      return Status();
    }
    case ListForm::kElements:
      break;
  }
  // Slices of one tensor in order are that tensor.
  Value* whole = nullptr;
  bool slices = !l->elements.empty();
  for (size_t i = 0; i < l->elements.size() && slices; ++i) {
    const Value* v = l->elements[i];
    const Node* n = v ? v->producer() : nullptr;
    int64_t at = -1;
    slices = n && n->is("Gather") && n->int_or("axis", 0) == 0 && c.known_int(n->input(1), at) &&
             at == static_cast<int64_t>(i) && OpContext::rank(n->input(1)) == 0 &&
             (!whole || whole == n->input(0));
    if (slices) whole = n->input(0);
  }
  if (slices && OpContext::dim(whole, 0) == static_cast<int64_t>(l->elements.size())) {
    out = whole;
    return Status();
  }
  if (l->elements.empty()) {
    const Shape s = list_shape(*l, like);
    if (!s.known_rank) return list_unwritten(c);
    std::vector<int64_t> dims{0};
    for (int64_t d : s.dims) dims.push_back(std::max<int64_t>(d, 0));
    out = filled(c, c.ints(dims), 0, l->dtype);
    return Status();
  }
  std::vector<Value*> parts;
  Value* zeros = nullptr;
  for (Value* v : l->elements) {
    if (!v && !zeros) zeros = list_zeros(c, *l, like);
    if (!v && !zeros) return list_unwritten(c);
    parts.push_back(c.unsqueeze(v ? v : zeros, {0}));
  }
  out = concatenated(c, parts, 0);
  list_refine(*l, out, true);
  return Status();
}

}  // namespace jetline::tf
