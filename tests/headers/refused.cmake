# Run by ctest: each header by itself (unless EVERY, some of them), compiled without C++20 or without exceptions, says so in its first sentence and ends
# the compilation: no other error comes with it.
cmake_minimum_required(VERSION 3.21)
file(GLOB_RECURSE headers RELATIVE ${INCLUDE} ${INCLUDE}/*.hpp)
list(REMOVE_ITEM headers ${SKIP} fkd/version.hpp)  # three macros for who has to know it
if(NOT EVERY)
  list(FILTER headers INCLUDE REGEX "^fkd/(net|testing|core/shape|layers/conv2d|io/safetensors)[.]hpp$")
endif()
file(MAKE_DIRECTORY ${WORK})

# refused(header sentence flags...)
function(refused header sentence)
  file(WRITE ${WORK}/main.cpp "#include <${header}>\n")
  execute_process(COMMAND ${COMPILE} ${ARGN} -I${INCLUDE} ${FLAGS} -fsyntax-only ${WORK}/main.cpp
                  RESULT_VARIABLE result ERROR_VARIABLE said)
  string(REGEX MATCHALL "error: [^\n]*" errors "${said}")
  list(LENGTH errors count)
  if(result EQUAL 0 OR NOT count EQUAL 2)
    message(SEND_ERROR "<${header}> with ${ARGN}: expected the sentence and the end, got ${count} errors:\n${said}")
  endif()
  list(GET errors 0 first)
  if(NOT first MATCHES "${sentence}")
    message(SEND_ERROR "<${header}> with ${ARGN}: expected '${sentence}', got ${first}")
  endif()
endfunction()

foreach(header IN LISTS headers)
  refused(${header} "fkd needs C[+][+]20: compile with -std=c[+][+]20 or newer" -std=c++17)
  refused(${header} "fkd needs exceptions, by which it says what is wrong: compile without -fno-exceptions" -std=c++20
          -fno-exceptions)
endforeach()
refused(fkd/net.hpp "fkd needs C[+][+]20" -std=c++11)
refused(fkd/net.hpp "fkd needs C[+][+]20" -x c)
