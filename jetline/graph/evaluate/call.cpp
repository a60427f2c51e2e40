#include "jetline/graph/evaluate/call.h"

#include <algorithm>

namespace jetline::calc {
namespace {

const Item kNoItem;

std::string call_text(const Node& node, const std::string& why) {
  const std::string name = node.name.empty() ? "" : " '" + node.name.substr(0, 100) + "'";
  return node.op().substr(0, 100) + name + ": " + why;
}

}  // namespace

const Item* Scope::find(const Value* value) const {
  for (const Scope* s = this; s; s = s->outer) {
    const auto it = s->values.find(value);
    if (it != s->values.end()) return &it->second;
  }
  return nullptr;
}

Call::Call(const Node& node, int64_t opset, std::vector<Item> inputs, Budget& budget, const Scope* scope)
    : node_(node),
      opset_(opset),
      inputs_(std::move(inputs)),
      outputs_(node.outputs().size()),
      budget_(budget),
      scope_(scope) {}

const Item& Call::item(size_t i) const {
  return i < inputs_.size() ? inputs_[i] : kNoItem;
}

const Tensor* Call::tensor(size_t i) const {
  const Item& it = item(i);
  return it.kind == Item::Kind::kTensor ? &it.tensor : nullptr;
}

Status Call::need(size_t n) const {
  for (size_t i = 0; i < n; ++i) {
    if (!tensor(i)) return bad_input("input " + std::to_string(i) + " is not a tensor");
  }
  return {};
}

Status Call::need_numbers(size_t n) const {
  JETLINE_RETURN_IF_ERROR(need(n));
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (tensor(i)) JETLINE_RETURN_IF_ERROR(need_numbers_of(i));
  }
  return {};
}

Status Call::need_numbers_of(size_t i) const {
  const Tensor* t = tensor(i);
  if (!t) return bad_input("input " + std::to_string(i) + " is not a tensor");
  if (lane_of(t->dtype()) == Lane::kNone) return unsupported_type(t->dtype());
  if (t->count() > budget_.options.max_output_bytes / 8 && dtype_bits(t->dtype()) < 64) {
    return too_large("an input of " + std::to_string(t->count()) + " elements");
  }
  return {};
}

Status Call::need_floating(size_t i) const {
  JETLINE_RETURN_IF_ERROR(need_numbers_of(i));
  const Lane l = lane_of(tensor(i)->dtype());
  return l == Lane::kFloat || l == Lane::kDouble ? Status() : unsupported_type(tensor(i)->dtype());
}

Result<Dims> Call::ints(size_t i) const {
  const Tensor* t = tensor(i);
  if (!t) return bad_input("input " + std::to_string(i) + " is not a tensor");
  if (t->count() > 1 << 20) return too_large("a list of " + std::to_string(t->count()) + " numbers");
  auto values = t->to_ints();
  if (!values.ok()) return bad_input("input " + std::to_string(i) + " has no integers");
  return values;
}

Result<int64_t> Call::scalar_int(size_t i) const {
  JETLINE_ASSIGN_OR_RETURN(const Dims values, ints(i));
  if (values.size() != 1) return bad_input("input " + std::to_string(i) + " is not one number");
  return values[0];
}

const Attribute* Call::attribute(std::string_view name) const {
  const Attribute* a = node_.attribute(name);
  // A reference names an attribute of the node that calls the function, which may be a reference itself.
  for (const Scope* s = scope_; a && a->is_reference();) {
    while (s && !s->function) s = s->outer;
    if (!s) return nullptr;
    const std::string& referred = a->referred();
    a = s->call_node->attribute(referred);
    for (const Attribute& d : s->function->attribute_defaults) {
      if (!a && d.name() == referred) return &d;
    }
    s = s->caller;
  }
  return a;
}

int64_t Call::int_or(std::string_view name, int64_t other) const {
  const Attribute* a = attribute(name);
  return a && a->as_int() ? *a->as_int() : other;
}

float Call::float_or(std::string_view name, float other) const {
  const Attribute* a = attribute(name);
  return a && a->as_float() ? *a->as_float() : other;
}

std::string Call::string_or(std::string_view name, const std::string& other) const {
  const Attribute* a = attribute(name);
  return a && a->as_string() ? *a->as_string() : other;
}

Dims Call::ints_or(std::string_view name, Dims other) const {
  const Attribute* a = attribute(name);
  return a && a->as_ints() ? *a->as_ints() : std::move(other);
}

std::vector<float> Call::floats_or(std::string_view name, std::vector<float> other) const {
  const Attribute* a = attribute(name);
  return a && a->as_floats() ? *a->as_floats() : std::move(other);
}

void Call::set(size_t output, Item item) {
  if (output < outputs_.size()) outputs_[output] = std::move(item);
}

