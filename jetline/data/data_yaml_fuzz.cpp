#include "jetline/base/strings.h"
#include "jetline/data/data_yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline::data_reader;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto yaml = parse_data_yaml(text, "data.yaml");
  if (yaml.ok()) {
    for (const std::string& name : yaml->names) {
      if (name.empty() || !jetline::is_valid_utf8(name)) __builtin_trap();
    }
  }
  (void)parse_darknet_data(text, "obj.data");
  return 0;
}
