// Everything jetline knows about targets: boards, JetPacks, operators, plugins, limits per TensorRT version;
// compiled in, extended by a user's TOML.
//
//   targets::Catalog catalog;                       // parses nothing yet
//   Status s = catalog.add_toml(text, "lab.toml");  // the user's own boards, JetPacks, operators and rules
//   Result<Target> t = choose(catalog, {"nano-4gb", "4.6.1"});
//
// Tables are parsed when first asked for, operators one by one, so that a check pays for what its model uses.
// Threads: one catalog, one thread (lookups fill caches). Ids: targets.unknown-board (hint: nearest names),
// targets.unknown-jetpack, targets.unknown-tensorrt, targets.not-on-board (that JetPack or precision does not
// run there), targets.bad-toml (with file and line), targets.no-board (nothing named and this is no Jetson).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/status.h"
#include "jetline/targets/board.h"
#include "jetline/targets/operator.h"

namespace jetline::targets {

// What one TensorRT release brings to every model.
struct Release {
  Version version;                    // "8.2"
  int max_opset = 0;                  // documented
  bool strongly_typed_only = false;   // 11
  bool dla = false;                   // builds for a DLA
  std::vector<Precision> precisions;  // those that the builder knows, on boards that have them
  std::string source;
};

class Catalog {
 public:
  Catalog();
  ~Catalog();

  // Rows of the user's: they come before the tables' own, replace boards, JetPacks, releases and plugins of
  // the same id and rules of the same id on the same operator, and add to operators. On failure nothing is
  // added.
  Status add_toml(std::string_view text, const std::string& file);
  // The first compiled-in table that could not be read: our bug (a test reads them all).
  Status status() const;

  const std::vector<Board>& boards() const;
  const std::vector<JetPack>& jetpacks() const;
  const std::vector<Release>& releases() const;  // oldest first, 7.1 to 11.x
  const std::vector<Plugin>& plugins() const;
  // Case, blanks and separators do not count; null: none.
  const Board* find_board(std::string_view id_or_alias) const;
  const JetPack* find_jetpack(std::string_view id) const;
  const Release* find_release(const Version& tensorrt) const;  // the newest not above it within its line
  const Plugin* find_plugin(std::string_view name, const Version& tensorrt) const;
  // Null: no table knows the operator. What is asked of the model as a whole ("graph.input") is found
  // likewise. Valid for the life of the catalog, until add_toml.
  const OperatorKnowledge* find_operator(std::string_view domain, std::string_view op) const;
  std::vector<std::string> operator_names() const;  // all that are known, sorted

 private:
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

// What a model is checked for.
struct Target {
  const Board* board = nullptr;      // null: any card, no memory or speed to judge
  const JetPack* jetpack = nullptr;  // null: TensorRT alone was named, or a desktop
  Version tensorrt;
  Precision precision = Precision::kFp16;  // fp32 where the board is unknown
  bool dla = false;
  bool strongly_typed = false;

  std::string to_string() const;  // "Jetson Nano 4GB, JetPack 4.6.1, TensorRT 8.2.1.8, fp16"
};

struct TargetQuery {
  std::string board = {}, jetpack = {}, tensorrt = {}, precision = {};  // empty: not named
  bool dla = false;
  bool strongly_typed = false;
};

// Whether that JetPack installs on that board.
bool fits(const Board& board, const JetPack& jetpack);

// A board alone means its newest JetPack, a JetPack alone no particular board, neither the board this runs on
// (`this_board`, null elsewhere: then targets.no-board) with the JetPack that is installed there
// (`this_jetpack`, null: not known).
Result<Target> choose(const Catalog& catalog, const TargetQuery& query, const Board* this_board = nullptr,
                      const JetPack* this_jetpack = nullptr);
// Boards x JetPacks that fit each other, and desktop cards x the TensorRT releases that they run.
std::vector<Target> all_targets(const Catalog& catalog, const TargetQuery& filter);
// By the text of /proc/device-tree/model (and the memory size where models share it); null elsewhere.
const Board* detect_board(const Catalog& catalog, std::string_view device_tree_model, double memory_gib);
// By the text of /etc/nv_tegra_release ("# R36 (release), REVISION: 4.3, …"); null where it says nothing
// known.
const JetPack* detect_jetpack(const Catalog& catalog, std::string_view nv_tegra_release);

}  // namespace jetline::targets
