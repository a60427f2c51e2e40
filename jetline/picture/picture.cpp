#include "jetline/picture/picture.h"

#include "jetline/graph/infer.h"
#include "jetline/picture/svg.h"

namespace jetline::picture {
namespace {

constexpr int kSvgBudget = 200, kHtmlBudget = 120;

}  // namespace

Result<Picture> draw(Model& model, Format format, const PictureOptions& options) {
  const auto count = static_cast<int64_t>(model.graph().node_count());
  if (count > kMaxNodes) {
    return Status::bad_input("picture.too-large",
                             "a graph of " + std::to_string(count) + " nodes cannot be drawn (at most " +
                                 std::to_string(kMaxNodes) + ")",
                             "take a part of it with `jetline extract`");
  }
  if (count == 0) {
    return Status::bad_input("picture.empty", "the model has no nodes to draw");
  }
  infer_shapes(model);
  Tree tree = build_tree(model, options);
  group_tree(tree, options.grouping);
  open_groups(tree, options.depth, format == Format::kHtml ? kHtmlBudget : kSvgBudget);
  measure_items(tree);
  Picture p;
  p.nodes = tree.node_count;
  p.shown = shown_items(tree);
  p.grouping = tree.grouping;
  for (const Item& i : tree.items) p.groups += i.kind == Item::Kind::kGroup && !i.children.empty();
  --p.groups;  // the picture itself
  if (format == Format::kDot) {
    p.text = write_dot(tree);
    return p;
  }
  const std::vector<Level> levels = build_levels(tree);
  const Scene scene = make_scene(tree, levels);
  p.width = scene.width;
  p.height = scene.height;
  p.text = format == Format::kSvg ? write_svg(tree, scene) : write_html(tree, levels);
  return p;
}

}  // namespace jetline::picture
