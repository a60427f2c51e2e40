#include "jetline/importers/tensorflow/proto/message.h"

namespace jetline::tf {
namespace {

// attr_value.proto: the members of AttrValue.value. In a ListValue the same numbers hold lists, but 9 holds
// functions.
namespace attr_field {
constexpr uint32_t kList = 1, kString = 2, kInt = 3, kFloat = 4, kBool = 5, kType = 6, kShape = 7,
                   kTensor = 8, kPlaceholder = 9, kFunc = 10, kListFunc = 9;
}

Attr::Kind attr_kind_of(uint32_t number) {
  switch (number) {
    case attr_field::kList:
      return Attr::Kind::kList;
    case attr_field::kString:
      return Attr::Kind::kString;
    case attr_field::kInt:
      return Attr::Kind::kInt;
    case attr_field::kFloat:
      return Attr::Kind::kFloat;
    case attr_field::kBool:
      return Attr::Kind::kBool;
    case attr_field::kType:
      return Attr::Kind::kType;
    case attr_field::kShape:
      return Attr::Kind::kShape;
    case attr_field::kTensor:
      return Attr::Kind::kTensor;
    case attr_field::kPlaceholder:
      return Attr::Kind::kPlaceholder;
    case attr_field::kFunc:
      return Attr::Kind::kFunc;
    default:
      return Attr::Kind::kNone;
  }
}

// The last member set, as a oneof has it; false when there is none.
bool attr_last(ByteView raw, wire::Field& out) {
  wire::Reader reader(raw);
  wire::Field f;
  bool found = false;
  while (reader.next(f)) {
    if (attr_kind_of(f.number) == Attr::Kind::kNone) continue;
    out = f;
    found = true;
  }
  return found;
}

bool attr_member(ByteView raw, uint32_t number, wire::Field& out) {
  return attr_last(raw, out) && out.number == number;
}

// Calls fn(field) for every element of kind `number` in the list, over all pieces of it.
template <typename Fn>
void attr_each(ByteView raw, uint32_t number, const Fn& fn) {
  wire::Field last;
  if (!attr_member(raw, attr_field::kList, last)) return;
  wire::Reader outer(raw);
  wire::Field list, f;
  while (outer.next(list)) {
    if (list.number != attr_field::kList) continue;
    wire::Reader reader(list.bytes);
    while (reader.next(f)) {
      if (f.number == number) fn(f);
    }
  }
}

Shape attr_shape_of(ByteView bytes) {
  Shape shape;
  decode::Context context;
  context.begin = bytes.data();
  return decode::read_shape(bytes, context, shape).ok() ? shape : Shape();
}

FunctionRef attr_func_of(ByteView bytes) {
  FunctionRef func;
  func.raw = bytes;
  wire::Reader reader(bytes);
  wire::Field f;
  while (reader.next(f)) {
    if (f.number == 1 && f.type == wire::Type::kBytes) func.name = f.text();
  }
  return func;
}

Status attr_check_list(ByteView bytes, decode::Context& context) {
  decode::Message m(bytes, "attribute list", context);
  std::vector<int64_t> ints;
  std::vector<float> floats;
  while (m.next()) {
    ints.clear();
    floats.clear();
    switch (m.number()) {
      case attr_field::kString:
      case attr_field::kTensor:
      case attr_field::kListFunc:
        m.bytes();
        break;
      case attr_field::kInt:
      case attr_field::kBool:
      case attr_field::kType:
        m.append(ints);
        break;
      case attr_field::kFloat:
        m.append(floats);
        break;
      case attr_field::kShape: {
        Shape shape;
        const ByteView b = m.bytes();
        if (m.ok()) m.keep(decode::read_shape(b, context, shape));
        break;
      }
      default:
        break;
    }
  }
  return m.status();
}

}  // namespace

Status decode::check_attr(ByteView bytes, Context& context) {
  Message m(bytes, "attribute value", context);
  while (m.next()) {
    switch (attr_kind_of(m.number())) {
      case Attr::Kind::kInt:
      case Attr::Kind::kBool:
      case Attr::Kind::kType:
        m.integer();
        break;
      case Attr::Kind::kFloat:
        m.fixed32();
        break;
      case Attr::Kind::kNone:
        break;
      case Attr::Kind::kList: {
        const ByteView list = m.bytes();
        if (m.ok()) m.keep(attr_check_list(list, context));
        break;
      }
      case Attr::Kind::kShape: {
        Shape shape;
        const ByteView b = m.bytes();
        if (m.ok()) m.keep(read_shape(b, context, shape));
        break;
      }
      default:
        m.bytes();
    }
  }
  return m.status();
}

Status decode::read_shape(ByteView bytes, Context& context, Shape& out) {
  out.known_rank = true;
  Message m(bytes, "shape", context);
  while (m.next()) {
    if (m.number() == 2) {  // dim
      int64_t size = 0;
      Message dim(m.bytes(), "shape", context);
      while (dim.next()) {
        if (dim.number() == 1) size = dim.integer();
      }
      m.keep(dim.status());
      if (out.dims.size() >= 254) {  // TensorShape::MaxDimensions
        m.keep(Status::bad_input("tf.malformed", "a shape has more than 254 dimensions",
                                 "the file is damaged or was not written by TensorFlow"));
      } else {
        out.dims.push_back(size < 0 ? -1 : size);
      }
    } else if (m.number() == 3) {  // unknown_rank
      out.known_rank = !m.boolean();
    }
  }
  if (!out.known_rank) out.dims.clear();
  return m.status();
}

Attr::Kind Attr::kind() const {
  wire::Field f;
  return attr_last(raw_, f) ? attr_kind_of(f.number) : Kind::kNone;
}
int64_t Attr::as_int(int64_t other) const {
  wire::Field f;
  return attr_member(raw_, attr_field::kInt, f) ? f.int64() : other;
}
float Attr::as_float(float other) const {
  wire::Field f;
  return attr_member(raw_, attr_field::kFloat, f) ? f.float32() : other;
}
bool Attr::as_bool(bool other) const {
  wire::Field f;
  return attr_member(raw_, attr_field::kBool, f) ? f.value != 0 : other;
}
std::string_view Attr::as_string(std::string_view other) const {
  wire::Field f;
  return attr_member(raw_, attr_field::kString, f) ? f.text() : other;
}
DataType Attr::as_type(DataType other) const {
  wire::Field f;
  return attr_member(raw_, attr_field::kType, f) ? decode::plain_type(f.int64()) : other;
}
Shape Attr::as_shape() const {
  wire::Field f;
  return attr_member(raw_, attr_field::kShape, f) ? attr_shape_of(f.bytes) : Shape();
}
Result<Tensor> Attr::as_tensor() const {
  wire::Field f;
  if (attr_member(raw_, attr_field::kTensor, f)) return parse_tensor(f.bytes, owner_);
  return Status::bad_input("tf.bad-tensor", "an attribute that should hold a tensor does not",
                           "the graph is damaged or was not written by TensorFlow");
}
FunctionRef Attr::as_func() const {
  wire::Field f;
  return attr_member(raw_, attr_field::kFunc, f) ? attr_func_of(f.bytes) : FunctionRef();
}
std::string_view Attr::as_placeholder() const {
  wire::Field f;
  return attr_member(raw_, attr_field::kPlaceholder, f) ? f.text() : std::string_view();
}

std::vector<int64_t> Attr::ints() const {
  std::vector<int64_t> out;
  attr_each(raw_, attr_field::kInt, [&](const wire::Field& f) { wire::append_int64s(f, out); });
  return out;
}
std::vector<float> Attr::floats() const {
  std::vector<float> out;
  attr_each(raw_, attr_field::kFloat, [&](const wire::Field& f) { wire::append_floats(f, out); });
  return out;
}
std::vector<bool> Attr::bools() const {
  std::vector<int64_t> ints;
  attr_each(raw_, attr_field::kBool, [&](const wire::Field& f) { wire::append_int64s(f, ints); });
  std::vector<bool> out;
  for (int64_t i : ints) out.push_back(i != 0);
  return out;
}
std::vector<std::string_view> Attr::strings() const {
  std::vector<std::string_view> out;
  attr_each(raw_, attr_field::kString, [&](const wire::Field& f) { out.push_back(f.text()); });
  return out;
}
std::vector<DataType> Attr::types() const {
  std::vector<int64_t> ints;
  attr_each(raw_, attr_field::kType, [&](const wire::Field& f) { wire::append_int64s(f, ints); });
  std::vector<DataType> out;
  for (int64_t i : ints) out.push_back(decode::plain_type(i));
  return out;
}
std::vector<Shape> Attr::shapes() const {
  std::vector<Shape> out;
  attr_each(raw_, attr_field::kShape, [&](const wire::Field& f) { out.push_back(attr_shape_of(f.bytes)); });
  return out;
}
std::vector<Tensor> Attr::tensors() const {
  std::vector<Tensor> out;  // one that is broken stays in its place, with an undefined type
  attr_each(raw_, attr_field::kTensor,
            [&](const wire::Field& f) { out.push_back(parse_tensor(f.bytes, owner_).value_or(Tensor())); });
  return out;
}
std::vector<FunctionRef> Attr::funcs() const {
  std::vector<FunctionRef> out;
  attr_each(raw_, attr_field::kListFunc, [&](const wire::Field& f) { out.push_back(attr_func_of(f.bytes)); });
  return out;
}

}  // namespace jetline::tf
