# Run by ctest: a component that is not there is named in a sentence if it is required, and passed over if it is optional.
cmake_minimum_required(VERSION 3.21)

# configure(said failed -Dx=y ...)
function(configure said failed)
  file(REMOVE_RECURSE ${WORK})
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK} -DCMAKE_CXX_COMPILER=${COMPILER}
                          "-DCMAKE_PREFIX_PATH=${PREFIX}" -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON
                          -DCMAKE_DISABLE_FIND_PACKAGE_OpenMP=ON ${ARGN}
                  RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
  string(REGEX REPLACE "[ \n]+" " " out "${out}")
  set(${said} "${out}" PARENT_SCOPE)
  set(${failed} ${result} PARENT_SCOPE)
endfunction()

foreach(pair IN ITEMS "eigen=fkd::eigen needs Eigen 3.4 or newer, which was not found" "openmp=fkd::openmp needs OpenMP, which"
                      "blas=fkd has no component 'blas'. its components are compiled, eigen and openmp")
  string(REGEX MATCH "^([a-z]+)=(.*)$" matched "${pair}")
  set(component ${CMAKE_MATCH_1})
  set(sentence "${CMAKE_MATCH_2}")
  configure(said failed -DREQUIRED_COMPONENTS=${component})
  if(NOT failed OR NOT said MATCHES "${sentence}")
    message(SEND_ERROR "Asked for ${component}, which is not there, this must end with '${sentence}', but:\n${said}")
  endif()
  configure(said failed -DOPTIONAL_COMPONENTS=${component})
  if(failed OR NOT said MATCHES "This project goes on")
    message(SEND_ERROR "${component} is optional and not there, so this must go on, but:\n${said}")
  endif()
endforeach()
