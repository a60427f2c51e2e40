#include "jetline/base/testing.h"
#include "jetline/targets/catalog.h"

namespace jetline::targets {
namespace {

std::string chosen(const TargetQuery& query, const Board* here = nullptr) {
  static const Catalog catalog;
  const auto t = choose(catalog, query, here);
  return t.ok() ? t->to_string() : t.status().id();
}

TEST(TargetsChoose, ABoardAloneMeansItsNewestJetPack) {
  EXPECT_EQ(chosen({"nano-4gb"}), "Jetson Nano 4GB, JetPack 4.6.6, TensorRT 8.2.1, fp16");
  EXPECT_EQ(chosen({"Jetson Xavier NX 8GB"}), "Jetson Xavier NX 8GB, JetPack 5.1.7, TensorRT 8.5.2.2, fp16");
  EXPECT_EQ(chosen({"orin_nano"}), "Jetson Orin Nano 8GB, JetPack 7.2, TensorRT 10.16.2.10, fp16");
  EXPECT_EQ(chosen({"rtx-4090"}), "GeForce RTX 40 series, TensorRT 11.1, fp16, strongly typed");
  EXPECT_EQ(chosen({"gtx-1080"}), "GeForce GTX 10 series, TensorRT 8.6, fp32");
}

TEST(TargetsChoose, JetPackAndTensorRt) {
  EXPECT_EQ(chosen({"nano-4gb", "4.6.1"}), "Jetson Nano 4GB, JetPack 4.6.1, TensorRT 8.2.1.8, fp16");
  EXPECT_EQ(chosen({"", "4.6"}), "JetPack 4.6, TensorRT 8.0.1.6, fp32");
  EXPECT_EQ(chosen({"", "", "8.5"}), "TensorRT 8.5, fp32");
  EXPECT_EQ(chosen({"", "", "10"}), "TensorRT 10.16, fp32");
  EXPECT_EQ(chosen({"", "5.1.2", "8.5"}), "JetPack 5.1.2, TensorRT 8.5.2.2, fp32");
  EXPECT_EQ(chosen({"", "5.1.2", "8.6"}), "targets.not-on-board");
  EXPECT_EQ(chosen({"agx-orin", "", "8.6"}), "Jetson AGX Orin 64GB, JetPack 6.0, TensorRT 8.6.2.3, fp16");
  // Newer than a JetPack brings, but within what runs on the chip.
  EXPECT_EQ(chosen({"agx-orin", "", "10.7"}), "Jetson AGX Orin 64GB, TensorRT 10.7, fp16");
  EXPECT_EQ(chosen({"", "5.0"}), "JetPack 5.0 DP, TensorRT 8.4.0, fp32");
}

TEST(TargetsChoose, WhatDoesNotFitIsSaid) {
  EXPECT_EQ(chosen({"nano-4gb", "5.1"}), "targets.not-on-board");
  EXPECT_EQ(chosen({"orin-nano-8gb", "7.1"}), "targets.not-on-board");  // Thor only
  EXPECT_EQ(chosen({"nano-4gb", "", "8.5"}), "targets.not-on-board");
  EXPECT_EQ(chosen({"nano-4gb", "", "", "int8"}), "targets.not-on-board");
  EXPECT_EQ(chosen({"agx-orin", "5.1", "", "bf16"}), "targets.not-on-board");  // TensorRT 8.5 has none
  EXPECT_EQ(chosen({"agx-orin", "6.2", "", "bf16"}),
            "Jetson AGX Orin 64GB, JetPack 6.2, TensorRT 10.3.0.30, bf16");
  EXPECT_EQ(chosen({"nano"}), chosen({"nano-4gb"}));
  EXPECT_EQ(chosen({"nnano-4gb"}), "targets.unknown-board");
  EXPECT_EQ(chosen({"", "4.7"}), "targets.unknown-jetpack");
  EXPECT_EQ(chosen({"", "", "12.0"}), "targets.unknown-tensorrt");
  EXPECT_EQ(chosen({"", "", "new"}), "targets.bad-version");
  EXPECT_EQ(chosen({"", "4.3"}), "targets.unknown-tensorrt");  // known, but no table describes TensorRT 6
  EXPECT_EQ(chosen({"nano", "", "", "fp12"}), "targets.unknown-precision");
  EXPECT_EQ(chosen({}), "targets.no-board");
}

TEST(TargetsChoose, HintsNameTheNearest) {
  const Catalog catalog;
  const auto board = choose(catalog, {"orin-nanno-8gb"});
  EXPECT_NE(board.status().hint().find("orin-nano-8gb"), std::string::npos) << board.status().hint();
  const auto jetpack = choose(catalog, {"nano", "6.2"});
  EXPECT_NE(jetpack.status().hint().find("4.6.6"), std::string::npos) << jetpack.status().hint();
}

TEST(TargetsChoose, Dla) {
  TargetQuery q;
  q.board = "agx-orin";
  q.jetpack = "6.2";
  q.dla = true;
  EXPECT_EQ(chosen(q), "Jetson AGX Orin 64GB, JetPack 6.2, TensorRT 10.3.0.30, fp16, DLA");
  q.precision = "fp32";
  EXPECT_EQ(chosen(q), "targets.not-on-board");
  q.precision.clear();
  q.jetpack = "7.2";
  EXPECT_EQ(chosen(q), "targets.not-on-board");  // 10.7 was the last that builds for a DLA
  q.board = "orin-nano";
  q.jetpack = "6.2";
  EXPECT_EQ(chosen(q), "targets.not-on-board");  // it has none
}

TEST(TargetsChoose, TheBoardItRunsOn) {
  const Catalog catalog;
  EXPECT_EQ(chosen({}, catalog.find_board("tx2")), "Jetson TX2, JetPack 4.6.6, TensorRT 8.2.1, fp16");
}

TEST(TargetsChoose, WithTheJetPackThatIsInstalledThere) {
  const Catalog catalog;
  const auto here = [&](const char* board, const char* jetpack, const TargetQuery& query) {
    const auto t = choose(catalog, query, catalog.find_board(board), catalog.find_jetpack(jetpack));
    return t.ok() ? t->to_string() : t.status().id();
  };
  EXPECT_EQ(here("nano", "4.6.1", {}), "Jetson Nano 4GB, JetPack 4.6.1, TensorRT 8.2.1.8, fp16");
  EXPECT_EQ(here("nano", "4.6.1", {"tx2"}), chosen({"tx2"}));  // another board was named
  EXPECT_EQ(here("nano", "4.6.1", {"", "4.5"}), chosen({"", "4.5"}));
  EXPECT_EQ(here("nano", "6.2", {}), chosen({"nano"}));  // cannot be: the newest
}

TEST(TargetsChoose, DetectsJetPacksByL4t) {
  const Catalog catalog;
  const auto id = [&](const char* text) {
    const JetPack* j = detect_jetpack(catalog, text);
    return j ? j->id : std::string();
  };
  EXPECT_EQ(id("# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t210ref, EABI: aarch64, DATE: Sat"),
            "4.6.1");
  EXPECT_EQ(id("# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64\n# "
               "KERNEL_VARIANT: oot\n"),
            "6.2");
  EXPECT_EQ(id("# R36 (release), REVISION: 4.7, GCID: 42132812"), "6.2.1");
  EXPECT_EQ(id("# R35 (release), REVISION: 4.1, GCID: 33958178"), "5.1.2");
  EXPECT_EQ(id("# R99 (release), REVISION: 1.0"), "");
  EXPECT_EQ(id("# R36 (release)"), "");
  EXPECT_EQ(id("Debian GNU/Linux"), "");
  EXPECT_EQ(id(""), "");
}

TEST(TargetsChoose, DetectsBoardsByModelAndMemory) {
  const Catalog catalog;
  const auto id = [&](const char* model, double gib) {
    const Board* b = detect_board(catalog, model, gib);
    return b ? b->id : std::string();
  };
  EXPECT_EQ(id("NVIDIA Jetson Nano Developer Kit", 3.87), "nano-4gb");
  EXPECT_EQ(id("NVIDIA Jetson Nano 2GB Developer Kit", 1.93), "nano-2gb");
  EXPECT_EQ(id("NVIDIA Jetson Xavier NX Developer Kit", 7.6), "xavier-nx-8gb");
  EXPECT_EQ(id("NVIDIA Jetson Xavier NX Developer Kit", 15.3), "xavier-nx-16gb");
  EXPECT_EQ(id("Jetson-AGX", 31.2), "agx-xavier-32gb");
  EXPECT_EQ(id("NVIDIA Orin Nano Developer Kit", 7.4), "orin-nano-8gb");
  EXPECT_EQ(id("NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super", 7.4), "orin-nano-8gb");
  EXPECT_EQ(id("NVIDIA Jetson Orin Nano Engineering Reference Developer Kit", 3.6), "orin-nano-4gb");
  EXPECT_EQ(id("NVIDIA Orin NX Developer Kit", 15.2), "orin-nx-16gb");
  EXPECT_EQ(id("NVIDIA Jetson AGX Orin Developer Kit", 29.8), "agx-orin-32gb");
  EXPECT_EQ(id("NVIDIA Jetson AGX Orin Developer Kit", 61.4), "agx-orin-64gb");
  EXPECT_EQ(id("NVIDIA Jetson AGX Thor Developer Kit", 122.8), "agx-thor");
  EXPECT_EQ(id("quill", 7.7), "tx2");
  EXPECT_EQ(id("Raspberry Pi 4 Model B", 7.6), "");
  EXPECT_EQ(id("", 8), "");
}

}  // namespace
}  // namespace jetline::targets
