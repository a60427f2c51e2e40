// Diagonals of matrices: MatrixDiag, MatrixDiagPart, MatrixSetDiag (V1 to V3), Diag, DiagPart and
// MatrixBandPart. Where the elements go depends on shapes alone, so everything is one Gather with a constant
// table and one Where.
//
// Diagonal d of a matrix lies d above the main one. A band k = (low, high) is stored [high - low + 1,
// longest], the highest first; shorter ones are padded on the side that `align` says: LEFT or RIGHT, first
// for those above the main one, then for those below. V2 pads all on the right (LEFT_LEFT).
#include <algorithm>

#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

struct DiagBand {
  int64_t low = 0, high = 0;
  bool super_left = true, sub_left = true;  // content on the left, padding on the right
  bool single() const { return low == high; }
};

int64_t diag_length(int64_t d, int64_t rows, int64_t cols) {
  return std::max<int64_t>(0, std::min(rows + std::min<int64_t>(d, 0), cols - std::max<int64_t>(d, 0)));
}

int64_t diag_longest(const DiagBand& b, int64_t rows, int64_t cols) {
  int64_t n = 0;
  for (int64_t d = b.low; d <= b.high; ++d) n = std::max(n, diag_length(d, rows, cols));
  return n;
}

// Tables are made for the matrix and for the band; neither may be absurd.
bool diag_sound(const DiagBand& b, int64_t rows, int64_t cols) {
  constexpr int64_t kMost = int64_t{1} << 24;
  if (rows < 0 || cols < 0 || rows > kMost || cols > kMost || rows * cols > kMost) return false;
  return b.low >= -rows && b.high <= cols &&
         (b.high - b.low + 1) * std::max<int64_t>(std::min(rows, cols), 1) <= kMost;
}

// Input `k`: one number or (low, high); attribute align of the V3 operators.
Status diag_band(OpContext& c, Value* k, DiagBand* b) {
  std::vector<int64_t> known;
  if (!c.known_ints(k, known) || known.empty() || known.size() > 2)
    return c.unsupported("a diagonal that is only known at run time");
  b->low = known.front();
  b->high = known.back();
  if (b->low > b->high) return c.unsupported("a band whose lower diagonal is above its upper one");
  const std::string align = c.string_attr("align", "RIGHT_LEFT");
  const bool v3 = c.op().back() == '3';
  if (v3) {
    b->super_left = align.compare(0, 4, "LEFT") == 0;
    b->sub_left = align.size() >= 4 && align.compare(align.size() - 4, 4, "LEFT") == 0;
  }
  return {};
}

// For each element of the band, [diagonals, longest]: its row and column, or -1 where it is padding.
struct DiagCell {
  int64_t row = -1, col = -1;
};

std::vector<DiagCell> diag_cells(const DiagBand& b, int64_t rows, int64_t cols) {
  const int64_t longest = diag_longest(b, rows, cols);
  std::vector<DiagCell> cells;
  for (int64_t d = b.high; d >= b.low; --d) {
    const int64_t length = diag_length(d, rows, cols);
    const bool left = d >= 0 ? b.super_left : b.sub_left;
    const int64_t offset = left ? 0 : longest - length;
    for (int64_t i = 0; i < longest; ++i) {
      const int64_t n = i - offset;
      DiagCell cell;
      if (n >= 0 && n < length) cell = {n - std::min<int64_t>(d, 0), n + std::max<int64_t>(d, 0)};
      cells.push_back(cell);
    }
  }
  return cells;
}

// Batch dimensions of v but the last `inner`, then `tail`.
Value* diag_reshape(OpContext& c, Value* v, Value* batch_of, int inner, const std::vector<int64_t>& tail) {
  const int outer = c.rank(batch_of) - inner;
  if (outer == 0) return c.reshape(v, tail);
  Value* batch = c.emit("Slice", {c.shape_of(batch_of), c.ints({0}), c.ints({outer}), c.ints({0})});
  return c.reshape_to(v, c.emit("Concat", {batch, c.ints(tail)}, {{"axis", 0}}));
}

