# Where everything goes on Debian, and the .deb: cmake --install build/release, or cpack --config build/release/CPackConfig.cmake.
include(GNUInstallDirs)
if(TARGET commune-watch)
  install(TARGETS commune-watch)
endif()
