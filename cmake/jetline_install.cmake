# `cmake --install` gives a package another project can find_package(jetline).
get_property(rooms GLOBAL PROPERTY JETLINE_ROOMS)
set(targets)
foreach(room ${rooms})
  list(APPEND targets jetline_${room})
endforeach()
install(TARGETS ${targets} EXPORT jetlineTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT jetlineTargets NAMESPACE jetline:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/jetline)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/jetline DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h"
        PATTERN "testing.h" EXCLUDE PATTERN "tensorrt" EXCLUDE)  # the second: inside a module
include(CMakePackageConfigHelpers)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/jetlineConfig.cmake.in ${CMAKE_BINARY_DIR}/jetlineConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/jetline)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/jetlineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/jetlineConfig.cmake ${CMAKE_BINARY_DIR}/jetlineConfigVersion.cmake
        ${CMAKE_SOURCE_DIR}/cmake/FindJetlineLevelDB.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/jetline)
install(TARGETS jetline_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
foreach(module openvino torch media tensorrt)
  if(TARGET jetline_${module}_module)
    install(TARGETS jetline_${module}_module LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/jetline)
  endif()
endforeach()
