# OpenCV core and imgproc as jetline::opencv, and imgcodecs + videoio as jetline::opencv_media where present.
# Debian's per-module packages (libopencv-core-dev …) carry no OpenCVConfig.cmake, so headers and libraries are
# looked for by name; the big libopencv-dev puts them in the same places.
find_path(JETLINE_OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
foreach(module core imgproc imgcodecs videoio)
  find_library(JETLINE_OPENCV_${module} opencv_${module})
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(JetlineOpenCV DEFAULT_MSG JETLINE_OPENCV_INCLUDE_DIR JETLINE_OPENCV_core
                                  JETLINE_OPENCV_imgproc)
if(JetlineOpenCV_FOUND AND NOT TARGET jetline::opencv)
  add_library(jetline::opencv INTERFACE IMPORTED)
  target_include_directories(jetline::opencv SYSTEM INTERFACE ${JETLINE_OPENCV_INCLUDE_DIR})
  target_link_libraries(jetline::opencv INTERFACE ${JETLINE_OPENCV_imgproc} ${JETLINE_OPENCV_core})
  if(JETLINE_OPENCV_imgcodecs AND JETLINE_OPENCV_videoio)
    add_library(jetline::opencv_media INTERFACE IMPORTED)
    target_link_libraries(jetline::opencv_media INTERFACE ${JETLINE_OPENCV_videoio} ${JETLINE_OPENCV_imgcodecs}
                                                          jetline::opencv)
  endif()
endif()
mark_as_advanced(JETLINE_OPENCV_INCLUDE_DIR JETLINE_OPENCV_core JETLINE_OPENCV_imgproc)
