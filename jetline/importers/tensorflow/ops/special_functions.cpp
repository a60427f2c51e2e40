// Functions that neither ONNX nor a short formula has: approximated in float, with published coefficients.
#include <cmath>
#include <initializer_list>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

constexpr double kPi = 3.14159265358979323846;

Value* special_mul(OpContext& c, Value* a, Value* b) {
  return c.emit("Mul", {a, b});
}
Value* special_add(OpContext& c, Value* a, double b) {
  return c.emit("Add", {a, c.scalar(b, a)});
}

// fn computed in float and cast back; erf and lgamma of doubles have no better carrier.
template <typename Fn>
Status special_in_float(OpContext& c, const Fn& fn) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  return c.set(0, c.cast(fn(c.cast(x, DType::kF32)), c.dtype(x)));
}

// 1 - erf(x) cancels for large x: there exp(-x^2) times a rational function of 1/x^2, as in Cephes' erfcf
// (S. Moshier, ndtrf.c; coefficients P for 1 <= x < 2 and R beyond).
Value* special_erfc(OpContext& c, Value* x) {
  Value* a = c.emit("Abs", {x});
  Value* one = c.scalar(1, x);
  Value* safe = c.emit("Max", {a, one});
  Value* square = special_mul(c, safe, safe);
  Value* q = c.emit("Reciprocal", {safe});
  Value* y = special_mul(c, q, q);
  Value* near = polynomial(c, y,
                           {2.326819970068386E-2, -1.387039388740657E-1, 3.687424674597105E-1,
                            -5.824733027278666E-1, 6.210004621745983E-1, -4.944515323274145E-1,
                            3.404879937665872E-1, -2.741127028184656E-1, 5.638259427386472E-1});
  Value* far =
      polynomial(c, y,
                 {-1.047766399936249E+1, 1.297719955372516E+1, -7.495518717768503E+0, 2.921019019210786E+0,
                  -1.015265279202700E+0, 4.218463358204948E-1, -2.820767439740514E-1, 5.641895067754075E-1});
  Value* p = where(c, c.emit("Less", {a, c.scalar(2, x)}), near, far);
  Value* tail = special_mul(c, special_mul(c, c.emit("Exp", {c.emit("Neg", {square})}), q), p);
  tail = where(c, c.emit("Less", {x, c.scalar(0, x)}), c.emit("Sub", {c.scalar(2, x), tail}), tail);
  return where(c, c.emit("Less", {a, one}), c.emit("Sub", {one, c.emit("Erf", {x})}), tail);
}
Status convert_erfc(OpContext& c) {
  return special_in_float(c, [&](Value* x) { return special_erfc(c, x); });
}

// M. Giles, "Approximating the erfinv function", single precision: two polynomials in w = -log(1 - x^2).
Value* special_erfinv(OpContext& c, Value* x) {
  Value* w = c.emit("Neg", {log_one_plus(c, c.emit("Neg", {special_mul(c, x, x)}))});
  Value* near = polynomial(c, special_add(c, w, -2.5),
                           {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087,
                            -0.00125372503, -0.00417768164, 0.246640727, 1.50140941});
  Value* root = c.emit("Sqrt", {c.emit("Max", {w, c.scalar(0, w)})});
  Value* far = polynomial(c, special_add(c, root, -3),
                          {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
                           -0.0076224613, 0.00943887047, 1.00167406, 2.83297682});
  Value* y = special_mul(c, where(c, c.emit("Less", {w, c.scalar(5, w)}), near, far), x);
  // erfinv(+-1) is infinite, which the polynomial of an infinite w is not.
  Value* edge = c.emit("Equal", {c.emit("Abs", {x}), c.scalar(1, x)});
  return where(c, edge, special_mul(c, x, c.scalar(HUGE_VAL, x)), y);
}
Status convert_erfinv(OpContext& c) {
  return special_in_float(c, [&](Value* x) { return special_erfinv(c, x); });
}

