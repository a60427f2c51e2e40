// Shared by the tests of heads: outputs filled by hand, and the way from shapes to a bound head.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "jetline/base/testing.h"
#include "jetline/vision/heads/head.h"

namespace jetline::testing {

struct FakeOutput {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<std::string> tail_ops;
};

// The outputs of one model, all zeros until a test writes into them.
class HeadFixture {
 public:
  HeadFixture(std::vector<int64_t> input, const std::vector<FakeOutput>& outputs) {
    facts.inputs = {{"input", DType::kF32, std::move(input)}};
    facts.graph_read = true;
    for (const FakeOutput& o : outputs) {
      facts.outputs.push_back({o.name, DType::kF32, o.shape, o.tail_ops});
      int64_t n = 1;
      for (int64_t d : o.shape) n *= d;
      values.emplace_back(static_cast<size_t>(n), 0.f);
    }
  }
  // The card as the Detector makes it: the input's size and the family's defaults.
  Card defaults(const char* head) {
    const HeadKind* kind = find_head(head);
    Card card;
    EXPECT_NE(kind, nullptr);
    const InputGeometry g = input_geometry(facts);
    card.head = head;
    card.input.width = g.width;
    card.input.height = g.height;
    card.input.layout = g.layout;
    kind->defaults(facts, card);
    return card;
  }
  Result<std::unique_ptr<Head>> bind(const Card& card) { return find_head(card.head)->create(facts, card); }
  // Candidates with the family's defaults above `threshold`; also checks that decode() keeps its promise.
  std::vector<Detection> decode(const Card& card, float threshold) {
    auto head = bind(card);
    EXPECT_TRUE(head.ok()) << head.status().to_string();
    std::vector<Detection> out;
    if (!head.ok()) return out;
    out.reserve((*head)->max_candidates());
    const Detection* memory = out.data();
    std::vector<TensorView> views;
    for (size_t i = 0; i < values.size(); ++i)
      views.push_back({values[i].data(), DType::kF32, facts.outputs[i].shape});
    (*head)->decode(views, threshold, out);
    EXPECT_LE(out.size(), (*head)->max_candidates());
    EXPECT_EQ(out.data(), memory) << "decode() allocated";
    return out;
  }
  std::string recognised() const {
    const HeadKind* kind = recognise_head(facts);
    return kind ? kind->name : "";
  }

  ModelFacts facts;
  std::vector<std::vector<float>> values;  // per output
};

inline void expect_box(const Detection& d, float x1, float y1, float x2, float y2, float tolerance = 1e-3f) {
  EXPECT_NEAR(d.box.x1, x1, tolerance);
  EXPECT_NEAR(d.box.y1, y1, tolerance);
  EXPECT_NEAR(d.box.x2, x2, tolerance);
  EXPECT_NEAR(d.box.y2, y2, tolerance);
}

}  // namespace jetline::testing
