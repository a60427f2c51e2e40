#include "jetline/graph/deferred.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "jetline/base/random.h"
#include "jetline/base/testing.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/onnx_file.h"

namespace jetline {
namespace {

Tensor deferred_noise(DType dtype, std::vector<int64_t> dims, Random& random) {
  std::vector<uint8_t> bytes(static_cast<size_t>(dtype_bytes(dtype, element_count(dims))));
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(random.next());
  return Tensor::own(dtype, std::move(dims), std::move(bytes)).value();
}

Tensor deferred_floats(std::vector<int64_t> dims, Random& random) {
  std::vector<float> v(static_cast<size_t>(element_count(dims)));
  for (float& x : v) x = static_cast<float>(random.normal());
  return Tensor::floats(std::move(dims), v).value();
}

// Element by element, from the definition of Transpose.
std::vector<uint8_t> deferred_permuted(const Tensor& t, const std::vector<int64_t>& perm) {
  const size_t rank = perm.size(), width = static_cast<size_t>(dtype_bits(t.dtype()) / 8);
  std::vector<int64_t> strides(rank, 1), index(rank, 0), dims;
  for (size_t i = rank; i-- > 1;) strides[i - 1] = strides[i] * t.dims()[i];
  for (const int64_t p : perm) dims.push_back(t.dims()[static_cast<size_t>(p)]);
  std::vector<uint8_t> out;
  for (int64_t k = 0; k < t.count(); ++k) {
    int64_t at = 0;
    for (size_t i = 0; i < rank; ++i) at += index[i] * strides[static_cast<size_t>(perm[i])];
    const uint8_t* p = t.bytes().data() + static_cast<size_t>(at) * width;
    out.insert(out.end(), p, p + width);
    for (size_t i = rank; i-- > 0 && ++index[i] == dims[i];) index[i] = 0;
  }
  return out;
}

std::vector<uint8_t> deferred_bytes(const Tensor& t) {
  return {t.bytes().begin(), t.bytes().end()};
}

void expect_pieces(const Tensor& t, const std::vector<uint8_t>& whole, Random& random) {
  ASSERT_TRUE(t.deferred());
  ASSERT_EQ(t.byte_count(), static_cast<int64_t>(whole.size()));
  EXPECT_GE(t.deferred()->grain(), 1);
  for (int i = 0; i < 20; ++i) {
    const int64_t from = random.integer(0, t.byte_count()), n = random.integer(0, t.byte_count() - from);
    std::vector<uint8_t> piece(static_cast<size_t>(n) + 1, 0xAB);
    t.read(from, piece.data(), n);
    EXPECT_TRUE(std::equal(piece.begin(), piece.end() - 1, whole.begin() + from)) << from << " " << n;
    EXPECT_EQ(piece.back(), 0xAB) << "written beyond the piece";
  }
  EXPECT_EQ(deferred_bytes(t), whole);
  EXPECT_EQ(t.bytes().data(), t.bytes().data()) << "computed once";
}

TEST(Deferred, PermutedElementsInAnyPieces) {
  Random random(3);
  for (int round = 0; round < 60; ++round) {
    const auto rank = static_cast<size_t>(random.integer(1, 5));
    std::vector<int64_t> dims, perm(rank);
    for (size_t i = 0; i < rank; ++i) dims.push_back(random.integer(1, 7));
    std::iota(perm.begin(), perm.end(), 0);
    for (size_t i = rank; i-- > 1;)
      std::swap(perm[i], perm[static_cast<size_t>(random.integer(0, static_cast<int64_t>(i)))]);
    const DType types[] = {DType::kU8, DType::kF16, DType::kF32, DType::kI64, DType::kC128};
    const Tensor t = deferred_noise(types[round % 5], dims, random);
    JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor later, permuted_later(t, perm));
    expect_pieces(later, deferred_permuted(t, perm), random);
  }
  EXPECT_EQ(permuted_later(Tensor::of_strings({1}, {"x"}).value(), {0}).status().id(), "tensor.type");
}

TEST(Deferred, ScaledElementsInAnyPieces) {
  Random random(4);
  const Tensor w = deferred_floats({6, 5, 3, 2}, random);
  const std::vector<double> factors = {1, -2, 0.1, 3e10, 5, 0.7, 11, -0.3, 1, 2};
  const FactorWalk walks[] = {{30, 6, 0}, {6, 5, 0}, {1, 2, 0}, {6, 5, 90}};
  for (const FactorWalk& walk : walks) {
    std::vector<uint8_t> whole;
    for (int64_t i = 0; i < w.count(); ++i) {
      const auto x = static_cast<float>(w.at<float>(i) * factors[static_cast<size_t>(walk.at(i))]);
      const auto* p = reinterpret_cast<const uint8_t*>(&x);
      whole.insert(whole.end(), p, p + 4);
    }
    JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor later, scaled_later(w, walk, factors));
    expect_pieces(later, whole, random);
  }
  EXPECT_EQ(scaled_later(Tensor::ints({1}, {1}).value(), {}, {1}).status().id(), "tensor.type");
}

