/* The door between this room and LibTorch: a C interface of plain structs, so that libjetline_torch.so can be
 * built against any LibTorch (1.13 to 2.x) and any C++ library ABI. The module knows nothing of detectors,
 * losses or files: it runs a list of layers forward and backward. Parameters and buffers cross as one flat
 * array each, with the offsets that the layers name; convolution weights are [out, in/groups, k, k]
 * row-major.
 *
 * Errors: functions return 0, or 1 with a text in `error`. A net is used by one thread at a time; everything
 * handed out belongs to the net and stays valid until its next call. No exception crosses. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { JL_TORCH_ABI = 1 };

enum jl_layer_kind {
  JL_INPUT = 0,        /* the image batch */
  JL_CONV = 1,         /* convolution, padding k/2; then batch-norm or bias; then an optional addition of the
                          second input (shortcut); then ReLU when asked */
  JL_UPSAMPLE_ADD = 2, /* nearest 2x of input[0], cropped to the size of input[1], added to it */
};

typedef struct jl_layer {
  int32_t kind;
  int32_t input[2]; /* indices of earlier layers; -1: none */
  int32_t in_channels, out_channels, kernel, stride, groups;
  int32_t batch_norm, relu;
  int64_t weight;      /* offset into parameters */
  int64_t gamma, beta; /* batch-norm; without it, beta is the bias and gamma is -1 */
  int64_t mean, var;   /* offsets into buffers; -1 without batch-norm */
} jl_layer;

typedef struct jl_torch_spec {
  const jl_layer* layers;
  int32_t layer_count;
  const int32_t* outputs; /* layer indices */
  int32_t output_count;
  int64_t parameter_count, buffer_count;
  float bn_momentum, bn_epsilon;
  int32_t threads;
} jl_torch_spec;

/* An output: [batch, height, width, channels], channels innermost. */
typedef struct jl_torch_map {
  const float* data;
  int32_t height, width, channels;
} jl_torch_map;

typedef struct jl_torch_net jl_torch_net;

typedef struct jl_torch_api {
  int32_t abi;
  int (*create)(const jl_torch_spec* spec, jl_torch_net** net, char* error, size_t error_size);
  void (*destroy)(jl_torch_net* net);
  /* Copies `parameters` and `buffers` in. Either may be null to keep what is there. */
  int (*set_state)(jl_torch_net* net, const float* parameters, const float* buffers, char* error,
                   size_t error_size);
  int (*get_buffers)(jl_torch_net* net, float* buffers, char* error, size_t error_size);
  /* images: [batch, height, width, 3]. train != 0: batch statistics, running averages updated, graph kept for
   * one backward(). maps: one per output. */
  int (*forward)(jl_torch_net* net, const float* images, int32_t batch, int32_t height, int32_t width,
                 int32_t train, jl_torch_map* maps, char* error, size_t error_size);
  /* map_gradients: one array per output, shaped as the maps of the last training forward. Writes the gradient
   * of every parameter into `gradients` (parameter_count values). */
  int (*backward)(jl_torch_net* net, const float* const* map_gradients, float* gradients, char* error,
                  size_t error_size);
} jl_torch_api;

/* Exported as `jetline_torch_api`. */
typedef const jl_torch_api* (*jl_torch_api_fn)(void);

#ifdef __cplusplus
}
#endif
