// The C functions that libjetline_media.so exports, shared by the module and by its callers in this room.
// Plain data crosses the border, no exceptions and no C++ types. Every function that can fail returns 0 and
// fills `error`.
#pragma once

#include <cstddef>
#include <cstdint>

extern "C" {

struct JetlineMediaError {
  char id[48];        // a dotted error id of image_io.h or video.h
  char message[464];  // without the file's name
};

// Memory for a picture of width x height RGB pixels, rows without gaps; null refuses.
using JetlineMediaAllocate = uint8_t* (*)(void* context, int width, int height);

// jetline_media_decode_image: the picture in RGB, upright.
using JetlineMediaDecodeImage = int (*)(const uint8_t* bytes, size_t size, JetlineMediaAllocate allocate,
                                        void* context, JetlineMediaError* error);
// jetline_media_encode_image: RGB, BGR (`bgr`) or grey (`channels` 1) pixels to the format of `extension`;
// the bytes go to `sink`.
using JetlineMediaEncodeImage = int (*)(const uint8_t* pixels, int width, int height, int64_t stride,
                                        int channels, int bgr, const char* extension,
                                        void (*sink)(void* context, const uint8_t* bytes, size_t size),
                                        void* context, JetlineMediaError* error);

struct JetlineMediaVideoInfo {
  int width, height;
  double fps;
  int64_t frames;
  int live;
  char description[64];
};

// jetline_media_open_file, jetline_media_open_camera: a reader handle, or null.
using JetlineMediaOpenFile = void* (*)(const char* path, JetlineMediaVideoInfo* info,
                                       JetlineMediaError* error);
using JetlineMediaOpenCamera = void* (*)(int device, int width, int height, double fps,
                                         JetlineMediaVideoInfo* info, JetlineMediaError* error);
// jetline_media_read: 1 a frame, 0 the end or an error (error->id not empty). `milliseconds` is the frame's
// position.
using JetlineMediaRead = int (*)(void* reader, JetlineMediaAllocate allocate, void* context,
                                 double* milliseconds, JetlineMediaError* error);
using JetlineMediaCloseReader = void (*)(void* reader);

// jetline_media_create_file: a writer handle for `path` (already the temporary name; the container is that of
// `extension`), or null.
using JetlineMediaCreateFile = void* (*)(const char* path, const char* extension, int width, int height,
                                         double fps, JetlineMediaError* error);
using JetlineMediaWrite = int (*)(void* writer, const uint8_t* pixels, int64_t stride, int channels, int bgr,
                                  JetlineMediaError* error);
using JetlineMediaCloseWriter = void (*)(void* writer);  // completes the file and frees the handle

}  // extern "C"
