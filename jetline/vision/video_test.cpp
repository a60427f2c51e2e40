#include "jetline/vision/video.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include "jetline/base/module.h"
#include "jetline/base/strings.h"
#include "jetline/base/subprocess.h"
#include "jetline/base/testing.h"
#include "jetline/vision/draw.h"
#include "jetline/vision/image_test_util.h"

#define JETLINE_REQUIRE_MEDIA() \
  if (find_module("media").empty()) GTEST_SKIP() << "notice: libjetline_media.so was not built"

namespace jetline {
namespace {
using namespace jetline::testing;  // NOLINT: a test file

// Frame i is one colour whose red says i.
Image video_frame(int i, int w = 96, int h = 64) {
  Image image(w, h);
  fill_rectangle(image, {0, 0, float(w), float(h)}, {static_cast<uint8_t>(20 + 8 * i), 90, 160});
  return image;
}

Status video_make(const std::string& path, int frames, FileSystem& fs = real_file_system()) {
  JETLINE_ASSIGN_OR_RETURN(const std::unique_ptr<VideoWriter> writer,
                           VideoWriter::create(path, 96, 64, 25, fs));
  for (int i = 0; i < frames; ++i) JETLINE_RETURN_IF_ERROR(writer->write(video_frame(i)));
  return writer->finish();
}

TEST(Video, WritesMp4AndAviThatReadBackInRgb) {
  JETLINE_REQUIRE_MEDIA();
  const TemporaryDirectory dir;
  for (const char* name : {"a clip.mp4", "Käfer.avi"}) {
    JETLINE_ASSERT_OK(video_make(dir.file(name), 20));
    JETLINE_ASSERT_OK_AND_ASSIGN(auto source, FrameSource::open(dir.file(name)));
    const VideoInfo info = source->info();
    EXPECT_EQ(info.width, 96);
    EXPECT_EQ(info.height, 64);
    EXPECT_NEAR(info.fps, 25, 0.01);
    EXPECT_EQ(info.frames, 20);
    EXPECT_FALSE(info.live);
    Image frame;
    FrameInfo at;
    for (int i = 0; i < 20; ++i) {
      JETLINE_ASSERT_OK_AND_ASSIGN(const bool more, source->next(frame, &at));
      ASSERT_TRUE(more) << name << " " << i;
      EXPECT_EQ(at.index, i);
      EXPECT_NEAR(static_cast<double>(at.timestamp), i * 40e6, 1e6) << name;
      EXPECT_NEAR(frame.at(48, 32)[0], 20 + 8 * i, 6) << name << " " << i;
      EXPECT_NEAR(frame.at(48, 32)[2], 160, 8);
    }
    JETLINE_ASSERT_OK_AND_ASSIGN(const bool more, source->next(frame));
    EXPECT_FALSE(more);
  }
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto names, list_directory(dir.path()));
  EXPECT_EQ(names.size(), 2u);  // no temporary file stays behind
}

TEST(Video, FfprobeAgrees) {
  JETLINE_REQUIRE_MEDIA();
  if (!file_exists("/usr/bin/ffprobe")) GTEST_SKIP() << "notice: needs ffprobe (package ffmpeg)";
  const TemporaryDirectory dir;
  const char* cases[][2] = {{"a.mp4", "h264 mpeg4"}, {"a.avi", "mjpeg"}};
  for (const auto& c : cases) {
    JETLINE_ASSERT_OK(video_make(dir.file(c[0]), 12));
    ProcessSpec spec;
    spec.argv = {"/usr/bin/ffprobe",
                 "-v",
                 "error",
                 "-count_frames",
                 "-select_streams",
                 "v:0",
                 "-show_entries",
                 "stream=codec_name,width,height,nb_read_frames",
                 "-of",
                 "csv=p=0",
                 dir.file(c[0])};
    spec.timeout = 60 * kSecond;
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto r, real_process_runner().run(spec));
    EXPECT_EQ(r.exit_code, 0) << r.errors;
    EXPECT_EQ(trim(r.errors), "");
    const auto fields = split(trim(r.output), ',');
    ASSERT_EQ(fields.size(), 4u) << r.output;
    EXPECT_NE(std::string(c[1]).find(fields[0]), std::string::npos) << fields[0];
    EXPECT_EQ(fields[1] + "x" + fields[2] + " " + fields[3], "96x64 12");
  }
}

