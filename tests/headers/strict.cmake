# Run by ctest: fkd's headers compile without a warning under strict warning flags, and in other standards and dialects.
cmake_minimum_required(VERSION 3.21)
file(MAKE_DIRECTORY ${WORK})
set(strict -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wdouble-promotion -Wundef
           -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wcast-qual -Wformat=2 -Wnull-dereference -Wextra-semi
           -Wmissing-declarations -Wzero-as-null-pointer-constant -Wredundant-decls -Wvla)
execute_process(COMMAND ${COMPILE} --version OUTPUT_VARIABLE version)
if(version MATCHES "clang")
  list(APPEND strict -Wshadow-all -Wused-but-marked-unused -Wunreachable-code -Wimplicit-fallthrough -Wrange-loop-analysis)
  set(newest -std=c++2b)
else()
  list(APPEND strict -Wuseless-cast -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wsuggest-override)
  set(newest -std=c++23)
endif()

foreach(flags IN ITEMS "-std=c++20" "${newest};-fshort-enums;-funsigned-char;-fno-rtti" "-std=gnu++20;-D_GLIBCXX_DEBUG")
  execute_process(COMMAND ${COMPILE} ${flags} ${strict} -Werror -I${INCLUDE} ${FLAGS} -fsyntax-only
                          ${CMAKE_CURRENT_LIST_DIR}/instances.cpp
                  RESULT_VARIABLE result ERROR_VARIABLE said)
  if(NOT result EQUAL 0)
    message(SEND_ERROR "With ${flags} and strict warnings the headers do not compile:\n${said}")
  endif()
endforeach()
