// Windows and spectra: HannWindow, HammingWindow, BlackmanWindow, MelWeightMatrix, DFT, STFT. Transforms are
// direct sums in double.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

constexpr double kPi = 3.14159265358979323846;

// a0 - a1 cos(2 pi i / n) + a2 cos(4 pi i / n)
Status cosine_window(Call& c, double a0, double a1, double a2) {
  JETLINE_ASSIGN_OR_RETURN(const int64_t size, c.scalar_int(0));
  const auto dtype = static_cast<DType>(c.int_or("output_datatype", static_cast<int64_t>(DType::kF32)));
  if (lane_of(dtype) == Lane::kNone || dtype_bits(dtype) < 8) return c.unsupported_type(dtype);
  const bool periodic = c.int_or("periodic", 1) != 0;
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(dtype, {size}));
  const auto n = static_cast<double>(periodic ? size : size - 1);
  for (int64_t i = 0; i < size; ++i) {
    const double angle = n == 0 ? 0 : 2 * kPi * static_cast<double>(i) / n;
    const double v = n == 0 ? 1 : a0 - a1 * std::cos(angle) + a2 * std::cos(2 * angle);
    store(dtype, y.data(), i, 1, &v);
  }
  c.set(0, y.tensor(dtype, {size}));
  return {};
}

Status run_hann_window(Call& c) {
  return cosine_window(c, 0.5, 0.5, 0);
}
Status run_hamming_window(Call& c) {
  return cosine_window(c, 25.0 / 46, 21.0 / 46, 0);
}
Status run_blackman_window(Call& c) {
  return cosine_window(c, 0.42, 0.5, 0.08);
}

// Triangles over the bins of a spectrum, evenly spaced in mel.
Status run_mel_weight_matrix(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(5));
  JETLINE_ASSIGN_OR_RETURN(const int64_t mels, c.scalar_int(0));
  JETLINE_ASSIGN_OR_RETURN(const int64_t length, c.scalar_int(1));
  JETLINE_ASSIGN_OR_RETURN(const int64_t rate, c.scalar_int(2));
  const auto dtype = static_cast<DType>(c.int_or("output_datatype", static_cast<int64_t>(DType::kF32)));
  if (lane_of(dtype) == Lane::kNone || dtype_bits(dtype) < 8) return c.unsupported_type(dtype);
  if (mels < 0 || length < 0 || rate <= 0 || mels > 1 << 24 || length > 1 << 30)
    return c.bad_input("sizes out of range");
  const int64_t bins = length / 2 + 1;
  const Dims dims = {bins, mels};
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(dtype, dims, true));
  const auto mel = [](double hertz) { return 2595 * std::log10(1 + hertz / 700); };
  const double low = mel(Numbers<double>(*c.tensor(3))[0]), high = mel(Numbers<double>(*c.tensor(4))[0]);
  std::vector<int64_t> edges;
  for (int64_t i = 0; i < mels + 2; ++i) {
    const double m = static_cast<double>(i) * (high - low) / static_cast<double>(mels + 2) + low;
    const double hertz = 700 * (std::pow(10, m / 2595) - 1);
    const double bin = std::floor(static_cast<double>(length + 1) * hertz / static_cast<double>(rate));
    if (!(bin >= 0 && bin <= static_cast<double>(bins))) return c.bad_input("frequencies out of range");
    edges.push_back(static_cast<int64_t>(bin));
  }
  const auto put = [&](int64_t row, int64_t column, double v) {
    if (row < bins) store(dtype, y.data(), row * mels + column, 1, &v);
  };
  for (int64_t i = 0; i < mels; ++i) {
    const int64_t left = edges[static_cast<size_t>(i)], middle = edges[static_cast<size_t>(i) + 1],
                  right = edges[static_cast<size_t>(i) + 2];
    JETLINE_RETURN_IF_ERROR(c.charge(std::max<int64_t>(0, right - left)));
    if (middle == left) put(middle, i, 1);
    for (int64_t j = left; middle > left && j <= middle; ++j) {
      put(j, i, static_cast<double>(j - left) / static_cast<double>(middle - left));
    }
    for (int64_t j = middle; j < right; ++j)
      put(j, i, static_cast<double>(right - j) / static_cast<double>(right - middle));
  }
  c.set(0, y.tensor(dtype, dims));
  return {};
}

