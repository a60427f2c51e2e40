#include <algorithm>

#include "jetline/importers/tensorflow/proto/message.h"

namespace jetline::tf {
namespace {

// A map<string, V>'s entries in one place, those of one key merged into the last (protobuf: the last wins).
template <typename V>
void meta_sort_by_key(std::vector<std::pair<std::string_view, V>>& entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::pair<std::string_view, V>> kept;
  for (auto& e : entries) {
    if (!kept.empty() && kept.back().first == e.first) kept.pop_back();
    kept.push_back(std::move(e));
  }
  entries = std::move(kept);
}

Status meta_info(ByteView bytes, decode::Context& context, MetaGraph& out) {
  decode::Message m(bytes, "MetaInfoDef", context);
  while (m.next()) {
    if (m.number() == 4) {
      m.item();
      out.tags.push_back(m.text());
    } else if (m.number() == 5) {
      out.tensorflow_version = m.text();
    }
  }
  return m.status();
}

Status meta_saver(ByteView bytes, decode::Context& context, MetaGraph& out) {
  decode::Message m(bytes, "SaverDef", context);
  while (m.next()) {
    if (m.number() == 1) out.filename_tensor = m.text();
    if (m.number() == 3) out.restore_op = m.text();
  }
  return m.status();
}

// NodeList.value and BytesList.value
template <typename T>
Status meta_list(ByteView bytes, decode::Context& context, std::vector<T>& out, T (*get)(decode::Message&)) {
  decode::Message m(bytes, "collection", context);
  while (m.next()) {
    if (m.number() != 1) continue;
    m.item();
    out.push_back(get(m));
  }
  return m.status();
}

Status meta_collection(ByteView entry, decode::Context& context, MetaGraph& out) {
  std::string_view key;
  ByteView value;
  std::shared_ptr<const void> owner = context.owner;
  JETLINE_RETURN_IF_ERROR(decode::map_entry(entry, "collection", context, key, value, owner));
  if (owner != context.owner) context.begin = value.data();  // merged pieces lie elsewhere
  out.keep(owner);
  decode::Message m(value, "collection", context);
  while (m.next()) {
    if (m.number() == 1) {
      std::vector<std::string_view> names;
      const ByteView list = m.bytes();
      if (!m.ok()) break;
      m.keep(meta_list<std::string_view>(list, context, names, [](decode::Message& x) { return x.text(); }));
      out.node_collections.emplace_back(key, std::move(names));
    } else if (m.number() == 2) {
      std::vector<ByteView> items;
      const ByteView list = m.bytes();
      if (!m.ok()) break;
      m.keep(meta_list<ByteView>(list, context, items, [](decode::Message& x) { return x.bytes(); }));
      out.bytes_collections.emplace_back(key, std::move(items));
    }
  }
  return m.status();
}

Status meta_asset(ByteView bytes, decode::Context& context, MetaGraph& out) {
  decode::Message m(bytes, "asset", context);
  MetaGraph::Asset asset;
  while (m.next()) {
    if (m.number() == 1) {
      TensorInfo info;
      const ByteView b = m.bytes();
      if (!m.ok()) break;
      m.keep(decode::read_tensor_info(b, context, info));
      asset.tensor = info.name;
    } else if (m.number() == 2) {
      asset.filename = m.text();
    }
  }
  out.asset_files.push_back(asset);
  return m.status();
}

Status signature_ends(ByteView entry, decode::Context& context,
                      std::vector<std::pair<std::string_view, TensorInfo>>& out) {
  std::string_view key;
  decode::Message m(entry, "signature", context);
  TensorInfo info;
  while (m.next()) {
    if (m.number() == 1) key = m.text();
    if (m.number() == 2) {
      const ByteView b = m.bytes();
      if (m.ok()) m.keep(decode::read_tensor_info(b, context, info));
    }
  }
  out.emplace_back(key, std::move(info));
  return m.status();
}

Status meta_signature(ByteView entry, decode::Context& context, MetaGraph& out) {
  decode::Message m(entry, "signature", context);
  SignatureDef signature;
  while (m.next()) {
    if (m.number() == 1) signature.key = m.text();
    if (m.number() == 2) {
      const ByteView b = m.bytes();
      if (m.ok()) m.keep(decode::read_signature(b, context, signature));
    }
  }
  out.signatures.push_back(std::move(signature));
  return m.status();
}

}  // namespace

void MetaGraph::keep(std::shared_ptr<const void> more) {
  if (more && (owners.empty() || owners.back() != more)) owners.push_back(std::move(more));
}

Status decode::read_tensor_info(ByteView bytes, Context& context, TensorInfo& out) {
  Message m(bytes, "TensorInfo", context);
  while (m.next()) {
    switch (m.number()) {
      case 1:
        out.name = m.text();
        break;
      case 2:
        out.dtype = m.data_type();
        break;
      case 3: {
        const ByteView b = m.bytes();
        if (m.ok()) m.keep(read_shape(b, context, out.shape));
        break;
      }
      case 4:
      case 5:
        out.composite = true;
        break;
      default:
        break;
    }
  }
  if (out.composite) out.name = {};
  return m.status();
}

Status decode::read_signature(ByteView bytes, Context& context, SignatureDef& out) {
  Message m(bytes, "signature", context);
  while (m.next()) {
    if (m.number() == 3) {
      out.method = m.text();
    } else if (m.number() == 1 || m.number() == 2) {
      m.item();
      const ByteView entry = m.bytes();
      if (m.ok()) m.keep(signature_ends(entry, context, m.number() == 1 ? out.inputs : out.outputs));
    }
  }
  meta_sort_by_key(out.inputs);
  meta_sort_by_key(out.outputs);
  return m.status();
}

Status decode::read_meta_graph(ByteView bytes, Context& context, MetaGraph& out) {
  out.keep(context.owner);
  Message m(bytes, "MetaGraphDef", context);
  std::vector<ByteView> libraries;
  int object_graphs = 0;
  while (m.next()) {
    if (m.number() > 7) continue;
    m.item();
    const ByteView part = m.bytes();
    if (!m.ok()) break;
    switch (m.number()) {
      case 1:
        m.keep(meta_info(part, context, out));
        break;
      case 2:
        m.keep(read_graph(part, context, out.graph, libraries));
        break;
      case 3:
        m.keep(meta_saver(part, context, out));
        break;
      case 4: {
        Context inner = context;  // merged pieces would lie elsewhere
        m.keep(meta_collection(part, inner, out));
        context.items_left = inner.items_left;
        break;
      }
      case 5:
        m.keep(meta_signature(part, context, out));
        break;
      case 6:
        m.keep(meta_asset(part, context, out));
        break;
      case 7: {
        if (++object_graphs > 8) {
          m.keep(Status::bad_input("tf.too-many", "the object graph is in too many pieces",
                                   "the file was not written by TensorFlow"));
          break;
        }
        std::shared_ptr<const void> owner;
        merge(out.object_graph, part, owner);
        out.keep(std::move(owner));
        break;
      }
      default:
        break;
    }
  }
  JETLINE_RETURN_IF_ERROR(m.status());
  // The last of each key counts here too.
  std::stable_sort(out.signatures.begin(), out.signatures.end(),
                   [](const SignatureDef& a, const SignatureDef& b) { return a.key < b.key; });
  auto kept = out.signatures.begin();
  for (auto at = out.signatures.begin(); at != out.signatures.end(); ++at) {
    if (kept != out.signatures.begin() && (kept - 1)->key == at->key) --kept;
    if (kept != at) *kept = std::move(*at);
    ++kept;
  }
  out.signatures.erase(kept, out.signatures.end());
  JETLINE_ASSIGN_OR_RETURN(out.library, FunctionLibrary::index({}, context.owner));
  for (ByteView library : libraries) JETLINE_RETURN_IF_ERROR(out.library.append(library, context.begin));
  return Status();
}

Result<SavedModel> parse_saved_model(ByteView bytes, std::shared_ptr<const void> owner) {
  decode::Context context;
  context.begin = bytes.data();
  context.owner = owner;
  SavedModel out;
  decode::Message m(bytes, "SavedModel", context);
  while (m.next()) {
    if (m.number() == 1) {
      out.schema_version = m.integer();
    } else if (m.number() == 2) {
      m.item();
      out.metas.emplace_back();
      const ByteView meta = m.bytes();
      if (m.ok()) m.keep(decode::read_meta_graph(meta, context, out.metas.back()));
    }
  }
  JETLINE_RETURN_IF_ERROR(m.status());
  if (out.metas.empty()) {
    return Status::bad_input("tf.malformed", "the file holds no graph",
                             "it is empty, damaged or no SavedModel; export the model again");
  }
  out.owner = std::move(owner);
  return out;
}

Result<MetaGraph> parse_graph_def(ByteView bytes, std::shared_ptr<const void> owner) {
  decode::Context context;
  context.begin = bytes.data();
  context.owner = std::move(owner);
  MetaGraph out;
  out.keep(context.owner);
  std::vector<ByteView> libraries;
  JETLINE_RETURN_IF_ERROR(decode::read_graph(bytes, context, out.graph, libraries));
  if (out.graph.nodes.empty()) {
    return Status::bad_input("tf.malformed", "the file holds no node",
                             "it is empty, damaged or no frozen TensorFlow graph");
  }
  JETLINE_ASSIGN_OR_RETURN(out.library, FunctionLibrary::index({}, context.owner));
  for (ByteView library : libraries) JETLINE_RETURN_IF_ERROR(out.library.append(library, context.begin));
  return out;
}

}  // namespace jetline::tf
