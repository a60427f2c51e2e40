#include "jetline/train/train.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>

#include "jetline/base/module.h"
#include "jetline/train/checkpoint.h"
#include "jetline/train/curve_svg.h"
#include "jetline/train/testing_set.h"
#include "jetline/train/train_data.h"

namespace jetline {
namespace {

TrainOptions quick_options(const std::string& output, int64_t steps) {
  TrainOptions o;
  o.output = output;
  o.size = "small";
  o.width = 96;
  o.height = 64;
  o.batch = 4;
  o.steps = steps;
  o.threads = 1;
  o.checkpoint_every = 3;
  o.warmup_steps = 4;
  o.metric = [](const Dataset& truth, const std::vector<std::vector<Detection>>& found) {
    return testing::recall_figures(truth, found, 0.5f);
  };
  return o;
}

TEST(TrainRun, LearnsEightPicturesByHeart) {
  JETLINE_REQUIRE_TORCH();
  TemporaryDirectory dir;
  const Dataset d = testing::make_boxes(dir.path(), 8, 96, 64);
  TrainOptions o = quick_options(dir.file("run"), 120);
  o.batch = 8;
  o.lr = 4e-3;
  o.ema_decay = 0.9;
  o.augment = AugmentOptions();
  o.augment.geometry = o.augment.noise = o.augment.blur = 0;
  testing::SilentProgress progress;
  CancelToken cancel;
  JETLINE_ASSERT_OK_AND_ASSIGN(const TrainResult r, train(d, d, o, progress, cancel));
  EXPECT_EQ(r.steps, 120);
  EXPECT_EQ(progress.last_done, 120);
  ASSERT_GE(r.history.size(), 10u);
  EXPECT_LT(r.history.back().loss, 0.5 * r.history.front().loss);
  EXPECT_GT(r.best.AP50, 0.9);
  EXPECT_LT(r.history.front().AP50, r.best.AP50);
  EXPECT_TRUE(file_exists(r.checkpoint));
  EXPECT_TRUE(file_exists(r.curve));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Card card, checkpoint_card(r.checkpoint));
  EXPECT_EQ(card.labels, d.classes);
  EXPECT_EQ(card.head, "jetline");
}

// Runs train() in a child process that kills itself before step `kill`; returns how the child ended.
int train_in_child(const Dataset& d, const TrainOptions& o) {
  const pid_t child = fork();
  if (child == 0) {
    testing::SilentProgress progress;
    CancelToken cancel;
    const auto r = train(d, d, o, progress, cancel);
    _exit(r.ok() ? 0 : 1);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

TEST(TrainRun, KilledAndResumedGivesTheSameBytes) {
  JETLINE_REQUIRE_TORCH();
  TemporaryDirectory dir;
  const Dataset d = testing::make_boxes(dir.path(), 6, 96, 64);
  // Children train: LibTorch's threads do not survive a fork, so this process must not start them first.
  const auto options = [&](const char* folder) {  // windows in the first half, whole pictures after them
    TrainOptions o = quick_options(dir.file(folder), 14);
    o.window_width = 64;
    o.window_height = 48;
    o.window_part = 0.5;
    return o;
  };
  const TrainOptions whole = options("whole");
  ASSERT_EQ(train_in_child(d, whole), 0);
  TrainOptions cut = options("cut");
  for (int64_t kill : {2, 8, 13}) {  // before the first checkpoint, between two, near the end
    cut.kill_at_step = kill;
    const int status = train_in_child(d, cut);
    ASSERT_TRUE(WIFSIGNALED(status)) << kill;
    ASSERT_EQ(WTERMSIG(status), SIGKILL);
    cut.resume = file_exists(join_path(cut.output, "last.ckpt"));
    EXPECT_EQ(cut.resume, kill > 2);
  }
  cut.kill_at_step = -1;
  ASSERT_EQ(train_in_child(d, cut), 0);
  for (const char* name : {"last.ckpt", "best.ckpt"}) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const Checkpoint a, load_checkpoint(join_path(whole.output, name)));
    JETLINE_ASSERT_OK_AND_ASSIGN(const Checkpoint b, load_checkpoint(join_path(cut.output, name)));
    EXPECT_EQ(a.step, b.step) << name;
    EXPECT_EQ(a.parameters, b.parameters) << name;
    EXPECT_EQ(a.buffers, b.buffers) << name;
    EXPECT_EQ(a.ema_parameters, b.ema_parameters) << name;
    EXPECT_EQ(a.first, b.first) << name;
    ASSERT_EQ(a.history.size(), b.history.size()) << name;
    for (size_t i = 0; i < a.history.size(); ++i)
      EXPECT_EQ(a.history[i].loss, b.history[i].loss) << name << i;
  }
  // And the equality is not that of an idle optimiser.
  TrainOptions other = options("other");
  other.seed = 2;
  ASSERT_EQ(train_in_child(d, other), 0);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Checkpoint a, load_checkpoint(join_path(whole.output, "last.ckpt")));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Checkpoint c, load_checkpoint(join_path(other.output, "last.ckpt")));
  EXPECT_NE(a.parameters, c.parameters);
}

