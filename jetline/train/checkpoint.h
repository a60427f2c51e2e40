// The checkpoint file: everything a run needs to go on exactly, and everything export needs. One file,
// written atomically. Layout, little-endian:
//   "JETLCKPT"  u32 version (1)  u32 header length  header (JSON)  arrays of float32, in the header's order
//   u32 CRC-32C of all that precedes
// The header names the arrays and their lengths, so that a reader needs no other source; it holds the model
// card, the network size, the run's options, step, best and history. There is no generator state: random
// choices are functions of (seed, step), see train.h.
//
// Reading takes memory proportional to the file, at most 1 GiB. Ids: checkpoint.syntax, checkpoint.truncated,
// checkpoint.version, checkpoint.corrupt (checksum), checkpoint.weights (arrays do not fit the network),
// file.*.
#pragma once

#include <string>
#include <vector>

#include "jetline/base/span.h"
#include "jetline/train/network.h"
#include "jetline/train/train.h"

namespace jetline {

struct Checkpoint {
  Card card;
  std::string net_size;  // "default"
  std::string options;   // canonical text of what must not change across a resume
  int64_t step = 0;      // steps done
  int64_t total_steps = 0;
  double trained_seconds = 0;
  double loss_sum = 0;  // over the steps since the last point of the history
  int64_t loss_steps = 0;
  TrainPoint best;
  std::vector<TrainPoint> history;
  std::vector<float> parameters, buffers;          // as trained
  std::vector<float> ema_parameters, ema_buffers;  // averaged: what is evaluated and exported
  std::vector<float> first, second;  // AdamW's moments; empty in a checkpoint that only ships weights
};

std::string checkpoint_bytes(const Checkpoint& checkpoint);
Result<Checkpoint> parse_checkpoint(ByteView bytes, const std::string& where);
Status save_checkpoint(const Checkpoint& checkpoint, const std::string& path, FileSystem& fs);
Result<Checkpoint> load_checkpoint(const std::string& path);

// The network of a checkpoint, with array lengths checked.
Result<NetSpec> checkpoint_net(const Checkpoint& checkpoint);

}  // namespace jetline
