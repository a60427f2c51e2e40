#include "jetline/engine/plan/plan_record.h"

#include "jetline/base/testing.h"
#include "jetline/engine/plan/plan_check.h"
#include "jetline/engine/registry.h"

namespace jetline {
namespace {

PlanRecord sample_plan_record() {
  PlanRecord r;
  r.model_name = "can.onnx";
  r.model_sha256 = std::string(64, 'a');
  r.jetline = "0.1.0";
  r.built = "2026-01-31T12:00:00Z";
  r.host.tensorrt = "8.6.1.7";
  r.host.cuda = "12.6";
  r.host.driver = "13.0";
  r.host.compute_capability = "8.7";
  r.host.gpu = "Orin";
  r.host.machine = "aarch64-linux";
  r.host.board = "NVIDIA Jetson Orin Nano";
  r.host.jetpack = "L4T 36.2.0";
  r.precision = "fp16";
  r.level = 2;
  r.workspace = 1 << 28;
  r.flags = {"dla0"};
  r.shapes["x"] = {{1, 3, 8, 8}, {2, 3, 8, 8}, {4, 3, 8, 8}};
  r.build_seconds = 12.5;
  r.attempts = 2;
  r.inputs = {{"x", DType::kF32, {-1, 3, 8, 8}}};
  r.outputs = {{"y", DType::kF16, {-1, 5}}};
  r.layers = {"conv1 + relu1", "add \"1\""};
  r.card = "{\"head\":\"yolox\"}";
  return r;
}

// A file that begins like a plan of `release`, with filling.
std::string sample_plan(size_t size = 200000) {
  std::string s(size, '\0');
  s.replace(0, 4, "ftrt");
  s[24] = 8;
  s[25] = 6;
  s[26] = 1;
  s[27] = 7;
  for (size_t i = 28; i < size; ++i) s[i] = static_cast<char>(i * 31 >> 3);
  return s;
}

ByteView plan_view(const std::string& s) {
  return {reinterpret_cast<const uint8_t*>(s.data()), s.size()};
}

struct PlanOnDisk {
  TemporaryDirectory folder;
  std::string path = folder.file("m.plan"), bytes = sample_plan();
  PlanRecord record = sample_plan_record();
  PlanOnDisk() { JETLINE_EXPECT_OK(write_plan(path, plan_view(bytes), record)); }
  std::string check(const PlanHost& host) const {
    return check_plan(path, plan_view(bytes), &record, host).id();
  }
};

TEST(PlanRecord, ComesBackAsItWasWritten) {
  PlanOnDisk d;
  const auto back = read_plan_record(d.path);
  ASSERT_TRUE(back.ok()) << back.status().to_string();
  EXPECT_EQ(plan_record_to_json(*back), plan_record_to_json(d.record));
  EXPECT_EQ(back->bytes, 200000);
  EXPECT_EQ(back->crc32c.size(), 8u);
  EXPECT_EQ(back->shapes.at("x").max[0], 4);
  EXPECT_EQ(back->outputs[0].dtype, DType::kF16);
  EXPECT_EQ(back->layers[1], "add \"1\"");
  EXPECT_EQ(back->host.board, "NVIDIA Jetson Orin Nano");
}

TEST(PlanRecord, WhatIsNoRecordIsRefused) {
  const std::string good = plan_record_to_json(sample_plan_record());
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[1]"), std::string("{}"),
        std::string("{\"format\":1}"), std::string("{\"format\":\"jetline.plan\",\"version\":2}"),
        std::string(100000, '['), std::string("{\"format\":\"jetline.plan\",\"version\":1}"),
        good.substr(0, good.size() / 2)}) {
    EXPECT_EQ(plan_record_from_json(text, "p").status().id(), "plan.record") << text.substr(0, 60);
  }
  for (const char* field : {"crc32c", "tensorrt", "compute_capability", "bytes"}) {
    std::string text = good;
    text.replace(text.find("\"" + std::string(field)) + 1, 1, "Z");
    const Status s = plan_record_from_json(text, "p").status();
    EXPECT_EQ(s.id(), "plan.record") << field;
    EXPECT_NE(s.message().find(field), std::string::npos) << s.message();
  }
}

TEST(PlanRecord, EveryTruncationIsRefused) {
  const std::string good = plan_record_to_json(sample_plan_record());
  for (size_t n = 0; n + 2 < good.size(); n += 7)
    EXPECT_FALSE(plan_record_from_json(good.substr(0, n), "p").ok()) << n;
}

TEST(PlanRecord, AFullDiskLeavesNothing) {
  for (int64_t room : {0, 1000, 200000, 200100}) {
    TemporaryDirectory folder;
    FaultyFileSystem fs;
    fs.bytes_left = room;
    PlanRecord r = sample_plan_record();
    EXPECT_EQ(write_plan(folder.file("m.plan"), plan_view(sample_plan()), r, fs).id(), "file.disk-full")
        << room;
    EXPECT_TRUE(list_directory(folder.path()).value().empty()) << room;
  }
  TemporaryDirectory folder;
  FaultyFileSystem fs;
  fs.fail_rename = true;
  PlanRecord r = sample_plan_record();
  EXPECT_FALSE(write_plan(folder.file("m.plan"), plan_view(sample_plan()), r, fs).ok());
  EXPECT_TRUE(list_directory(folder.path()).value().empty());
}

