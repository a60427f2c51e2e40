// Why B differs from A. Internal to verify.
#pragma once

#include <string>
#include <vector>

#include "jetline/eval/verify_compare.h"

namespace jetline {

// The two sides as they stand: opened, run on all pictures as their own cards say.
struct VerifySides {
  Hop* a = nullptr;
  Hop* b = nullptr;
  std::vector<const Image*> images;
  HopRun run_a, run_b;
  ClassMap name_map;           // class of B that carries the name of class i of A; empty: the same ids
  bool labels_differ = false;  // the names are not the same set
  VerifyTolerance tolerance;
};

// Precondition: the sides differ. Never empty.
Result<std::vector<VerifyCause>> diagnose(const VerifySides& sides, CancelToken& cancel);

// False where the heads read the outputs differently (boxes decoded in one graph and not in the other): equal
// shapes then hold different things, and only the boxes can be compared.
bool same_output_form(const Hop& a, const Hop& b);

// Whether two runs agree: raw outputs where they can be compared, boxes where both have them. `map` holds for
// B's class channels, `name_map` for the labels of boxes.
bool runs_agree(const VerifySides& sides, const HopRun& a, const HopRun& b, const ClassMap& map,
                const ClassMap& name_map);

}  // namespace jetline