TEST(TrainRun, StoppedByTheUserSavesAndResumes) {
  JETLINE_REQUIRE_TORCH();
  TemporaryDirectory dir;
  const Dataset d = testing::make_boxes(dir.path(), 4, 96, 64);
  TrainOptions o = quick_options(dir.file("run"), 40);
  o.checkpoint_every = 1000;
  struct Stopper : testing::SilentProgress {
    CancelToken cancel;
    void report(std::string_view stage, int64_t done, int64_t total, std::string_view note) override {
      if (stage == "train" && done == 5) cancel.cancel();
    }
  } stopper;
  const auto r = train(d, d, o, stopper, stopper.cancel);
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.status().kind(), ErrorKind::kCancelled);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Checkpoint c, load_checkpoint(dir.file("run/last.ckpt")));
  EXPECT_EQ(c.step, 5);
  o.resume = true;
  o.lr = 0.5;
  testing::SilentProgress progress;
  CancelToken go;
  EXPECT_EQ(train(d, d, o, progress, go).status().id(), "train.resume-mismatch");
}

TEST(TrainRun, ARunBoundedByTimeEnds) {
  JETLINE_REQUIRE_TORCH();
  TemporaryDirectory dir;
  const Dataset d = testing::make_boxes(dir.path(), 4, 96, 64);
  TrainOptions o = quick_options(dir.file("run"), 0);
  o.minutes = 0.02;
  testing::SilentProgress progress;
  CancelToken cancel;
  JETLINE_ASSERT_OK_AND_ASSIGN(const TrainResult r, train(d, d, o, progress, cancel));
  EXPECT_GT(r.steps, 0);
  EXPECT_EQ(r.history.back().step, r.steps);
  EXPECT_GE(r.history.back().AP, 0);  // the last step is judged
  EXPECT_TRUE(file_exists(r.checkpoint));
}

TEST(TrainRun, LearnsFromWindowsAlone) {
  JETLINE_REQUIRE_TORCH();
  TemporaryDirectory dir;
  const Dataset d = testing::make_boxes(dir.path(), 8, 96, 64);
  TrainOptions o = quick_options(dir.file("run"), 160);
  o.batch = 8;
  o.lr = 4e-3;
  o.ema_decay = 0.9;
  o.window_width = 64;
  o.window_height = 64;
  o.window_part = 1;
  testing::SilentProgress progress;
  CancelToken cancel;
  JETLINE_ASSERT_OK_AND_ASSIGN(const TrainResult r, train(d, d, o, progress, cancel));
  EXPECT_GT(r.best.AP50, 0.6);  // judged on whole pictures, which training never saw
  EXPECT_EQ(r.conditions.at("window"), "64x64 in the first 160 steps");
}

