#include "jetline/engine/npy.h"

#include <cmath>
#include <cstring>

#include "jetline/base/testing.h"
#include "jetline/engine/infer.h"
#include "tests/python_oracle.h"

namespace jetline {
namespace {

ByteView npy_view(const std::string& s) {
  return ByteView(reinterpret_cast<const uint8_t*>(s.data()), s.size());
}

template <typename T>
NpyArray npy_array(DType type, std::vector<int64_t> shape, const std::vector<T>& values) {
  NpyArray a{type, std::move(shape), {}};
  a.data.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(a.data.data(), values.data(), a.data.size());
  return a;
}
NpyView npy_as_view(const NpyArray& a, const std::string& name = "a") {
  return {name, a.dtype, a.shape, ByteView(a.data)};
}

// A header around `dict` with `data` behind it, version 1.0.
std::string npy_file(const std::string& dict, const std::string& data) {
  std::string s("\x93NUMPY\x01\x00", 8);
  s += static_cast<char>(dict.size() & 255);
  s += static_cast<char>(dict.size() >> 8);
  return s + dict + data;
}

TEST(Npy, EveryTypeComesBack) {
  for (DType t :
       {DType::kBool, DType::kI8, DType::kU8, DType::kI16, DType::kU16, DType::kI32, DType::kU32, DType::kI64,
        DType::kU64, DType::kF16, DType::kF32, DType::kF64, DType::kC64, DType::kC128}) {
    NpyArray a{t, {2, 3}, {}};
    for (int64_t i = 0; i < dtype_bytes(t, 6); ++i)
      a.data.push_back(static_cast<uint8_t>(t == DType::kBool ? i % 2 : i));
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, npy_bytes(npy_as_view(a)));
    JETLINE_ASSERT_OK_AND_ASSIGN(const NpyArray b, parse_npy(npy_view(bytes), "t"));
    EXPECT_EQ(b.dtype, t);
    EXPECT_EQ(b.shape, a.shape);
    EXPECT_EQ(b.data, a.data);
    EXPECT_EQ((bytes.size() - a.data.size()) % 64, 0u);
  }
}

TEST(Npy, ScalarsAndEmptyArrays) {
  const auto scalar = npy_array<float>(DType::kF32, {}, {1.5f});
  const auto empty = npy_array<float>(DType::kF32, {0, 7}, {});
  for (const NpyArray& a : {scalar, empty}) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, npy_bytes(npy_as_view(a)));
    JETLINE_ASSERT_OK_AND_ASSIGN(const NpyArray b, parse_npy(npy_view(bytes), "t"));
    EXPECT_EQ(b.shape, a.shape);
    EXPECT_EQ(b.data, a.data);
  }
  // A zero among huge dimensions is an empty array, not an overflow.
  const auto a = parse_npy(
      npy_view(npy_file(
          "{'descr': '<f8', 'fortran_order': True, 'shape': (4611686018427387904, 0, 4611686018427387904), }",
          "")),
      "t");
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(a->elements(), 0);
}

