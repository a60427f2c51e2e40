// Modified Bessel functions of the first kind, orders 0 and 1, also scaled by exp(-|x|). Chebyshev series in
// two ranges, in float: S. Moshier's Cephes, i0f.c and i1f.c.
#include <initializer_list>

#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Sum of c_k T_k(x / 2), coefficients from the highest order down (Cephes chbevl).
Value* bessel_chebyshev(OpContext& c, Value* x, std::initializer_list<double> coefficients) {
  Value *b0 = c.scalar(0, x), *b1 = b0, *b2 = b0;
  for (double k : coefficients) {
    b2 = b1;
    b1 = b0;
    b0 = c.emit("Add", {c.emit("Sub", {c.emit("Mul", {x, b1}), b2}), c.scalar(k, x)});
  }
  return c.emit("Mul", {c.emit("Sub", {b0, b2}), c.scalar(0.5, x)});
}

struct BesselRanges {
  Value *small, *inner, *outer, *root;  // |x| <= 8; |x| / 2 - 2; 32 / |x| - 2; sqrt|x|
};
BesselRanges bessel_ranges(OpContext& c, Value* a) {
  BesselRanges r;
  Value *eight = c.scalar(8, a), *two = c.scalar(2, a);
  r.small = c.emit("LessOrEqual", {a, eight});
  r.inner = c.emit("Sub", {c.emit("Mul", {c.emit("Min", {a, eight}), c.scalar(0.5, a)}), two});
  Value* far = c.emit("Max", {a, eight});
  r.outer = c.emit("Sub", {c.emit("Div", {c.scalar(32, a), far}), two});
  r.root = c.emit("Sqrt", {far});
  return r;
}

Value* bessel_i0e(OpContext& c, Value* x) {
  const BesselRanges r = bessel_ranges(c, c.emit("Abs", {x}));
  Value* near =
      bessel_chebyshev(c, r.inner,
                       {-1.30002500998624804212E-8, 6.04699502254191894932E-8, -2.67079385394061173391E-7,
                        1.11738753912010371815E-6, -4.41673835845875056359E-6, 1.64484480707288970893E-5,
                        -5.75419501008210370398E-5, 1.88502885095841655729E-4, -5.76375574538582365885E-4,
                        1.63947561694133579842E-3, -4.32430999505057594430E-3, 1.05464603945949983183E-2,
                        -2.37374148058994688156E-2, 4.93052842396707084878E-2, -9.49010970480476444210E-2,
                        1.71620901522208775349E-1, -3.04682672343198398683E-1, 6.76795274409476084995E-1});
  Value* far =
      bessel_chebyshev(c, r.outer,
                       {3.39623202570838634515E-9, 2.26666899049817806459E-8, 2.04891858946906374183E-7,
                        2.89137052083475648297E-6, 6.88975834691682398426E-5, 3.36911647825569408990E-3,
                        8.04490411014108831608E-1});
  return where(c, r.small, near, c.emit("Div", {far, r.root}));
}

Value* bessel_i1e(OpContext& c, Value* x) {
  Value* a = c.emit("Abs", {x});
  const BesselRanges r = bessel_ranges(c, a);
  Value* near =
      bessel_chebyshev(c, r.inner,
                       {9.38153738649577178388E-9, -4.44505912879632808065E-8, 2.00329475355213526229E-7,
                        -8.56872026469545474066E-7, 3.47025130813767847674E-6, -1.32731636560394358279E-5,
                        4.78156510755005422638E-5, -1.61760815825896745588E-4, 5.12285956168575772895E-4,
                        -1.51357245063125314899E-3, 4.15642294431288815669E-3, -1.05640848946261981558E-2,
                        2.47264490306265168283E-2, -5.29459812080949914269E-2, 1.02643658689847095384E-1,
                        -1.76416518357834055153E-1, 2.52587186443633654823E-1});
  Value* far =
      bessel_chebyshev(c, r.outer,
                       {-3.83538038596423702205E-9, -2.63146884688951950684E-8, -2.51223623787020892529E-7,
                        -3.88256480887769039346E-6, -1.10588938762623716291E-4, -9.76109749136146840777E-3,
                        7.78576235018280120474E-1});
  Value* size = where(c, r.small, c.emit("Mul", {near, a}), c.emit("Div", {far, r.root}));
  return c.emit("Mul", {c.emit("Sign", {x}), size});
}

Status bessel_set(OpContext& c, Value* (*scaled)(OpContext&, Value*), bool unscaled) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  Value* y = c.cast(x, DType::kF32);
  Value* result = scaled(c, y);
  if (unscaled) result = c.emit("Mul", {c.emit("Exp", {c.emit("Abs", {y})}), result});
  return c.set(0, c.cast(result, c.dtype(x)));
}
Status convert_bessel_i0(OpContext& c) {
  return bessel_set(c, bessel_i0e, true);
}
Status convert_bessel_i0e(OpContext& c) {
  return bessel_set(c, bessel_i0e, false);
}
Status convert_bessel_i1(OpContext& c) {
  return bessel_set(c, bessel_i1e, true);
}
Status convert_bessel_i1e(OpContext& c) {
  return bessel_set(c, bessel_i1e, false);
}

constexpr const char* kBesselNote = "approximated in float";

const OpRule kBesselRules[] = {
    {"BesselI0", convert_bessel_i0, "", kBesselNote},
    {"BesselI0e", convert_bessel_i0e, "", kBesselNote},
    {"BesselI1", convert_bessel_i1, "", kBesselNote},
    {"BesselI1e", convert_bessel_i1e, "", kBesselNote},
};
}  // namespace

Span<const OpRule> bessel_rules() {
  return {kBesselRules, sizeof(kBesselRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
