# Tests mirror the tree: tests/<folder>/**/*_test.cpp become the program <folder>_tests, one ctest each; a *_test.py
# anywhere below tests/ is a ctest that gets the built binary in $COMMUNE_WATCH. tests/support/*.cpp is a library for
# all of them, save *_main.cpp, of which each is a program of its own (a simulator).
include_directories(${CMAKE_SOURCE_DIR}/tests)

file(GLOB simulators CONFIGURE_DEPENDS tests/support/*_main.cpp)
cw_library(test_support SOURCES tests/support/*.cpp EXCLUDE "_main\\.cpp$" USES cw_domain cw_store cw_asio OpenSSL::SSL OpenSSL::Crypto)
target_compile_definitions(cw_test_support PRIVATE CW_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
foreach(file ${simulators})
  cmake_path(GET file STEM name)
  string(REGEX REPLACE "_main$" "" name ${name})
  add_executable(${name} ${file})
  target_link_libraries(${name} PRIVATE cw_test_support cw_warnings)
endforeach()

# Every library there is, for the few programs that are free to choose.
set(cw_all_libraries cw_evidence cw_settings cw_prober cw_store cw_publish cw_console)

# cw_program(prefix file libraries…): <prefix>_<stem>. The first word of the file's name says which library it is about
# (wire_rtsp.cpp -> cw_wire); any other first word gets them all.
function(cw_program prefix file)
  cmake_path(GET file STEM stem)
  string(REGEX REPLACE "_.*" "" library ${stem})
  add_executable(${prefix}_${stem} EXCLUDE_FROM_ALL ${file})
  if(TARGET cw_${library})
    target_link_libraries(${prefix}_${stem} PRIVATE cw_${library})
  else()
    target_link_libraries(${prefix}_${stem} PRIVATE ${cw_all_libraries})
  endif()
  target_link_libraries(${prefix}_${stem} PRIVATE cw_test_support cw_warnings ${ARGN})
  target_compile_definitions(${prefix}_${stem} PRIVATE CW_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_dependencies(${prefix}_programs ${prefix}_${stem})
endfunction()

if(CW_FUZZ)
  add_custom_target(fuzz_programs)
  file(GLOB files CONFIGURE_DEPENDS tests/fuzz/*.cpp)
  foreach(file ${files})
    cw_program(fuzz ${file} -fsanitize=fuzzer)
  endforeach()
  return()
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT CW_SANITIZE)
  find_package(benchmark REQUIRED)
  add_custom_target(bench_programs)
  file(GLOB files CONFIGURE_DEPENDS tests/bench/*.cpp)
  foreach(file ${files})
    cw_program(bench ${file} benchmark::benchmark benchmark::benchmark_main)
  endforeach()
  target_compile_definitions(bench_prober_picture PRIVATE CW_INSPECTOR="$<TARGET_FILE:commune-watch-inspector>"
                             CW_REGISTRY="${CMAKE_BINARY_DIR}/gstreamer-registry.bin")
  add_dependencies(bench_prober_picture commune-watch-inspector)
endif()

# Cuts the power under the store (scripts/faults crash-vfs): its disk stands between the program's own files and the kernel.
add_executable(crash_vfs EXCLUDE_FROM_ALL tests/faults/crash_vfs.cpp tests/faults/crash_vfs_disk.cpp)
target_link_libraries(crash_vfs PRIVATE cw_store cw_warnings)
foreach(call open write fsync rename unlink mkdir)
  target_link_options(crash_vfs PRIVATE -Wl,--wrap=${call})
endforeach()

# Paints, encodes, decodes and judges (scripts/faults picture-table).
add_executable(picture_table EXCLUDE_FROM_ALL tests/faults/picture_table.cpp tests/inspect/encoder.cpp tests/inspect/frame.cpp
               tests/inspect/scenes.cpp)
target_link_libraries(picture_table PRIVATE cw_drivers cw_wire cw_inspector cw_warnings)

# Refuses under the running daemon (scripts/faults full-disk).
add_library(refusing_disk MODULE EXCLUDE_FROM_ALL tests/faults/refusing_disk.cpp)
target_link_libraries(refusing_disk PRIVATE cw_warnings ${CMAKE_DL_LIBS})

enable_testing()
find_package(GTest REQUIRED)
find_library(RAPIDCHECK rapidcheck REQUIRED) # Debian's rapidcheckConfig.cmake names an include directory that is not there

function(cw_test_environment name)
  set(environment CW_SOURCE_DIR=${CMAKE_SOURCE_DIR})
  if(TARGET commune-watch)
    list(APPEND environment COMMUNE_WATCH=$<TARGET_FILE:commune-watch>)
  endif()
  set(patience 300)
  if(CW_SANITIZE) # five times slower, and CI's machine is not idle
    set(patience 1200)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${patience} ENVIRONMENT "${environment}")
endfunction()

# cw_tests(folder [THREADED] libraries…): THREADED ones are what ThreadSanitizer is run on.
add_custom_target(threaded_tests)
function(cw_tests folder)
  cmake_parse_arguments(arg "THREADED" "" "" ${ARGN})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS tests/${folder}/*_test.cpp)
  if(NOT files)
    return()
  endif()
  add_executable(${folder}_tests ${files})
  target_link_libraries(${folder}_tests PRIVATE ${arg_UNPARSED_ARGUMENTS} cw_test_support GTest::gmock_main ${RAPIDCHECK} cw_warnings)
  target_compile_definitions(${folder}_tests PRIVATE CW_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${folder} COMMAND ${folder}_tests)
  cw_test_environment(${folder})
  if(arg_THREADED)
    set_tests_properties(${folder} PROPERTIES LABELS threaded)
    add_dependencies(threaded_tests ${folder}_tests)
  endif()
endfunction()

cw_tests(domain cw_domain)
cw_tests(evidence cw_evidence)
cw_tests(settings cw_settings cw_drivers)
cw_tests(wire THREADED cw_wire)
cw_tests(drivers cw_drivers cw_wire)  # the real wire, for servers that nobody here wrote
cw_tests(poll THREADED cw_poll)
cw_tests(prober THREADED cw_prober)
cw_tests(inspect cw_prober cw_inspector)  # the real inspector, asked by its client
target_sources(inspect_tests PRIVATE tests/inspect/encoder.cpp tests/inspect/frame.cpp)
target_compile_definitions(inspect_tests PRIVATE CW_INSPECTOR="$<TARGET_FILE:commune-watch-inspector>"
                           CW_REGISTRY="${CMAKE_BINARY_DIR}/gstreamer-registry.bin")
add_dependencies(inspect_tests commune-watch-inspector)
# A camera with a real picture, for the tests of the whole and the demo.
pkg_check_modules(RTSPSERVER REQUIRED IMPORTED_TARGET gstreamer-rtsp-server-1.0)
add_executable(street_camera tests/inspect/street_camera_main.cpp tests/inspect/scenes.cpp tests/inspect/frame.cpp)
target_link_libraries(street_camera PRIVATE cw_domain PkgConfig::RTSPSERVER PkgConfig::GSTREAMER cw_warnings)
cw_tests(store cw_store)
target_sources(store_tests PRIVATE tests/store/medium.cpp)  # its calls stand before the C library's
cw_tests(publish THREADED cw_publish cw_witness)  # a witness, asked by its client
cw_tests(console THREADED cw_console)
cw_tests(witness THREADED cw_witness)
cw_tests(gateway THREADED cw_gateway)
cw_tests(cli THREADED cw_cli)

# A test in a folder that nobody builds would pass for ever.
file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/tests tests/*_test.cpp)
foreach(file ${files})
  string(REGEX REPLACE "/.*" "" folder ${file})
  if(NOT TARGET ${folder}_tests)
    message(FATAL_ERROR "tests/${file}: no cw_tests(${folder} …) in cmake/tests.cmake")
  endif()
endforeach()

if(TARGET commune-watch)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS tests/*_test.py)
  foreach(file ${files})
    cmake_path(GET file STEM name)
    add_test(NAME ${name} COMMAND python3 ${file})
    cw_test_environment(${name})
  endforeach()
  set_tests_properties(cameras_test network_reasons_test onvif_test pictures_test reasons_test scene_test PROPERTIES TIMEOUT 900)  # wait for confirmed states of real processes
endif()
