# LevelDB's table reader as jetline::leveldb, and Snappy, with which its blocks may be packed, as jetline::snappy.
# Looked for by name, as older distributions carry no CMake configuration for either.
find_path(JETLINE_LEVELDB_INCLUDE_DIR leveldb/table.h)
find_library(JETLINE_LEVELDB_LIBRARY leveldb)
find_path(JETLINE_SNAPPY_INCLUDE_DIR snappy.h)
find_library(JETLINE_SNAPPY_LIBRARY snappy)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(JetlineLevelDB DEFAULT_MSG JETLINE_LEVELDB_LIBRARY JETLINE_LEVELDB_INCLUDE_DIR
                                  JETLINE_SNAPPY_LIBRARY JETLINE_SNAPPY_INCLUDE_DIR)
if(JetlineLevelDB_FOUND AND NOT TARGET jetline::leveldb)
  add_library(jetline::snappy INTERFACE IMPORTED)
  target_include_directories(jetline::snappy SYSTEM INTERFACE ${JETLINE_SNAPPY_INCLUDE_DIR})
  target_link_libraries(jetline::snappy INTERFACE ${JETLINE_SNAPPY_LIBRARY})
  add_library(jetline::leveldb INTERFACE IMPORTED)
  target_include_directories(jetline::leveldb SYSTEM INTERFACE ${JETLINE_LEVELDB_INCLUDE_DIR})
  target_link_libraries(jetline::leveldb INTERFACE ${JETLINE_LEVELDB_LIBRARY} jetline::snappy)
endif()
mark_as_advanced(JETLINE_LEVELDB_INCLUDE_DIR JETLINE_LEVELDB_LIBRARY JETLINE_SNAPPY_INCLUDE_DIR JETLINE_SNAPPY_LIBRARY)
