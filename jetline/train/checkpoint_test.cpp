#include "jetline/train/checkpoint.h"

#include <gtest/gtest.h>

#include <cmath>

#include "jetline/base/random.h"
#include "jetline/base/testing.h"
#include "jetline/train/options_text.h"

namespace jetline {
namespace {

ByteView view_of(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

Checkpoint small_checkpoint() {
  Checkpoint c;
  TrainOptions options;
  options.width = 64;
  options.height = 48;
  c.card = training_card(options, {"can", "flask \"2\""});
  c.net_size = "small";
  c.options = "seed=1\n";
  c.step = 12;
  c.total_steps = 40;
  c.best.AP = 0.5;
  c.history.resize(3);
  c.history[2].loss = 1.0 / 3;
  const auto net = make_detector_net("small", 2);
  EXPECT_TRUE(net.ok());
  init_weights(*net, 3, c.parameters, c.buffers);
  c.ema_parameters = c.parameters;
  c.ema_buffers = c.buffers;
  c.first.assign(c.parameters.size(), 0.25f);
  c.second.assign(c.parameters.size(), 0.5f);
  return c;
}

TEST(CheckpointFile, ReadsBackWhatWasWritten) {
  const Checkpoint c = small_checkpoint();
  const std::string bytes = checkpoint_bytes(c);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Checkpoint d, parse_checkpoint(view_of(bytes), "x"));
  EXPECT_EQ(d.card.labels, c.card.labels);
  EXPECT_EQ(d.step, 12);
  EXPECT_EQ(d.history[2].loss, c.history[2].loss);  // to the last bit
  EXPECT_EQ(d.parameters, c.parameters);
  EXPECT_EQ(d.second, c.second);
  EXPECT_EQ(checkpoint_bytes(d), bytes);
}

TEST(CheckpointFile, EveryTruncationIsAStatus) {
  const std::string bytes = checkpoint_bytes(small_checkpoint());
  const auto try_length = [&](size_t n) {
    const auto r = parse_checkpoint(view_of(bytes.substr(0, n)), "cut.ckpt");
    ASSERT_FALSE(r.ok()) << n;
    EXPECT_EQ(r.status().kind(), ErrorKind::kBadInput) << r.status().to_string();
    EXPECT_EQ(r.status().where(), "cut.ckpt");
  };
  for (size_t n = 0; n < 4096; n += 64) try_length(n);
  for (size_t n = 4096; n < bytes.size(); n += 64 * 1021) try_length(n);
  try_length(bytes.size() - 1);
}

TEST(CheckpointFile, EveryFlippedByteIsNoticed) {
  const std::string bytes = checkpoint_bytes(small_checkpoint());
  Random random(5);
  for (int i = 0; i < 60; ++i) {
    std::string bad = bytes;
    const size_t at =
        static_cast<size_t>(random.integer(0, i < 40 ? 1500 : static_cast<int64_t>(bytes.size()) - 1));
    bad[at] = static_cast<char>(bad[at] ^ (1 << random.integer(0, 7)));
    EXPECT_FALSE(parse_checkpoint(view_of(bad), "x").ok()) << at;
  }
}

TEST(CheckpointFile, WeightsThatDoNotFitAreRefused) {
  Checkpoint c = small_checkpoint();
  c.net_size = "default";
  EXPECT_EQ(parse_checkpoint(view_of(checkpoint_bytes(c)), "x").status().id(), "checkpoint.weights");
  c = small_checkpoint();
  c.ema_parameters[7] = NAN;
  EXPECT_EQ(parse_checkpoint(view_of(checkpoint_bytes(c)), "x").status().id(), "checkpoint.weights");
  c = small_checkpoint();
  c.card.input.width = 65;
  EXPECT_EQ(parse_checkpoint(view_of(checkpoint_bytes(c)), "x").status().id(), "checkpoint.weights");
  c = small_checkpoint();
  c.card.labels.clear();
  EXPECT_FALSE(parse_checkpoint(view_of(checkpoint_bytes(c)), "x").ok());
}

TEST(CheckpointFile, FullDiskAndReadOnlyFolderLeaveNothing) {
  TemporaryDirectory dir;
  FaultyFileSystem fs;
  fs.bytes_left = 1000;
  Status s = save_checkpoint(small_checkpoint(), dir.file("a.ckpt"), fs);
  EXPECT_EQ(s.id(), "file.disk-full");
  fs.bytes_left = INT64_MAX;
  fs.read_only = true;
  EXPECT_EQ(save_checkpoint(small_checkpoint(), dir.file("a.ckpt"), fs).id(), "file.permission");
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto left, list_directory(dir.path()));
  EXPECT_TRUE(left.empty());
}

TEST(TrainOptionsCheck, NamesWhatIsWrong) {
  Dataset d;
  d.classes = {"a"};
  d.images.resize(1);
  d.images[0].boxes.resize(1);
  TrainOptions o;
  o.output = "x";
  EXPECT_EQ(check_train_options(o, d).id(), "train.options");  // no length
  o.steps = 5;
  JETLINE_EXPECT_OK(check_train_options(o, d));
  o.width = 100;
  EXPECT_EQ(check_train_options(o, d).id(), "train.options");
  o.width = 96;
  o.epochs = 2;  // two lengths
  EXPECT_EQ(check_train_options(o, d).id(), "train.options");
  o.epochs = 0;
  d.images[0].boxes[0].class_id = 3;
  EXPECT_EQ(check_train_options(o, d).id(), "train.no-data");
  d.images[0].boxes.clear();
  EXPECT_EQ(check_train_options(o, d).id(), "train.no-data");
}

TEST(ResumeMismatch, NamesTheOption) {
  Dataset d;
  TrainOptions a, b;
  b.lr = 0.5;
  const Status s = compare_options(canonical_options(a, d, d), canonical_options(b, d, d), "last.ckpt");
  EXPECT_EQ(s.id(), "train.resume-mismatch");
  EXPECT_NE(s.message().find("lr=0.5"), std::string::npos) << s.message();
}

}  // namespace
}  // namespace jetline