// The quantile of the normal distribution, as in Cephes' ndtri.c: around the middle a rational function of
// (p - 1/2)^2; in the tails, of the smaller side's probability y, x0 - R(1 / x) / x with x = sqrt(-2 log y)
// and x0 = x - log(x) / x.
Value* special_ndtri(OpContext& c, Value* p) {
  constexpr double kTail = 0.13533528323661269189;  // exp(-2)
  const auto ratio = [&](Value* x, std::initializer_list<double> above, std::initializer_list<double> below) {
    return c.emit("Div", {polynomial(c, x, above), polynomial(c, x, below)});
  };
  Value* middle = special_add(c, p, -0.5);
  Value* square = special_mul(c, middle, middle);
  Value* r = ratio(square,
                   {-5.99633501014107895267E1, 9.80010754185999661536E1, -5.66762857469070293439E1,
                    1.39312609387279679503E1, -1.23916583867381258016E0},
                   {1, 1.95448858338141759834E0, 4.67627912898881538453E0, 8.63602421390890590575E1,
                    -2.25462687854119370527E2, 2.00260212380060660359E2, -8.20372256168333339912E1,
                    1.59056225126211695515E1, -1.18331621121330003142E0});
  Value* near = c.emit("Add", {middle, special_mul(c, middle, special_mul(c, square, r))});
  near = special_mul(c, near, c.scalar(std::sqrt(2 * kPi), p));

  Value* upper = c.emit("Greater", {p, c.scalar(0.5, p)});
  Value* y = where(c, upper, c.emit("Sub", {c.scalar(1, p), p}), p);
  Value* inner = c.emit("Min", {y, c.scalar(kTail, p)});  // the middle is not computed here
  Value* x = c.emit("Sqrt", {special_mul(c, c.emit("Log", {inner}), c.scalar(-2, p))});
  Value* x0 = c.emit("Sub", {x, c.emit("Div", {c.emit("Log", {x}), x})});
  Value* z = c.emit("Reciprocal", {x});
  Value* first = ratio(z,
                       {4.05544892305962419923E0, 3.15251094599893866154E1, 5.71628192246421288162E1,
                        4.40805073893200834700E1, 1.46849561928858024014E1, 2.18663306850790267539E0,
                        -1.40256079171354495875E-1, -3.50424626827848203418E-2, -8.57456785154685413611E-4},
                       {1, 1.57799883256466749731E1, 4.53907635128879210584E1, 4.13172038254672030440E1,
                        1.50425385692907503408E1, 2.50464946208309415979E0, -1.42182922854787788574E-1,
                        -3.80806407691578277194E-2, -9.33259480895457427372E-4});
  Value* second = ratio(z,
                        {3.23774891776946035970E0, 6.91522889068984211695E0, 3.93881025292474443415E0,
                         1.33303460815807542389E0, 2.01485389549179081538E-1, 1.23716634817820021358E-2,
                         3.01581553508235416007E-4, 2.65806974686737550832E-6, 6.23974539184983293730E-9},
                        {1, 6.02427039364742014255E0, 3.67983563856160859403E0, 1.37702099489081330271E0,
                         2.16236993594496635890E-1, 1.34204006088543189037E-2, 3.28014464682127739104E-4,
                         2.89247864745380683936E-6, 6.79019408009981274425E-9});
  Value* correction = where(c, c.emit("Less", {x, c.scalar(8, p)}), first, second);
  Value* tail = c.emit("Sub", {x0, special_mul(c, z, correction)});
  tail = where(c, upper, tail, c.emit("Neg", {tail}));
  Value* result = where(c, c.emit("Greater", {y, c.scalar(kTail, p)}), near, tail);
  // Infinite at 0 and 1, where x is, and x0 is not a number.
  Value* edge = c.emit("Equal", {y, c.scalar(0, p)});
  return where(c, edge, special_mul(c, c.emit("Sign", {middle}), c.scalar(HUGE_VAL, p)), result);
}
Status convert_ndtri(OpContext& c) {
  return special_in_float(c, [&](Value* x) { return special_ndtri(c, x); });
}

// Lanczos' approximation with g = 7 and 9 terms (the coefficients of XLA's lgamma and digamma).
constexpr double kLanczosG = 7;
constexpr double kLanczosBase = 0.99999999999980993227684700473478;
constexpr double kLanczos[] = {676.520368121885098567009190444019, -1259.13921672240287047156078755283,
                               771.3234287776530788486528258894,   -176.61502916214059906584551354,
                               12.507343278686904814458936853,     -0.13857109526572011689554707,
                               9.984369578019570859563e-6,         1.50563273514931155834e-7};

// z = x - 1 to the right of 1/2, -x to the left of it, where the reflection formula takes over.
Value* lanczos_argument(OpContext& c, Value* x, Value* reflected) {
  return where(c, reflected, c.emit("Neg", {x}), special_add(c, x, -1));
}

