#include "jetline/importers/tensorflow/control/affine.h"

#include <algorithm>
#include <cstring>

namespace jetline::tf {
namespace {

constexpr int kAffineDepth = 48;
constexpr int64_t kAffineElements = int64_t{1} << 26;  // of one matrix

using Matrix = Affine::Matrix;

bool affine_floats(const Value* v, std::vector<float>& out) {
  if (!v || !v->is_constant() || v->initializer()->dtype() != DType::kF32) return false;
  const Tensor& t = *v->initializer();
  out.resize(static_cast<size_t>(t.count()));
  if (!out.empty()) std::memcpy(out.data(), t.bytes().data(), out.size() * sizeof(float));
  return true;
}

bool affine_ints(const Value* v, std::vector<int64_t>& out) {
  if (!v || !v->is_constant()) return false;
  Result<std::vector<int64_t>> r = v->initializer()->to_ints();
  if (!r.ok()) return false;
  out = std::move(r).value();
  return true;
}

// A constant that is added to every row: [n], [1, n] or one number.
bool affine_row(const Value* v, int64_t width, std::vector<float>& out) {
  if (!affine_floats(v, out)) return false;
  const auto& dims = v->initializer()->dims();
  if (out.size() == 1) out.assign(static_cast<size_t>(width), out[0]);
  for (size_t i = 0; i + 1 < dims.size(); ++i)
    if (dims[i] != 1) return false;
  return static_cast<int64_t>(out.size()) == width;
}

std::vector<float> affine_times(const std::vector<float>& a, int64_t rows, const std::vector<float>& m,
                                int64_t inner, int64_t cols) {
  std::vector<float> out(static_cast<size_t>(rows * cols));
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      double sum = 0;
      for (int64_t k = 0; k < inner; ++k)
        sum += static_cast<double>(a[static_cast<size_t>(r * inner + k)]) *
               static_cast<double>(m[static_cast<size_t>(k * cols + c)]);
      out[static_cast<size_t>(r * cols + c)] = static_cast<float>(sum);
    }
  }
  return out;
}

// Rows [from, from + rows) of m, which has `cols` columns.
Matrix affine_rows(const std::vector<float>& m, int64_t from, int64_t rows, int64_t cols) {
  Matrix out;
  out.identity = false;
  out.rows = rows;
  out.cols = cols;
  out.data.assign(m.begin() + static_cast<std::ptrdiff_t>(from * cols),
                  m.begin() + static_cast<std::ptrdiff_t>((from + rows) * cols));
  return out;
}

Matrix affine_columns(const Matrix& m, int64_t from, int64_t to) {
  Matrix out;
  out.identity = false;
  out.rows = m.rows;
  out.cols = to - from;
  out.data.resize(static_cast<size_t>(out.rows * out.cols), 0.0f);
  for (int64_t r = 0; r < m.rows; ++r)
    for (int64_t c = from; c < to; ++c)
      out.data[static_cast<size_t>(r * out.cols + c - from)] =
          m.identity ? (r == c ? 1.0f : 0.0f) : m.data[static_cast<size_t>(r * m.cols + c)];
  return out;
}

std::optional<Affine> affine_walk(const Value* v, int depth);

std::optional<Affine> affine_leaf(const Value* v) {
  if (!v->type.has_shape || v->type.shape.size() != 2 || !v->type.shape[1].known()) return std::nullopt;
  Affine a;
  a.width = v->type.shape[1].value;
  if (a.width <= 0 || a.width > 1 << 16) return std::nullopt;
  a.bias.assign(static_cast<size_t>(a.width), 0.0f);
  Matrix m;
  m.rows = m.cols = a.width;
  a.terms.emplace_back(v, m);
  return a;
}

std::optional<Affine> affine_sum(Affine a, const Affine& b) {
  if (a.width != b.width) return std::nullopt;
  for (size_t i = 0; i < a.bias.size(); ++i) a.bias[i] += b.bias[i];
  for (const auto& [v, m] : b.terms) {
    const auto same =
        std::find_if(a.terms.begin(), a.terms.end(), [v = v](const auto& t) { return t.first == v; });
    if (same == a.terms.end()) {
      a.terms.emplace_back(v, m);
      continue;
    }
    Matrix sum = affine_columns(same->second, 0, a.width);
    const Matrix more = affine_columns(m, 0, a.width);
    for (size_t i = 0; i < sum.data.size(); ++i) sum.data[i] += more.data[i];
    same->second = std::move(sum);
  }
  return a;
}