Value* diag_mask(OpContext& c, const std::vector<bool>& bits) {
  std::vector<uint8_t> bytes(bits.begin(), bits.end());
  return c.constant(Tensor::own(DType::kBool, {static_cast<int64_t>(bits.size())}, std::move(bytes)).value());
}

// flat[..., index] where mask, else `other` (broadcast).
Value* diag_pick(OpContext& c, Value* flat, const std::vector<int64_t>& index, const std::vector<bool>& mask,
                 Value* other) {
  Value* picked = c.emit("Gather", {flat, c.ints(index)}, {{"axis", -1}});
  if (std::all_of(mask.begin(), mask.end(), [](bool b) { return b; })) return picked;
  return c.emit("Where", {diag_mask(c, mask), picked, other});
}

// ONNX Runtime selects between values of few types.
template <typename Fn>
Value* diag_typed(OpContext& c, Value* v, const Fn& fn) {
  const DType wide = c.dtype(v) == DType::kBF16 ? DType::kF32 : DType::kI64;
  return c.via(v, {DType::kF32, DType::kF16, DType::kF64, DType::kI32, DType::kI64, DType::kU8}, wide, fn);
}

// --- the main diagonal of matrices whose size is known at run time only

Value* diag_range(OpContext& c, Value* v, int64_t axis) {
  Value* n = c.emit("Gather", {c.shape_of(v), c.int_scalar(axis)}, {{"axis", 0}});
  return c.emit("Range", {c.int_scalar(0), n, c.int_scalar(1)});
}

Value* diag_eye(OpContext& c, Value* rows, Value* cols) {
  return c.emit("Equal", {c.unsqueeze(rows, {1}), c.unsqueeze(cols, {0})});
}

Value* diag_part_open(OpContext& c, Value* v) {
  const int64_t rank = c.rank(v);
  Value* eye = diag_eye(c, diag_range(c, v, rank - 2), diag_range(c, v, rank - 1));
  Value* only = c.emit("Where", {eye, v, c.scalar(0, v)});
  Value* all = c.emit("ReduceSum", {only, c.ints({rank - 1})}, {{"keepdims", 0}});
  Value* shape = c.emit("Slice", {c.shape_of(v), c.ints({rank - 2}), c.ints({rank}), c.ints({0})});
  Value* length = c.emit("ReduceMin", {shape}, {{"axes", {0}}, {"keepdims", 1}});
  return c.emit("Slice", {all, c.ints({0}), length, c.ints({rank - 2})});
}

Value* diag_open(OpContext& c, Value* v) {
  Value* range = diag_range(c, v, c.rank(v) - 1);
  return c.emit("Where", {diag_eye(c, range, range), c.unsqueeze(v, {-1}), c.scalar(0, v)});
}

Status convert_diag_part(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const bool plain = c.op() == "MatrixDiagPart";
  DiagBand b;
  if (!plain)
    if (Status s = diag_band(c, c.tensor(1), &b); !s.ok()) return s;
  Value* padding = plain ? nullptr : c.tensor(2);
  const int64_t rows = c.dim(x, -2), cols = c.dim(x, -1);
  if (rows < 0 || cols < 0) {
    if (c.rank(x) < 2 || !b.single() || b.low != 0)
      return c.unsupported("matrices of unknown size", "give input sizes with --shape");
    return c.set(0, c.via(x, {DType::kF32, DType::kF16, DType::kF64, DType::kI32, DType::kI64}, DType::kF32,
                          [&](Value* v) { return diag_part_open(c, v); }));
  }
  if (!diag_sound(b, rows, cols)) return c.unsupported("matrices of that size");
  const int64_t longest = diag_longest(b, rows, cols);
  std::vector<int64_t> index;
  std::vector<bool> mask;
  for (const DiagCell& cell : diag_cells(b, rows, cols)) {
    mask.push_back(cell.row >= 0);
    index.push_back(cell.row >= 0 ? cell.row * cols + cell.col : 0);
  }
  return c.set(0, diag_typed(c, x, [&](Value* v) {
                 Value* flat = diag_reshape(c, v, x, 2, {rows * cols});
                 Value* other = padding ? c.cast(padding, c.dtype(v)) : c.scalar(0, v);
                 Value* y = diag_pick(c, flat, index, mask, other);
                 return b.single() ? y : diag_reshape(c, y, x, 2, {b.high - b.low + 1, longest});
               }));
}

