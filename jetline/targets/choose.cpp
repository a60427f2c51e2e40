// From what was named (board, JetPack, TensorRT, precision) to one target, and to all of them.
#include <algorithm>

#include "jetline/base/strings.h"
#include "jetline/targets/catalog.h"

namespace jetline::targets {
namespace {

bool has_precision(const std::vector<Precision>& list, Precision p) {
  return std::find(list.begin(), list.end(), p) != list.end();
}

template <typename Rows, typename Name>
std::string nearest_hint(std::string_view word, const Rows& rows, Name name, const char* all) {
  std::vector<std::string> names;
  for (const auto& r : rows) names.push_back(name(r));
  const std::string near = nearest_word(word, names);
  return (near.empty() ? "" : "did you mean '" + near + "'? ") + std::string(all);
}

Result<const Board*> named_board(const Catalog& catalog, const std::string& name) {
  if (const Board* b = catalog.find_board(name)) return b;
  return Status::usage("targets.unknown-board", "there is no board '" + name + "'",
                       nearest_hint(
                           to_lower(name), catalog.boards(), [](const Board& b) { return b.id; },
                           "`jetline targets` lists them"));
}

Result<const JetPack*> named_jetpack(const Catalog& catalog, const std::string& name) {
  if (const JetPack* j = catalog.find_jetpack(name)) return j;
  return Status::usage(
      "targets.unknown-jetpack", "there is no JetPack '" + name + "'",
      nearest_hint(
          name, catalog.jetpacks(), [](const JetPack& j) { return j.id; }, "`jetline targets` lists them"));
}

// What was asked for as a range ("8.2" holds 8.2.1.8), and the release that it names.
struct NamedTensorRt {
  VersionRange range;
  Version version;
};
Result<NamedTensorRt> named_tensorrt(const Catalog& catalog, const std::string& text) {
  JETLINE_ASSIGN_OR_RETURN(Version v, parse_version(text));
  NamedTensorRt named;
  named.range = {v, v};
  const auto& all = catalog.releases();
  if (v.parts == 1) {  // "10": the newest of that line
    for (const Release& r : all) {
      if (r.version.part[0] == v.part[0]) v = r.version;
    }
  }
  named.version = v;
  if (catalog.find_release(v)) return named;
  return Status::usage(
      "targets.unknown-tensorrt", "nothing is known of TensorRT " + text,
      all.empty() ? ""
                  : "known are " + all.front().version.to_string() + " to " + all.back().version.to_string());
}

Status not_on_board(const std::string& message, const std::string& hint = {}) {
  return Status::usage("targets.not-on-board", message, hint);
}

std::string jetpack_ids(const Catalog& catalog, const Board& board) {
  std::vector<std::string> ids;
  for (const JetPack& j : catalog.jetpacks()) {
    if (fits(board, j) && !j.preview) ids.push_back(j.id);
  }
  if (ids.empty()) return "it has no JetPack";
  return "its JetPacks are " + join(ids, ", ");
}

const JetPack* newest_jetpack(const Catalog& catalog, const Board& board, const VersionRange& tensorrt) {
  const JetPack* best = nullptr;
  for (const JetPack& j : catalog.jetpacks()) {
    if (!fits(board, j) || j.preview || !tensorrt.holds(j.tensorrt) || !catalog.find_release(j.tensorrt))
      continue;
    if (!best || best->version < j.version) best = &j;
  }
  return best;
}

Status choose_tensorrt(const Catalog& catalog, const NamedTensorRt& named, Target& target) {
  const Board* board = target.board;
  if (target.jetpack) {
    if (!named.range.holds(target.jetpack->tensorrt)) {
      return not_on_board("JetPack " + target.jetpack->id + " brings TensorRT " +
                              target.jetpack->tensorrt.to_string() + ", not " + named.range.to_string(),
                          "name one of the two");
    }
    return Status();
  }
  if (board && board->is_jetson) {
    target.jetpack = newest_jetpack(catalog, *board, named.range);
    if (target.jetpack) {
      target.tensorrt = target.jetpack->tensorrt;
      return Status();
    }
  }
  if (board && !board->tensorrt.holds(named.version)) {
    return not_on_board(
        "TensorRT " + named.version.to_string() + " does not run on the " + board->name,
        board->is_jetson ? jetpack_ids(catalog, *board) : "it runs TensorRT " + board->tensorrt.to_string());
  }
  target.tensorrt = named.version;
  return Status();
}

Status choose_newest(const Catalog& catalog, Target& target) {
  const Board& board = *target.board;
  if (board.is_jetson) {
    target.jetpack = newest_jetpack(catalog, board, {});
    if (target.jetpack) {
      target.tensorrt = target.jetpack->tensorrt;
      return Status();
    }
    return not_on_board("no JetPack with a known TensorRT runs on the " + board.name,
                        "name one with --tensorrt, if you installed it yourself");
  }
  for (const Release& r : catalog.releases()) {
    if (board.tensorrt.holds(r.version)) target.tensorrt = r.version;
  }
  if (target.tensorrt.known()) return Status();
  return not_on_board("no known TensorRT runs on the " + board.name);
}

Status choose_precision(const Catalog& catalog, const std::string& text, Target& target) {
  const Board* board = target.board;
  if (text.empty()) {
    target.precision =
        board && has_precision(board->precisions, Precision::kFp16) ? Precision::kFp16 : Precision::kFp32;
    return Status();
  }
  JETLINE_ASSIGN_OR_RETURN(target.precision, parse_precision(text));
  const std::string word = to_string(target.precision);
  if (board && !has_precision(board->precisions, target.precision)) {
    std::vector<std::string> have;
    for (Precision p : board->precisions) have.emplace_back(to_string(p));
    const bool slow = has_precision(board->slow, target.precision);
    return not_on_board("the " + board->name + (slow ? " is slow in " : " has no ") + word +
                            (slow ? ", or TensorRT does not offer it there" : ""),
                        "it runs " + join(have, ", "));
  }
  const Release* release = catalog.find_release(target.tensorrt);
  if (release && !release->precisions.empty() && !has_precision(release->precisions, target.precision)) {
    return not_on_board("TensorRT " + release->version.to_string() + " has no " + word,
                        "choose a newer TensorRT or another precision");
  }
  return Status();
}

Status choose_dla(const Catalog& catalog, Target& target) {
  if (!target.dla) return Status();
  if (!catalog.find_release(target.tensorrt)->dla) {
    return not_on_board("TensorRT " + target.tensorrt.to_string() + " does not build for a DLA",
                        "leave out --dla, or choose an older JetPack");
  }
  if (target.board && target.board->dla_cores == 0) {
    return not_on_board("the " + target.board->name + " has no DLA", "leave out --dla");
  }
  if (target.precision != Precision::kFp16 && target.precision != Precision::kInt8) {
    if (target.board) return not_on_board("a DLA computes in fp16 or int8", "add --precision fp16");
    target.precision = Precision::kFp16;
  }
  return Status();
}

Status finish_target(const Catalog& catalog, const TargetQuery& query, Target& target) {
  target.dla = query.dla;
  target.strongly_typed = query.strongly_typed;
  if (!catalog.find_release(target.tensorrt)) {
    return Status::usage(
        "targets.unknown-tensorrt",
        "nothing is known of TensorRT " + target.tensorrt.to_string() +
            (target.jetpack ? ", which JetPack " + target.jetpack->id + " brings" : ""),
        "the oldest known is " +
            (catalog.releases().empty() ? "none" : catalog.releases().front().version.to_string()));
  }
  target.strongly_typed |= catalog.find_release(target.tensorrt)->strongly_typed_only;
  JETLINE_RETURN_IF_ERROR(choose_precision(catalog, query.precision, target));
  return choose_dla(catalog, target);
}

}  // namespace

std::string Target::to_string() const {
  std::string text = board ? board->name + ", " : "";
  if (jetpack) text += "JetPack " + jetpack->id + ", ";
  text += "TensorRT " + tensorrt.to_string() + ", " + targets::to_string(precision);
  if (dla) text += ", DLA";
  if (strongly_typed) text += ", strongly typed";
  return text;
}

bool fits(const Board& board, const JetPack& jetpack) {
  if (!board.is_jetson || !board.jetpack.holds(jetpack.version)) return false;
  return jetpack.socs.empty() ||
         std::find(jetpack.socs.begin(), jetpack.socs.end(), board.soc) != jetpack.socs.end();
}

Result<Target> choose(const Catalog& catalog, const TargetQuery& query, const Board* this_board,
                      const JetPack* this_jetpack) {
  Target target;
  if (!query.board.empty()) {
    JETLINE_ASSIGN_OR_RETURN(target.board, named_board(catalog, query.board));
  } else if (query.jetpack.empty() && query.tensorrt.empty()) {
    if (!this_board) {
      return Status::usage("targets.no-board", "no board was named, and this machine is no Jetson",
                           "add --board, --jetpack or --tensorrt; `jetline targets` lists them");
    }
    target.board = this_board;
    if (this_jetpack && fits(*this_board, *this_jetpack)) {
      target.jetpack = this_jetpack;
      target.tensorrt = this_jetpack->tensorrt;
    }
  }
  if (!query.jetpack.empty()) {
    JETLINE_ASSIGN_OR_RETURN(target.jetpack, named_jetpack(catalog, query.jetpack));
    target.tensorrt = target.jetpack->tensorrt;
    if (target.board && !fits(*target.board, *target.jetpack)) {
      return not_on_board("JetPack " + target.jetpack->id + " does not run on the " + target.board->name,
                          jetpack_ids(catalog, *target.board));
    }
  }
  if (!query.tensorrt.empty()) {
    JETLINE_ASSIGN_OR_RETURN(const NamedTensorRt named, named_tensorrt(catalog, query.tensorrt));
    JETLINE_RETURN_IF_ERROR(choose_tensorrt(catalog, named, target));
  } else if (!target.jetpack) {
    JETLINE_RETURN_IF_ERROR(choose_newest(catalog, target));
  }
  JETLINE_RETURN_IF_ERROR(finish_target(catalog, query, target));
  return target;
}

std::vector<Target> all_targets(const Catalog& catalog, const TargetQuery& filter) {
  std::vector<Target> targets;
  const Board* only = filter.board.empty() ? nullptr : catalog.find_board(filter.board);
  if (!filter.board.empty() && !only) return targets;
  VersionRange tensorrt;
  if (!filter.tensorrt.empty()) {
    const Result<NamedTensorRt> named = named_tensorrt(catalog, filter.tensorrt);
    if (!named.ok()) return targets;
    tensorrt = named->range;
  }
  const JetPack* only_jetpack = filter.jetpack.empty() ? nullptr : catalog.find_jetpack(filter.jetpack);
  if (!filter.jetpack.empty() && !only_jetpack) return targets;
  const auto add = [&](const Board& board, const JetPack* jetpack, const Version& version) {
    if (!tensorrt.holds(version)) return;
    Target t;
    t.board = &board;
    t.jetpack = jetpack;
    t.tensorrt = version;
    if (finish_target(catalog, filter, t).ok()) targets.push_back(t);
  };
  for (const Board& board : catalog.boards()) {
    if (only && &board != only) continue;
    if (board.is_jetson) {
      for (const JetPack& j : catalog.jetpacks()) {
        if (only_jetpack ? &j != only_jetpack : j.preview) continue;
        if (fits(board, j)) add(board, &j, j.tensorrt);
      }
    } else if (!only_jetpack) {
      for (const Release& r : catalog.releases()) {
        if (board.tensorrt.holds(r.version)) add(board, nullptr, r.version);
      }
    }
  }
  return targets;
}

}  // namespace jetline::targets
