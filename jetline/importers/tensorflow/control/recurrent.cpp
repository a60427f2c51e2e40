#include "jetline/importers/tensorflow/control/recurrent.h"

namespace jetline::tf {

bool as_recurrent(OpContext&, LoopForm&, std::vector<Symbol>&) {
  return false;
}

}  // namespace jetline::tf
