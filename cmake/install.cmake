# Where everything goes on Debian, and the .deb (scripts/package, or: cd build/release && cpack).
include(GNUInstallDirs)
set(cw_data ${CMAKE_INSTALL_DATADIR}/commune-watch)
set(cw_doc ${CMAKE_INSTALL_DATADIR}/doc/commune-watch)

if(TARGET commune-watch)
  install(TARGETS commune-watch)
  install(TARGETS commune-watch-inspector DESTINATION lib/commune-watch)
endif()
install(FILES systemd/commune-watch.service systemd/commune-watch-witness.service DESTINATION lib/systemd/system)
foreach(what sysusers tmpfiles sysctl)
  install(FILES systemd/commune-watch.${what} DESTINATION lib/${what}.d RENAME commune-watch.conf)
endforeach()
install(DIRECTORY config/models config/holidays DESTINATION ${cw_data} FILES_MATCHING PATTERN "*.toml")
# What an assessor needs to check a bundle without this program.
install(FILES docs/verify.html docs/evidence.md DESTINATION ${cw_doc})
install(PROGRAMS scripts/verify_evidence.py DESTINATION ${cw_doc}/examples)
# No gateway.toml: `commune-watch init` writes the commune's own, and no upgrade ever asks about it. The example is a document.
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/commune-watch/conf.d)
install(FILES systemd/copyright DESTINATION ${cw_doc})
install(FILES config/gateway.toml DESTINATION ${cw_doc}/examples)
# Debian wants these compressed, without a name or time inside.
function(cw_install_compressed file name destination)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  execute_process(COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/${file} OUTPUT_FILE ${CMAKE_BINARY_DIR}/${name} COMMAND_ERROR_IS_FATAL ANY)
  install(FILES ${CMAKE_BINARY_DIR}/${name} DESTINATION ${destination})
endfunction()
cw_install_compressed(docs/commune-watch.1 commune-watch.1.gz ${CMAKE_INSTALL_MANDIR}/man1)
cw_install_compressed(systemd/changelog changelog.gz ${cw_doc})
file(STRINGS systemd/changelog changes LIMIT_COUNT 1)
if(NOT changes MATCHES "^commune-watch \\(${PROJECT_VERSION}\\) ")
  message(FATAL_ERROR "systemd/changelog begins with '${changes}', the version is ${PROJECT_VERSION}")
endif()
install(FILES scripts/bash-completion DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME commune-watch)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME commune-watch)
set(CPACK_PACKAGE_VENDOR "commune-watch developers")
set(CPACK_PACKAGE_CONTACT "commune-watch developers <root@localhost>")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${CPACK_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "watch over a commune's Wi-Fi, speakers and cameras")
set(CPACK_PACKAGE_DESCRIPTION
"Watches the public Wi-Fi access points, IP speaker clusters and security
cameras of a Vietnamese commune, proves that each is really connected to the
commune's monitoring point, publishes availability over MQTT and keeps a
ledger from which every uptime figure can be computed again.")
set(CPACK_PACKAGE_FILE_NAME "commune-watch_${PROJECT_VERSION}_${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd, tzdata, ca-certificates")
# Without them pictures are not tested, and nothing else is missing.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gstreamer1.0-plugins-base, gstreamer1.0-plugins-good, gstreamer1.0-plugins-bad, gstreamer1.0-libav")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${CMAKE_SOURCE_DIR}/systemd/postinst;${CMAKE_SOURCE_DIR}/systemd/prerm;${CMAKE_SOURCE_DIR}/systemd/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
include(CPack)