TEST(Video, NothingIsLeftWithoutFinish) {
  JETLINE_REQUIRE_MEDIA();
  const TemporaryDirectory dir;
  {
    JETLINE_ASSERT_OK_AND_ASSIGN(auto writer, VideoWriter::create(dir.file("a.mp4"), 96, 64, 30));
    JETLINE_ASSERT_OK(writer->write(video_frame(0)));
    EXPECT_EQ(writer->frames(), 1);
    EXPECT_FALSE(file_exists(dir.file("a.mp4")));
  }
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto names, list_directory(dir.path()));
  EXPECT_TRUE(names.empty());
}

TEST(Video, StoppedEarlyIsStillAWholeFile) {
  JETLINE_REQUIRE_MEDIA();
  const TemporaryDirectory dir;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto writer, VideoWriter::create(dir.file("a.mp4"), 97, 63, 30));  // odd sides
  CancelToken cancel;
  for (int i = 0; i < 100 && !cancel.cancelled(); ++i) {
    JETLINE_ASSERT_OK(writer->write(video_frame(i % 20, 97, 63)));
    if (i == 6) cancel.cancel();
  }
  JETLINE_ASSERT_OK(writer->finish());
  JETLINE_ASSERT_OK_AND_ASSIGN(auto source, FrameSource::open(dir.file("a.mp4")));
  EXPECT_EQ(source->info().frames, 7);
  EXPECT_EQ(source->info().width, 96);
  EXPECT_EQ(source->info().height, 62);
  EXPECT_FALSE(writer->finish().ok());
  EXPECT_FALSE(writer->write(video_frame(0, 97, 63)).ok());
}

TEST(Video, GreyAndBgrFramesAreTaken) {
  JETLINE_REQUIRE_MEDIA();
  const TemporaryDirectory dir;
  JETLINE_ASSERT_OK_AND_ASSIGN(auto writer, VideoWriter::create(dir.file("a.avi"), 96, 64, 10));
  Image bgr = video_frame(3), grey(96, 64, PixelFormat::kGray);
  ImageView swapped = bgr.view();
  swapped.format = PixelFormat::kBGR;
  std::fill(grey.data(), grey.data() + 96 * 64, static_cast<uint8_t>(200));
  JETLINE_ASSERT_OK(writer->write(swapped));
  JETLINE_ASSERT_OK(writer->write(grey));
  JETLINE_ASSERT_OK(writer->finish());
  JETLINE_ASSERT_OK_AND_ASSIGN(auto source, FrameSource::open(dir.file("a.avi")));
  Image frame;
  ASSERT_TRUE(source->next(frame).ok());
  EXPECT_NEAR(frame.at(40, 40)[0], 160, 8);
  EXPECT_NEAR(frame.at(40, 40)[2], 44, 8);
  ASSERT_TRUE(source->next(frame).ok());
  EXPECT_NEAR(frame.at(40, 40)[0], 200, 6);
}

TEST(Video, BadRequestsAndFolders) {
  JETLINE_REQUIRE_MEDIA();
  const TemporaryDirectory dir;
  EXPECT_EQ(VideoWriter::create(dir.file("a.gif"), 96, 64, 25).status().id(), "video.unknown-format");
  EXPECT_EQ(VideoWriter::create(dir.file("a.mp4"), 1, 64, 25).status().id(), "video.frame-size");
  EXPECT_EQ(VideoWriter::create(dir.file("a.mp4"), 96, 64, 0).status().id(), "video.frame-size");
  EXPECT_EQ(VideoWriter::create("/nowhere/a.mp4", 96, 64, 25).status().id(), "file.not-found");
  FaultyFileSystem locked;
  locked.read_only = true;
  EXPECT_EQ(VideoWriter::create(dir.file("a.mp4"), 96, 64, 25, locked).status().id(), "file.permission");
  JETLINE_ASSERT_OK_AND_ASSIGN(auto writer, VideoWriter::create(dir.file("a.mp4"), 96, 64, 25));
  EXPECT_EQ(writer->write(video_frame(0, 32, 32)).id(), "video.frame-size");
  EXPECT_EQ(writer->finish().id(), "video.write-failed");  // no frame
  writer.reset();
  FaultyFileSystem no_rename;
  no_rename.fail_rename = true;
  EXPECT_FALSE(video_make(dir.file("b.mp4"), 3, no_rename).ok());
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto names, list_directory(dir.path()));
  EXPECT_TRUE(names.empty());
}

