// Ending, or beginning, a model at a place: everything downstream of it goes and the tensors that cross the
// cut become outputs (`jetline cut detector.onnx --before op:NonMaxSuppression` leaves the raw boxes and
// scores), or everything upstream goes and they become inputs.
//
// Before a node the cut lies on its inputs, constants and what follows from shapes left out; after a node on
// its outputs. For a tensor both are the tensor. Ownership, threads: as extract.h. Ids: those of extract.h;
// surgery.nothing-to-cut (no data crosses the cut).
#pragma once

#include "jetline/surgery/extract.h"

namespace jetline::surgery {

struct CutOptions {
  std::vector<std::string> before, after;  // words as in names.h; both may be given
  bool upstream = false;                   // remove what lies in front instead of what lies behind
  std::vector<std::string> keep;           // outputs of the model to keep; they must not depend on the rest
  bool keep_outputs = false;               // every output that does not depend on what goes
};

Result<CutModel> cut(Model& model, const CutOptions& options);

}  // namespace jetline::surgery
