// Boards and the JetPack releases that run on them. The tables are compiled in (targets/data/*.toml) and each
// row names its source; a user's TOML can add rows or replace them by id (catalog.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "jetline/targets/version.h"

namespace jetline::targets {

enum class Precision { kFp32, kTf32, kFp16, kBf16, kInt8, kFp8, kFp4 };
const char* to_string(Precision p);                        // "fp16"
Result<Precision> parse_precision(std::string_view text);  // id targets.unknown-precision

// What a chip can do at most, dense (no sparsity), at its highest power mode. Missing: not published.
struct Peak {
  std::optional<double> fp32_tflops, tf32_tflops, fp16_tflops, bf16_tflops, int8_tops, fp8_tflops, fp4_tflops;
  std::optional<double> bandwidth_gbs;                   // memory, GB/s (1e9)
  std::optional<double> dla_fp16_tflops, dla_int8_tops;  // of all DLA cores together, dense
  std::string source;
};

// A faster way to run a board that newer JetPacks bring: the Super mode of Orin Nano.
struct PowerMode {
  std::string name;
  VersionRange jetpack;
  Peak peak;
};

struct Board {
  std::string id;                    // "nano-4gb", "orin-nx-16gb", "rtx-40"
  std::string name;                  // "Jetson Nano 4GB"
  std::vector<std::string> aliases;  // other spellings that --board takes, lower case
  std::vector<std::string> models;   // texts that stand in the board's /proc/device-tree/model
  std::string soc, architecture;     // "T210", "Maxwell"
  Version compute_capability;        // 5.3
  double memory_gib = 0;             // 0: differs from card to card
  bool memory_is_shared = false;     // one memory for CPU and GPU
  double reserved_gib = 0;           // of it not for an engine: system, display (documented in `note`)
  int dla_cores = 0, dla_generation = 0;
  std::vector<Precision> precisions;  // those that TensorRT offers on it
  // Offered by the chip but slower than fp32, or not by TensorRT: said, not used.
  std::vector<Precision> slow;
  VersionRange jetpack, tensorrt;  // jetpack counts for Jetsons only
  bool is_jetson = false;          // has JetPacks
  Peak peak;
  std::vector<PowerMode> modes;
  std::string note, source;
};

struct JetPack {
  std::string id;  // "4.6.1"
  Version version, tensorrt, cuda, cudnn;
  std::string l4t, released, ubuntu;  // "32.7.1", "2022-02", "18.04"
  std::vector<std::string> socs;      // chips it installs on ("T210"); empty: every one
  bool preview = false;               // developer preview or early access
  std::string source;
};

// The board's peak under that JetPack (null: not named): that of the last mode which the JetPack brings, else
// the board's own.
const Peak& peak_with(const Board& board, const JetPack* jetpack);

}  // namespace jetline::targets