Status convert_matrix_diag(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  const bool plain = c.op() == "MatrixDiag";
  DiagBand b;
  int64_t rows = -1, cols = -1;
  Value* padding = nullptr;
  if (!plain) {
    if (Status s = diag_band(c, c.tensor(1), &b); !s.ok()) return s;
    if (!c.known_int(c.tensor(2), rows) || !c.known_int(c.tensor(3), cols))
      return c.unsupported("a matrix size that is only known at run time");
    padding = c.tensor(4);
  }
  const int64_t longest = c.dim(x, -1);
  if (longest < 0 && c.rank(x) >= 1 && b.single() && b.low == 0 && rows < 0 && cols < 0)
    return c.set(0, diag_typed(c, x, [&](Value* v) { return diag_open(c, v); }));
  if (longest < 0 || c.rank(x) < 1)
    return c.unsupported("diagonals of unknown length", "give input sizes with --shape");
  const int inner = b.single() ? 1 : 2;
  // As small as the band allows where the caller leaves it open; one given size makes the other fit.
  const int64_t min_rows = longest - std::min<int64_t>(b.high, 0),
                min_cols = longest + std::max<int64_t>(b.low, 0);
  if (rows < 0 && cols < 0) {
    rows = cols = std::max(min_rows, min_cols);
  } else if (rows < 0) {
    rows = min_rows;
  } else if (cols < 0) {
    cols = min_cols;
  }
  if (!diag_sound(b, rows, cols)) return c.unsupported("matrices of that size");
  std::vector<int64_t> index(static_cast<size_t>(rows * cols), 0);
  std::vector<bool> mask(index.size(), false);
  const std::vector<DiagCell> cells = diag_cells(b, rows, cols);
  if (static_cast<int64_t>(cells.size()) != (b.high - b.low + 1) * longest)
    return c.unsupported("diagonals that do not fit the matrix");
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].row < 0) continue;
    const size_t at = static_cast<size_t>(cells[i].row * cols + cells[i].col);
    index[at] = static_cast<int64_t>(i);
    mask[at] = true;
  }
  return c.set(0, diag_typed(c, x, [&](Value* v) {
                 Value* flat =
                     b.single() ? v : diag_reshape(c, v, x, 2, {static_cast<int64_t>(cells.size())});
                 Value* other = padding ? c.cast(padding, c.dtype(v)) : c.scalar(0, v);
                 return diag_reshape(c, diag_pick(c, flat, index, mask, other), x, inner, {rows, cols});
               }));
}

Status convert_set_diag(OpContext& c) {
  Value *x = c.tensor(0), *diagonal = c.tensor(1);
  if (!x) return c.wrong_input(0);
  if (!diagonal) return c.wrong_input(1);
  DiagBand b;
  if (c.op() != "MatrixSetDiag")
    if (Status s = diag_band(c, c.tensor(2), &b); !s.ok()) return s;
  const int64_t rows = c.dim(x, -2), cols = c.dim(x, -1);
  if (rows < 0 || cols < 0) return c.unsupported("matrices of unknown size", "give input sizes with --shape");
  if (!diag_sound(b, rows, cols)) return c.unsupported("matrices of that size");
  const std::vector<DiagCell> cells = diag_cells(b, rows, cols);
  std::vector<int64_t> index(static_cast<size_t>(rows * cols), 0);
  std::vector<bool> mask(index.size(), false);
  for (size_t i = 0; i < cells.size(); ++i) {
    if (cells[i].row < 0) continue;
    const size_t at = static_cast<size_t>(cells[i].row * cols + cells[i].col);
    index[at] = static_cast<int64_t>(i);
    mask[at] = true;
  }
  return c.set(0, diag_typed(c, x, [&](Value* v) {
                 Value* d = c.cast(diagonal, c.dtype(v));
                 Value* flat = diag_reshape(c, d, x, 2, {static_cast<int64_t>(cells.size())});
                 Value* whole = diag_reshape(c, v, x, 2, {rows * cols});
                 return diag_reshape(c, diag_pick(c, flat, index, mask, whole), x, 2, {rows, cols});
               }));
}

