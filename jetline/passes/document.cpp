#include "jetline/passes/document.h"

#include "jetline/passes/pass.h"

namespace jetline::passes {

std::string passes_table() {
  std::string out = "| pass | law | numbers |\n|---|---|---|\n";
  for (const Pass& p : all_passes()) {
    out += "| `" + std::string(p.name) + "` | " + p.law +
           (p.once ? " Runs when the others have come to rest." : "") +
           (p.on_request ? " Runs only when it is asked for." : "") + " | " +
           (p.reorders ? "within rounding" : "exact") + " |\n";
  }
  return out;
}

}  // namespace jetline::passes
