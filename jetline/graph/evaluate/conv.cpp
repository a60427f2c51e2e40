// Conv, ConvTranspose, ConvInteger, DeformConv. Direct sums in double: a reference.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/product.h"
#include "jetline/graph/evaluate/window.h"

namespace jetline::calc {

namespace {

struct ConvSizes {
  int64_t batch, channels, filters, group, in_count, out_count, taps;
};

// One lane of convolve: every filter at every output position, taps outside the input left out.
template <typename T>
void convolve_lane(const ConvSizes& s, const Window& win, const Tensor& x, const Tensor& w,
                   const Tensor* bias, DType out, const Buffer& y) {
  using S = SumOf<T>;
  const Numbers<T> vx(x), vw(w), vb(bias ? *bias : Tensor());
  const Dims in_strides = row_strides(win.in);
  const int64_t per_group = s.channels / s.group, filters = s.filters / s.group;
  std::vector<std::pair<int64_t, int64_t>> inside;  // taps of one position: kernel index, input offset
  Odometer at(win.out);
  for (int64_t o = 0; o < s.out_count; ++o, at.next()) {
    inside.clear();
    for_each_tap(win, at.index, in_strides, [&](int64_t k, int64_t offset) {
      if (offset >= 0) inside.emplace_back(k, offset);
    });
    for (int64_t n = 0; n < s.batch; ++n) {
      for (int64_t m = 0; m < s.filters; ++m) {
        S sum = bias ? static_cast<S>(vb[m]) : S{0};
        for (int64_t ch = 0; ch < per_group; ++ch) {
          const T* from = vx.data() + (n * s.channels + m / filters * per_group + ch) * s.in_count;
          const T* weight = vw.data() + (m * per_group + ch) * s.taps;
          for (const auto& [k, offset] : inside)
            sum += static_cast<S>(from[offset]) * static_cast<S>(weight[k]);
        }
        const T value = static_cast<T>(sum);
        store(out, y.data(), (n * s.filters + m) * s.out_count + o, 1, &value);
      }
    }
  }
}

}  // namespace

// y of type `out`; x [N, C, ...], w [M, C / group, ...], both of one lane; bias [M] or null.
Result<Tensor> convolve(Call& c, const Tensor& x, const Tensor& w, const Tensor* bias, DType out) {
  const Dims &dx = x.dims(), &dw = w.dims();
  const int64_t group = c.int_or("group", 1);
  if (dx.size() < 2 || dw.size() != dx.size() || group < 1 || dx[1] % group != 0 || dw[0] % group != 0 ||
      dw[1] != dx[1] / group || (bias && bias->count() != dw[0])) {
    return c.bad_input("weights " + dims_text(dw) + " do not fit the input " + dims_text(dx));
  }
  const Dims spatial(dx.begin() + 2, dx.end()), kernel(dw.begin() + 2, dw.end());
  JETLINE_ASSIGN_OR_RETURN(const Window win, read_window(c, spatial, kernel, false));
  Dims shape = {dx[0], dw[0]};
  shape.insert(shape.end(), win.out.begin(), win.out.end());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(out, shape));
  const int64_t in_count = span_count(dx, 2, dx.size()), out_count = span_count(shape, 2, shape.size());
  const int64_t taps = span_count(kernel, 0, kernel.size()), per_group = dw[1];
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({element_count(shape), per_group, taps}, 0, 3)));
  if (element_count(shape) == 0) return y.tensor(out, shape);
  const ConvSizes sizes = {dx[0], dx[1], dw[0], group, in_count, out_count, taps};
  with_lane(x.dtype(), [&](auto lane) { convolve_lane<decltype(lane)>(sizes, win, x, w, bias, out, y); });
  return y.tensor(out, shape);
}

