# Training must give the same bits for every number of threads in each of these builds: two levels of optimisation and
# of instruction set, each with OpenMP's threads and with the library's own; and with the compiled library.
include(CheckCXXCompilerFlag)

fkd_needs(possible "tests/determinism" PACKAGES eigen)
if(NOT possible)
  return()
endif()

set(variants o2_jthreads)
set(libraries_o2_jthreads fkd::eigen)
set(options_o2_jthreads -O2)
check_cxx_compiler_flag(-march=native FKD_HAS_MARCH_NATIVE)
if(FKD_HAS_MARCH_NATIVE)
  list(APPEND variants native_jthreads)
  set(libraries_native_jthreads fkd::eigen)
  set(options_native_jthreads -O3 -march=native)
endif()
if(TARGET fkd::openmp)
  foreach(variant IN LISTS variants)
    string(REPLACE jthreads openmp with_openmp ${variant})
    list(APPEND variants ${with_openmp})
    set(libraries_${with_openmp} fkd::eigen fkd::openmp)
    set(options_${with_openmp} ${options_${variant}})
  endforeach()
endif()

if(TARGET fkd::compiled)
  list(APPEND variants o2_compiled)
  set(libraries_o2_compiled fkd::eigen fkd::compiled)
  set(options_o2_compiled -O2)
endif()

file(GLOB sources CONFIGURE_DEPENDS determinism/test_*.cpp)
if(sources)
  foreach(variant IN LISTS variants)
    fkd_add_test_program(NAME determinism_${variant} DIRECTORY determinism LIBRARIES ${libraries_${variant}}
                         OPTIONS ${options_${variant}})
  endforeach()

  # Programs of the same flags must train the same bits, whoever starts their threads, and so must one whose library has
  # the build's own flags: each leaves a file of hashes.
  foreach(variant IN LISTS variants)
    set_tests_properties(
      determinism_${variant}.models
      PROPERTIES FIXTURES_SETUP hashes_${variant}
                 ENVIRONMENT "OMP_WAIT_POLICY=passive;FKD_HASH_FILE=${CMAKE_CURRENT_BINARY_DIR}/hashes_${variant}")
    foreach(other IN ITEMS openmp compiled)
      string(REPLACE jthreads ${other} twin ${variant})
      if(NOT twin STREQUAL variant AND twin IN_LIST variants)
        add_test(NAME determinism_${variant}.same_with_${other}
                 COMMAND ${CMAKE_COMMAND} -E compare_files hashes_${variant} hashes_${twin}
                 WORKING_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
        set_tests_properties(determinism_${variant}.same_with_${other}
                             PROPERTIES LABELS determinism FIXTURES_REQUIRED "hashes_${variant};hashes_${twin}")
      endif()
    endforeach()
  endforeach()
endif()