TEST(PlanRecord, AFailedRebuildKeepsTheOldPlanWhereItCan) {
  PlanOnDisk d;
  FaultyFileSystem fs;
  fs.bytes_left = 1000;
  PlanRecord r = sample_plan_record();
  EXPECT_FALSE(write_plan(d.path, plan_view(sample_plan(300000)), r, fs).ok());
  EXPECT_EQ(read_file(d.path).value(), d.bytes);
  EXPECT_TRUE(read_plan_record(d.path).ok());
}

TEST(PlanCheck, ThePlanOfThisMachineIsTaken) {
  PlanOnDisk d;
  EXPECT_EQ(d.check(d.record.host), "");
  PlanHost h = d.record.host;
  h.tensorrt = "8.6.1";  // a library that does not tell its build number
  h.driver = "12.2";
  EXPECT_EQ(d.check(h), "");
}

TEST(PlanCheck, APlanFromElsewhereIsNamedWithBothSides) {
  PlanOnDisk d;
  PlanHost h = d.record.host;
  h.tensorrt = "8.6.2.3";
  EXPECT_EQ(d.check(h), "plan.older");
  h.tensorrt = "10.3.0.26";
  const Status s = check_plan(d.path, plan_view(d.bytes), &d.record, h);
  EXPECT_EQ(s.id(), "plan.older");
  EXPECT_NE(s.message().find("8.6.1.7"), std::string::npos);
  EXPECT_NE(s.message().find("10.3.0.26"), std::string::npos);
  EXPECT_NE(s.hint().find("jetline build can.onnx"), std::string::npos) << s.hint();
  h.tensorrt = "8.2.1.8";
  EXPECT_EQ(d.check(h), "plan.newer");
  h = d.record.host;
  h.compute_capability = "7.2";
  EXPECT_EQ(d.check(h), "plan.other-gpu");
  h = d.record.host;
  h.machine = "x86_64-linux";
  EXPECT_EQ(d.check(h), "plan.other-machine");
}

TEST(PlanCheck, CompatiblePlansGoFurther) {
  PlanOnDisk d;
  PlanHost h = d.record.host;
  d.record.flags = {"version-compatible"};
  h.tensorrt = "8.9.0.1";
  EXPECT_EQ(d.check(h), "");
  h.tensorrt = "10.0.0.1";
  EXPECT_EQ(d.check(h), "plan.older");
  d.record.flags = {"ampere-plus"};
  h = d.record.host;
  h.compute_capability = "8.9";
  EXPECT_EQ(d.check(h), "");
  h.compute_capability = "7.5";
  EXPECT_EQ(d.check(h), "plan.other-gpu");
}

TEST(PlanCheck, DamageIsFound) {
  PlanOnDisk d;
  const std::string whole = d.bytes;
  for (size_t bit : {size_t{28 * 8}, size_t{1000003}, whole.size() * 8 - 1}) {
    d.bytes = whole;
    d.bytes[bit / 8] = static_cast<char>(d.bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(d.check(d.record.host), "plan.damaged") << bit;
  }
  d.bytes = whole.substr(0, whole.size() - 1);
  EXPECT_EQ(d.check(d.record.host), "plan.truncated");
  d.bytes = "";
  EXPECT_EQ(d.check(d.record.host), "plan.truncated");
  d.bytes = whole + "x";
  EXPECT_EQ(d.check(d.record.host), "plan.damaged");
}

TEST(PlanCheck, WithoutARecordTheHeaderSpeaks) {
  const std::string plan = sample_plan();
  PlanHost h = sample_plan_record().host;
  const auto id = [&](const std::string& bytes) {
    return check_plan("p", plan_view(bytes), nullptr, h).id();
  };
  EXPECT_EQ(id(plan), "");
  h.tensorrt = "10.3.0.26";
  EXPECT_EQ(id(plan), "plan.older");
  h.tensorrt = "8.2.1.8";
  EXPECT_EQ(id(plan), "plan.newer");
  EXPECT_EQ(id("ftrt"), "plan.no-record");
  EXPECT_EQ(id("oldp" + plan), "plan.not-a-plan");
  EXPECT_EQ(id(""), "plan.not-a-plan");
}

TEST(PlanCheck, APlanOfAnotherModelIsStale) {
  const PlanRecord r = sample_plan_record();
  EXPECT_TRUE(check_plan_model("m.plan", r, "can.onnx", std::string(64, 'a')).ok());
  const Status s = check_plan_model("m.plan", r, "can.onnx", std::string(64, 'b'));
  EXPECT_EQ(s.id(), "plan.stale");
  EXPECT_EQ(s.exit_code(), 1);
}

TEST(PlanCheck, FilesAreRecognised) {
  PlanOnDisk d;
  EXPECT_TRUE(is_plan_file(d.path));
  JETLINE_EXPECT_OK(write_file(d.folder.file("x.onnx"), "\x08\x08"));
  EXPECT_FALSE(is_plan_file(d.folder.file("x.onnx")));
  EXPECT_FALSE(is_plan_file(d.folder.file("none")));
  const auto source = examine_model(d.path, true);
  ASSERT_TRUE(source.ok()) << source.status().to_string();
  EXPECT_TRUE(source->plan);
  EXPECT_FALSE(source->onnx);
}

TEST(PlanCheck, ReleasesCompareByTheirDigits) {
  EXPECT_LT(compare_releases("8.6.1.7", "10.3.0"), 0);
  EXPECT_GT(compare_releases("10.13.3", "10.3.0"), 0);
  EXPECT_EQ(compare_releases("10.3", "10.3.0.26"), 0);
}

}  // namespace
}  // namespace jetline