TEST(Deferred, OneBehindTheOther) {
  Random random(5);
  const Tensor w = deferred_floats({3, 3, 40, 50}, random);
  JETLINE_ASSERT_OK_AND_ASSIGN(Tensor t, permuted_later(w, {3, 2, 0, 1}));
  JETLINE_ASSERT_OK_AND_ASSIGN(t, t.reshaped({50, 360}));
  std::vector<uint8_t> whole = deferred_permuted(w, {3, 2, 0, 1});
  std::vector<double> factors(50);
  for (int turn = 0; turn < 40; ++turn) {  // as many scalings as a damaged model may have
    for (double& f : factors) f = random.uniform(0.5, 2);
    JETLINE_ASSERT_OK_AND_ASSIGN(t, scaled_later(t, {360, 50, 0}, factors));
    EXPECT_LE(t.deferred()->depth(), 10);
    for (size_t i = 0; i < whole.size(); i += 4) {
      float x;
      std::memcpy(&x, &whole[i], 4);
      x = static_cast<float>(x * factors[i / 4 / 360]);
      std::memcpy(&whole[i], &x, 4);
    }
  }
  expect_pieces(t, whole, random);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor back, permuted_later(t, {1, 0}));
  EXPECT_EQ(back.deferred()->depth(), 1);
  EXPECT_EQ(deferred_bytes(back), deferred_permuted(t, {1, 0}));
}

TEST(Deferred, SeveralThreadsMayAsk) {
  Random random(6);
  const Tensor w = deferred_floats({64, 64, 9}, random);
  const std::vector<uint8_t> whole = deferred_permuted(w, {2, 1, 0});
  JETLINE_ASSERT_OK_AND_ASSIGN(const Tensor later, permuted_later(w, {2, 1, 0}));
  std::vector<std::thread> threads;
  std::vector<int> same(4, 0);
  for (size_t i = 0; i < same.size(); ++i) {
    threads.emplace_back([&, i] { same[i] = deferred_bytes(later) == whole; });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(same, std::vector<int>(4, 1));
}

// A model with weights that are there and weights that are computed, several megabytes of them.
std::unique_ptr<Model> deferred_model(bool compute_now) {
  Random random(7);
  auto m = std::make_unique<Model>();
  m->set_opset("", 13);
  GraphBuilder b(m->graph());
  Value* x = b.input("x", DType::kF32, {1});
  for (int i = 0; i < 6; ++i) {
    Tensor t = deferred_floats({3, 3, 96, 100 + i}, random);
    if (i % 3 != 2) {
      t = permuted_later(t, {3, 2, 0, 1}).value();
      if (i % 2)
        t = scaled_later(t, {864, 100 + i, 0}, std::vector<double>(static_cast<size_t>(100 + i), 0.5))
                .value();
      if (compute_now) t = Tensor::view(t.dtype(), t.dims(), t.bytes(), t.owner()).value();
    }
    Value* w = m->graph().add_initializer("w" + std::to_string(i), std::move(t));
    x = b.op("Add", {x, b.op("ReduceMax", {w}, {{"keepdims", 0}})});
  }
  b.output(x, "y", DType::kF32, {1});
  return m;
}

TEST(Deferred, ASavedModelIsTheSame) {
  TemporaryDirectory dir;
  const auto now = deferred_model(true), later = deferred_model(false);
  JETLINE_ASSERT_OK(save_onnx(*now, dir.file("now.onnx")));
  JETLINE_ASSERT_OK(save_onnx(*later, dir.file("later.onnx")));
  EXPECT_TRUE(read_file(dir.file("now.onnx")).value() == read_file(dir.file("later.onnx")).value());
  EXPECT_TRUE(save_onnx_bytes(*deferred_model(false)).value() == read_file(dir.file("now.onnx")).value());
  OnnxSaveOptions apart;
  apart.external = OnnxSaveOptions::External::kAlways;
  JETLINE_ASSERT_OK(save_onnx(*now, dir.file("apart.onnx"), real_file_system(), apart));
  const std::string first = read_file(dir.file("apart.onnx.data")).value();
  JETLINE_ASSERT_OK(save_onnx(*later, dir.file("apart.onnx"), real_file_system(), apart));
  EXPECT_TRUE(first == read_file(dir.file("apart.onnx.data")).value());
}

TEST(Deferred, AFullDiskEndsTheWriting) {
  TemporaryDirectory dir;
  const auto model = deferred_model(false);
  for (const int64_t room :
       {int64_t{0}, int64_t{1000}, int64_t{700000}, int64_t{1} << 20, int64_t{1500000}}) {
    FaultyFileSystem fs;
    fs.bytes_left = room;
    EXPECT_EQ(save_onnx(*model, dir.file("m.onnx"), fs).id(), "file.disk-full") << room;
    EXPECT_TRUE(list_directory(dir.path()).value().empty());
  }
}

}  // namespace
}  // namespace jetline
