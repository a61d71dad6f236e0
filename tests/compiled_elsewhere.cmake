# Programs and headers compiled as a consumer compiles them: no flag, target or option of this build reaches them.

include(compilers.cmake)
set(flag_openmp -fopenmp)
set(flag_no_openmp "")

# What -I needs for Eigen; as a system directory where warnings are errors. Without it, or without zlib, the headers that
# include it are left out.
set(eigen_directory "")
set(eigen_system "")
set(skipped_headers fkd/eigen.hpp fkd/backends/im2col.hpp fkd/backends/im2col/product.hpp)
if(TARGET Eigen3::Eigen)
  get_target_property(eigen_directory Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
  set(eigen_system -isystem ${eigen_directory})
  set(skipped_headers "")
endif()
if(NOT TARGET ZLIB::ZLIB)
  list(APPEND skipped_headers fkd/io/keras.hpp fkd/io/npz.hpp)
endif()

# fkd_add_script_test(NAME name COMPILER compiler SCRIPT file [COMPILE_FLAGS ...] [VARIABLES -Dx=y ...])
function(fkd_add_script_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;COMPILER;SCRIPT" "COMPILE_FLAGS;VARIABLES")
  string(REPLACE "." "/" work ${arg_NAME})
  add_test(NAME ${arg_NAME}
           COMMAND ${CMAKE_COMMAND} "-DCOMPILE=${command_${arg_COMPILER}};${arg_COMPILE_FLAGS}"
                   -DINCLUDE=${PROJECT_SOURCE_DIR}/include "-DSKIP=${skipped_headers}" ${arg_VARIABLES}
                   -DWORK=${CMAKE_CURRENT_BINARY_DIR}/${work} -P ${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCRIPT})
  string(REGEX REPLACE "[.].*" "" label ${arg_NAME})
  set_tests_properties(${arg_NAME} PROPERTIES LABELS ${label} TIMEOUT 600)
endfunction()

# net.hpp promises an order to read in.
add_test(NAME headers.order COMMAND ${CMAKE_COMMAND} -DINCLUDE=${PROJECT_SOURCE_DIR}/include
                                    -P ${CMAKE_CURRENT_SOURCE_DIR}/headers/order.cmake)
add_test(NAME headers.inl COMMAND ${CMAKE_COMMAND} -DINCLUDE=${PROJECT_SOURCE_DIR}/include
                                  -DSOURCES=${PROJECT_SOURCE_DIR}/src
                                  -P ${CMAKE_CURRENT_SOURCE_DIR}/headers/inl.cmake)
add_test(NAME headers.documented COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -DEXPECTED=40
                                         -P ${CMAKE_CURRENT_SOURCE_DIR}/headers/documented.cmake)
set_tests_properties(headers.order headers.inl headers.documented PROPERTIES LABELS headers)

list(GET compilers 0 first_compiler)
foreach(name IN LISTS compilers)
  # The headers compile without a warning, twice in one program, and (with the first compiler, for it takes minutes) each
  # alone.
  foreach(openmp IN LISTS openmp_${name})
    set(alone OFF)
    if(openmp STREQUAL no_openmp AND name STREQUAL first_compiler)
      set(alone ON)
    endif()
    if(openmp STREQUAL no_openmp OR name IN_LIST main_compilers)
      fkd_add_script_test(NAME headers.${name}.${openmp} COMPILER ${name} SCRIPT headers/check.cmake
                          COMPILE_FLAGS ${flag_${openmp}}
                          VARIABLES "-DFLAGS=-std=c++20;${FKD_WARNING_FLAGS};${eigen_system}" -DALONE=${alone})
      set_tests_properties(headers.${name}.${openmp} PROPERTIES COST 100 TIMEOUT 1200)  # long, so first
    endif()
  endforeach()

  # They compile beside other people's macros.
  fkd_add_script_test(NAME headers.${name}.macros COMPILER ${name} SCRIPT headers/macros.cmake
                      VARIABLES "-DFLAGS=-std=c++20;${eigen_system}")

  # consumers/ without CMake: one file and -O2, which finds no Eigen.
  fkd_add_script_test(NAME consumers.plain.${name} COMPILER ${name} SCRIPT consumers/plain/check.cmake
                      COMPILE_FLAGS -std=c++20 -O2 -I${PROJECT_SOURCE_DIR}/include)
endforeach()

foreach(name IN LISTS main_compilers)
  # Under warnings and standards that are not ours they compile, too; without C++20 or exceptions they say so.
  fkd_add_script_test(NAME headers.${name}.strict COMPILER ${name} SCRIPT headers/strict.cmake
                      VARIABLES "-DFLAGS=${eigen_system}")
  set(every OFF)
  if(name STREQUAL first_compiler)  # for it takes minutes
    set(every ON)
  endif()
  fkd_add_script_test(NAME headers.${name}.refused COMPILER ${name} SCRIPT headers/refused.cmake
                      VARIABLES "-DFLAGS=${eigen_system}" -DEVERY=${every})

  # A network that fits compiles; one that does not is refused with an error.
  fkd_add_script_test(NAME compile_fail.${name} COMPILER ${name} SCRIPT compile_fail/check.cmake
                      COMPILE_FLAGS -std=c++20 -I${PROJECT_SOURCE_DIR}/include)

  # consumers/ without CMake: files with different flags in one program; flags that must change no bit.
  fkd_add_script_test(NAME consumers.mixed_flags.${name} COMPILER ${name} SCRIPT consumers/mixed_flags/check.cmake
                      COMPILE_FLAGS -std=c++20 -O2 -I${PROJECT_SOURCE_DIR}/include
                      VARIABLES "-DOPENMP=${openmp_${name}}")
  fkd_add_script_test(NAME consumers.flags.${name} COMPILER ${name} SCRIPT consumers/flags/check.cmake
                      COMPILE_FLAGS -I${PROJECT_SOURCE_DIR}/include)
endforeach()

# NaN under -ffast-math: with g++, and with the newest clang, which goes furthest in taking values for numbers.
set(fast_math_compilers ${main_g++})
list(FILTER compilers INCLUDE REGEX "^clang[+][+]-[0-9]+$")
list(SORT compilers COMPARE NATURAL ORDER DESCENDING)
if(compilers)
  list(GET compilers 0 newest)
  list(APPEND fast_math_compilers ${newest})
endif()
foreach(name IN LISTS fast_math_compilers)
  fkd_add_script_test(NAME consumers.fast_math.${name} COMPILER ${name} SCRIPT consumers/fast_math/check.cmake
                      COMPILE_FLAGS -std=c++20 -O2 -ffast-math -I${PROJECT_SOURCE_DIR}/include)
endforeach()

include(consumers.cmake)
