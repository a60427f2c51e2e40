// Slice, Pad, CenterCropPad.
#include <algorithm>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

struct SliceRange {
  int64_t start = 0, step = 1, count = 0;
};

// ONNX Slice: negative positions count from the end, then everything is clamped.
SliceRange slice_range(int64_t start, int64_t end, int64_t step, int64_t n) {
  const auto clamp = [](int64_t v, int64_t low, int64_t high) { return std::max(low, std::min(v, high)); };
  if (start < 0) start = start < -n ? -1 : start + n;
  if (end < 0) end = end < -n ? -1 : end + n;
  SliceRange r;
  r.step = step;
  if (step > 0) {
    start = clamp(start, 0, n);
    end = clamp(end, 0, n);
    r.count = start < end ? (end - start - 1) / step + 1 : 0;
  } else {
    start = clamp(start, -1, n - 1);
    end = clamp(end, -1, n - 1);
    // -step may overflow for the most negative number; such a step takes one element.
    const int64_t back = step == INT64_MIN ? INT64_MAX : -step;
    r.count = start > end ? (start - end - 1) / back + 1 : 0;
  }
  r.start = std::max<int64_t>(start, 0);
  return r;
}

// x[start : : step] with `counts` elements along each axis.
Status slice_emit(Call& c, const Tensor& x, const std::vector<SliceRange>& ranges) {
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  Dims out, strides = row_strides(x.dims());
  int64_t offset = 0;
  for (size_t i = 0; i < ranges.size(); ++i) {
    out.push_back(ranges[i].count);
    offset += ranges[i].count > 0 ? ranges[i].start * strides[i] : 0;
    strides[i] = ranges[i].count > 1 ? strides[i] * ranges[i].step : 0;
  }
  if (out == x.dims() && strides == row_strides(x.dims())) {
    c.set(0, x);
    return {};
  }
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  if (element_count(out) > 0) {
    copy_strided(cells.width, out, y.data(), row_strides(out), cells.data + offset * cells.width, strides);
  }
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

Status run_slice(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  Dims starts = c.ints_or("starts", {}), ends = c.ints_or("ends", {}), axes = c.ints_or("axes", {}), steps;
  if (c.tensor(1)) {
    JETLINE_ASSIGN_OR_RETURN(starts, c.ints(1));
    JETLINE_ASSIGN_OR_RETURN(ends, c.ints(2));
    if (c.has(3)) {
      JETLINE_ASSIGN_OR_RETURN(axes, c.ints(3));
    }
    if (c.has(4)) {
      JETLINE_ASSIGN_OR_RETURN(steps, c.ints(4));
    }
  }
  if (axes.empty()) {
    for (size_t i = 0; i < starts.size(); ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (steps.empty()) steps.assign(starts.size(), 1);
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size() ||
      !fix_axes(axes, x.dims().size())) {
    return c.bad_input("starts, ends, axes and steps do not fit each other or " + dims_text(x.dims()));
  }
  std::vector<SliceRange> ranges;
  for (int64_t n : x.dims()) ranges.push_back({0, 1, n});
  for (size_t i = 0; i < axes.size(); ++i) {
    if (steps[i] == 0) return c.bad_input("a step of 0");
    const auto a = static_cast<size_t>(axes[i]);
    ranges[a] = slice_range(starts[i], ends[i], steps[i], x.dims()[a]);
  }
  return slice_emit(c, x, ranges);
}

// Index of the input for index i of the padded output, or -1 for the constant.
int64_t pad_source(const std::string& mode, int64_t i, int64_t n) {
  if (mode == "constant") return i >= 0 && i < n ? i : -1;
  if (mode == "edge") return std::max<int64_t>(0, std::min(i, n - 1));
  if (mode == "wrap") return (i % n + n) % n;
  if (n == 1) return 0;  // reflect
  const int64_t period = 2 * (n - 1), m = (i % period + period) % period;
  return m < n ? m : period - m;
}

Result<std::vector<uint8_t>> pad_value(Call& c, const Tensor& x, int64_t width) {
  std::vector<uint8_t> value(static_cast<size_t>(width), 0);
  if (const Tensor* given = c.tensor(2); given && given->count() > 0) {
    if (given->dtype() != x.dtype()) return c.bad_input("the constant has another type");
    const Cells cells(*given);
    std::copy(cells.data, cells.data + width, value.begin());
  } else if (const float v = c.float_or("value", 0); v != 0 && lane_of(x.dtype()) != Lane::kNone) {
    if (dtype_bits(x.dtype()) < 8) return c.unsupported_type(x.dtype());
    store(x.dtype(), value.data(), 0, 1, &v);
  }
  return value;
}

Status run_pad(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(1));
  const Tensor& x = *c.tensor(0);
  const size_t rank = x.dims().size();
  Dims pads = c.ints_or("pads", {}), axes;
  if (c.tensor(1)) {
    JETLINE_ASSIGN_OR_RETURN(pads, c.ints(1));
  }
  if (c.has(3)) {
    JETLINE_ASSIGN_OR_RETURN(axes, c.ints(3));
  } else {
    for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (pads.size() != 2 * axes.size() || !fix_axes(axes, rank)) {
    return c.bad_input("pads " + dims_text(pads) + " do not fit " + dims_text(x.dims()));
  }
  const std::string mode = c.string_or("mode", "constant");
  if (mode != "constant" && mode != "edge" && mode != "reflect" && mode != "wrap") {
    return c.unsupported("mode '" + mode + "'");
  }
  Dims before(rank, 0), out = x.dims();
  for (size_t i = 0; i < axes.size(); ++i) {
    const auto a = static_cast<size_t>(axes[i]);
    before[a] = pads[i];
    if (__builtin_add_overflow(out[a], pads[i], &out[a]) ||
        __builtin_add_overflow(out[a], pads[i + axes.size()], &out[a]) || out[a] < 0 ||
        pads[i] == INT64_MIN) {
      return c.bad_input("pads " + dims_text(pads) + " do not fit " + dims_text(x.dims()));
    }
  }
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const auto value, pad_value(c, x, cells.width));
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out));
  const int64_t total = element_count(out);
  if (mode != "constant" && x.count() == 0 && total > 0) return c.bad_input("nothing to repeat");
  if (mode == "constant") {
    fill_cells(cells.width, y.data(), total, value.data());
    // What remains of the input when negative pads cut it.
    Dims part;
    const Dims from = row_strides(x.dims()), to = row_strides(out);
    int64_t src = 0, dst = 0;
    for (size_t i = 0; i < rank; ++i) {
      const int64_t cut = std::max<int64_t>(0, -before[i]), at = std::max<int64_t>(0, before[i]);
      part.push_back(std::max<int64_t>(0, std::min(x.dims()[i] - cut, out[i] - at)));
      src += cut * from[i];
      dst += at * to[i];
    }
    if (element_count(part) > 0) {
      copy_strided(cells.width, part, y.data() + dst * cells.width, to, cells.data + src * cells.width, from);
    }
  } else if (total > 0 && rank > 0) {
    const Dims strides = row_strides(x.dims());
    if (*std::max_element(out.begin(), out.end()) > c.budget().options.max_output_bytes / 16) {
      return c.too_large("a result of shape " + dims_text(out));
    }
    std::vector<Dims> sources(rank);  // offset in the input for each index of each axis
    for (size_t d = 0; d < rank; ++d) {
      for (int64_t i = 0; i < out[d]; ++i) {
        sources[d].push_back(pad_source(mode, i - before[d], x.dims()[d]) * strides[d]);
      }
    }
    Odometer at(out);
    int64_t o = 0;
    do {
      int64_t offset = 0;
      for (size_t d = 0; d < rank; ++d) offset += sources[d][static_cast<size_t>(at.index[d])];
      std::memcpy(y.data() + o * cells.width, cells.data + offset * cells.width,
                  static_cast<size_t>(cells.width));
      ++o;
    } while (at.next());
  }
  if (rank == 0) std::memcpy(y.data(), cells.data, static_cast<size_t>(cells.width));
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