std::optional<Affine> affine_product(const Node& n, int depth) {
  std::vector<float> w, c;
  const Value* right = n.input(1);
  if (!affine_floats(right, w) || right->initializer()->dims().size() != 2) return std::nullopt;
  int64_t inner = right->initializer()->dims()[0], cols = right->initializer()->dims()[1];
  if (n.is("Gemm")) {
    if (n.float_or("alpha", 1) != 1 || n.float_or("beta", 1) != 1 || n.int_or("transA", 0))
      return std::nullopt;
    if (n.int_or("transB", 0)) {
      std::vector<float> t(w.size());
      for (int64_t r = 0; r < inner; ++r)
        for (int64_t k = 0; k < cols; ++k)
          t[static_cast<size_t>(k * inner + r)] = w[static_cast<size_t>(r * cols + k)];
      w = std::move(t);
      std::swap(inner, cols);
    }
  }
  std::optional<Affine> a = affine_walk(n.input(0), depth + 1);
  if (!a || a->width != inner || cols <= 0 || inner * cols > kAffineElements) return std::nullopt;
  Affine out;
  out.width = cols;
  out.bias.assign(static_cast<size_t>(cols), 0.0f);
  if (std::any_of(a->bias.begin(), a->bias.end(), [](float x) { return x != 0; }))
    out.bias = affine_times(a->bias, 1, w, inner, cols);
  for (auto& [v, m] : a->terms) {
    Matrix next;
    next.identity = false;
    next.rows = m.rows;
    next.cols = cols;
    if (m.identity) {
      next.data = w;
    } else {
      // A join of inputs: rows of the identity, shifted. Then the product is a block of rows.
      int64_t shift = -1;
      bool shifted = m.cols == inner && m.rows <= inner;
      for (int64_t r = 0; r < m.rows && shifted; ++r) {
        for (int64_t k = 0; k < m.cols && shifted; ++k) {
          const float x = m.data[static_cast<size_t>(r * m.cols + k)];
          if (x == 0) continue;
          if (shift < 0) shift = k - r;
          shifted = x == 1 && k - r == shift;
        }
      }
      if (shifted && shift >= 0 && shift + m.rows <= inner)
        next = affine_rows(w, shift, m.rows, cols);
      else if (m.rows * inner * cols > kAffineElements)
        return std::nullopt;
      else
        next.data = affine_times(m.data, m.rows, w, inner, cols);
    }
    out.terms.emplace_back(v, std::move(next));
  }
  if (n.is("Gemm") && n.input(2)) {
    if (!affine_row(n.input(2), cols, c)) return std::nullopt;
    for (size_t i = 0; i < c.size(); ++i) out.bias[i] += c[i];
  }
  return out;
}

std::optional<Affine> affine_join(const Node& n, int depth) {
  const int64_t axis = n.int_or("axis", 0);
  if (axis != 1 && axis != -1) return std::nullopt;
  std::vector<Affine> parts;
  Affine out;
  for (const Value* v : n.inputs()) {
    std::optional<Affine> a = affine_walk(v, depth + 1);
    if (!a) return std::nullopt;
    out.width += a->width;
    out.bias.insert(out.bias.end(), a->bias.begin(), a->bias.end());
    parts.push_back(std::move(*a));
  }
  int64_t from = 0;
  for (const Affine& part : parts) {
    for (const auto& [v, m] : part.terms) {
      if (m.rows * out.width > kAffineElements || out.term(v)) return std::nullopt;
      Matrix wide;
      wide.identity = false;
      wide.rows = m.rows;
      wide.cols = out.width;
      wide.data.assign(static_cast<size_t>(m.rows * out.width), 0.0f);
      for (int64_t r = 0; r < m.rows; ++r)
        for (int64_t c = 0; c < m.cols; ++c)
          wide.data[static_cast<size_t>(r * out.width + from + c)] =
              m.identity ? (r == c ? 1.0f : 0.0f) : m.data[static_cast<size_t>(r * m.cols + c)];
      out.terms.emplace_back(v, std::move(wide));
    }
    from += part.width;
  }
  return out;
}

