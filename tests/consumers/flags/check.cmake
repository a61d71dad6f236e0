# Run by ctest: flags of strangers. With those that change no arithmetic a training gives the same bits on every
# instruction set; with the others it still learns.
#
# -masm=intel swaps the operands of every instruction that is written as text: the square root in Adam then read what it
# should have written, and nothing said so.
cmake_minimum_required(VERSION 3.21)
file(MAKE_DIRECTORY ${WORK})
execute_process(COMMAND ${COMPILE} --version OUTPUT_VARIABLE version)

# train(hashes flags...): one hash for each instruction set of this machine.
function(train hashes)
  execute_process(COMMAND ${COMPILE} ${ARGN} ${CMAKE_CURRENT_LIST_DIR}/program.cpp -o ${WORK}/program -pthread
                  RESULT_VARIABLE result ERROR_VARIABLE said)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "Does not compile with ${ARGN}:\n${said}")
  endif()
  set(all "")
  foreach(isa IN ITEMS baseline avx2 avx512)
    set(ENV{FKD_ISA} ${isa})
    execute_process(COMMAND ${WORK}/program RESULT_VARIABLE result OUTPUT_VARIABLE hash ERROR_VARIABLE said)
    if(NOT result EQUAL 0 AND NOT said MATCHES "FKD_ISA: is lacking")
      message(FATAL_ERROR "With ${ARGN} and ${isa}: ${result} ${said}")
    endif()
    string(APPEND all "${hash}")
  endforeach()
  set(${hashes} "${all}" PARENT_SCOPE)
endfunction()

train(expected -std=c++20 -O2)
if(NOT expected MATCHES "^[0-9a-f]+\n")
  message(FATAL_ERROR "No hash was printed: ${expected}")
endif()
if(CMAKE_HOST_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  train(got -std=c++20 -O2 -masm=intel)
  if(NOT got STREQUAL expected)
    message(SEND_ERROR "-masm=intel changes what is trained: ${got} instead of ${expected}")
  endif()
endif()
set(others -std=gnu++20 -O2 -fno-rtti -fshort-enums -funsigned-char -fvisibility=hidden -fno-strict-aliasing)
train(got ${others})
if(NOT got STREQUAL expected)
  message(SEND_ERROR "${others} change what is trained: ${got} instead of ${expected}")
endif()
train(got -std=c++20 -O0 -D_GLIBCXX_DEBUG -D_GLIBCXX_DEBUG_PEDANTIC -D_FORTIFY_SOURCE=0)
if(NOT version MATCHES "clang")
  train(got -std=c++20 -Os -flto -static -fno-plt -fstack-protector-strong)
endif()
