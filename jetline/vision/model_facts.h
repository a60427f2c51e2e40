// What the file of a model says about its structure, for recognising its head and resolving its card: shapes
// of inputs and outputs, and which operators stand between an output and the last convolutions.
//
// Ids: those of load_onnx; card.syntax, card.field, file.* for cards. Threads: pure functions.
#pragma once

#include <string>

#include "jetline/base/status.h"
#include "jetline/engine/engine.h"
#include "jetline/graph/card.h"
#include "jetline/graph/graph.h"
#include "jetline/vision/heads/head.h"

namespace jetline {

ModelFacts model_facts(const Model& model);
// Shapes as the engine compiled them replace those of the file (by name, else by position).
void refine_facts(ModelFacts& facts, const Engine& engine);

struct FoundCard {
  bool found = false;
  std::string where;  // "embedded" or the sidecar's path
  std::string toml;   // a sidecar's text: it may leave fields to the head's defaults
  Card card;          // the embedded card (complete)
};
// `card_path` where it is not empty, else the sidecar beside the model, else the embedded card of `model`
// (may be null for files that are not ONNX).
Result<FoundCard> locate_card(const Model* model, const std::string& model_path,
                              const std::string& card_path);

// The card that holds: `base` (a head's defaults) overlaid by the fields the sidecar `toml` names. `where` is
// for messages.
Result<Card> overlay_card(const Card& base, const std::string& toml, const std::string& where);
// The `head` that a sidecar names; "" when it leaves it open.
Result<std::string> sidecar_head(const std::string& toml, const std::string& where);

}  // namespace jetline
