# Run by ctest: of a pair that differs in one number, the first compiles and the second is refused with the sentence
# that the error's factory has as its name.
cmake_minimum_required(VERSION 3.21)
set(file ${CMAKE_CURRENT_LIST_DIR}/conv2d_kernel.cpp)
set(sentence conv2d_kernel_is_larger_than_its_input)

execute_process(COMMAND ${COMPILE} -fsyntax-only -DKERNEL=4 ${file}
                RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "A 4x4 kernel on a 4x4 input must compile, but:\n${said}")
endif()

execute_process(COMMAND ${COMPILE} -fsyntax-only -DKERNEL=5 ${file}
                RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(result EQUAL 0)
  message(FATAL_ERROR "A 5x5 kernel on a 4x4 input must not compile, but it does")
endif()
if(NOT said MATCHES ${sentence})
  message(FATAL_ERROR "A 5x5 kernel on a 4x4 input is refused, but not with '${sentence}':\n${said}")
endif()
message(STATUS "Refused as it should be:\n${said}")
