#include "jetline/observe/property.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace jetline {
namespace {

TEST(Property, TellsChangesOnly) {
  Property<int> p(1);
  std::vector<int> seen;
  auto c = p.observe([&](const int& v) { seen.push_back(v); });
  p.set(1);
  p.set(2);
  p.set(2);
  p.set(3);
  EXPECT_EQ(seen, (std::vector<int>{2, 3}));
}

TEST(Property, ConnectionEndsWithItsScope) {
  Property<int> p;
  int calls = 0;
  {
    auto c = p.observe([&](const int&) { ++calls; });
    p.set(1);
    EXPECT_EQ(p.observers(), 1u);
  }
  p.set(2);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(p.observers(), 0u);
}

TEST(Property, AssigningAConnectionReplacesTheOldOne) {
  Property<int> p;
  int first = 0, second = 0;
  Connection c = p.observe([&](const int&) { ++first; });
  c = p.observe([&](const int&) { ++second; });
  p.set(1);
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

TEST(Property, ConnectionMayOutliveTheProperty) {
  Connection c;
  {
    Property<int> p;
    c = p.observe([](const int&) {});
  }
  c.disconnect();
  EXPECT_FALSE(c.connected());
}

TEST(Property, ACallbackThatSetsLeavesNobodyWithAnOldValue) {
  Property<int> p, copy;
  auto limit = p.observe([&](const int& v) {
    if (v > 10) p.set(10);
  });
  std::vector<int> seen;
  auto later = p.observe([&](const int& v) { seen.push_back(v); });
  auto linked = link(p, copy);
  p.set(20);
  EXPECT_EQ(p.get(), 10);
  EXPECT_EQ(seen, std::vector<int>{10});
  EXPECT_EQ(copy.get(), 10);
}

TEST(Property, ThrowingCallbackHurtsNobodyElse) {
  Property<int> p;
  int reached = 0;
  auto a = p.observe([](const int&) { throw std::runtime_error("x"); });
  auto b = p.observe([&](const int& v) { reached = v; });
  p.set(5);
  EXPECT_EQ(reached, 5);
  EXPECT_EQ(p.failures(), 1);
}

TEST(Property, CallbackMayDisconnectItself) {
  Property<int> p;
  int calls = 0;
  Connection c;
  c = p.observe([&](const int&) {
    ++calls;
    c.disconnect();
  });
  p.set(1);
  p.set(2);
  EXPECT_EQ(calls, 1);
}

TEST(Property, LinksCopyBothWaysAndEnd) {
  Property<double> a(2), b(0);
  {
    auto there = link(a, b);
    auto back = link(b, a);
    EXPECT_EQ(b.get(), 2);
    b.set(7);
    EXPECT_EQ(a.get(), 7);
    a.set(9);
    EXPECT_EQ(b.get(), 9);
  }
  a.set(1);
  EXPECT_EQ(b.get(), 9);
}

TEST(Property, LinkTransforms) {
  Property<int> metres(3);
  Property<double> millimetres;
  auto c = link(metres, millimetres, [](int m) { return m * 1000.0; });
  EXPECT_EQ(millimetres.get(), 3000);
}

TEST(Property, NoCallAfterDisconnectReturned) {
  // A thread sets as fast as it can; the owner of the callback's memory disconnects and frees it.
  // ThreadSanitizer and the flag both see a call that comes too late.
  Property<int> p;
  std::atomic<bool> stop{false}, late{false};
  std::thread setter([&] {
    for (int i = 1; !stop; ++i) p.set(i);
  });
  for (int round = 0; round < 200; ++round) {
    auto alive = std::make_unique<std::atomic<bool>>(true);
    std::atomic<bool>* flag = alive.get();
    auto c = p.observe([flag, &late](const int&) {
      if (!flag->load()) late = true;
    });
    c.disconnect();
    flag->store(false);
    alive.reset();
  }
  stop = true;
  setter.join();
  EXPECT_FALSE(late);
}

}  // namespace
}  // namespace jetline
