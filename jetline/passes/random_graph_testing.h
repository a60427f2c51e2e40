// Random small graphs of every kind of operator that a transpose can meet, for property tests; never included
// by library code. A generator draws a value that exists, applies an operator that fits it, and keeps the
// result; shapes are always known, because the types are inferred at once.
#pragma once

#include <algorithm>

#include "jetline/passes/testing.h"

namespace jetline::passes::testing {

class RandomGraph {
 public:
  explicit RandomGraph(uint64_t seed, int64_t opset = 13)
      : random_(seed), test_(opset), infer_(*test_.model), opset_(opset) {}

  std::unique_ptr<Model> make(int steps) {
    const int inputs = static_cast<int>(random_.integer(1, 3));
    for (int i = 0; i < inputs; ++i) {
      std::vector<Dim> shape;
      const int64_t rank = random_.chance(0.7) ? 4 : random_.integer(1, 5);
      for (int64_t a = 0; a < rank; ++a) shape.emplace_back(random_.integer(1, 4));
      pool_.push_back(test_.b.input("x" + std::to_string(i), DType::kF32, shape));
    }
    for (int i = 0; i < steps; ++i) step();
    finish();
    EXPECT_TRUE(test_.b.status().ok()) << test_.b.status().to_string();
    return std::move(test_.model);
  }

 private:
  using Ints = std::vector<int64_t>;

  Value* any() {
    // Late values more often than early ones, so that chains grow.
    const int64_t n = static_cast<int64_t>(pool_.size());
    const int64_t a = random_.integer(0, n - 1), b = random_.integer(0, n - 1);
    return pool_[static_cast<size_t>(std::max(a, b))];
  }
  static Ints dims(const Value* v) { return v->type.dims(); }
  static int64_t rank(const Value* v) { return static_cast<int64_t>(v->type.shape.size()); }

  std::vector<Value*> add(const std::string& op, std::vector<Value*> in, size_t outputs = 1,
                          const std::vector<AttrArg>& attributes = {}) {
    const std::vector<Value*> out = test_.b.ops(op, std::move(in), outputs, attributes);
    if (!can_evaluate(*out[0]->producer())) {
      EXPECT_TRUE(test_.model->graph().remove(out[0]->producer()).ok());
      return {};
    }
    infer_.node(*out[0]->producer());
    for (Value* v : out) {
      if (v->type.dtype == DType::kF32 && v->type.is_static() && v->type.count() <= 4096 &&
          v->type.count() > 0 && rank(v) <= 6) {
        pool_.push_back(v);
      } else if (v->type.dtype != DType::kF32) {
        others_.push_back(v);
      }
    }
    return out;
  }
  void to_float(const std::vector<Value*>& v) {
    if (!v.empty()) add("Cast", {v[0]}, 1, {{"to", 1}});
  }
  Value* constant(const Ints& d) {
    std::vector<float> v(static_cast<size_t>(element_count(d)));
    for (float& x : v) x = static_cast<float>(random_.integer(-8, 8)) * 0.25f + 0.1f;
    return test_.b.floats("", d, v);
  }
  Value* ints(const Ints& v) { return test_.b.ints(v); }
  Value* int_scalar(int64_t v) { return test_.b.ints("", {}, {v}); }
  Ints some_axes(int64_t r) {
    Ints axes;
    for (int64_t a = 0; a < r; ++a) {
      if (random_.chance(0.4)) axes.push_back(random_.chance(0.3) ? a - r : a);
    }
    if (axes.empty()) axes.push_back(random_.integer(0, r - 1));
    return axes;
  }
  Ints random_perm(int64_t r) {
    Ints p(static_cast<size_t>(r));
    for (int64_t i = 0; i < r; ++i) p[static_cast<size_t>(i)] = i;
    if (r == 4 && random_.chance(0.7)) return random_.chance(0.5) ? Ints{0, 2, 3, 1} : Ints{0, 3, 1, 2};
    random_.shuffle(p);
    return p;
  }
  // A shape that broadcasts with `d` without widening it.
  Ints partner(Ints d) {
    const size_t drop = static_cast<size_t>(random_.integer(0, static_cast<int64_t>(d.size())));
    d.erase(d.begin(), d.begin() + static_cast<std::ptrdiff_t>(random_.chance(0.5) ? 0 : drop));
    for (int64_t& x : d) {
      if (random_.chance(0.4)) x = 1;
    }
    return d;
  }
  Value* second(Value* x) {
    if (random_.chance(0.6)) {
      std::vector<Value*> fit;
      for (Value* v : pool_) {
        if (v == x || rank(v) > rank(x)) continue;
        bool ok = true;
        const Ints a = dims(x), b = dims(v);
        for (size_t i = 0; i < b.size(); ++i) {
          const int64_t y = b[b.size() - 1 - i];
          ok = ok && (y == 1 || y == a[a.size() - 1 - i]);
        }
        if (ok) fit.push_back(v);
      }
      if (!fit.empty()) {
        return fit[static_cast<size_t>(random_.integer(0, static_cast<int64_t>(fit.size()) - 1))];
      }
    }
    return constant(partner(dims(x)));
  }

