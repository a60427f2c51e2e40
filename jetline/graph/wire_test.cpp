#include "jetline/graph/wire.h"

#include <algorithm>

#include "jetline/base/testing.h"

namespace jetline {
namespace {

ByteView wire_view(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

TEST(Wire, WritesTheBytesOfTheSpecification) {
  // Examples of the encoding guide: field 1 = 150 is 08 96 01; field 2 = "testing" is 12 07 …; -2 takes ten
  // bytes.
  wire::Writer w;
  w.varint(1, 150);
  w.text(2, "testing");
  w.int64(3, -2);
  w.float32(4, 1.0f);
  EXPECT_EQ(
      w.str(),
      std::string("\x08\x96\x01\x12\x07testing\x18\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x25\0\0\x80\x3f",
                  28));
}

TEST(Wire, ReadsBackWhatItWrote) {
  wire::Writer inner;
  inner.text(1, "abc");
  wire::Writer w;
  w.int64(1, INT64_MIN);
  const std::string large(1000, 'x');
  w.bytes_view(2, wire_view(large));
  w.message(3, std::move(inner));
  w.fixed32(536870911, 7);  // the largest field number
  const std::string bytes = w.str();
  EXPECT_EQ(bytes.size(), w.size());
  wire::Reader r(wire_view(bytes));
  wire::Field f;
  ASSERT_TRUE(r.next(f));
  EXPECT_EQ(f.int64(), INT64_MIN);
  ASSERT_TRUE(r.next(f));
  EXPECT_EQ(f.text(), large);
  EXPECT_GE(f.bytes.data(), wire_view(bytes).data());  // a view, not a copy
  EXPECT_LT(f.bytes.data(), wire_view(bytes).data() + bytes.size());
  ASSERT_TRUE(r.next(f));
  wire::Reader nested(f.bytes);
  wire::Field g;
  ASSERT_TRUE(nested.next(g));
  EXPECT_EQ(g.text(), "abc");
  ASSERT_TRUE(r.next(f));
  EXPECT_EQ(f.number, 536870911u);
  EXPECT_EQ(f.value, 7u);
  EXPECT_FALSE(r.next(f));
  EXPECT_EQ(r.error(), wire::Error::kNone);
}

TEST(Wire, EveryTruncationIsSeen) {
  wire::Writer w;
  w.text(1, "hello");
  w.fixed32(2, 5);
  w.varint(3, 1u << 30);
  const std::string bytes = w.str();
  const std::vector<size_t> boundaries = {0, 7, 12, bytes.size()};
  for (size_t n = 0; n <= bytes.size(); ++n) {
    const std::string cut = bytes.substr(0, n);
    wire::Reader r(wire_view(cut));
    wire::Field f;
    while (r.next(f)) {
    }
    const bool whole = std::find(boundaries.begin(), boundaries.end(), n) != boundaries.end();
    EXPECT_EQ(r.error(), whole ? wire::Error::kNone : wire::Error::kTruncated) << n;
  }
}

TEST(Wire, RefusesWhatIsNoEncoding) {
  for (const std::string& bad : {
           std::string("\x00\x01", 2),  // field number 0
           std::string("\x0e\x01", 2),  // wire type 6
           std::string("\x0c", 1),      // end of a group that never began
           std::string("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12),  // varint of 11 bytes
           std::string("\x0b\x14", 2),                                           // group 1 closed as group 2
           std::string(200, '\x0b'),                                             // groups nested too deeply
       }) {
    wire::Reader r(wire_view(bad));
    wire::Field f;
    while (r.next(f)) {
    }
    EXPECT_EQ(r.error(), wire::Error::kMalformed) << bad.size();
  }
}

TEST(Wire, SkipsGroupsWhole) {
  const std::string bytes("\x0b\x08\x01\x13\x14\x0c\x10\x05", 8);  // group 1 { 1: 1, group 2 {} }, 2: 5
  wire::Reader r(wire_view(bytes));
  wire::Field f;
  ASSERT_TRUE(r.next(f));
  EXPECT_EQ(f.type, wire::Type::kGroup);
  EXPECT_EQ(f.raw.size(), 6u);
  ASSERT_TRUE(r.next(f));
  EXPECT_EQ(f.value, 5u);
}

TEST(Wire, RepeatedNumbersPackedAndNot) {
  const std::string bytes("\x0a\x04\x01\x96\x01\x05\x08\x07\x15\0\0\x80\x3f\x12\x04\0\0\0\x40", 19);
  wire::Reader r(wire_view(bytes));
  wire::Field f;
  std::vector<int64_t> ints;
  std::vector<float> floats;
  while (r.next(f)) EXPECT_TRUE(f.number == 1 ? append_int64s(f, ints) : append_floats(f, floats));
  EXPECT_EQ(ints, (std::vector<int64_t>{1, 150, 5, 7}));
  EXPECT_EQ(floats, (std::vector<float>{1, 2}));
  wire::Field broken;
  broken.type = wire::Type::kBytes;
  const std::string half = "\x96";
  broken.bytes = wire_view(half);
  EXPECT_FALSE(append_int64s(broken, ints));
  EXPECT_FALSE(append_floats(broken, floats));
}

}  // namespace
}  // namespace jetline