// Diag: a tensor of shape s becomes one of shape s + s. DiagPart is its inverse.
Status convert_diag(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  if (!c.is_static(x)) return c.unsupported("an input of unknown shape", "give input sizes with --shape");
  std::vector<int64_t> dims = c.dims(x);
  int64_t n = 1;
  const bool part = c.op() == "DiagPart";
  const size_t half = part ? dims.size() / 2 : dims.size();
  for (size_t i = 0; i < half; ++i) n = std::min(n * std::min<int64_t>(dims[i], 1 << 20), int64_t{1} << 20);
  if (!diag_sound({}, n, n)) return c.unsupported("a tensor of that size");
  std::vector<int64_t> index;
  std::vector<bool> mask;
  for (int64_t i = 0; i < n * n; ++i) {
    const bool on = i / n == i % n;
    if (part && !on) continue;
    index.push_back(part ? i : i / n);
    mask.push_back(on);
  }
  return c.set(0, diag_typed(c, x, [&](Value* v) {
                 Value* y = diag_pick(c, c.reshape(v, {-1}), index, mask, c.scalar(0, v));
                 std::vector<int64_t> out(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(half));
                 if (!part) out.insert(out.end(), dims.begin(), dims.end());
                 return c.reshape(y, out);
               }));
}

// Keeps num_lower diagonals below and num_upper above the main one; a negative number keeps all.
Status convert_band_part(OpContext& c) {
  for (size_t i = 0; i < 3; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value* x = c.tensor(0);
  if (c.rank(x) < 2) return c.unsupported("an input of unknown rank");
  Value* shape = c.shape_of(x);
  const auto range = [&](int64_t axis) {
    Value* n = c.emit("Gather", {shape, c.int_scalar(axis)}, {{"axis", 0}});
    return c.emit("Range", {c.int_scalar(0), n, c.int_scalar(1)});
  };
  const int64_t rank = c.rank(x);
  Value* below = c.emit("Sub", {c.unsqueeze(range(rank - 2), {1}), range(rank - 1)});  // row - column
  const auto keeps = [&](Value* distance, Value* limit) {
    limit = c.reshape(c.to_i64(limit), {});
    return c.emit("Or", {c.emit("Less", {limit, c.int_scalar(0)}), c.emit("LessOrEqual", {distance, limit})});
  };
  Value* mask = c.emit("And", {keeps(below, c.tensor(1)), keeps(c.emit("Neg", {below}), c.tensor(2))});
  if (c.dtype(x) == DType::kBool) return c.set(0, c.emit("And", {x, mask}));
  return c.set(0, diag_typed(c, x, [&](Value* v) { return c.emit("Where", {mask, v, c.scalar(0, v)}); }));
}

const char kDiagNote[] = "which diagonals must be known, and matrix sizes but for the main one";
const OpRule kDiagRules[] = {
    {"MatrixDiag", convert_matrix_diag, "", kDiagNote},
    {"MatrixDiagV2", convert_matrix_diag, "", kDiagNote},
    {"MatrixDiagV3", convert_matrix_diag, "", kDiagNote},
    {"MatrixDiagPart", convert_diag_part, "", kDiagNote},
    {"MatrixDiagPartV2", convert_diag_part, "", kDiagNote},
    {"MatrixDiagPartV3", convert_diag_part, "", kDiagNote},
    {"MatrixSetDiag", convert_set_diag, "", kDiagNote},
    {"MatrixSetDiagV2", convert_set_diag, "", kDiagNote},
    {"MatrixSetDiagV3", convert_set_diag, "", kDiagNote},
    {"Diag", convert_diag, "", "shapes must be known"},
    {"DiagPart", convert_diag, "", "shapes must be known"},
    {"MatrixBandPart", convert_band_part},
};

}  // namespace

Span<const OpRule> matrix_diag_rules() {
  return {kDiagRules, std::size(kDiagRules)};
}

}  // namespace jetline::tf
