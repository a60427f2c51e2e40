// One rewrite on a small model, run before and after on random inputs; never included by library code.
#pragma once

#include "jetline/fix/rewrite.h"
#include "jetline/passes/testing.h"

namespace jetline::fix::testing {

using passes::testing::count;
using passes::testing::difference;
using passes::testing::random_feeds;
using passes::testing::run_graph;
using passes::testing::TestModel;

struct Rewritten {
  std::unique_ptr<Model> model;
  int changes = 0;
  std::vector<Refusal> refusals;
};

// A copy of `model` after the rewrite, which must leave it sound.
inline Rewritten apply(const Model& model, const char* name, int64_t max_opset = 13,
                       FixOptions options = {}) {
  Rewritten r;
  r.model = model.clone();
  const Rewrite* rewrite = find_rewrite(name);
  EXPECT_NE(rewrite, nullptr) << name;
  if (!rewrite) return r;
  FixContext c(*r.model, options, max_opset);
  c.rewrite = rewrite->name;
  const auto done = rewrite->run(*r.model, c);
  EXPECT_TRUE(done.ok()) << done.status().to_string();
  r.changes = done.ok() ? *done : 0;
  r.refusals = c.refusals;
  const Status sound = r.model->graph().verify();
  EXPECT_TRUE(sound.ok()) << sound.to_string();
  return r;
}

// Applies the rewrite, expects at least one change, no node of `gone` left, and on random inputs (of several
// seeds) the same outputs within `tolerance` of their range.
inline Rewritten expect_same(const Model& model, const char* name, std::initializer_list<const char*> gone,
                             double tolerance = 1e-5, int64_t max_opset = 13) {
  Rewritten r = apply(model, name, max_opset);
  EXPECT_GT(r.changes, 0) << name << "\n"
                          << to_text(model.graph())
                          << (r.refusals.empty() ? "" : "refused: " + r.refusals[0].reason);
  for (const char* op : gone) EXPECT_EQ(count(*r.model, op), 0) << to_text(r.model->graph());
  const Graph &before = model.graph(), &after = r.model->graph();
  EXPECT_EQ(before.outputs().size(), after.outputs().size());
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const auto feeds = random_feeds(before, seed);
    const auto x = run_graph(before, feeds), y = run_graph(after, feeds);
    EXPECT_TRUE(x.ok()) << x.status().to_string() << "\n" << to_text(before);
    EXPECT_TRUE(y.ok()) << y.status().to_string() << "\n" << to_text(after);
    if (!x.ok() || !y.ok()) return r;
    for (size_t i = 0; i < x->size() && i < y->size(); ++i) {
      EXPECT_EQ(before.outputs()[i]->name(), after.outputs()[i]->name());
      EXPECT_LE(difference((*x)[i], (*y)[i]), tolerance) << name << ", output " << i << "\nbefore:\n"
                                                         << to_text(before) << "after:\n"
                                                         << to_text(after);
    }
  }
  return r;
}

// Expects that nothing is changed and the reason given contains `why`.
inline void expect_refused(const Model& model, const char* name, const std::string& why,
                           int64_t max_opset = 13) {
  const Rewritten r = apply(model, name, max_opset);
  EXPECT_EQ(r.changes, 0);
  ASSERT_FALSE(r.refusals.empty()) << name;
  EXPECT_NE(r.refusals[0].reason.find(why), std::string::npos) << r.refusals[0].reason;
}

}  // namespace jetline::fix::testing