  void reshape(Value* x) {
    const Ints d = dims(x);
    Ints to;
    const int64_t how = random_.integer(0, 3);
    if (how == 0) {  // merge two neighbours
      const int64_t at = random_.integer(0, std::max<int64_t>(0, rank(x) - 2));
      for (size_t i = 0; i < d.size(); ++i) {
        if (static_cast<int64_t>(i) == at + 1) {
          to.back() *= d[i];
        } else {
          to.push_back(d[i]);
        }
      }
    } else if (how == 1) {  // split one, or add ones
      for (int64_t v : d) {
        if (random_.chance(0.3)) to.push_back(1);
        if (v % 2 == 0 && random_.chance(0.5)) {
          to.insert(to.end(), {2, v / 2});
        } else {
          to.push_back(v);
        }
      }
    } else if (how == 2) {
      to = {d.empty() ? 1 : d[0], -1};
    } else {
      for (int64_t v : d) {
        if (v != 1) to.push_back(v);
      }
      if (to.empty()) to.push_back(1);
    }
    if (to.size() <= 6) add("Reshape", {x, ints(to)});
  }

  void shape_step(Value* x) {
    const int64_t r = rank(x);
    switch (random_.integer(0, 9)) {
      case 0:
      case 1:
        return reshape(x);
      case 2: {
        Ints ones;
        for (int64_t a = 0; a < r; ++a) {
          if (dims(x)[static_cast<size_t>(a)] == 1) ones.push_back(a);
        }
        if (!ones.empty()) add("Squeeze", {x, ints({ones[0]})});
        return;
      }
      case 3:
        if (r < 6) add("Unsqueeze", {x, ints({random_.integer(0, r)})});
        return;
      case 4: {
        Ints to = dims(x);
        for (int64_t& v : to) {
          if (v == 1 && random_.chance(0.6)) v = 3;
        }
        if (r < 6 && random_.chance(0.3)) to.insert(to.begin(), 2);
        add("Expand", {x, ints(to)});
        return;
      }
      case 5: {
        Ints repeats;
        for (int64_t a = 0; a < r; ++a) repeats.push_back(random_.chance(0.2) ? 2 : 1);
        add("Tile", {x, ints(repeats)});
        return;
      }
      case 6: {
        Ints pads;
        for (int64_t a = 0; a < 2 * r; ++a) pads.push_back(random_.chance(0.3) ? 1 : 0);
        add("Pad", {x, ints(pads), test_.b.scalar(0.5f)});
        return;
      }
      case 7: {
        const int64_t axis = random_.integer(0, r - 1), size = dims(x)[static_cast<size_t>(axis)];
        const int64_t begin = random_.integer(0, size - 1);
        if (random_.chance(0.2)) {
          add("Slice", {x, ints({size - 1}), ints({-size - 1}), ints({axis}), ints({-1})});
        } else if (axis == 0 && random_.chance(0.5)) {
          add("Slice", {x, ints({begin}), ints({size})});
        } else {
          add("Slice", {x, ints({begin}), ints({size}), ints({axis - r})});
        }
        return;
      }
      case 8: {
        to_float(add("Shape", {x}));
        return;
      }
      default: {
        std::vector<float> scales(static_cast<size_t>(r), 1.0f);
        scales[static_cast<size_t>(random_.integer(0, r - 1))] = 2.0f;
        Value* s = test_.b.floats("", {r}, scales);
        add("Resize", {x, nullptr, s}, 1,
            {{"mode", "nearest"},
             {"coordinate_transformation_mode", "asymmetric"},
             {"nearest_mode", "floor"}});
      }
    }
  }