// A file size limit stands in for a full disk: the encoder's writes fail, and it does not say so.
TEST(Video, FullDiskIsNoticed) {
  JETLINE_REQUIRE_MEDIA();
  const TemporaryDirectory dir;
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old = signal(SIGXFSZ, SIG_IGN);
  for (const char* name : {"a.mp4", "a.avi"}) {
    rlimit small = before;
    small.rlim_cur = 3000;
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    Status s;
    {
      auto writer = VideoWriter::create(dir.file(name), 320, 240, 25);
      EXPECT_TRUE(writer.ok());
      for (int i = 0; writer.ok() && i < 40; ++i)
        (void)writer.value()->write(random_image(320, 240, static_cast<uint64_t>(i)));
      if (writer.ok()) s = writer.value()->finish();
    }
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_EQ(s.id(), "video.write-failed") << name;
  }
  signal(SIGXFSZ, old);
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto names, list_directory(dir.path()));
  EXPECT_TRUE(names.empty());
}

TEST(Video, BadSourcesSayWhy) {
  JETLINE_REQUIRE_MEDIA();
  const TemporaryDirectory dir;
  EXPECT_EQ(FrameSource::open(dir.file("none.mp4")).status().id(), "file.not-found");
  EXPECT_EQ(FrameSource::open(dir.path()).status().id(), "file.not-a-file");
  JETLINE_ASSERT_OK(write_file(dir.file("text.mp4"), "this is no video"));
  const Status s = FrameSource::open(dir.file("text.mp4")).status();
  EXPECT_EQ(s.id(), "video.open-failed");
  EXPECT_EQ(s.exit_code(), 3);
  EXPECT_EQ(FrameSource::open("/dev/video987").status().id(), "video.no-camera");
  EXPECT_EQ(FrameSource::open("v4l2:987").status().exit_code(), 4);
  EXPECT_EQ(FrameSource::open("v4l2:front").status().exit_code(), 2);
}

TEST(Video, CutFilesEndInAnErrorOrClean) {
  JETLINE_REQUIRE_MEDIA();
  const TemporaryDirectory dir;
  for (const char* name : {"a.mp4", "a.avi"}) {
    JETLINE_ASSERT_OK(video_make(dir.file(name), 30));
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, read_file(dir.file(name)));
    for (size_t n = 0; n < bytes.size(); n += bytes.size() / 40 + 1) {
      const std::string cut = dir.file(std::string("cut") + name);
      JETLINE_ASSERT_OK(write_file(cut, bytes.substr(0, n)));
      auto source = FrameSource::open(cut);
      int frames = 0;
      Status end = source.status();
      Image frame;
      while (source.ok()) {
        auto more = source.value()->next(frame);
        end = more.status();
        if (!more.ok() || !more.value()) break;
        ASSERT_LT(++frames, 100);
      }
      if (n < bytes.size() / 2) {
        EXPECT_FALSE(end.ok()) << name << " cut at " << n << " gave " << frames << " frames";
      }
    }
  }
}

TEST(Video, NamesAreRecognised) {
  EXPECT_TRUE(is_camera_uri("/dev/video0"));
  EXPECT_TRUE(is_camera_uri("v4l2:12"));
  EXPECT_FALSE(is_camera_uri("/dev/video"));
  EXPECT_FALSE(is_camera_uri("/dev/videos.mp4"));
  EXPECT_FALSE(is_camera_uri("v4l2:front"));
  EXPECT_TRUE(has_video_extension("A Clip.MP4"));
  EXPECT_FALSE(has_video_extension("a.jpg"));
}

}  // namespace
}  // namespace jetline
