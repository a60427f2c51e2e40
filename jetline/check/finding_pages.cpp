#include "jetline/check/explain.h"

namespace jetline::check {
namespace {

const FindingPage kPages[] = {
    {"trt.function", "refused", "The node calls a function that the model defines.",
     "The ONNX parser of TensorRT imports model functions from 9.0 on (LocalFunctionImporter in the importer "
     "lists); "
     "older ones look for a plugin of that name.",
     "Export without functions, or put their bodies in place of the calls before conversion.",
     "A model of PyTorch's dynamo exporter with pkg.onnxscript.torch_lib functions, for TensorRT 8.6."},
    {"trt.newer-form", "unknown",
     "The node uses an attribute, an input or a default of ONNX that came after the operator set which this "
     "release "
     "documents.",
     "The parser never refuses a model for its opset number. It reads a newer node by the rules it knows, so "
     "that "
     "what it does not know is ignored, and the numbers may be wrong without a message.",
     "Convert the model to the documented opset; jetline fix does.",
     "Split with num_outputs (opset 18) for TensorRT 8.2, which documents opset 13."},
    {"trt.no-importer", "refused", "The ONNX parser of this release has no importer for the operator.",
     "The parser looks operators up by name; one it does not find is tried as a plugin of the same name, and "
     "without "
     "such a plugin parsing ends with 'No importer registered for op' or 'Plugin not found'.",
     "A newer TensorRT where one has it, jetline fix where a rewrite exists, or other operators.",
     "LayerNormalization for TensorRT 8.5; 8.6 brings it."},
    {"trt.other-domain", "unknown",
     "The node's operator is of another domain than ai.onnx and bears a name of ai.onnx.",
     "Importers are found by the operator's name alone. The node is read as if it were ONNX's operator of "
     "that name; "
     "whether it means the same nobody knows from the file.",
     "Where they mean the same, give the node the domain ai.onnx; else rename it and bring a plugin.",
     "com.microsoft.Gelu for TensorRT 10.3."},
    {"trt.plugin", "plugin", "A plugin that ships with this release has the operator's name and runs it.",
     "The parser's last resort for a name it does not know is a plugin of that name; libnvinfer_plugin "
     "brings about "
     "fifty.",
     "Load libnvinfer_plugin and call initLibNvInferPlugins before parsing and before loading the engine.",
     "EfficientNMS_TRT for TensorRT 8.2."},
    {"trt.plugin-version", "refused",
     "This release ships the plugin, but not in the version that the node asks for.",
     "Plugins are found by name and version; the attribute plugin_version is \"1\" where it is absent.",
     "Set plugin_version to a version that ships, and check that its attributes are the same.",
     "A node with plugin_version \"2\" of a plugin that ships as version 1 only."},
    {"trt.type", "refused", "The operator's importer takes other element types for this input.",
     "TensorRT computes in fewer types than ONNX; each importer has its list.",
     "A Cast before the node, or jetline fix.", "TopK on int32 data for TensorRT 8.4."},
    {"trt.unknown-operator", "refused",
     "No table of jetline knows the operator, and no plugin of that name ships.",
     "It may be of a library that you load yourself; then it runs, else parsing ends with 'Plugin not "
     "found'. jetline "
     "does not guess.",
     "Describe it in a TOML file of your own (--toml) once you know, or express it with operators of ONNX.",
     "A node of a custom domain made by a training framework."},
};

}  // namespace

Span<const FindingPage> finding_pages() {
  return {kPages, sizeof(kPages) / sizeof(FindingPage)};
}

}  // namespace jetline::check
