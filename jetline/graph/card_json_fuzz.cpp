// Any bytes as a card in JSON; a card that was read is written in both forms and read back to the same card.
#include <cstdlib>

#include "jetline/graph/card_io.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;  // NOLINT(google-build-using-namespace): one function
  const auto card = card_from_json({reinterpret_cast<const char*>(data), size});
  if (!card.ok()) return 0;
  const std::string json = card_to_json(*card);
  const auto again = card_from_json(json);
  if (!again.ok() || card_to_json(*again) != json) std::abort();
  const auto toml = card_from_toml(card_to_toml(*card), "fuzz");
  if (!toml.ok() || card_to_json(*toml) != json) std::abort();
  return 0;
}
