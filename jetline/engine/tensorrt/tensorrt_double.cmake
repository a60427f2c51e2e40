# The module's sources against the stand-in, once for each shape of the API: tests that run everywhere.
if(JETLINE_BUILD_TESTS)
  file(GLOB trt_double_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/double/*.cpp)
  list(FILTER trt_double_sources EXCLUDE REGEX "_test\\.cpp$")
  file(GLOB trt_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cpp)
  set(trt_module_sources ${trt_sources})
  list(FILTER trt_module_sources EXCLUDE REGEX "trt_module\\.cpp$")
  foreach(release 802 806 1006 1101)
    add_library(jetline_trt_double_${release} STATIC ${trt_module_sources} ${trt_double_sources})
    set_target_properties(jetline_trt_double_${release} PROPERTIES UNITY_BUILD ${JETLINE_UNITY} UNITY_BUILD_BATCH_SIZE 8)
    target_include_directories(jetline_trt_double_${release} PUBLIC ${CMAKE_SOURCE_DIR}
                               ${CMAKE_CURRENT_SOURCE_DIR}/double)
    target_compile_definitions(jetline_trt_double_${release} PUBLIC JETLINE_TRT_DOUBLE=${release})
    target_link_libraries(jetline_trt_double_${release} PUBLIC jetline_flags jetline_engine Threads::Threads)
    jetline_test(tensorrt_${release} SOURCES ${trt_tests} LINK jetline_trt_double_${release})
    # A module over the stand-in, for tests of the whole program.
    add_library(jetline_trt_double_module_${release} MODULE EXCLUDE_FROM_ALL
                ${CMAKE_CURRENT_SOURCE_DIR}/trt_module.cpp)
    set_target_properties(jetline_trt_double_module_${release} PROPERTIES OUTPUT_NAME jetline_tensorrt
      LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/trt_double/${release} CXX_VISIBILITY_PRESET hidden)
    target_link_libraries(jetline_trt_double_module_${release} PRIVATE jetline_trt_double_${release})
  endforeach()
endif()
