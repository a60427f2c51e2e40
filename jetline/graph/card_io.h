// Where a model's card comes from and goes to: the `jetline.card` entry of metadata_props, and the sidecar
// file `NAME.card.toml` beside `NAME.onnx`. The text forms are in card.h. Ids: card.none (the model has no
// card), card.syntax, card.field, file.*.
#pragma once

#include <string>

#include "jetline/base/files.h"
#include "jetline/graph/card.h"
#include "jetline/graph/graph.h"

namespace jetline {

// The embedded card; card.none when there is none.
Result<Card> read_card(const Model& model);
void write_card(Model& model, const Card& card);

// "dir/can.onnx" -> "dir/can.card.toml".
std::string sidecar_path(const std::string& model_path);
Result<Card> read_sidecar(const std::string& toml_path);
Status write_sidecar(const Card& card, const std::string& toml_path, FileSystem& fs = real_file_system());
std::string card_to_toml(const Card& card);

// The sidecar where there is one (a person wrote it to correct the file), else the embedded card, else
// card.none.
Result<Card> find_card(const Model& model, const std::string& model_path);

}  // namespace jetline
