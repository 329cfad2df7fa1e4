# How everything is compiled: warnings, hardening, sanitizers, and ccache shared between build directories.
include(CheckPIESupported)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Assertions stay on in a release: a figure that does not add up must never be published.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-g1")
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
check_pie_supported()
find_package(Threads REQUIRED)

# No path of the build machine in the binaries, and the same cache key for every build directory.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE})
endif()

add_library(cw_warnings INTERFACE)
target_compile_options(cw_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wformat=2 -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers # designated initialisers name what differs from the defaults
  # False alarms of GCC 12: std::string (bug 105651), and asio's coroutine frames once their operators are inlined.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
  $<$<BOOL:${CW_WERROR}>:-Werror>)

if(CW_SANITIZE)
  add_compile_options(-fsanitize=${CW_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CW_SANITIZE})
  # GCC warns of what it cannot follow once sanitizers have rewritten the code.
  target_compile_options(cw_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  if(CW_SANITIZE MATCHES thread)
    add_compile_definitions(ASIO_DISABLE_FENCED_BLOCK) # TSan does not know atomic fences
    target_compile_options(cw_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>)
  endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong
                      -fstack-clash-protection -ffunction-sections -fdata-sections
                      $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection>)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections)
endif()
add_link_options(-Wl,--as-needed)
if(CW_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
