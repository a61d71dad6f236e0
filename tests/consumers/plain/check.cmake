# Run by ctest: one file, `g++ -O2 main.cpp` and an include path; no flag for threads, OpenMP or the processor.
cmake_minimum_required(VERSION 3.21)
file(MAKE_DIRECTORY ${WORK})
execute_process(COMMAND ${COMPILE} ${CMAKE_CURRENT_LIST_DIR}/../main.cpp -o ${WORK}/program COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/program COMMAND_ERROR_IS_FATAL ANY)
