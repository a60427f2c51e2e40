// Tests of the small pieces of base: values, text, numbers, hashes, time.
#include <thread>

#include "jetline/base/clock.h"
#include "jetline/base/dtype.h"
#include "jetline/base/hash.h"
#include "jetline/base/log.h"
#include "jetline/base/module.h"
#include "jetline/base/random.h"
#include "jetline/base/strings.h"
#include "jetline/base/testing.h"

namespace jetline {
namespace {

Result<int> half_of(int x) {
  if (x % 2) return Status::bad_input("test.odd", "odd number", "give an even one");
  return x / 2;
}
Result<int> quarter_of(int x) {
  JETLINE_ASSIGN_OR_RETURN(const int h, half_of(x));
  return half_of(h);
}

TEST(BaseStatus, CarriesIdKindHintAndExitCode) {
  EXPECT_TRUE(Status().ok());
  EXPECT_EQ(Status().exit_code(), 0);
  const Status s = half_of(3).status();
  EXPECT_EQ(s.id(), "test.odd");
  EXPECT_EQ(s.exit_code(), 3);
  EXPECT_EQ(s.to_string(), "test.odd: odd number; give an even one");
  EXPECT_EQ(s.at("file:7").where(), "file:7");
  EXPECT_EQ(s.at("a").at("b").where(), "a") << "the first place known wins";
  EXPECT_EQ(Status::cancelled().exit_code(), 130);
}

TEST(BaseStatus, MacrosPassValuesAndErrors) {
  EXPECT_EQ(quarter_of(12).value(), 3);
  EXPECT_EQ(quarter_of(6).status().id(), "test.odd");
  EXPECT_EQ(half_of(5).value_or(-1), -1);
}

TEST(BaseStrings, SplitTrimJoin) {
  EXPECT_EQ(split("a,,b", ',').size(), 3u);
  EXPECT_EQ(trim(" \t x y\r\n"), "x y");
  EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
  EXPECT_TRUE(starts_with("jetline", "jet") && ends_with("jetline", "line"));
}

TEST(BaseStrings, NumbersAreWholeAndLocaleFree) {
  int64_t i = 0;
  double d = 0;
  EXPECT_TRUE(parse_int(" +42 ", i));
  EXPECT_EQ(i, 42);
  EXPECT_FALSE(parse_int("42x", i));
  EXPECT_FALSE(parse_int("", i));
  EXPECT_FALSE(parse_int("99999999999999999999", i));
  EXPECT_TRUE(parse_double("-1.5e3", d));
  EXPECT_EQ(d, -1500);
  EXPECT_FALSE(parse_double("1,5", d));
  EXPECT_FALSE(parse_double(" ", d));
}

TEST(BaseStrings, NearestWordKnowsWhenNothingIsNear) {
  EXPECT_EQ(nearest_word("detct", {"detect", "data"}), "detect");
  EXPECT_EQ(nearest_word("zzzzzz", {"detect", "data"}), "");
}

TEST(BaseStrings, HumanNumbers) {
  EXPECT_EQ(human_count(0), "0");
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(1234567), "1.23 M");
  EXPECT_EQ(human_bytes(4 * 1024 * 1024), "4.00 MiB");
}

TEST(BaseStrings, Utf8RefusesOverlongSurrogateAndCutSequences) {
  EXPECT_TRUE(is_valid_utf8("Dose \xc3\xa4 \xe2\x82\xac \xf0\x9f\xa5\xab"));
  EXPECT_FALSE(is_valid_utf8("\xc0\x80"));          // overlong NUL
  EXPECT_FALSE(is_valid_utf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(is_valid_utf8("\xe2\x82"));          // cut
  EXPECT_FALSE(is_valid_utf8("\xf4\x90\x80\x80"));  // beyond U+10FFFF
  EXPECT_FALSE(is_valid_utf8("\x80"));
}

TEST(BaseStrings, HtmlEscapeLeavesNoMarkup) { EXPECT_EQ(html_escape("<a b=\"'&"), "&lt;a b=&quot;&#39;&amp;"); }

TEST(BaseRandom, IsTheSameEverywhere) {
  // Reference values of xoshiro256** seeded by splitmix64(42), computed independently in Python.
  Random r(42);
  EXPECT_EQ(r.next(), 1546998764402558742ull);
  EXPECT_EQ(r.next(), 6990951692964543102ull);
  EXPECT_EQ(r.next(), 12544586762248559009ull);
}

TEST(BaseRandom, MomentsAndRanges) {
  Random r(1);
  double sum = 0, squares = 0;
  for (int i = 0; i < 20000; ++i) {
    const double x = r.normal();
    sum += x;
    squares += x * x;
    const int64_t k = r.integer(-2, 3);
    ASSERT_TRUE(k >= -2 && k <= 3);
    const double u = r.uniform();
    ASSERT_TRUE(u >= 0 && u < 1);
  }
  EXPECT_NEAR(sum / 20000, 0, 0.03);
  EXPECT_NEAR(squares / 20000, 1, 0.05);
}

TEST(BaseRandom, StateRestoresTheSequenceWithItsCachedNormal) {
  Random a(7);
  a.normal();
  Random b(0);
  b.set_state(a.state());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(a.normal(), b.normal());
}

TEST(BaseRandom, ForksDifferAndDoNotAdvance) {
  const Random a(7);
  EXPECT_NE(a.fork(1).next(), a.fork(2).next());
  EXPECT_EQ(a.fork(1).next(), a.fork(1).next());
}

TEST(BaseHash, KnownVectors) {
  // FIPS 180-2 appendix B.1 and RFC 3720 appendix B.4.
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::vector<uint8_t> zeros(32, 0);
  EXPECT_EQ(crc32c(zeros), 0x8a9136aau);
  EXPECT_EQ(crc32c(ByteView(zeros).subspan(10), crc32c(ByteView(zeros).subspan(0, 10))), 0x8a9136aau);
}

// The definition, a bit at a time.
uint32_t plain_crc32c(ByteView bytes, uint32_t seed) {
  uint32_t c = ~seed;
  for (uint8_t b : bytes) {
    c ^= b;
    for (int k = 0; k < 8; ++k) c = (c & 1) ? (c >> 1) ^ 0x82f63b78u : c >> 1;
  }
  return ~c;
}

TEST(BaseHash, Crc32cOfEveryLengthIsTheDefinition) {
  Random random(3);
  std::vector<uint8_t> bytes(30000);
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(random.next());
  for (size_t n = 0; n < 70; ++n) {
    for (size_t from = 0; from < 9; ++from) {
      const ByteView part = ByteView(bytes).subspan(from, n);
      EXPECT_EQ(crc32c(part, 7), plain_crc32c(part, 7)) << from << " " << n;
    }
  }
  for (size_t n : {size_t{12287}, size_t{12288}, size_t{12289}, size_t{24576}, size_t{29999}}) {
    EXPECT_EQ(crc32c(ByteView(bytes).subspan(1, n)), plain_crc32c(ByteView(bytes).subspan(1, n), 0)) << n;
  }
}

TEST(BaseClock, FakeTimeWakesSleepersOnlyWhenItPassesThem) {
  FakeClock clock;
  std::atomic<bool> woke{false};
  std::thread t([&] {
    clock.sleep_until(100);
    woke = true;
  });
  while (clock.sleepers() == 0) std::this_thread::yield();
  clock.advance(99);
  EXPECT_FALSE(woke);
  clock.advance(1);
  t.join();
  EXPECT_TRUE(woke);
  EXPECT_EQ(clock.now(), 100);
}

TEST(BaseClock, RealTimeMovesForward) {
  const Nanos a = real_clock().now();
  real_clock().sleep_for(kMillisecond);
  EXPECT_GE(real_clock().now() - a, kMillisecond);
}

TEST(BaseDType, NamesRoundTrip) {
  for (int i = 1; i <= 26; ++i) {
    const DType t = static_cast<DType>(i);
    EXPECT_EQ(dtype_from_name(dtype_name(t)), t);
  }
  EXPECT_EQ(dtype_bytes(DType::kI4, 3), 2);
  EXPECT_EQ(dtype_name(static_cast<DType>(99)), "undefined");
  EXPECT_EQ(dtype_from_name("float32"), DType::kF32);
}

TEST(BaseModule, AMissingModuleSaysWhatToDo) {
  const auto r = module_symbol("no_such_thing", "f");
  EXPECT_EQ(r.status().id(), "module.not-installed");
  EXPECT_EQ(r.status().exit_code(), 4);
}

TEST(BaseModule, AFileThatIsNoLibraryIsReported) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("libjetline_broken.so"), "not an ELF file"));
  const auto before = module_directories();
  set_module_directories({dir.path()});
  EXPECT_EQ(module_symbol("broken", "f").status().id(), "module.load-failed");
  set_module_directories(before);
}

TEST(BaseLog, GoesToTheSinkOrNowhere) {
  std::string got;
  set_log_sink([&](LogLevel, std::string_view room, std::string_view m) { got = std::string(room) + ":" + std::string(m); });
  log(LogLevel::kInfo, "base", "hello");
  EXPECT_EQ(got, "base:hello");
  set_log_sink(nullptr);
  log(LogLevel::kInfo, "base", "dropped");
  EXPECT_EQ(got, "base:hello");
}

}  // namespace
}  // namespace jetline
