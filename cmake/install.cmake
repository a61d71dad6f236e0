# Headers, the package that `find_package(fkd)` reads, and the one that pkg-config reads. All of it may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/fkd)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/fkdConfig.cmake.in ${PROJECT_BINARY_DIR}/fkdConfig.cmake
                              INSTALL_DESTINATION ${package_dir} NO_CHECK_REQUIRED_COMPONENTS_MACRO
                              NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fkdConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)

install(TARGETS fkd EXPORT fkdTargets)
install(EXPORT fkdTargets NAMESPACE fkd:: DESTINATION ${package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/fkd DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/fkdConfig.cmake ${PROJECT_BINARY_DIR}/fkdConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/fkdComponents.cmake DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/fkd)

file(RELATIVE_PATH fkd_up_to_prefix /prefix/${CMAKE_INSTALL_DATADIR}/pkgconfig /prefix)
configure_file(${CMAKE_CURRENT_LIST_DIR}/fkd.pc.in ${PROJECT_BINARY_DIR}/fkd.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/fkd.pc DESTINATION ${CMAKE_INSTALL_DATADIR}/pkgconfig)
