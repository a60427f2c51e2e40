// Any bytes as a jetline.toml: an error or a list of stages whose placeholders can be read.
#include "jetline/pipeline/config.h"
#include "jetline/pipeline/placeholder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config =
      jetline::parse_pipeline(std::string_view(reinterpret_cast<const char*>(data), size), "f/jetline.toml");
  if (!config.ok()) return 0;
  for (const auto& stage : config->stages) {
    for (const auto& a : stage.args) {
      if (!jetline::placeholder_stages(a).ok()) __builtin_trap();  // order_stages has read them all
    }
  }
  return 0;
}
