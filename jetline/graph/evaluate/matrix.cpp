// Det, Col2Im, and the small operators of ai.onnx.ml: ArrayFeatureExtractor, Binarizer.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

// By elimination with pivots.
double determinant(std::vector<double> a, int64_t n) {
  double det = 1;
  const auto at = [n](int64_t r, int64_t c) { return static_cast<size_t>(r * n + c); };
  for (int64_t k = 0; k < n; ++k) {
    int64_t pivot = k;
    for (int64_t r = k + 1; r < n; ++r) {
      if (std::fabs(a[at(r, k)]) > std::fabs(a[at(pivot, k)])) pivot = r;
    }
    if (a[at(pivot, k)] == 0) return 0;
    if (pivot != k) {
      for (int64_t j = 0; j < n; ++j) std::swap(a[at(k, j)], a[at(pivot, j)]);
      det = -det;
    }
    det *= a[at(k, k)];
    for (int64_t r = k + 1; r < n; ++r) {
      const double f = a[at(r, k)] / a[at(k, k)];
      for (int64_t j = k; j < n; ++j) a[at(r, j)] -= f * a[at(k, j)];
    }
  }
  return det;
}

Status run_det(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const Tensor& x = *c.tensor(0);
  const Dims& d = x.dims();
  if (d.size() < 2 || d.back() != d[d.size() - 2]) return c.bad_input("the matrices are not square");
  const int64_t n = d.back(), block = n * n;
  const Dims out(d.begin(), d.end() - 2);
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({element_count(out), n, n, n}, 0, 4)));
  const Numbers<double> v(x);
  std::vector<double> y;
  for (int64_t i = 0; i < element_count(out); ++i) {
    y.push_back(determinant({v.data() + i * block, v.data() + (i + 1) * block}, n));
  }
  return give_doubles(c, 0, x.dtype(), out, y);
}

// Columns of patches [N, C * block, L] summed into an image [N, C, ...].
Status run_col2im(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(3));
  const Tensor& x = *c.tensor(0);
  const Dims& d = x.dims();
  JETLINE_ASSIGN_OR_RETURN(const Dims image, c.ints(1));
  JETLINE_ASSIGN_OR_RETURN(const Dims block, c.ints(2));
  const size_t r = image.size();
  const Dims strides = c.ints_or("strides", Dims(r, 1)), dilations = c.ints_or("dilations", Dims(r, 1)),
             pads = c.ints_or("pads", Dims(2 * r, 0));
  const auto odd = [](const Dims& v, size_t n, int64_t low) {
    return v.size() != n ||
           std::any_of(v.begin(), v.end(), [&](int64_t e) { return e < low || e > 1 << 28; });
  };
  if (d.size() != 3 || odd(image, r, 0) || odd(block, r, 1) || odd(strides, r, 1) || odd(dilations, r, 1) ||
      odd(pads, 2 * r, 0)) {
    return c.bad_input("sizes, strides, dilations or pads do not fit");
  }
  Dims columns;
  for (size_t i = 0; i < r; ++i) {
    const int64_t room = image[i] + pads[i] + pads[i + r] - dilations[i] * (block[i] - 1) - 1;
    if (room < 0) return c.bad_input("the blocks are larger than the image");
    columns.push_back(room / strides[i] + 1);
  }
  const int64_t taps = span_count(block, 0, r), places = span_count(columns, 0, r);
  if (d[1] % taps != 0 || d[2] != places) return c.bad_input("the columns do not fit the image");
  const int64_t channels = d[1] / taps;
  Dims out = {d[0], channels};
  out.insert(out.end(), image.begin(), image.end());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), out));
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({taps, places}, 0, 2)));
  JETLINE_RETURN_IF_ERROR(c.charge(x.count()));
  JETLINE_RETURN_IF_ERROR(c.check_working_copy(out));
  const Dims to = row_strides(image);
  const int64_t plane = span_count(image, 0, r);
  const Numbers<double> v(x);
  std::vector<double> sums(static_cast<size_t>(element_count(out)), 0);
  Odometer tap(block);
  for (int64_t t = 0; t < taps; ++t, tap.next()) {
    Odometer place(columns);
    for (int64_t p = 0; p < places; ++p, place.next()) {
      int64_t offset = 0;
      bool inside = true;
      for (size_t i = 0; i < r; ++i) {
        const int64_t at = place.index[i] * strides[i] - pads[i] + tap.index[i] * dilations[i];
        inside = inside && at >= 0 && at < image[i];
        offset += at * to[i];
      }
      for (int64_t n = 0; inside && n < d[0] * channels; ++n) {
        sums[static_cast<size_t>(n * plane + offset)] += v[(n * taps + t) * places + p];
      }
    }
  }
  store(x.dtype(), y.data(), 0, static_cast<int64_t>(sums.size()), sums.data());
  c.set(0, y.tensor(x.dtype(), out));
  return {};
}

// Columns of the last dimension by index.
Status run_array_feature_extractor(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor& x = *c.tensor(0);
  JETLINE_RETURN_IF_ERROR(c.need_numbers_of(1));
  if (x.dims().empty()) return c.bad_input("a scalar has no columns");
  const int64_t n = x.dims().back(), rows = span_count(x.dims(), 0, x.dims().size() - 1);
  std::vector<int64_t> picks;
  if (!fix_indices(*c.tensor(1), n, picks)) return c.bad_input("an index outside the last dimension");
  Dims out = x.dims();
  out.back() = static_cast<int64_t>(picks.size());
  if (out.size() == 1) out.insert(out.begin(), 1);
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  uint8_t* to = y.data();
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t p : picks) {
      std::memcpy(to, cells.data + (r * n + p) * cells.width, static_cast<size_t>(cells.width));
      to += cells.width;
    }
  }
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

Status run_binarizer(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  const Tensor& x = *c.tensor(0);
  const double threshold = c.float_or("threshold", 0);
  const Numbers<double> v(x);
  std::vector<double> y;
  for (double e : v) y.push_back(e > threshold);
  return give_doubles(c, 0, x.dtype(), x.dims(), y);
}

const Rule kMatrixRules[] = {
    {"Det", run_det},
    {"Col2Im", run_col2im},
    {"ArrayFeatureExtractor", run_array_feature_extractor, "ai.onnx.ml"},
    {"Binarizer", run_binarizer, "ai.onnx.ml"},
};

}  // namespace

Span<const Rule> matrix_rules() {
  return {kMatrixRules, sizeof kMatrixRules / sizeof *kMatrixRules};
}

}  // namespace jetline::calc
