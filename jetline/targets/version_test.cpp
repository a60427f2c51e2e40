#include "jetline/targets/version.h"

#include "jetline/base/testing.h"

namespace jetline::targets {
namespace {

Version version_of(const char* text) {
  return parse_version(text).value_or(Version());
}

TEST(TargetsVersion, TakesOneToFourNumbers) {
  EXPECT_EQ(version_of("11").to_string(), "11");
  EXPECT_EQ(version_of("8.2.1.8").to_string(), "8.2.1.8");
  EXPECT_EQ(version_of(" 10.16 ").part[1], 16);
  for (const char* bad :
       {"", ".", "8.", ".8", "8..2", "8.2.1.8.1", "v8", "8,2", "-1", "8.2 EA", "99999999999"}) {
    const auto v = parse_version(bad);
    ASSERT_FALSE(v.ok()) << bad;
    EXPECT_EQ(v.status().id(), "targets.bad-version");
  }
}

TEST(TargetsVersion, MissingPartsCountAsZero) {
  EXPECT_EQ(compare(version_of("8.2"), version_of("8.2.0.0")), 0);
  EXPECT_LT(compare(version_of("8.2"), version_of("8.2.1")), 0);
  EXPECT_GT(compare(version_of("10.3"), version_of("9.3")), 0);  // numbers, not text
  EXPECT_TRUE(version_of("4.6.1") < version_of("4.6.10"));
}

TEST(TargetsVersion, ARangeEndsWithItsOwnDigits) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const VersionRange range, parse_range("7.1..9.3"));
  EXPECT_TRUE(range.holds(version_of("7.1")));
  EXPECT_TRUE(range.holds(version_of("9.3.0.1")));
  EXPECT_FALSE(range.holds(version_of("9.4")));
  EXPECT_FALSE(range.holds(version_of("7.0.9")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const VersionRange one, parse_range("8.2"));
  EXPECT_TRUE(one.holds(version_of("8.2.1.8")));
  EXPECT_FALSE(one.holds(version_of("8.20")));
  EXPECT_EQ(one.to_string(), "8.2");
}

TEST(TargetsVersion, RangesMayBeOpen) {
  JETLINE_ASSERT_OK_AND_ASSIGN(const VersionRange up, parse_range("8.5.."));
  EXPECT_TRUE(up.holds(version_of("11.1")));
  EXPECT_FALSE(up.holds(version_of("8.4.3")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const VersionRange down, parse_range("..8.4"));
  EXPECT_TRUE(down.holds(version_of("8.4.1.5")));
  EXPECT_FALSE(down.holds(version_of("8.5")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const VersionRange all, parse_range(".."));
  EXPECT_TRUE(all.holds(version_of("1")));
  EXPECT_EQ(up.to_string(), "8.5..");
  EXPECT_EQ(parse_range("9..8").status().id(), "targets.bad-range");
  EXPECT_EQ(parse_range("8-9").status().id(), "targets.bad-version");
  EXPECT_FALSE(parse_range("").ok());
  EXPECT_FALSE(parse_range("8...9").ok());
}

}  // namespace
}  // namespace jetline::targets
