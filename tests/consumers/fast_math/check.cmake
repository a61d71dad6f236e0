# Run by ctest: NaN holds in a program compiled with -ffast-math; and where a compiler drops a NaN that is written down, it
# says so while it compiles, unless it is told not to.
cmake_minimum_required(VERSION 3.21)
file(MAKE_DIRECTORY ${WORK})
execute_process(COMMAND ${COMPILE} -DFKD_FINITE_MATH_ONLY ${CMAKE_CURRENT_LIST_DIR}/main.cpp -o ${WORK}/program
                ERROR_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/program COMMAND_ERROR_IS_FATAL ANY)
if(said)
  message(FATAL_ERROR "FKD_FINITE_MATH_ONLY must silence this:\n${said}")
endif()

execute_process(COMMAND ${COMPILE} ${CMAKE_CURRENT_LIST_DIR}/written_down.cpp -o ${WORK}/written_down ERROR_VARIABLE said
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/written_down RESULT_VARIABLE lost)
if(lost AND NOT said MATCHES "a target set to quiet_NaN\\(\\) may count as known")
  message(FATAL_ERROR "A target set to quiet_NaN() counts as known, and this was not said:\n${said}")
endif()
message(STATUS "quiet_NaN() ends with ${lost}; said:\n${said}")
