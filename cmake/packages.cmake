# What Debian provides (docs/dependencies.md says why each): found here, used where CMakeLists.txt allows it.
find_package(PkgConfig REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(PahoMqttCpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(pugixml REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(date REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib) # Debian's build crashes without these very flags
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode)
pkg_check_modules(GSTREAMER REQUIRED IMPORTED_TARGET gstreamer-1.0 gstreamer-app-1.0 gstreamer-video-1.0)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)

# asio's own code is compiled once, here, and not in every file that touches it. The definitions are everybody's:
# two files that disagree about them would disagree about asio's classes.
# ASIO_HAS_STD_ALIGNED_ALLOC: asio looks for it before any standard header may have said so, and then one file allocates with
# aligned_alloc what another gives back with operator delete.
add_compile_definitions(ASIO_STANDALONE ASIO_SEPARATE_COMPILATION ASIO_NO_DEPRECATED ASIO_HAS_STD_ALIGNED_ALLOC=1
  $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_CO_AWAIT=1> $<$<CXX_COMPILER_ID:Clang>:ASIO_HAS_STD_COROUTINE=1>)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/asio.cpp CONTENT "#include <asio/impl/src.hpp>\n")
add_library(cw_asio STATIC ${CMAKE_BINARY_DIR}/asio.cpp)
target_link_libraries(cw_asio PUBLIC Threads::Threads)