std::optional<Affine> affine_part(const Affine& a, int64_t from, int64_t to) {
  if (from < 0 || from >= to || to > a.width) return std::nullopt;
  Affine out;
  out.width = to - from;
  out.bias.assign(a.bias.begin() + static_cast<std::ptrdiff_t>(from),
                  a.bias.begin() + static_cast<std::ptrdiff_t>(to));
  for (const auto& [v, m] : a.terms) out.terms.emplace_back(v, affine_columns(m, from, to));
  return out;
}

std::optional<Affine> affine_walk(const Value* v, int depth) {
  const Node* n = v ? v->producer() : nullptr;
  if (!v || depth > kAffineDepth) return std::nullopt;
  if (!n) return affine_leaf(v);
  if (n->is("Identity")) return affine_walk(n->input(0), depth + 1);
  if (n->is("Add")) {
    for (size_t side : {0, 1}) {
      if (!n->input(side)->is_constant()) continue;
      std::optional<Affine> a = affine_walk(n->input(1 - side), depth + 1);
      std::vector<float> row;
      if (!a || !affine_row(n->input(side), a->width, row)) return std::nullopt;
      for (size_t i = 0; i < row.size(); ++i) a->bias[i] += row[i];
      return a;
    }
    std::optional<Affine> a = affine_walk(n->input(0), depth + 1);
    std::optional<Affine> b = a ? affine_walk(n->input(1), depth + 1) : std::nullopt;
    return b ? affine_sum(std::move(*a), *b) : std::nullopt;
  }
  if (n->is("MatMul") || n->is("Gemm")) {
    std::optional<Affine> a = affine_product(*n, depth);
    return a ? a : affine_leaf(v);
  }
  if (n->is("Concat")) return affine_join(*n, depth);
  if (n->is("Split")) {
    const int64_t axis = n->int_or("axis", 0);
    if (axis != 1 && axis != -1) return affine_leaf(v);
    std::optional<Affine> a = affine_walk(n->input(0), depth + 1);
    if (!a) return std::nullopt;
    std::vector<int64_t> sizes;
    const auto count = static_cast<int64_t>(n->outputs().size());
    if (!n->input(1) || !affine_ints(n->input(1), sizes)) {
      if (a->width % count) return std::nullopt;
      sizes.assign(static_cast<size_t>(count), a->width / count);
    }
    int64_t from = 0;
    for (int i = 0; i < v->producer_output() && i < static_cast<int>(sizes.size()); ++i)
      from += sizes[static_cast<size_t>(i)];
    return affine_part(*a, from, from + sizes[static_cast<size_t>(v->producer_output())]);
  }
  if (n->is("Slice")) {
    std::vector<int64_t> start, end, axes, steps{1};
    if (!affine_ints(n->input(1), start) || !affine_ints(n->input(2), end) ||
        !affine_ints(n->input(3), axes) || (n->input(4) && !affine_ints(n->input(4), steps)))
      return affine_leaf(v);
    if (axes.size() != 1 || (axes[0] != 1 && axes[0] != -1) || steps != std::vector<int64_t>{1})
      return affine_leaf(v);
    std::optional<Affine> a = affine_walk(n->input(0), depth + 1);
    if (!a) return std::nullopt;
    auto place = [&](int64_t i) { return std::min(a->width, i < 0 ? i + a->width : i); };
    return affine_part(*a, place(start[0]), place(end[0]));
  }
  return affine_leaf(v);
}

}  // namespace

const Affine::Matrix* Affine::term(const Value* v) const {
  for (const auto& [value, m] : terms)
    if (value == v) return &m;
  return nullptr;
}

std::optional<Affine> affine_of(const Value* v) {
  return affine_walk(v, 0);
}

}  // namespace jetline::tf
