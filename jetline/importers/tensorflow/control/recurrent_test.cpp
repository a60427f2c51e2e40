// Which loops become LSTM, GRU and RNN nodes; that the numbers are TensorFlow's is what cases/ checks.
#include <gtest/gtest.h>

#include <map>

#include "jetline/base/testing.h"
#include "jetline/importers/tensorflow/cases/cases.h"
#include "jetline/importers/tensorflow/import.h"

namespace jetline::tf {
namespace {

std::map<std::string, int> recurrent_nodes(const cases::Case& c, int64_t max_unroll) {
  ImportOptions options;
  options.inputs = c.input_names;
  options.outputs = c.output_names;
  options.max_unroll = max_unroll;
  Result<Imported> r = import_graph_def(c.graph, nullptr, options, nullptr);
  std::map<std::string, int> out;
  if (!r.ok()) {
    ADD_FAILURE() << c.name << ": " << r.status().to_string();
    return out;
  }
  for (const auto& n : r->model->graph().nodes())
    for (const char* op : {"LSTM", "GRU", "RNN", "Loop"})
      if (n->is(op)) ++out[op];
  return out;
}

TEST(TensorFlowRecurrent, KerasLayersAreRecognised) {
  JETLINE_ASSERT_OK_AND_ASSIGN(
      const std::vector<cases::Case> all,
      cases::load_all_cases(testing::source_path("jetline/importers/tensorflow/cases/data")));
  const std::map<std::string, std::map<std::string, int>> expected = {
      {"StatelessWhile/keras_lstm_same", {{"LSTM", 1}}},
      {"StatelessWhile/keras_lstm_batch", {{"LSTM", 1}}},
      {"StatelessWhile/keras_lstm_open", {{"LSTM", 1}}},
      {"StatelessWhile/keras_lstm_time_major", {{"LSTM", 1}}},
      {"StatelessWhile/keras_gru_sequences_open", {{"GRU", 1}}},
      {"StatelessWhile/keras_bidirectional_lstm", {{"LSTM", 2}}},
      {"StatelessWhile/keras_two_layers", {{"LSTM", 2}}},
      {"StatelessWhile/keras_masked_lstm_sequences_holes", {{"LSTM", 1}}},
      {"StatelessWhile/keras_masked_bidirectional", {{"GRU", 2}}},
      {"While/keras_gru_reset_before", {{"GRU", 1}}},
      {"While/keras_lstm_hard_sigmoid", {{"LSTM", 1}}},
      {"While/keras_lstm_relu", {{"LSTM", 1}}},
      {"While/keras_simple_rnn", {{"RNN", 1}}},
      // No cell of ONNX's: two cells in one loop, convolutions. Laid out here; a Loop where that is not
      // wanted.
      {"While/keras_rnn_stacked_cells", {}},
      {"While/keras_conv_lstm", {}},
  };
  size_t seen = 0;
  for (const cases::Case& c : all) {
    const auto it = expected.find(c.name);
    if (it == expected.end()) continue;
    ++seen;
    EXPECT_EQ(recurrent_nodes(c, 256), it->second) << c.name;
    const std::map<std::string, int> loop = {{"Loop", 1}};
    EXPECT_EQ(recurrent_nodes(c, 0), it->second.empty() ? loop : it->second) << c.name;
  }
  EXPECT_EQ(seen, expected.size());
}

}  // namespace
}  // namespace jetline::tf