TEST(Npy, FortranOrderIsBroughtToRows) {
  // shape (2,3), columns first: 1 4 | 2 5 | 3 6
  const std::string data("\1\4\2\5\3\6", 6);
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const NpyArray a,
      parse_npy(npy_view(npy_file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", data)), "t"));
  EXPECT_EQ(a.data, (std::vector<uint8_t>{1, 2, 3, 4, 5, 6}));
}

TEST(Npy, BigEndianIsSwapped) {
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const NpyArray a, parse_npy(npy_view(npy_file("{'descr': '>i2', 'fortran_order': False, 'shape': (2,)}",
                                                    std::string("\1\2\3\4", 4))),
                                  "t"));
  EXPECT_EQ(a.data, (std::vector<uint8_t>{2, 1, 4, 3}));
}

TEST(Npy, SaysWhatIsWrong) {
  const auto id = [](const std::string& dict, const std::string& data = "") {
    return parse_npy(npy_view(npy_file(dict, data)), "t").status().id();
  };
  EXPECT_EQ(parse_npy(npy_view("hello world"), "t").status().id(), "npy.syntax");
  EXPECT_EQ(parse_npy(npy_view(""), "t").status().id(), "npy.syntax");
  EXPECT_EQ(id("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}"), "npy.unsupported-type");
  EXPECT_EQ(id("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}"), "npy.unsupported-type");
  EXPECT_EQ(id("{'descr': '<U3', 'fortran_order': False, 'shape': (1,)}"), "npy.unsupported-type");
  EXPECT_EQ(id("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "1234567"), "npy.truncated");
  EXPECT_EQ(id("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999)}"),
            "npy.too-large");
  EXPECT_EQ(id("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"), "npy.syntax");
  EXPECT_EQ(id("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}"), "npy.syntax");
  EXPECT_EQ(id("{'descr': '<f4', 'fortran_order': maybe, 'shape': (1,)}"), "npy.syntax");
  EXPECT_EQ(id("{'descr': '<f4', 'shape': (1,)}", "1234"), "npy.syntax");
  EXPECT_EQ(id("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "1234"),
            "npy.syntax");
  EXPECT_EQ(npy_bytes({"a", DType::kBF16, {1}, npy_view("12")}).status().id(), "npy.unsupported-type");
}

TEST(Npy, EveryTruncationIsNamed) {
  const auto a = npy_array<int64_t>(DType::kI64, {3}, {1, 2, 3});
  JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, npy_bytes(npy_as_view(a)));
  for (size_t n = 0; n < bytes.size(); ++n) {
    const auto r = parse_npy(ByteView(reinterpret_cast<const uint8_t*>(bytes.data()), n), "t");
    ASSERT_FALSE(r.ok()) << n;
    EXPECT_EQ(r.status().id(), n < 6 ? "npy.syntax" : "npy.truncated") << n;
  }
}

TEST(Npz, ComesBackAndIsDeterministic) {
  TemporaryDirectory dir;
  const auto a = npy_array<float>(DType::kF32, {2, 2}, {1, 2, 3, 4});
  const auto b = npy_array<int64_t>(DType::kI64, {}, {-5});
  const std::vector<NpyView> views = {npy_as_view(a, "images"), npy_as_view(b, "näme/with space")};
  JETLINE_ASSERT_OK(save_npz(views, dir.file("x.npz")));
  JETLINE_ASSERT_OK(save_npz(views, dir.file("y.npz")));
  EXPECT_EQ(read_file(dir.file("x.npz")).value(), read_file(dir.file("y.npz")).value());
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto back, load_npz(dir.file("x.npz")));
  ASSERT_EQ(back.size(), 2u);
  EXPECT_EQ(back[0].name, "images");
  EXPECT_EQ(back[0].array.data, a.data);
  EXPECT_EQ(back[1].name, "näme/with space");
  EXPECT_EQ(back[1].array.data, b.data);
}

TEST(Npz, EveryTruncationAndBitFlipIsHandled) {
  TemporaryDirectory dir;
  const auto a = npy_array<uint8_t>(DType::kU8, {5}, {1, 2, 3, 4, 5});
  JETLINE_ASSERT_OK(save_npz({npy_as_view(a)}, dir.file("x.npz")));
  const std::string bytes = read_file(dir.file("x.npz")).value();
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(parse_npz(npy_view(bytes.substr(0, n)), "t").ok()) << n;
  }
  // The values are guarded by the checksum.
  std::string damaged = bytes;
  damaged[30 + 5 + 20 + 128 + 2] = static_cast<char>(damaged[30 + 5 + 20 + 128 + 2] ^ 1);
  EXPECT_EQ(parse_npz(npy_view(damaged), "t").status().id(), "npz.bad-crc");
}

TEST(Npz, LimitsHoldForTheSumOfMembers) {
  TemporaryDirectory dir;
  const auto a = npy_array<uint8_t>(DType::kU8, {400}, std::vector<uint8_t>(400));
  JETLINE_ASSERT_OK(
      save_npz({npy_as_view(a, "a"), npy_as_view(a, "b"), npy_as_view(a, "c")}, dir.file("x.npz")));
  NpyLimits limits;
  limits.max_bytes = 1000;
  EXPECT_EQ(load_npz(dir.file("x.npz"), limits).status().id(), "npy.too-large");
  limits.max_bytes = 1200;
  EXPECT_TRUE(load_npz(dir.file("x.npz"), limits).ok());
  limits.max_members = 2;
  EXPECT_EQ(load_npz(dir.file("x.npz"), limits).status().id(), "npy.too-large");
}

TEST(Npz, NoPartOfAFileOnAFullDisk) {
  TemporaryDirectory dir;
  FaultyFileSystem fs;
  const auto a = npy_array<uint8_t>(DType::kU8, {400}, std::vector<uint8_t>(400));
  for (int64_t room : {0, 100, 300, 700}) {
    fs.bytes_left = room;
    EXPECT_EQ(save_npz({npy_as_view(a)}, dir.file("x.npz"), fs).id(), "file.disk-full");
    EXPECT_TRUE(list_directory(dir.path()).value().empty());
  }
  EXPECT_EQ(save_npz({npy_as_view(a, "a"), npy_as_view(a, "a")}, dir.file("x.npz")).id(), "npz.duplicate");
  EXPECT_TRUE(list_directory(dir.path()).value().empty());
}

TEST(Npy, WidensWhatNumpyCannotName) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const NpyArray f,
                               to_numpy(npy_array<uint16_t>(DType::kBF16, {2}, {0x3f80, 0xc000})));
  EXPECT_EQ(f.dtype, DType::kF32);
  float values[2];
  std::memcpy(values, f.data.data(), 8);
  EXPECT_EQ(values[0], 1.f);
  EXPECT_EQ(values[1], -2.f);
  JETLINE_ASSERT_OK_AND_ASSIGN(const NpyArray i, to_numpy(npy_array<uint8_t>(DType::kI4, {3}, {0x8f, 0x07})));
  EXPECT_EQ(i.dtype, DType::kI8);
  EXPECT_EQ(i.data, (std::vector<uint8_t>{0xff, 0xf8, 7}));
  EXPECT_EQ(to_numpy(npy_array<uint8_t>(DType::kF8E5M2, {1}, {0})).status().id(), "npy.unsupported-type");
}