  void axis_step(Value* x) {
    const int64_t r = rank(x), axis = random_.integer(-r, r - 1), front = axis < 0 ? axis + r : axis;
    const int64_t size = dims(x)[static_cast<size_t>(front)];
    switch (random_.integer(0, 12)) {
      case 0:
      case 1: {
        Value* other = x;
        for (Value* v : pool_) {
          if (v != x && dims(v) == dims(x) && random_.chance(0.5)) other = v;
        }
        if (random_.chance(0.3)) other = constant(dims(x));
        add("Concat", {x, other}, 1, {{"axis", axis}});
        return;
      }
      case 2:
        if (size % 2 == 0) add("Split", {x}, 2, {{"axis", axis}});
        return;
      case 3:
        add(random_.chance(0.5) ? "Softmax" : "LogSoftmax", {x}, 1, {{"axis", axis}});
        return;
      case 4:
        add("ReduceSum", {x, ints(some_axes(r))}, 1, {{"keepdims", random_.integer(0, 1)}});
        return;
      case 5:
      case 6: {
        static const char* kOps[] = {"ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceSumSquare"};
        std::vector<AttrArg> attributes = {{"keepdims", random_.integer(0, 1)}};
        if (random_.chance(0.9)) attributes.emplace_back("axes", some_axes(r));
        add(kOps[random_.integer(0, 4)], {x}, 1, attributes);
        return;
      }
      case 7:
        to_float(add(random_.chance(0.5) ? "ArgMax" : "ArgMin", {x}, 1,
                     {{"axis", axis}, {"keepdims", random_.integer(0, 1)}}));
        return;
      case 8:
        add("CumSum", {x, int_scalar(axis)});
        return;
      case 9:
        add("TopK", {x, ints({1})}, 2, {{"axis", axis}});
        return;
      case 10:
        add("Gather", {x, int_scalar(random_.integer(0, size - 1))}, 1, {{"axis", axis}});
        return;
      case 11:
        add("Gather", {x, ints({0, size - 1})}, 1, {{"axis", axis}});
        return;
      default:
        if (r < 5) add("Gather", {x, test_.b.ints("", {2, 1}, {size - 1, 0})}, 1, {{"axis", axis}});
    }
  }

  void element_step(Value* x) {
    static const char* kUnary[] = {"Relu", "Neg", "Abs", "Sigmoid", "Identity", "LeakyRelu", "Floor", "Tanh"};
    static const char* kBinary[] = {"Add", "Sub", "Mul", "Max", "Min", "Add", "Mul"};
    switch (random_.integer(0, 6)) {
      case 0:
      case 1:
        add(kUnary[random_.integer(0, 7)], {x});
        return;
      case 2:
        add("Clip", {x, test_.b.scalar(-1), test_.b.scalar(1)});
        return;
      case 3: {
        Value* y = second(x);
        const std::vector<Value*> less = add("Less", {x, y});
        if (!less.empty()) add("Where", {less[0], second(x), x});
        return;
      }
      case 4:
        add("PRelu", {x, constant(partner(dims(x)))});
        return;
      default: {
        Value* y = second(x);
        if (random_.chance(0.5)) std::swap(x, y);
        add(kBinary[random_.integer(0, 6)], {x, y});
      }
    }
  }

  void fixed_step(Value* x) {
    const int64_t r = rank(x);
    if (random_.chance(0.3) && r >= 2) {
      const int64_t k = dims(x).back();
      add("MatMul", {x, constant({k, 2})});
    } else if (r == 4) {
      const int64_t channels = dims(x)[1];
      if (random_.chance(0.5)) {
        add("Conv", {x, constant({2, channels, 1, 1})});
      } else if (random_.chance(0.5)) {
        add("GlobalAveragePool", {x});
      } else {
        add("MaxPool", {x}, 1, {{"kernel_shape", {2, 1}}, {"pads", {1, 0, 0, 0}}});
      }
    }
  }

  void step() {
    Value* x = any();
    const double dice = random_.uniform();
    if (dice < 0.35 && rank(x) >= 2) {
      add("Transpose", {x}, 1, {{"perm", random_perm(rank(x))}});
    } else if (dice < 0.6) {
      element_step(x);
    } else if (dice < 0.75 && rank(x) > 0) {
      shape_step(x);
    } else if (dice < 0.9 && rank(x) > 0) {
      axis_step(x);
    } else {
      fixed_step(x);
    }
  }

  void finish() {
    int n = 0;
    const auto give = [&](Value* v) {
      if (!v->is_input() && !v->is_output() && v->producer()) {
        test_.output(v, "y" + std::to_string(n++), v->type.dtype);
      }
    };
    for (Value* v : pool_) {
      if (v->uses().empty() || random_.chance(0.1)) give(v);
    }
    for (Value* v : others_) {
      if (v->uses().empty() && v->type.dtype == DType::kI64) give(v);
    }
    if (n == 0) test_.output(test_.b.op("Identity", {pool_[0]}), "y");
  }

  Random random_;
  TestModel test_;
  ShapeInference infer_;
  int64_t opset_;
  std::vector<Value*> pool_, others_;
};

}  // namespace jetline::passes::testing