struct DftLine {
  std::vector<double> real, imaginary;
};

// n points of the transform of `in`, cut or filled with zeros to n; the first `out` of them.
DftLine dft_line(const DftLine& in, int64_t n, int64_t out, bool inverse) {
  DftLine y{std::vector<double>(static_cast<size_t>(out), 0),
            std::vector<double>(static_cast<size_t>(out), 0)};
  const auto have = std::min<int64_t>(n, static_cast<int64_t>(in.real.size()));
  std::vector<double> cosine(static_cast<size_t>(n)), sine(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    const double angle = 2 * kPi * static_cast<double>(i) / static_cast<double>(n);
    cosine[static_cast<size_t>(i)] = std::cos(angle);
    sine[static_cast<size_t>(i)] = (inverse ? 1 : -1) * std::sin(angle);
  }
  for (int64_t k = 0; k < out; ++k) {
    double re = 0, im = 0;
    int64_t turn = 0;  // i * k modulo n
    for (int64_t i = 0; i < have; ++i) {
      const double a = in.real[static_cast<size_t>(i)], b = in.imaginary[static_cast<size_t>(i)];
      const double cs = cosine[static_cast<size_t>(turn)], sn = sine[static_cast<size_t>(turn)];
      re += a * cs - b * sn;
      im += a * sn + b * cs;
      turn += k;
      if (turn >= n) turn -= n;
    }
    const double scale = inverse ? static_cast<double>(n) : 1;
    y.real[static_cast<size_t>(k)] = re / scale;
    y.imaginary[static_cast<size_t>(k)] = im / scale;
  }
  return y;
}

// The full spectrum of a real signal of n points from its first half.
DftLine dft_mirror(const DftLine& half, int64_t n) {
  DftLine full{std::vector<double>(static_cast<size_t>(n), 0),
               std::vector<double>(static_cast<size_t>(n), 0)};
  const auto have = static_cast<int64_t>(half.real.size());
  for (int64_t i = 0; i < n; ++i) {
    const int64_t from = i <= n / 2 ? i : n - i;
    if (from >= have) continue;
    full.real[static_cast<size_t>(i)] = half.real[static_cast<size_t>(from)];
    const double im = half.imaginary[static_cast<size_t>(from)];
    full.imaginary[static_cast<size_t>(i)] = from == 0 || 2 * from == n ? 0 : i <= n / 2 ? im : -im;
  }
  return full;
}