Result<Buffer> Call::allocate(DType dtype, const Dims& dims, bool zeroed) {
  const int bits = dtype_bits(dtype);
  if (bits == 0) return unsupported_type(dtype);
  const int64_t n = element_count(dims);
  if (n >= 0 && bits < 8 && n <= budget_.options.max_output_bytes) {
    return allocate_cells(1, {dtype_bytes(dtype, n)}, zeroed);
  }
  return allocate_cells(bits / 8, dims, zeroed);
}

Result<Buffer> Call::allocate_cells(int64_t width, const Dims& dims, bool zeroed) {
  if (std::any_of(dims.begin(), dims.end(), [](int64_t d) { return d < 0; })) {
    return bad_input("a result of shape " + dims_text(dims));
  }
  JETLINE_RETURN_IF_ERROR(check_dims(dims));
  const int64_t n = element_count(dims);
  const EvaluateOptions& o = budget_.options;
  if (n < 0 || width <= 0 || n > o.max_output_bytes / width || n * width > o.max_live_bytes - *budget_.live) {
    return too_large("a result of shape " + dims_text(dims));
  }
  JETLINE_RETURN_IF_ERROR(charge(n));
  Buffer b = Buffer::make(static_cast<size_t>(n * width), zeroed, budget_.live);
  if (!b.data()) return too_large("no memory for a result of shape " + dims_text(dims));
  return b;
}

Status Call::charge(int64_t work) {
  if (work < 0 || __builtin_add_overflow(budget_.work, work, &budget_.work) ||
      budget_.work > budget_.options.max_work) {
    return too_large("more work than is allowed");
  }
  return {};
}

Status Call::check_working_copy(const Dims& dims) const {
  const int64_t n = element_count(dims);
  return n < 0 || n > budget_.options.max_output_bytes / 8
             ? too_large("working on a tensor of shape " + dims_text(dims))
             : Status();
}

Status Call::check_dims(const Dims& dims) const {
  if (element_count(dims) != 0) return {};
  int64_t n = 1;
  for (int64_t d : dims) {
    if (d > 0 && (__builtin_mul_overflow(n, d, &n) || n > budget_.options.max_output_bytes / 16)) {
      return too_large("an empty tensor of shape " + dims_text(dims));
    }
  }
  return {};
}

Status Call::check_inputs() const {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (tensor(i)) JETLINE_RETURN_IF_ERROR(check_dims(tensor(i)->dims()));
  }
  return {};
}

Status Call::unsupported(const std::string& why) const {
  return Status::negative("graph.evaluate-unsupported", call_text(node_, why));
}

Status Call::bad_input(const std::string& why) const {
  return Status::bad_input("graph.evaluate-input", call_text(node_, why));
}

Status Call::too_large(const std::string& why) const {
  return Status::bad_input("graph.evaluate-too-large", call_text(node_, why));
}

Status Call::unsupported_type(DType dtype) const {
  return unsupported("no rule for type " + std::string(dtype_name(dtype)));
}

Status give_doubles(Call& c, size_t output, DType dtype, const Dims& dims,
                    const std::vector<double>& values) {
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(dtype, dims));
  if (element_count(dims) != static_cast<int64_t>(values.size()))
    return c.bad_input("a result of another size");
  store(dtype, y.data(), 0, static_cast<int64_t>(values.size()), values.data());
  c.set(output, y.tensor(dtype, dims));
  return {};
}

std::string dims_text(const Dims& dims) {
  std::string s;
  for (size_t i = 0; i < dims.size() && i < 16; ++i) s += (i ? "," : "") + std::to_string(dims[i]);
  return "[" + s + (dims.size() > 16 ? ",...]" : "]");
}

bool fix_axis(int64_t& axis, size_t rank) {
  if (axis < 0) axis += static_cast<int64_t>(rank);
  return axis >= 0 && axis < static_cast<int64_t>(rank);
}

bool fix_axes(Dims& axes, size_t rank) {
  std::vector<bool> seen(rank, false);
  for (int64_t& a : axes) {
    if (!fix_axis(a, rank) || seen[static_cast<size_t>(a)]) return false;
    seen[static_cast<size_t>(a)] = true;
  }
  return true;
}

int64_t span_count(const Dims& dims, size_t from, size_t to) {
  int64_t n = 1;
  for (size_t i = from; i < to && i < dims.size(); ++i) {
    if (dims[i] == 0) return 0;
    if (__builtin_mul_overflow(n, dims[i], &n)) n = INT64_MAX;
  }
  return n;
}

Dims row_strides(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (size_t i = dims.size(); i-- > 1;) {
    if (__builtin_mul_overflow(strides[i], dims[i], &strides[i - 1])) strides[i - 1] = 0;
  }
  return strides;
}

bool broadcast_dims(const Dims& a, const Dims& b, Dims& out) {
  const Dims& longer = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  Dims result = longer;
  for (size_t i = 0; i < shorter.size(); ++i) {
    int64_t& o = result[result.size() - shorter.size() + i];
    if (o == 1) {
      o = shorter[i];
    } else if (shorter[i] != 1 && shorter[i] != o) {
      return false;
    }
  }
  out = std::move(result);
  return true;
}

}  // namespace jetline::calc
