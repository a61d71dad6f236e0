# Headers and the package that `find_package(fkd)` reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/fkd)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/fkdConfig.cmake.in ${PROJECT_BINARY_DIR}/fkdConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fkdConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)

install(TARGETS fkd EXPORT fkdTargets)
install(EXPORT fkdTargets NAMESPACE fkd:: DESTINATION ${package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/fkd DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${PROJECT_BINARY_DIR}/fkdConfig.cmake ${PROJECT_BINARY_DIR}/fkdConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/fkdDependencies.cmake DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/licenses/fkd)
