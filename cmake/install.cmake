# Headers, the package that `find_package(fkd)` reads, and the one that pkg-config reads. All of it may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/fkd)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/fkdConfig.cmake.in ${PROJECT_BINARY_DIR}/fkdConfig.cmake
                              INSTALL_DESTINATION ${package_dir} NO_CHECK_REQUIRED_COMPONENTS_MACRO
                              NO_SET_AND_CHECK_MACRO)
set(targets fkd)
set(independent ARCH_INDEPENDENT)
if(TARGET fkd_compiled)
  list(APPEND targets fkd_compiled)
  set(independent "")
endif()
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fkdConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion ${independent})

install(TARGETS ${targets} EXPORT fkdTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT fkdTargets NAMESPACE fkd:: DESTINATION ${package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/fkd DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/fkdConfig.cmake ${PROJECT_BINARY_DIR}/fkdConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/fkdComponents.cmake DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/fkd)

# Relative to itself, so that the installed tree can be moved; where a folder was given as an absolute one, it stays.
file(RELATIVE_PATH fkd_up_to_prefix /prefix/${CMAKE_INSTALL_DATADIR}/pkgconfig /prefix)
set(fkd_pc_prefix "\${pcfiledir}/${fkd_up_to_prefix}")
set(fkd_pc_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
if(IS_ABSOLUTE "${CMAKE_INSTALL_DATADIR}")
  set(fkd_pc_prefix "${CMAKE_INSTALL_PREFIX}")
endif()
if(IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}")
  set(fkd_pc_includedir "${CMAKE_INSTALL_INCLUDEDIR}")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/fkd.pc.in ${PROJECT_BINARY_DIR}/fkd.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/fkd.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
