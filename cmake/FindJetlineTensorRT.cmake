# TensorRT with its ONNX parser and plugins, and CUDA's runtime, as jetline::tensorrt_sdk. JETLINE_TENSORRT_ROOT and
# JETLINE_CUDA_ROOT come first; then the places where JetPack and NVIDIA's packages put them.
set(JETLINE_TENSORRT_ROOT "" CACHE PATH "Folder with TensorRT's include/ and lib/")
set(JETLINE_CUDA_ROOT "" CACHE PATH "Folder with CUDA's include/ and lib64/")
set(trt_places ${JETLINE_TENSORRT_ROOT} $ENV{TENSORRT_ROOT} /usr/local/tensorrt /opt/tensorrt /usr)
set(cuda_places ${JETLINE_CUDA_ROOT} $ENV{CUDA_HOME} /usr/local/cuda /usr)
set(lib_suffixes lib lib64 lib/${CMAKE_LIBRARY_ARCHITECTURE} targets/${CMAKE_LIBRARY_ARCHITECTURE}/lib
                 targets/${CMAKE_SYSTEM_PROCESSOR}-linux/lib)
find_path(JETLINE_TENSORRT_INCLUDE_DIR NvInfer.h PATHS ${trt_places}
          PATH_SUFFIXES include include/${CMAKE_LIBRARY_ARCHITECTURE})
find_path(JETLINE_NVONNXPARSER_INCLUDE_DIR NvOnnxParser.h PATHS ${trt_places}
          PATH_SUFFIXES include include/${CMAKE_LIBRARY_ARCHITECTURE})
find_path(JETLINE_CUDA_INCLUDE_DIR cuda_runtime_api.h PATHS ${cuda_places}
          PATH_SUFFIXES include targets/${CMAKE_SYSTEM_PROCESSOR}-linux/include)
foreach(library nvinfer nvinfer_plugin nvonnxparser)
  # The name with a release number is what an installation without development links has.
  find_library(JETLINE_LIB_${library} NAMES ${library} lib${library}.so.11 lib${library}.so.10 lib${library}.so.8
               lib${library}.so.7 PATHS ${trt_places} PATH_SUFFIXES ${lib_suffixes})
endforeach()
find_library(JETLINE_LIB_cudart NAMES cudart libcudart.so.13 libcudart.so.12 libcudart.so.11.0 libcudart.so.10.2
             PATHS ${cuda_places} PATH_SUFFIXES ${lib_suffixes})
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(JetlineTensorRT DEFAULT_MSG JETLINE_TENSORRT_INCLUDE_DIR
  JETLINE_NVONNXPARSER_INCLUDE_DIR JETLINE_CUDA_INCLUDE_DIR JETLINE_LIB_nvinfer JETLINE_LIB_nvinfer_plugin
  JETLINE_LIB_nvonnxparser JETLINE_LIB_cudart)
if(JetlineTensorRT_FOUND AND NOT TARGET jetline::tensorrt_sdk)
  # The macros are numbers up to 10.10 and names of other macros later.
  file(STRINGS ${JETLINE_TENSORRT_INCLUDE_DIR}/NvInferVersion.h lines
       REGEX "#define +(NV_TENSORRT|TRT)_(MAJOR|MINOR|PATCH)(_ENTERPRISE)? +[0-9]+")
  foreach(part MAJOR MINOR PATCH)
    string(REGEX MATCH "(NV_TENSORRT|TRT)_${part}(_ENTERPRISE)? +([0-9]+)" found "${lines}")
    set(trt_${part} ${CMAKE_MATCH_3})
  endforeach()
  set(JETLINE_TENSORRT_VERSION ${trt_MAJOR}.${trt_MINOR}.${trt_PATCH})
  add_library(jetline::tensorrt_sdk INTERFACE IMPORTED)
  target_include_directories(jetline::tensorrt_sdk SYSTEM INTERFACE ${JETLINE_TENSORRT_INCLUDE_DIR}
    ${JETLINE_NVONNXPARSER_INCLUDE_DIR} ${JETLINE_CUDA_INCLUDE_DIR})
  target_link_libraries(jetline::tensorrt_sdk INTERFACE ${JETLINE_LIB_nvinfer} ${JETLINE_LIB_nvinfer_plugin}
    ${JETLINE_LIB_nvonnxparser} ${JETLINE_LIB_cudart})
endif()
mark_as_advanced(JETLINE_TENSORRT_INCLUDE_DIR JETLINE_NVONNXPARSER_INCLUDE_DIR JETLINE_CUDA_INCLUDE_DIR
  JETLINE_LIB_nvinfer JETLINE_LIB_nvinfer_plugin JETLINE_LIB_nvonnxparser JETLINE_LIB_cudart)