Status run_dft(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(1));
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const Tensor& x = *c.tensor(0);
  const Dims& d = x.dims();
  const bool inverse = c.int_or("inverse", 0) != 0, onesided = c.int_or("onesided", 0) != 0;
  int64_t axis = c.opset() < 20 ? c.int_or("axis", 1) : -2;
  if (c.opset() >= 20 && c.has(2)) {
    JETLINE_ASSIGN_OR_RETURN(axis, c.scalar_int(2));
  }
  if (d.size() < 2 || (d.back() != 1 && d.back() != 2) || !fix_axis(axis, d.size()) ||
      axis == static_cast<int64_t>(d.size()) - 1) {
    return c.bad_input("no numbers or pairs of them along the axis");
  }
  const auto at = static_cast<size_t>(axis);
  const bool to_real = inverse && onesided, complex = d.back() == 2;
  int64_t n = to_real ? 2 * (d[at] - 1) : d[at];
  if (c.has(1)) {
    JETLINE_ASSIGN_OR_RETURN(n, c.scalar_int(1));
  }
  if (n < 1) return c.bad_input("length " + std::to_string(n));
  if (n > c.budget().options.max_output_bytes / 64) return c.too_large("length " + std::to_string(n));
  const int64_t points = onesided && !inverse ? n / 2 + 1 : n;
  Dims out = d;
  out[at] = points;
  out.back() = to_real ? 1 : 2;
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), out));
  const int64_t outer = span_count(d, 0, at), inner = span_count(d, at + 1, d.size() - 1), parts = d.back();
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({outer, inner, n, points}, 0, 4)));
  const Numbers<double> v(x);
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < inner; ++i) {
      DftLine line;
      for (int64_t k = 0; k < d[at]; ++k) {
        const int64_t from = ((o * d[at] + k) * inner + i) * parts;
        line.real.push_back(v[from]);
        line.imaginary.push_back(complex ? v[from + 1] : 0);
      }
      if (to_real) line = dft_mirror(line, n);
      const DftLine result = dft_line(line, n, points, inverse);
      for (int64_t k = 0; k < points; ++k) {
        const int64_t to = ((o * points + k) * inner + i) * out.back();
        store(x.dtype(), y.data(), to, 1, &result.real[static_cast<size_t>(k)]);
        if (!to_real) store(x.dtype(), y.data(), to + 1, 1, &result.imaginary[static_cast<size_t>(k)]);
      }
    }
  }
  c.set(0, y.tensor(x.dtype(), out));
  return {};
}

Status run_stft(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  JETLINE_RETURN_IF_ERROR(c.need_floating(0));
  const Tensor &x = *c.tensor(0), *window = c.tensor(2);
  const Dims& d = x.dims();
  JETLINE_ASSIGN_OR_RETURN(const int64_t step, c.scalar_int(1));
  if (d.size() < 2 || d.size() > 3 || (d.size() == 3 && d[2] != 1 && d[2] != 2) || step < 1) {
    return c.bad_input("no signal, or no step");
  }
  const int64_t parts = d.size() == 3 ? d[2] : 1;
  int64_t n = window ? window->count() : d[1];
  if (c.has(3)) {
    JETLINE_ASSIGN_OR_RETURN(n, c.scalar_int(3));
  }
  if (n < 1 || n > d[1] || (window && window->count() != n))
    return c.bad_input("a frame longer than the signal or the window");
  const bool onesided = c.int_or("onesided", 1) != 0;
  const int64_t frames = 1 + (d[1] - n) / step, points = onesided ? n / 2 + 1 : n;
  const Dims out = {d[0], frames, points, 2};
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(x.dtype(), out));
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({d[0], frames, n, points}, 0, 4)));
  const Numbers<double> v(x), w(window ? *window : Tensor());
  for (int64_t f = 0; f < d[0] * frames; ++f) {
    DftLine line;
    for (int64_t i = 0; i < n; ++i) {
      const int64_t from = (f / frames * d[1] + f % frames * step + i) * parts;
      const double weight = window ? w[i] : 1;
      line.real.push_back(v[from] * weight);
      line.imaginary.push_back(parts == 2 ? v[from + 1] * weight : 0);
    }
    const DftLine result = dft_line(line, n, points, false);
    for (int64_t k = 0; k < points; ++k) {
      store(x.dtype(), y.data(), (f * points + k) * 2, 1, &result.real[static_cast<size_t>(k)]);
      store(x.dtype(), y.data(), (f * points + k) * 2 + 1, 1, &result.imaginary[static_cast<size_t>(k)]);
    }
  }
  c.set(0, y.tensor(x.dtype(), out));
  return {};
}

const Rule kSignalRules[] = {
    {"HannWindow", run_hann_window},
    {"HammingWindow", run_hamming_window},
    {"BlackmanWindow", run_blackman_window},
    {"MelWeightMatrix", run_mel_weight_matrix},
    {"DFT", run_dft},
    {"STFT", run_stft},
};

}  // namespace

Span<const Rule> signal_rules() {
  return {kSignalRules, sizeof kSignalRules / sizeof *kSignalRules};
}

}  // namespace jetline::calc
