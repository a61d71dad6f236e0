# Projects with CMake that use fkd: installed, and as a subdirectory.

# fkd_add_cmake_consumer(project [-Dx=y ...]): configures, builds and runs it. Eigen and OpenMP are not to be found.
function(fkd_add_cmake_consumer consumer)
  set(project ${CMAKE_CURRENT_SOURCE_DIR}/consumers/${consumer})
  set(build "${CMAKE_CURRENT_BINARY_DIR}/consumers/a build of ${consumer}")
  add_test(NAME consumers.${consumer}
           COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${project} "${build}" --build-generator ${CMAKE_GENERATOR}
                   --build-options -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} ${ARGN} --test-command "${build}/consumer")
  set_tests_properties(consumers.${consumer} PROPERTIES LABELS consumers TIMEOUT 600)
endfunction()
set(nothing_else -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON -DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON)

add_test(NAME consumers.eigen_versions
         COMMAND ${CMAKE_COMMAND} -P ${CMAKE_CURRENT_SOURCE_DIR}/consumers/eigen_versions.cmake)
set_tests_properties(consumers.eigen_versions PROPERTIES LABELS consumers)

# As a subdirectory, from a folder with a blank in its name.
set(source "${CMAKE_CURRENT_BINARY_DIR}/consumers/a link to fkd")
file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/consumers)
file(CREATE_LINK ${PROJECT_SOURCE_DIR} "${source}" SYMBOLIC)
fkd_add_cmake_consumer(add_subdirectory "-DFKD_SOURCE=${source}" ${nothing_else})
fkd_add_cmake_consumer(two_libraries "-DFKD_SOURCE=${source}" ${nothing_else})

# Installed under one name and moved to another, with a blank in it.
if(FKD_INSTALL)
  set(prefix "${CMAKE_CURRENT_BINARY_DIR}/consumers/installed and moved")
  add_test(NAME consumers.install
           COMMAND ${CMAKE_COMMAND} -DBUILD=${PROJECT_BINARY_DIR} "-DPREFIX=${prefix}"
                   -P ${CMAKE_CURRENT_SOURCE_DIR}/consumers/install.cmake)
  set_tests_properties(consumers.install PROPERTIES LABELS consumers FIXTURES_SETUP installed)
  set(installed "-DCMAKE_PREFIX_PATH=${prefix}" -DFKD_VERSION=${PROJECT_VERSION})
  fkd_add_cmake_consumer(find_package ${installed} ${nothing_else})
  set(installed_consumers find_package)
  if(TARGET fkd::compiled)
    fkd_add_cmake_consumer(compiled ${installed} ${nothing_else})
    list(APPEND installed_consumers compiled)
  endif()

  # Components: Eigen and OpenMP, where this machine has them; and the error where it has not.
  if(TARGET fkd::eigen AND TARGET fkd::openmp)
    fkd_add_cmake_consumer(components ${installed} -DEigen3_DIR=${Eigen3_DIR})
    list(APPEND installed_consumers components)
  endif()
  add_test(NAME consumers.missing_components
           COMMAND ${CMAKE_COMMAND} "-DPREFIX=${prefix}" -DCOMPILER=${CMAKE_CXX_COMPILER}
                   -DWORK=${CMAKE_CURRENT_BINARY_DIR}/consumers/missing_components
                   -P ${CMAKE_CURRENT_SOURCE_DIR}/consumers/missing_components/check.cmake)
  list(APPEND installed_consumers missing_components)

  find_program(FKD_PKG_CONFIG pkg-config)
  mark_as_advanced(FKD_PKG_CONFIG)
  if(FKD_PKG_CONFIG AND main_compilers)
    list(GET main_compilers 0 name)
    add_test(NAME consumers.pkg_config
             COMMAND ${CMAKE_COMMAND} "-DPREFIX=${prefix}" "-DCOMPILE=${command_${name}}" -DPKG_CONFIG=${FKD_PKG_CONFIG}
                     -DVERSION=${PROJECT_VERSION} -DWORK=${CMAKE_CURRENT_BINARY_DIR}/consumers/pkg_config
                     -P ${CMAKE_CURRENT_SOURCE_DIR}/consumers/pkg_config.cmake)
    list(APPEND installed_consumers pkg_config)
  endif()
  foreach(consumer IN LISTS installed_consumers)
    set_tests_properties(consumers.${consumer} PROPERTIES LABELS consumers FIXTURES_REQUIRED installed TIMEOUT 600)
  endforeach()
endif()