namespace {

Status run_conv(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const DType t = c.tensor(0)->dtype();
  if (c.tensor(1)->dtype() != t || (c.tensor(2) && c.tensor(2)->dtype() != t)) {
    return c.bad_input("the inputs have different types");
  }
  JETLINE_ASSIGN_OR_RETURN(Tensor y, convolve(c, *c.tensor(0), *c.tensor(1), c.tensor(2), t));
  c.set(0, std::move(y));
  return {};
}

Status run_conv_integer(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  JETLINE_ASSIGN_OR_RETURN(const Tensor x, minus_zero_point(c, *c.tensor(0), c.tensor(2), 1));
  JETLINE_ASSIGN_OR_RETURN(const Tensor w, minus_zero_point(c, *c.tensor(1), c.tensor(3), 0));
  JETLINE_ASSIGN_OR_RETURN(Tensor y, convolve(c, x, w, nullptr, DType::kI32));
  c.set(0, std::move(y));
  return {};
}

// Sizes of a transposed convolution: what Conv with these attributes would read.
Status transpose_window(Call& c, Window& w) {
  const size_t r = w.in.size();
  w.strides = c.ints_or("strides", Dims(r, 1));
  w.dilations = c.ints_or("dilations", Dims(r, 1));
  const Dims extra = c.ints_or("output_padding", Dims(r, 0)), wanted = c.ints_or("output_shape", {});
  const Dims pads = c.ints_or("pads", Dims(2 * r, 0));
  const std::string mode = c.string_or("auto_pad", "NOTSET");
  constexpr int64_t kMost = int64_t{1} << 30;
  const auto bad = [&](const Dims& d, size_t n, int64_t low) {
    return d.size() != n || std::any_of(d.begin(), d.end(), [&](int64_t v) { return v < low || v > kMost; });
  };
  if (bad(w.strides, r, 1) || bad(w.dilations, r, 1) || bad(extra, r, 0) || bad(w.in, r, 0) ||
      bad(w.kernel, r, 0) || bad(pads, 2 * r, 0) || bad(wanted, wanted.size(), 0)) {
    return c.bad_input("strides, dilations, pads or shapes do not fit the input");
  }
  // output_shape may name all dimensions or the spatial ones only.
  if (!wanted.empty() && wanted.size() != r && wanted.size() != r + 2) return c.bad_input("output_shape");
  for (size_t i = 0; i < r; ++i) {
    const int64_t whole = w.strides[i] * (w.in[i] - 1) + extra[i] + (w.kernel[i] - 1) * w.dilations[i] + 1;
    int64_t before = pads[i], after = pads[i + r], out = 0;
    const bool same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
    if (!wanted.empty() || same) {
      out = wanted.empty() ? w.in[i] * w.strides[i] : wanted[wanted.size() - r + i];
      const int64_t total = std::max<int64_t>(0, whole - out);
      before = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
      after = total - before;
    } else {
      out = whole - before - after;
    }
    if (out < 0) return c.bad_input("the pads are larger than the output");
    w.before.push_back(before);
    w.after.push_back(after);
    w.out.push_back(out);
  }
  return {};
}

Status run_conv_transpose(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Tensor &x = *c.tensor(0), &w = *c.tensor(1), *bias = c.tensor(2);
  const Dims &dx = x.dims(), &dw = w.dims();
  const int64_t group = c.int_or("group", 1);
  if (dx.size() < 2 || dw.size() != dx.size() || group < 1 || dx[1] % group != 0 || dw[0] != dx[1] ||
      w.dtype() != x.dtype()) {
    return c.bad_input("weights " + dims_text(dw) + " do not fit the input " + dims_text(dx));
  }
  Window win;
  win.in.assign(dx.begin() + 2, dx.end());
  win.kernel.assign(dw.begin() + 2, dw.end());
  JETLINE_RETURN_IF_ERROR(transpose_window(c, win));
  int64_t filters = 0;
  if (__builtin_mul_overflow(dw[1], group, &filters) ||
      (bias && (bias->count() != filters || bias->dtype() != x.dtype()))) {
    return c.bad_input("the bias does not fit");
  }
  Dims shape = {dx[0], filters};
  shape.insert(shape.end(), win.out.begin(), win.out.end());
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), shape));
  const int64_t in_count = span_count(dx, 2, dx.size()), out_count = span_count(shape, 2, shape.size());
  const int64_t taps = span_count(dw, 2, dw.size()), per_group = dx[1] / group;
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({x.count(), dw[1], taps}, 0, 3)));
  JETLINE_RETURN_IF_ERROR(c.check_working_copy(shape));
  const Dims out_strides = row_strides(win.out);
  const Numbers<double> vx(x), vw(w), vb(bias ? *bias : Tensor());
  std::vector<double> sums(static_cast<size_t>(element_count(shape)), 0);
  for (size_t i = 0; bias && i < sums.size(); ++i)
    sums[i] = vb[static_cast<int64_t>(i) / out_count % filters];
  Odometer at(win.in);
  for (int64_t i = 0; i < in_count && !sums.empty(); ++i, at.next()) {
    Odometer tap(win.kernel);
    for (int64_t k = 0; k < taps; ++k, tap.next()) {
      int64_t offset = 0;
      bool inside = true;
      for (size_t d = 0; d < win.rank() && inside; ++d) {
        const int64_t o = at.index[d] * win.strides[d] - win.before[d] + tap.index[d] * win.dilations[d];
        inside = o >= 0 && o < win.out[d];
        offset += o * out_strides[d];
      }
      if (!inside) continue;
      for (int64_t n = 0; n < dx[0]; ++n) {
        for (int64_t ch = 0; ch < dx[1]; ++ch) {
          const double v = vx[(n * dx[1] + ch) * in_count + i];
          for (int64_t m = 0; m < dw[1]; ++m) {
            const int64_t to = (n * filters + ch / per_group * dw[1] + m) * out_count + offset;
            sums[static_cast<size_t>(to)] += v * vw[(ch * dw[1] + m) * taps + k];
          }
        }
      }
    }
  }
  store(x.dtype(), y.data(), 0, static_cast<int64_t>(sums.size()), sums.data());
  c.set(0, y.tensor(x.dtype(), shape));
  return {};
}