TEST(TensorNumbers, HalfPrecisionAsDefinedByIeee754) {
  const std::vector<uint16_t> bits = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x7e00};
  const NpyArray a = npy_array<uint16_t>(DType::kF16, {7}, bits);
  TensorView v;
  v.data = const_cast<uint8_t*>(a.data.data());
  v.dtype = a.dtype;
  v.shape = a.shape;
  std::vector<double> d;
  ASSERT_TRUE(tensor_to_doubles(v, d));
  EXPECT_EQ(d[0], 1);
  EXPECT_EQ(d[1], -2);
  EXPECT_EQ(d[2], 65504);
  EXPECT_EQ(d[3], std::ldexp(1, -24));
  EXPECT_TRUE(d[4] == 0 && std::signbit(d[4]));
  EXPECT_TRUE(std::isinf(d[5]));
  EXPECT_TRUE(std::isnan(d[6]));
  EXPECT_EQ(summarize(v, "x").not_finite, 2);
  EXPECT_EQ(summarize(v, "x").max, 65504);
}

// NumPy writes, we read: every type in both byte orders and both memory orders, stored and compressed.
TEST(NpyOracle, ReadsWhatNumpyWrites) {
  JETLINE_REQUIRE_ORACLE();
  TemporaryDirectory dir;
  testing::run_oracle(R"(
import numpy as np, sys
rng = np.random.default_rng(5)
arrays = {}
for t in '?bBhHiIqQefdFD':
    base = rng.integers(0, 100, (2, 3, 4))
    a = base.astype(t)
    for order in '<>':
        for layout in 'CF':
            arrays[f'{ord(t)}_{ord(order)}_{layout}'] = np.array(a.astype(np.dtype(t).newbyteorder(order)), order=layout)
    arrays[f'plain_{ord(t)}'] = np.ascontiguousarray(a)
np.savez(sys.argv[1] + '/s.npz', **arrays)
np.savez_compressed(sys.argv[1] + '/c.npz', **arrays)
np.lib.format.write_array(open(sys.argv[1] + '/v3.npy', 'wb'), np.arange(6).reshape(2, 3), version=(3, 0))
)",
                      {dir.path()});
  for (const char* name : {"s.npz", "c.npz"}) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto arrays, load_npz(dir.file(name)));
    ASSERT_EQ(arrays.size(), 14u * 5);
    std::map<std::string, const NpyArray*> by_name;
    for (const NamedArray& a : arrays) by_name[a.name] = &a.array;
    for (const auto& [key, a] : by_name) {
      const std::string type =
          key.substr(key.find('_') == 5 ? 6 : 0, key.find('_') == 5 ? std::string::npos : key.find('_'));
      EXPECT_EQ(a->shape, (std::vector<int64_t>{2, 3, 4}));
      EXPECT_EQ(a->data, by_name.at("plain_" + type)->data) << key;
    }
  }
  JETLINE_ASSERT_OK_AND_ASSIGN(const NpyArray v3, load_npy(dir.file("v3.npy")));
  EXPECT_EQ(v3.data[8 * 5], 5);
}

TEST(NpyOracle, NumpyReadsWhatWeWrite) {
  JETLINE_REQUIRE_ORACLE();
  TemporaryDirectory dir;
  const auto a = npy_array<float>(DType::kF32, {2, 3}, {1, 2, 3, 4, 5, 6});
  const auto b = npy_array<uint16_t>(DType::kF16, {1}, {0x3e00});
  const auto c = npy_array<uint8_t>(DType::kBool, {}, {1});
  const auto d = npy_array<double>(DType::kF64, {0, 2}, {});
  JETLINE_ASSERT_OK(
      save_npz({npy_as_view(a, "a"), npy_as_view(b, "b"), npy_as_view(c, "c"), npy_as_view(d, "d")},
               dir.file("x.npz")));
  JETLINE_ASSERT_OK(save_npy(npy_as_view(a), dir.file("a.npy")));
  EXPECT_EQ(testing::run_oracle(R"(
import numpy as np, sys
z = np.load(sys.argv[1] + '/x.npz')
for k in sorted(z): print(k, z[k].dtype, z[k].shape, z[k].tolist())
print(np.load(sys.argv[1] + '/a.npy').sum())
)",
                                {dir.path()}),
            "a float32 (2, 3) [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]\nb float16 (1,) [1.5]\nc bool () True\n"
            "d float64 (0, 2) []\n21.0\n");
}

}  // namespace
}  // namespace jetline
