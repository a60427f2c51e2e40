#include "jetline/graph/card.h"

#include "jetline/base/testing.h"
#include "jetline/graph/card_io.h"
#include "jetline/graph/testing.h"

namespace jetline {
namespace {

Card card_sample() {
  Card c;
  c.name = "find_can";
  c.head = "jetline";
  c.labels = {"can", "bo\"x", "Dose \xc3\xa4 \\ #", "line\nbreak"};
  c.input.name = "images";
  c.input.width = 320;
  c.input.height = 240;
  c.input.order = ColorOrder::kBGR;
  c.input.fit = Fit::kLetterboxTopLeft;
  c.input.mean = {{123.675f, 116.28f, 103.53f}};
  c.input.scale = {{0.1f, 0.2f, 1.0f / 3.0f}};
  c.input.dtype = DType::kF16;
  c.head_params["strides"] = {8, 16};
  c.head_params["odd key.x"] = {0.5};
  c.score_threshold = 0.3f;
  c.provenance["dataset_sha256"] = "abc";
  return c;
}

void card_expect_equal(const Card& a, const Card& b) {
  EXPECT_EQ(card_to_json(a), card_to_json(b));
}

TEST(ModelCard, JsonIsOneLineInAFixedOrder) {
  Card c;
  c.input.width = 4;
  c.input.height = 3;
  c.score_threshold = 0.1f;
  EXPECT_EQ(
      card_to_json(c),
      R"({"version":1,"name":"","task":"detect","head":"","labels":[],"input":{"name":"","width":4,"height":3,)"
      R"("layout":"NCHW","order":"RGB","fit":"letterbox","pad":114.0,"mean":[0.0,0.0,0.0],"scale":[1.0,1.0,1.0],)"
      R"("dtype":"float"},"head_params":{},"score_threshold":0.1,"nms_iou":0.5,"provenance":{}})");
}

TEST(ModelCard, SurvivesJsonTomlModelAndSidecar) {
  const Card c = card_sample();
  JETLINE_ASSERT_OK_AND_ASSIGN(const Card json, card_from_json(card_to_json(c)));
  card_expect_equal(c, json);
  EXPECT_EQ(json.input.scale[2], 1.0f / 3.0f);  // floats to the last bit
  EXPECT_EQ(json.labels, c.labels);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Card toml, card_from_toml(card_to_toml(c), "x.toml"));
  card_expect_equal(c, toml);

  TemporaryDirectory dir;
  auto model = testing::small_network();
  EXPECT_EQ(find_card(*model, dir.file("m.onnx")).status().id(), "card.none");
  write_card(*model, c);
  write_card(*model, c);
  EXPECT_EQ(model->metadata.size(), 1u);
  JETLINE_ASSERT_OK_AND_ASSIGN(const Card inside, find_card(*model, dir.file("m.onnx")));
  card_expect_equal(c, inside);
  Card other = c;
  other.name = "corrected";
  EXPECT_EQ(sidecar_path("a.b/m.v2.onnx"), "a.b/m.v2.card.toml");
  JETLINE_ASSERT_OK(write_sidecar(other, sidecar_path(dir.file("m.onnx"))));
  JETLINE_ASSERT_OK_AND_ASSIGN(const Card beside, find_card(*model, dir.file("m.onnx")));
  EXPECT_EQ(beside.name, "corrected");
}

TEST(ModelCard, TomlWrittenByHand) {
  const char* text = R"(
head = "yolox"
labels = ["person", "dog"]
[input]
width = 416
height = 416
order = "BGR"
fit = "letterbox-top-left"
mean = 0
scale = [1, 1, 1]
[head_params]
strides = [8, 16, 32]
)";
  JETLINE_ASSERT_OK_AND_ASSIGN(const Card c, card_from_toml(text, "m.card.toml"));
  EXPECT_EQ(c.input.width, 416);
  EXPECT_EQ(c.input.order, ColorOrder::kBGR);
  EXPECT_EQ(c.head_params.at("strides"), (std::vector<double>{8, 16, 32}));
}

TEST(ModelCard, MistakesAreNamed) {
  auto id_of = [](const std::string& json) { return card_from_json(json).status().id(); };
  EXPECT_EQ(id_of("{"), "card.syntax");
  EXPECT_EQ(id_of("[1]"), "card.syntax");
  EXPECT_EQ(id_of(std::string(100000, '[')), "card.syntax");
  EXPECT_EQ(id_of(R"({"version":2})"), "card.field");
  for (const char* bad :
       {R"({"input":{"width":-1}})", R"({"input":{"width":1.5}})", R"({"input":{"width":"320"}})",
        R"({"input":{"pad":300}})", R"({"input":{"layout":"CHW"}})", R"({"input":{"fit":"crop"}})",
        R"({"input":{"mean":[1,2]}})", R"({"input":{"dtype":"string"}})", R"({"input":{"colour":"RGB"}})",
        R"({"labels":"can"})", R"({"labels":[1]})", R"({"score_threshold":1.5})", R"({"task":"fly"})",
        R"({"head_params":{"strides":["8"]}})", R"({"provenance":{"a":1}})", R"({"lables":[]})"}) {
    const Status s = card_from_json(bad).status();
    EXPECT_EQ(s.id(), "card.field") << bad;
  }
  EXPECT_NE(card_from_json(R"({"input":{"order":"RBG"}})").status().message().find("RGB, BGR, gray"),
            std::string::npos);
  const Status toml = card_from_toml("a = \nb", "x/m.card.toml").status();
  EXPECT_EQ(toml.id(), "card.syntax");
  EXPECT_EQ(toml.where().rfind("x/m.card.toml:1:", 0), 0u) << toml.where();
  EXPECT_EQ(card_from_toml("[input]\nwidth = nan", "f").status().id(), "card.field");
}

TEST(ModelCard, TruncatedJsonIsAStatus) {
  const std::string text = card_to_json(card_sample());
  for (size_t n = 0; n < text.size(); ++n)
    EXPECT_EQ(card_from_json(text.substr(0, n)).status().id(), "card.syntax") << n;
}

}  // namespace
}  // namespace jetline
