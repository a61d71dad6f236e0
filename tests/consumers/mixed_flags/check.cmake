# Run by ctest: three files of one program, compiled for different processors, one of them without OpenMP. Inline
# functions exist three times and the linker keeps any one of them, so types must have one layout in all three.
cmake_minimum_required(VERSION 3.21)
set(flags_native -march=native)
set(flags_baseline "")
set(flags_without_openmp "")
set(openmp "")
if(openmp IN_LIST OPENMP)
  set(openmp -fopenmp)
endif()
list(APPEND flags_native ${openmp})
list(APPEND flags_baseline ${openmp})

file(MAKE_DIRECTORY ${WORK})
foreach(part IN ITEMS native baseline without_openmp)
  execute_process(COMMAND ${COMPILE} ${flags_${part}} -c ${CMAKE_CURRENT_LIST_DIR}/${part}.cpp -o ${WORK}/${part}.o
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()
# Every order: the first file's inline functions are usually the ones that are kept.
foreach(order IN ITEMS "native;baseline;without_openmp" "baseline;without_openmp;native"
                       "without_openmp;native;baseline")
  list(TRANSFORM order PREPEND ${WORK}/ OUTPUT_VARIABLE objects)
  list(TRANSFORM objects APPEND .o)
  execute_process(COMMAND ${COMPILE} ${objects} ${openmp} -o ${WORK}/program COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${WORK}/program COMMAND_ERROR_IS_FATAL ANY)
endforeach()
