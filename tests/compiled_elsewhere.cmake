# Programs and headers compiled the way a stranger compiles them: no flag, target or option of this build reaches them.

# The compilers: this build's own and, where they are installed, g++ and clang++; each with the flag for OpenMP, if its
# <omp.h> is there. "g++" may be clang under another name, so the name says what --version says.
find_program(FKD_GXX g++)
find_program(FKD_CLANGXX clang++)
mark_as_advanced(FKD_GXX FKD_CLANGXX)
set(probe ${CMAKE_CURRENT_BINARY_DIR}/probe)
file(WRITE ${probe}/cxx20.cpp "#include <concepts>\n#include <thread>\nstd::jthread thread;\n")
file(WRITE ${probe}/openmp.cpp "#include <omp.h>\n#ifndef _OPENMP\n#error\n#endif\n")

set(compilers "")
foreach(compiler IN ITEMS ${CMAKE_CXX_COMPILER} ${FKD_GXX} ${FKD_CLANGXX})
  execute_process(COMMAND ${compiler} --version OUTPUT_VARIABLE version ERROR_QUIET)
  if(version MATCHES "clang")
    set(name clang++)
  elseif(version MATCHES "Free Software Foundation")
    set(name g++)
  else()
    continue()  # takes other flags than these two
  endif()
  execute_process(COMMAND ${compiler} -std=c++20 -fsyntax-only ${probe}/cxx20.cpp
                  RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(name IN_LIST compilers OR failed)
    continue()
  endif()
  list(APPEND compilers ${name})
  set(command_${name} ${compiler})
  set(openmp_${name} no_openmp)
  if(FKD_OPENMP)
    execute_process(COMMAND ${compiler} -std=c++20 -fsyntax-only -fopenmp ${probe}/openmp.cpp
                    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(NOT failed)
      list(APPEND openmp_${name} openmp)
    endif()
  endif()
endforeach()
foreach(name IN ITEMS g++ clang++)
  if(NOT name IN_LIST compilers)
    message(STATUS "fkd does not check the headers, plain consumers and refused networks with ${name}: not installed")
  endif()
endforeach()
set(flag_openmp -fopenmp)
set(flag_no_openmp "")

# What -I needs for Eigen; as a system directory where warnings are errors.
get_target_property(eigen_directory Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)

foreach(name IN LISTS compilers)
  foreach(openmp IN LISTS openmp_${name})
    # The headers compile without a warning, twice in one program, and (once a compiler, for it takes long) each alone.
    set(alone OFF)
    if(openmp STREQUAL no_openmp)
      set(alone ON)
    endif()
    set(skipped_headers "")
    if(NOT TARGET nlohmann_json::nlohmann_json)
      set(skipped_headers fkd/io/safetensors.hpp)
    endif()
    add_test(NAME headers.${name}.${openmp}
             COMMAND ${CMAKE_COMMAND} "-DCOMPILE=${command_${name}};${flag_${openmp}}"
                     "-DFLAGS=-std=c++20;${FKD_WARNING_FLAGS};-isystem;${eigen_directory}"
                     -DINCLUDE=${PROJECT_SOURCE_DIR}/include -DSKIP=${skipped_headers} -DALONE=${alone}
                     -DWORK=${CMAKE_CURRENT_BINARY_DIR}/headers/${name}/${openmp}
                     -P ${CMAKE_CURRENT_SOURCE_DIR}/headers/check.cmake)
    set_tests_properties(headers.${name}.${openmp} PROPERTIES LABELS headers TIMEOUT 600 COST 100)  # long, so first
  endforeach()

  # They compile beside other people's macros.
  add_test(NAME headers.${name}.macros
           COMMAND ${CMAKE_COMMAND} "-DCOMPILE=${command_${name}}" "-DFLAGS=-std=c++20;-isystem;${eigen_directory}"
                   -DINCLUDE=${PROJECT_SOURCE_DIR}/include -DSKIP=${skipped_headers}
                   -DWORK=${CMAKE_CURRENT_BINARY_DIR}/headers/${name}/macros
                   -P ${CMAKE_CURRENT_SOURCE_DIR}/headers/macros.cmake)
  set_tests_properties(headers.${name}.macros PROPERTIES LABELS headers TIMEOUT 600)

  set(without_eigen "${command_${name}};-std=c++20;-I${PROJECT_SOURCE_DIR}/include")
  set(as_a_stranger "${without_eigen};-I${eigen_directory}")

  # A network that fits compiles; one that does not is refused in words.
  add_test(NAME compile_fail.${name}
           COMMAND ${CMAKE_COMMAND} "-DCOMPILE=${as_a_stranger}" -P ${CMAKE_CURRENT_SOURCE_DIR}/compile_fail/check.cmake)
  set_tests_properties(compile_fail.${name} PROPERTIES LABELS compile_fail TIMEOUT 600)

  # consumers/ without CMake: one file and -O2, which finds no Eigen; then files with different flags in one program.
  set(plain "${without_eigen};-O2")
  set(mixed_flags "${as_a_stranger};-O2")
  foreach(consumer IN ITEMS plain mixed_flags)
    add_test(NAME consumers.${consumer}.${name}
             COMMAND ${CMAKE_COMMAND} "-DCOMPILE=${${consumer}}" "-DOPENMP=${openmp_${name}}"
                     -DWORK=${CMAKE_CURRENT_BINARY_DIR}/consumers/${consumer}/${name}
                     -P ${CMAKE_CURRENT_SOURCE_DIR}/consumers/${consumer}/check.cmake)
    set_tests_properties(consumers.${consumer}.${name} PROPERTIES LABELS consumers TIMEOUT 600)
  endforeach()
endforeach()

# consumers/ with CMake: find_package after an installation, and fkd as a subdirectory.
function(fkd_add_cmake_consumer consumer)
  set(project ${CMAKE_CURRENT_SOURCE_DIR}/consumers/${consumer})
  set(build ${CMAKE_CURRENT_BINARY_DIR}/consumers/${consumer})
  add_test(NAME consumers.${consumer}
           COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${project} ${build} --build-generator ${CMAKE_GENERATOR}
                   --build-options -DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER} -DEigen3_DIR=${Eigen3_DIR} ${ARGN}
                   --test-command ${build}/consumer)
  set_tests_properties(consumers.${consumer} PROPERTIES LABELS consumers TIMEOUT 600)
endfunction()

add_test(NAME consumers.eigen_versions
         COMMAND ${CMAKE_COMMAND} -P ${CMAKE_CURRENT_SOURCE_DIR}/consumers/eigen_versions.cmake)
set_tests_properties(consumers.eigen_versions PROPERTIES LABELS consumers)
fkd_add_cmake_consumer(add_subdirectory -DFKD_SOURCE=${PROJECT_SOURCE_DIR})
if(FKD_INSTALL)
  set(prefix ${CMAKE_CURRENT_BINARY_DIR}/consumers/installed)
  add_test(NAME consumers.install COMMAND ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR} --prefix ${prefix})
  set_tests_properties(consumers.install PROPERTIES LABELS consumers FIXTURES_SETUP installed)
  fkd_add_cmake_consumer(find_package -DCMAKE_PREFIX_PATH=${prefix} -DFKD_VERSION=${PROJECT_VERSION})
  set_tests_properties(consumers.find_package PROPERTIES FIXTURES_REQUIRED installed)
endif()