// log Gamma(z + 1) = log(2 pi) / 2 + (z + 1/2) log t - t + log A(z), t = z + g + 1/2; written with
// (z + 1/2 - t / log t) log t, which does not cancel. Reflection: log pi - log|sin(pi x)| - lgamma(1 - x).
Value* special_lgamma(OpContext& c, Value* x) {
  Value* reflected = c.emit("Less", {x, c.scalar(0.5, x)});
  Value* z = lanczos_argument(c, x, reflected);
  Value* a = c.scalar(kLanczosBase, x);
  for (int i = 0; i < 8; ++i)
    a = c.emit("Add", {a, c.emit("Div", {c.scalar(kLanczos[i], x), special_add(c, z, i + 1)})});
  Value* t = special_add(c, z, kLanczosG + 0.5);
  Value* log_t = special_add(c, log_one_plus(c, c.emit("Div", {z, c.scalar(kLanczosG + 0.5, x)})),
                             std::log(kLanczosG + 0.5));
  Value* main = c.emit("Sub", {special_add(c, z, 0.5), c.emit("Div", {t, log_t})});
  Value* right = c.emit(
      "Add", {special_add(c, special_mul(c, main, log_t), 0.5 * std::log(2 * kPi)), c.emit("Log", {a})});
  Value* whole = c.emit("Abs", {x});
  Value* fraction = c.emit("Sub", {whole, c.emit("Floor", {whole})});
  Value* folded = where(c, c.emit("Greater", {fraction, c.scalar(0.5, x)}),
                        c.emit("Sub", {c.scalar(1, x), fraction}), fraction);
  Value* sine = c.emit("Log", {c.emit("Sin", {special_mul(c, folded, c.scalar(kPi, x))})});
  Value* left = c.emit("Sub", {c.emit("Sub", {c.scalar(std::log(kPi), x), sine}), right});
  Value* y = where(c, reflected, left, right);
  // +inf at both infinities and, through log 0, at the poles.
  Value* infinite = c.emit("Equal", {whole, c.scalar(HUGE_VAL, x)});
  return where(c, infinite, c.scalar(HUGE_VAL, x), y);
}
Status convert_lgamma(OpContext& c) {
  return special_in_float(c, [&](Value* x) { return special_lgamma(c, x); });
}

// psi(z + 1) = log t + A'(z)/A(z) - g/t; reflection: psi(1 - x) - pi / tan(pi x). NaN at the poles.
Value* special_digamma(OpContext& c, Value* x) {
  Value* reflected = c.emit("Less", {x, c.scalar(0.5, x)});
  Value* z = lanczos_argument(c, x, reflected);
  Value *a = c.scalar(kLanczosBase, x), *slope = c.scalar(0, x);
  for (int i = 0; i < 8; ++i) {
    Value* shifted = special_add(c, z, i + 1);
    Value* term = c.emit("Div", {c.scalar(kLanczos[i], x), shifted});
    a = c.emit("Add", {a, term});
    slope = c.emit("Sub", {slope, c.emit("Div", {term, shifted})});
  }
  Value* t = special_add(c, z, kLanczosG + 0.5);
  Value* log_t = special_add(c, log_one_plus(c, c.emit("Div", {z, c.scalar(kLanczosG + 0.5, x)})),
                             std::log(kLanczosG + 0.5));
  Value* ratio = c.emit("Sub", {c.emit("Div", {slope, a}), c.emit("Div", {c.scalar(kLanczosG, x), t})});
  Value* right = c.emit("Add", {log_t, ratio});
  Value* round = special_add(c, x, 0.5);
  Value* near = c.emit("Sub", {x, c.emit("Floor", {round})});  // in [-1/2, 1/2): tan has period 1 here
  Value* tangent = c.emit("Tan", {special_mul(c, near, c.scalar(kPi, x))});
  Value* left = c.emit("Sub", {right, c.emit("Div", {c.scalar(kPi, x), tangent})});
  Value* y = where(c, reflected, left, right);
  Value* whole = c.emit("Equal", {x, c.emit("Floor", {x})});
  Value* pole = c.emit("And", {c.emit("Not", {c.emit("Greater", {x, c.scalar(0, x)})}), whole});
  return where(c, pole, c.scalar(std::nan(""), x), y);
}
Status convert_digamma(OpContext& c) {
  return special_in_float(c, [&](Value* x) { return special_digamma(c, x); });
}

constexpr const char* kSpecialNote = "approximated in float";

const OpRule kSpecialRules[] = {
    {"Digamma", convert_digamma, "", kSpecialNote}, {"Erfc", convert_erfc, "", kSpecialNote},
    {"Erfinv", convert_erfinv, "", kSpecialNote},   {"Lgamma", convert_lgamma, "", kSpecialNote},
    {"Ndtri", convert_ndtri, "", kSpecialNote},
};
}  // namespace

Span<const OpRule> special_function_rules() {
  return {kSpecialRules, sizeof(kSpecialRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