TEST(TrainRun, ARunBoundedByTimeReachesWholePictures) {
  JETLINE_REQUIRE_TORCH();
  TemporaryDirectory dir;
  const Dataset d = testing::make_boxes(dir.path(), 4, 96, 64);
  TrainOptions o = quick_options(dir.file("run"), 0);
  o.minutes = 0.1;
  o.window_width = 64;
  o.window_height = 48;
  o.window_part = 0.5;
  testing::SilentProgress progress;
  CancelToken cancel;
  JETLINE_ASSERT_OK_AND_ASSIGN(const TrainResult r, train(d, d, o, progress, cancel));
  const std::string& window = r.conditions.at("window");
  const std::string head = "64x48 in the first ";
  ASSERT_EQ(window.substr(0, head.size()), head);
  const int64_t until = std::stoll(window.substr(head.size()));
  EXPECT_GT(until, 0);
  EXPECT_LT(until, r.steps);
}

TEST(TrainRun, WindowsThatDoNotFitAreRefused) {
  TemporaryDirectory dir;
  const Dataset d = testing::make_boxes(dir.path(), 2, 96, 64);
  testing::SilentProgress progress;
  CancelToken cancel;
  const std::pair<int, int> sizes[] = {{112, 48}, {64, 80}, {40, 48}, {64, 0}, {16, 48}};
  for (const auto& size : sizes) {
    TrainOptions o = quick_options(dir.file("run"), 2);
    o.window_width = size.first;
    o.window_height = size.second;
    const Status s = train(d, d, o, progress, cancel).status();
    EXPECT_EQ(s.id(), "train.options") << size.first << "x" << size.second;
    EXPECT_EQ(s.exit_code(), 2);
  }
  TrainOptions o = quick_options(dir.file("run"), 2);
  o.window_width = o.window_height = 48;
  o.window_part = 1.5;
  EXPECT_EQ(train(d, d, o, progress, cancel).status().id(), "train.options");
}

TEST(TrainRun, ReadOnlyFolderIsAStatus) {
  JETLINE_REQUIRE_TORCH();
  TemporaryDirectory dir;
  const Dataset d = testing::make_boxes(dir.path(), 2, 96, 64);
  FaultyFileSystem fs;
  fs.read_only = true;
  TrainOptions o = quick_options(dir.file("run"), 2);
  o.fs = &fs;
  testing::SilentProgress progress;
  CancelToken cancel;
  EXPECT_EQ(train(d, d, o, progress, cancel).status().id(), "file.permission");
  EXPECT_FALSE(file_exists(dir.file("run")));
}

TEST(TrainRun, MissingModuleSaysSo) {
  TemporaryDirectory dir;
  const Dataset d = testing::make_boxes(dir.path(), 2, 96, 64);
  const auto folders = module_directories();
  set_module_directories({dir.path()});
  testing::SilentProgress progress;
  CancelToken cancel;
  const auto r = train(d, d, quick_options(dir.file("run"), 2), progress, cancel);
  set_module_directories(folders);
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.status().id(), "module.not-installed");
  EXPECT_EQ(r.status().exit_code(), 4);
  EXPECT_FALSE(file_exists(dir.file("run")));
}

TEST(SplitForValidation, DividesOnceAndForAll) {
  Dataset d;
  d.classes = {"a"};
  for (int i = 0; i < 10; ++i) {
    d.images.emplace_back();
    d.images.back().name = std::to_string(i);
  }
  const auto a = split_for_validation(d, 0.3, 1), b = split_for_validation(d, 0.3, 1),
             c = split_for_validation(d, 0.3, 2);
  EXPECT_EQ(a.first.images.size(), 7u);
  ASSERT_EQ(a.second.images.size(), 3u);
  std::string names[3];
  for (int k = 0; k < 3; ++k) {
    for (const LabelledImage& i : (k == 0 ? a : k == 1 ? b : c).second.images) names[k] += i.name;
  }
  EXPECT_EQ(names[0], names[1]);
  EXPECT_NE(names[0], names[2]);
  EXPECT_EQ(split_for_validation(d, 0, 1).second.images.size(), 0u);
  EXPECT_EQ(split_for_validation(d, 1, 1).first.images.size(), 1u);
}

}  // namespace
}  // namespace jetline
