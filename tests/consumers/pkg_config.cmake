# Run by ctest: what pkg-config says of an installed fkd is enough to compile a program.
cmake_minimum_required(VERSION 3.21)
set(ENV{PKG_CONFIG_PATH} "${PREFIX}/share/pkgconfig")
execute_process(COMMAND ${PKG_CONFIG} --modversion fkd OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
if(NOT version STREQUAL VERSION)
  message(FATAL_ERROR "pkg-config says that this is version ${version}, but it is ${VERSION}")
endif()
execute_process(COMMAND ${PKG_CONFIG} --cflags --libs fkd OUTPUT_VARIABLE said OUTPUT_STRIP_TRAILING_WHITESPACE
                COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags UNIX_COMMAND "${said}")
file(MAKE_DIRECTORY ${WORK})
execute_process(COMMAND ${COMPILE} -std=c++20 -O1 ${CMAKE_CURRENT_LIST_DIR}/main.cpp ${flags} -o ${WORK}/program
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/program COMMAND_ERROR_IS_FATAL ANY)
