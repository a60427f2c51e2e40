#include "jetline/vision/fake_frame_source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "jetline/base/testing.h"

namespace jetline {
namespace {

FakeFrameSource fake_camera(Clock* clock, int64_t frames = 0) {
  VideoInfo info;
  info.width = 8;
  info.height = 4;
  info.fps = 50;
  info.frames = frames;
  info.live = clock != nullptr;
  info.description = "fake";
  return FakeFrameSource(
      info,
      [](int64_t i, Image& frame) { std::fill(frame.data(), frame.data() + 96, static_cast<uint8_t>(i)); },
      clock);
}

TEST(FakeFrames, CountsAndEnds) {
  FakeFrameSource camera = fake_camera(nullptr, 3);
  Image frame;
  FrameInfo info;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(camera.next(frame, &info).value_or(false));
    EXPECT_EQ(info.index, i);
    EXPECT_EQ(info.timestamp, i * 20 * kMillisecond);
    EXPECT_EQ(frame.data()[0], i);
  }
  EXPECT_FALSE(camera.next(frame).value_or(true));
}

TEST(FakeFrames, FreezesDropsAndDisconnects) {
  FakeFrameSource camera = fake_camera(nullptr);
  camera.faults.freeze_at = 3;
  camera.faults.drop_every = 4;
  camera.faults.disconnect_at = 8;
  Image frame;
  FrameInfo info;
  std::vector<int64_t> numbers;
  std::vector<int> pixels;
  Status end;
  while (true) {
    auto more = camera.next(frame, &info);
    end = more.status();
    if (!more.ok()) break;
    numbers.push_back(info.index);
    pixels.push_back(frame.data()[0]);
  }
  EXPECT_EQ(numbers, (std::vector<int64_t>{0, 1, 2, 4, 5, 6}));
  EXPECT_EQ(pixels, (std::vector<int>{0, 1, 2, 2, 2, 2}));
  EXPECT_EQ(end.id(), "video.read-failed");
  EXPECT_EQ(camera.next(frame).status().id(), "video.read-failed");  // it stays away
}

TEST(FakeFrames, IsPacedByTheClockAndStalls) {
  FakeClock clock(1000 * kSecond);
  FakeFrameSource camera = fake_camera(&clock);
  camera.faults.stall_at = 2;
  camera.faults.stall_for = 300 * kMillisecond;
  camera.faults.late_by = 5 * kMillisecond;
  std::vector<Nanos> times;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    Image frame;
    FrameInfo info;
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(camera.next(frame, &info).value_or(false));
      times.push_back(info.timestamp - 1000 * kSecond + camera.faults.late_by);
    }
    done = true;
  });
  while (!done) {
    if (clock.sleepers() > 0) clock.advance(kMillisecond);
    std::this_thread::yield();
  }
  reader.join();
  ASSERT_EQ(times.size(), 4u);
  EXPECT_EQ(times[0], 0);
  EXPECT_GE(times[1], 20 * kMillisecond);
  EXPECT_GE(times[2], 340 * kMillisecond);
  EXPECT_GE(times[3], 360 * kMillisecond);
}

}  // namespace
}  // namespace jetline