// Value of a plane between its pixels, zero outside; bilinear as DeformConv defines it.
double deform_sample(const double* plane, int64_t h, int64_t w, double y, double x) {
  if (!(y > -1 && y < static_cast<double>(h) && x > -1 && x < static_cast<double>(w))) return 0;
  const auto y0 = static_cast<int64_t>(std::floor(y)), x0 = static_cast<int64_t>(std::floor(x));
  const double fy = y - static_cast<double>(y0), fx = x - static_cast<double>(x0);
  const auto pixel = [&](int64_t i, int64_t j) {
    return i >= 0 && i < h && j >= 0 && j < w ? plane[i * w + j] : 0;
  };
  return (1 - fy) * ((1 - fx) * pixel(y0, x0) + fx * pixel(y0, x0 + 1)) +
         fy * ((1 - fx) * pixel(y0 + 1, x0) + fx * pixel(y0 + 1, x0 + 1));
}

Status run_deform_conv(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(3));
  const Tensor &x = *c.tensor(0), &w = *c.tensor(1), &offset = *c.tensor(2), *bias = c.tensor(3),
               *mask = c.tensor(4);
  const Dims &dx = x.dims(), &dw = w.dims();
  if (dx.size() != 4 || dw.size() != 4) return c.unsupported("other than two spatial dimensions");
  const int64_t group = c.int_or("group", 1), offset_group = c.int_or("offset_group", 1);
  if (group < 1 || offset_group < 1 || dx[1] % group != 0 || dw[0] % group != 0 || dw[1] != dx[1] / group ||
      dx[1] % offset_group != 0 || (bias && bias->count() != dw[0])) {
    return c.bad_input("weights " + dims_text(dw) + " do not fit the input " + dims_text(dx));
  }
  JETLINE_ASSIGN_OR_RETURN(const Window win, read_window(c, {dx[2], dx[3]}, {dw[2], dw[3]}, false));
  const int64_t oh = win.out[0], ow = win.out[1], taps = dw[2] * dw[3];
  int64_t fields = 0;
  if (__builtin_mul_overflow(offset_group, taps, &fields) || fields > 1 << 30 ||
      offset.dims() != Dims{dx[0], 2 * fields, oh, ow} ||
      (mask && mask->dims() != Dims{dx[0], fields, oh, ow})) {
    return c.bad_input("the offsets or the mask do not fit");
  }
  const Dims shape = {dx[0], dw[0], oh, ow};
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), shape));
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({element_count(shape), dw[1], taps, 8}, 0, 4)));
  const Numbers<double> vx(x), vw(w), vo(offset), vb(bias ? *bias : Tensor()), vm(mask ? *mask : Tensor());
  const int64_t filters = dw[0] / group, per_offset = dx[1] / offset_group, plane = dx[2] * dx[3];
  for (int64_t i = 0, count = element_count(shape); i < count; ++i) {
    const int64_t ox = i % ow, oy = i / ow % oh, m = i / ow / oh % dw[0], n = i / ow / oh / dw[0];
    double sum = bias ? vb[m] : 0;
    for (int64_t ch = 0; ch < dw[1]; ++ch) {
      const int64_t channel = m / filters * dw[1] + ch, g = channel / per_offset;
      for (int64_t k = 0; k < taps; ++k) {
        const int64_t field = (n * fields + g * taps + k) * oh * ow + oy * ow + ox;
        const int64_t shift = ((n * fields + g * taps + k) * 2 * oh + oy) * ow + ox;
        const double py =
            static_cast<double>(oy * win.strides[0] - win.before[0] + k / dw[3] * win.dilations[0]) +
            vo[shift];
        const double px =
            static_cast<double>(ox * win.strides[1] - win.before[1] + k % dw[3] * win.dilations[1]) +
            vo[shift + oh * ow];
        const double v = deform_sample(vx.data() + (n * dx[1] + channel) * plane, dx[2], dx[3], py, px);
        sum += v * vw[(m * dw[1] + ch) * taps + k] * (mask ? vm[field] : 1);
      }
    }
    store(x.dtype(), y.data(), i, 1, &sum);
  }
  c.set(0, y.tensor(x.dtype(), shape));
  return {};
}

const Rule kConvRules[] = {{"Conv", run_conv},
                           {"ConvInteger", run_conv_integer},
                           {"ConvTranspose", run_conv_transpose},
                           {"DeformConv", run_deform_conv}};

}  // namespace

Span<const Rule> conv_rules() {
  return {kConvRules, sizeof kConvRules / sizeof *kConvRules};
}

}  // namespace jetline::calc
