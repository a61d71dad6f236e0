# The compilers that check what a consumer compiles: this build's own and, of g++ and clang++, those that are installed.
#
# compilers            names like g++-12, clang++-14; clang++-16.libc++ with LLVM's standard library
# main_compilers       main_g++ and main_clang++, the first of each kind: what takes long is done with these alone
# command_<name>       the command, with its flag for the standard library if it takes one
# openmp_<name>        no_openmp and, where its <omp.h> is there, openmp
#
# "g++" may be clang under another name, so the name says what the compiler itself says.
set(probe ${CMAKE_CURRENT_BINARY_DIR}/probe)
file(WRITE ${probe}/cxx20.cpp "#include <concepts>\n#include <thread>\n#include <ranges>\nstd::thread thread;\n")
file(WRITE ${probe}/openmp.cpp "#include <omp.h>\n#ifndef _OPENMP\n#error\n#endif\n")

set(compilers "")
set(main_compilers "")
set(main_g++ "")
set(main_clang++ "")

function(fkd_add_compiler command suffix)
  execute_process(COMMAND ${command} --version OUTPUT_VARIABLE version ERROR_QUIET RESULT_VARIABLE failed)
  if(version MATCHES "clang")
    set(kind clang++)
  elseif(version MATCHES "Free Software Foundation")
    set(kind g++)
  else()
    return()  # not there, or takes other flags than these two
  endif()
  execute_process(COMMAND ${command} -dumpversion OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REGEX REPLACE "[.].*" "" version "${version}")
  set(name ${kind}-${version}${suffix})
  execute_process(COMMAND ${command} ${ARGN} -std=c++20 -fsyntax-only ${probe}/cxx20.cpp
                  RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(name IN_LIST compilers OR failed)
    return()
  endif()
  set(openmp no_openmp)
  if(FKD_OPENMP AND NOT suffix)
    execute_process(COMMAND ${command} -std=c++20 -fsyntax-only -fopenmp ${probe}/openmp.cpp
                    RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
    if(NOT failed)
      list(APPEND openmp openmp)
    endif()
  endif()
  if(NOT suffix AND NOT main_${kind})
    set(main_${kind} ${name} PARENT_SCOPE)
    set(main_compilers ${main_compilers} ${name} PARENT_SCOPE)
  endif()
  set(compilers ${compilers} ${name} PARENT_SCOPE)
  set(command_${name} ${command} ${ARGN} PARENT_SCOPE)
  set(openmp_${name} ${openmp} PARENT_SCOPE)
endfunction()

foreach(command IN ITEMS ${CMAKE_CXX_COMPILER} g++ clang++ g++-11 g++-12 clang++-14 clang++-19)
  fkd_add_compiler(${command} "")
endforeach()
foreach(name IN ITEMS g++-11 g++-12 clang++-14 clang++-19)
  if(NOT name IN_LIST compilers)
    message(STATUS "fkd does not check the headers and plain consumers with ${name}: not installed")
  endif()
endforeach()
foreach(kind IN ITEMS g++ clang++)
  if(NOT main_${kind})
    message(STATUS "fkd does not check the headers, plain consumers and refused networks with ${kind}: not installed")
  endif()
endforeach()
foreach(command IN ITEMS clang++-16 clang++)
  if(NOT compilers MATCHES "libc")
    fkd_add_compiler(${command} .libc++ -stdlib=libc++)
  endif()
endforeach()
