// The card of a model whose inputs were renamed or replaced. Threads: as the Model. Ids: card.* of a sidecar
// that cannot be read, surgery.card (a sidecar in which the input's name could not be replaced), file.*.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/graph/graph.h"

namespace jetline::surgery {

// A model's sidecar would not be found beside the rewritten file: copies it there. Where the input that it
// names was renamed (`renamed`: old and new names of tensors), the copy says the new name. `notes` gets a
// sentence when there was one, and the result is its path, else "".
Result<std::string> copy_sidecar(const std::string& model_path, const std::string& output_path,
                                 const std::vector<std::pair<std::string, std::string>>& renamed,
                                 std::vector<std::string>& notes, FileSystem& fs = real_file_system());

// Removes the card from `made` when the picture input that it describes in `source` is no input of `made`.
void drop_card_without_input(const Model& source, Model& made, std::vector<std::string>& notes);

// The input that a card without a name means: the only one, or the first.
std::string picture_input(const Model& model, const std::string& named_by_card);

}  // namespace jetline::surgery
