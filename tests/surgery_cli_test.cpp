// The verbs of surgery and `jetline graph` as a person and a script meet them.
#include "jetline/base/testing.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/card_io.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/vision/image_io.h"
#include "tests/program.h"

namespace jetline::testing {
namespace {

class SurgeryProgram : public ::testing::Test {
 protected:
  // Boxes whose place and score follow from the mean colours of a picture, in the form of jetline's own head;
  // the network is BGR, normalises, and pads.
  void SetUp() override {
    Model model;
    model.set_opset("", 13);
    GraphBuilder b(model.graph());
    Value* x = b.input("images", DType::kF32, {1, 3, 32, 64});
    std::vector<float> w(6 * 3 * 9);
    for (size_t i = 0; i < w.size(); ++i) w[i] = 0.02f * static_cast<float>((i * 5) % 7) - 0.03f;
    Value* y = b.op("Conv", {x, b.floats("w", {6, 3, 3, 3}, w)}, {{"pads", {1, 1, 1, 1}}}, "stem");
    y = b.op("ReduceMean", {b.op("Sigmoid", {y}, {}, "act")}, {{"axes", {2, 3}}, {"keepdims", 0}}, "mean");
    y = b.op("Unsqueeze", {y, b.ints({1})});
    std::vector<float> place(32 * 6, 0), gain(32 * 6, 0);
    const float box[6] = {4, 2, 30, 18, 0, 0}, grows[6] = {8, 8, 20, 10, 0.9f, 0.5f};
    std::copy(box, box + 6, place.begin() + 7 * 6);
    std::copy(grows, grows + 6, gain.begin() + 7 * 6);
    y = b.op("Add",
             {b.op("Mul", {y, b.floats("gain", {1, 32, 6}, gain)}), b.floats("place", {1, 32, 6}, place)});
    b.output(y, "detections", DType::kF32, {1, 32, 6});
    ASSERT_TRUE(b.status().ok()) << b.status().to_string();
    Card card;
    card.head = "jetline";
    card.labels = {"a", "b"};
    card.input.width = 64;
    card.input.height = 32;
    card.input.order = ColorOrder::kBGR;
    card.input.mean = {{104, 117, 123}};
    card.input.scale = {{0.02f, 0.021f, 0.019f}};
    card.score_threshold = 0.05f;
    card.input.name = "images";
    card.head_params["strides"] = {8};
    write_card(model, card);
    JETLINE_ASSERT_OK(save_onnx(model, dir_.file("m.onnx")));
    Image image(80, 50);
    for (int64_t i = 0; i < image.stride() * 50; ++i) image.data()[i] = static_cast<uint8_t>(i * 7 + i / 91);
    JETLINE_ASSERT_OK(save_image(dir_.file("p.png"), image));
  }
  ProcessResult run(const std::vector<std::string>& words) { return run_program(words, dir_.path()); }
  nlohmann::ordered_json run_json(std::vector<std::string> words) {
    words.push_back("--json");
    const ProcessResult r = run(words);
    EXPECT_EQ(r.exit_code, 0) << join(words, " ") << "\n" << r.output << r.errors;
    return json_of(r);
  }
  TemporaryDirectory dir_;
};

TEST_F(SurgeryProgram, EveryVerbWritesASoundModelAndSaysSo) {
  const std::vector<std::vector<std::string>> commands = {
      {"extract", "m.onnx", "--to", "act", "-o", "o.onnx"},
      {"cut", "m.onnx", "--before", "op:Sigmoid", "-o", "o.onnx"},
      {"rename", "m.onnx", "images=picture", "-o", "o.onnx"},
      {"set-batch", "m.onnx", "3", "--prove", "-o", "o.onnx"},
      {"set-batch", "m.onnx", "N", "-o", "o.onnx"},
      {"set-opset", "m.onnx", "11", "-o", "o.onnx"},
      {"merge-preprocess", "m.onnx", "-o", "o.onnx"},
  };
  for (std::vector<std::string> words : commands) {
    SCOPED_TRACE(words[0]);
    words.push_back("--force");
    const auto j = run_json(words);
    EXPECT_EQ(j.value("output", ""), "o.onnx");
    EXPECT_EQ(run({"inspect", "o.onnx"}).exit_code, 0);
    // Not over a file that is there, and not without a word.
    words.pop_back();
    words.push_back("--json");
    const ProcessResult again = run(words);
    EXPECT_EQ(again.exit_code, 2);
    EXPECT_EQ(error_id(again), "file.exists");
    EXPECT_EQ(run({words[0], "none.onnx", "-o", "x.onnx"}).exit_code == 0, false);
    EXPECT_FALSE(file_exists(dir_.file("x.onnx")));
  }
}

TEST_F(SurgeryProgram, JsonHasTheDocumentedKeys) {
  const auto has = [&](const nlohmann::ordered_json& j, std::initializer_list<const char*> keys) {
    for (const char* key : keys) EXPECT_TRUE(j.contains(key)) << key;
  };
  auto j = run_json({"cut", "m.onnx", "--after", "stem", "-o", "1.onnx"});
  has(j, {"model", "inputs", "outputs", "nodes_before", "nodes_after", "weights_before", "weights_after",
          "added_inputs", "dropped_outputs", "notes"});
  EXPECT_EQ(j["outputs"][0]["name"], "stem");
  EXPECT_EQ(j["dropped_outputs"][0], "detections");
  j = run_json({"rename", "m.onnx", "images=picture", "-o", "2.onnx"});
  has(j, {"renamed", "evaded", "card_changed", "notes"});
  EXPECT_TRUE(j["card_changed"]);
  j = run_json({"set-batch", "m.onnx", "2", "-o", "3.onnx", "--prove"});
  has(j, {"batch_before", "batch", "batched_inputs", "inputs", "outputs", "patches", "notes", "proof"});
  EXPECT_LE(j["proof"]["worst"], 1e-5);
  j = run_json({"set-opset", "m.onnx", "11", "-o", "4.onnx"});
  has(j, {"opset_before", "opset_after", "ir_before", "ir_after", "changes", "notes"});
  EXPECT_EQ(j["opset_after"], 11);
  j = run_json({"merge-preprocess", "m.onnx", "-o", "5.onnx", "--color", "rgb"});
  has(j, {"input", "type_before", "type_after", "mean", "scale", "added", "folded", "convolutions", "card",
          "notes"});
  EXPECT_EQ(j["type_after"], "uint8[1,32,64,3]");
  j = run_json({"graph", "m.onnx", "-o", "6.svg"});
  has(j, {"nodes", "shown", "groups", "grouping", "width", "height", "target", "verdict"});
  EXPECT_TRUE(j["verdict"].is_null());
  j = run_json({"graph", "m.onnx", "-o", "7.html", "--board", "nano-4gb", "--jetpack", "4.6.1"});
  EXPECT_TRUE(j["verdict"].is_string());
}

TEST_F(SurgeryProgram, MistakesAreNamedAndNothingIsWritten) {
  const auto fails = [&](std::vector<std::string> words, int code, const std::string& id) {
    words.insert(words.end(), {"-o", "x.onnx", "--json"});
    const ProcessResult r = run(words);
    EXPECT_EQ(r.exit_code, code) << join(words, " ") << r.output;
    EXPECT_EQ(error_id(r), id) << join(words, " ");
    EXPECT_FALSE(file_exists(dir_.file("x.onnx")));
  };
  fails({"extract", "m.onnx", "--to", "stemm"}, 3, "surgery.unknown-name");
  fails({"extract", "m.onnx", "--from", "detections", "--to", "stem"}, 3, "surgery.no-path");
  fails({"cut", "m.onnx"}, 2, "usage.options");
  fails({"cut", "m.onnx", "--before", "node:stem"}, 3, "surgery.nothing-to-cut");
  fails({"rename", "m.onnx", "images"}, 2, "surgery.name");
  fails({"rename", "m.onnx", "images=stem"}, 3, "surgery.name-taken");
  fails({"rename", "m.onnx", "(=x", "--regex"}, 2, "surgery.pattern");
  fails({"set-batch", "m.onnx", "0"}, 2, "usage.options");
  fails({"set-opset", "m.onnx"}, 2, "usage.options");
  fails({"set-opset", "m.onnx", "5"}, 2, "graph.opset-range");
  fails({"set-opset", "m.onnx", "--ir", "2"}, 2, "surgery.ir");
  fails({"merge-preprocess", "m.onnx", "--mean", "1,2"}, 2, "usage.options");
  fails({"merge-preprocess", "m.onnx", "--input", "stem"}, 3, "surgery.unknown-name");
  const ProcessResult bmp = run({"graph", "m.onnx", "-o", "x.bmp", "--json"});
  EXPECT_EQ(bmp.exit_code, 2);
}

TEST_F(SurgeryProgram, AMergedDetectorFindsTheSame) {
  if (!file_exists(program_folder() + "/libjetline_openvino.so"))
    GTEST_SKIP() << "notice: needs the openvino module";
  const auto before = json_of(run({"detect", "m.onnx", "p.png", "--json"}));
  ASSERT_TRUE(before.is_array());
  ASSERT_FALSE(before.empty());
  int n = 0;
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, {"--color", "rgb"}, {"--no-fold"}, {"--type", "float"}}) {
    SCOPED_TRACE(join(options, " "));
    const std::string out = "u" + std::to_string(++n) + ".onnx";
    std::vector<std::string> words = {"merge-preprocess", "m.onnx", "-o", out};
    words.insert(words.end(), options.begin(), options.end());
    run_json(words);
    const auto after = json_of(run({"detect", out, "p.png", "--json"}));
    ASSERT_EQ(after.size(), before.size());
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_NEAR(after[i]["score"].get<double>(), before[i]["score"].get<double>(), 1e-4);
      for (size_t k = 0; k < 4; ++k) {
        EXPECT_NEAR(after[i]["bbox"][k].get<double>(), before[i]["bbox"][k].get<double>(), 1e-2);
      }
    }
  }
}

// The card decides about the numbers: without the change of the card the detections would differ.
TEST_F(SurgeryProgram, ASidecarIsTakenAlong) {
  JETLINE_ASSERT_OK(write_file(dir_.file("m.card.toml"),
                               "head = \"jetline\"\n[input]\nname = \"images\"\nwidth = 64\nheight = 32\n"));
  run_json({"rename", "m.onnx", "images=picture", "-o", "r.onnx"});
  JETLINE_ASSERT_OK_AND_ASSIGN(const Card card, read_sidecar(dir_.file("r.card.toml")));
  EXPECT_EQ(card.input.name, "picture");
}

}  // namespace
}  // namespace jetline::testing
