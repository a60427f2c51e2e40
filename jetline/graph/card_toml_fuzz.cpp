// Any bytes as a card in TOML; a card that was read is written and read back to the same card.
#include <cstdlib>

#include "jetline/graph/card_io.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;  // NOLINT(google-build-using-namespace): one function
  const auto card = card_from_toml({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!card.ok()) return 0;
  const auto again = card_from_toml(card_to_toml(*card), "fuzz");
  if (!again.ok() || card_to_json(*again) != card_to_json(*card)) std::abort();
  return 0;
}