// Crops or pads each axis to a size, what is added or taken split evenly, the odd one at the end.
Status run_center_crop_pad(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need(2));
  const Tensor& x = *c.tensor(0);
  const size_t rank = x.dims().size();
  JETLINE_ASSIGN_OR_RETURN(const Dims wanted, c.ints(1));
  Dims axes = c.ints_or("axes", {});
  if (axes.empty()) {
    for (size_t i = 0; i < rank; ++i) axes.push_back(static_cast<int64_t>(i));
  }
  if (axes.size() != wanted.size() || !fix_axes(axes, rank)) return c.bad_input("axes do not fit the shape");
  Dims out = x.dims(), part = x.dims();
  const Dims from = row_strides(x.dims());
  for (size_t i = 0; i < axes.size(); ++i) out[static_cast<size_t>(axes[i])] = wanted[i];
  const Cells cells(x);
  if (cells.width == 0) return c.unsupported_type(x.dtype());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate_cells(cells.width, out, true));
  const Dims to = row_strides(out);
  int64_t src = 0, dst = 0;
  for (size_t i = 0; i < rank; ++i) {
    const int64_t more = out[i] - x.dims()[i];
    part[i] = std::min(out[i], x.dims()[i]);
    src += (more < 0 ? -more / 2 : 0) * from[i];
    dst += (more > 0 ? more / 2 : 0) * to[i];
  }
  if (element_count(part) > 0) {
    copy_strided(cells.width, part, y.data() + dst * cells.width, to, cells.data + src * cells.width, from);
  }
  c.set(0, from_cells(y, x.dtype(), out));
  return {};
}

const Rule kSliceRules[] = {{"Slice", run_slice}, {"Pad", run_pad}, {"CenterCropPad", run_center_crop_pad}};

}  // namespace

Span<const Rule> slice_rules() {
  return {kSliceRules, sizeof kSliceRules / sizeof *kSliceRules};
}

}  // namespace jetline::calc
