# Run by ctest: a mistake in one place is refused with a clear error, and without the mistake the file compiles.
cmake_minimum_required(VERSION 3.21)

# A pair that differs in one number: the error names the factory of the error.
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

# In a branch: what is called on the way to it names its layers.
set(file ${CMAKE_CURRENT_LIST_DIR}/branch.cpp)
foreach(kernel IN ITEMS 4 5)
  execute_process(COMMAND ${COMPILE} -fsyntax-only -DKERNEL=${kernel} ${file}
                  RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(kernel EQUAL 4 AND NOT result EQUAL 0)
    message(FATAL_ERROR "A 4x4 kernel in a branch of a 4x4 input must compile, but:\n${said}")
  elseif(kernel EQUAL 5 AND (result EQUAL 0 OR NOT said MATCHES ${sentence}))
    message(FATAL_ERROR "A 5x5 kernel in a branch of a 4x4 input is not refused with '${sentence}':\n${said}")
  endif()
endforeach()
# GCC shows the labels that it was added under, clang the members that lead to it.
if(NOT said MATCHES "layer_number<2>.*main.*layer_number<3>" AND NOT said MATCHES "add[^\n]*[({]{3,[^\n]*main.[^\n]*layer")
  message(FATAL_ERROR "The error does not lead to layer 3 of main of layer 2:\n${said}")
endif()

# User-defined types: the compiler's first error says what is missing. The checks are the same with FKD_COMPILED, with
# which a file compiles in a third of the time.
set(file ${CMAKE_CURRENT_LIST_DIR}/own_types.cpp)
list(APPEND COMPILE -DFKD_COMPILED)
foreach(runtime IN ITEMS "" "-DRUNTIME")
  execute_process(COMMAND ${COMPILE} -fsyntax-only -DCASE=0 ${runtime} ${file}
                  RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "Own types without a mistake must compile (${runtime}), but:\n${said}")
  endif()
endforeach()

function(refused case runtime sentence)
  execute_process(COMMAND ${COMPILE} -fsyntax-only -DCASE=${case} ${runtime} ${file}
                  RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(result EQUAL 0)
    message(FATAL_ERROR "Case ${case} ${runtime} must not compile, but it does")
  endif()
  string(REPLACE ";" "," said "${said}")
  string(REGEX MATCH "error:[^\n]*" first "${said}")
  string(FIND "${first}" "${sentence}" at)
  if(at LESS 0)
    message(FATAL_ERROR "Case ${case} ${runtime}: the first error is not '${sentence}' but '${first}':\n${said}")
  endif()
  message(STATUS "Case ${case} ${runtime}: ${first}")
endfunction()

foreach(runtime IN ITEMS "" "-DRUNTIME")
  refused(1 "${runtime}" "a layer has constexpr Shape output_shape(Shape in) const")
  refused(2 "${runtime}" "a layer has static constexpr std::string_view name")
  refused(3 "${runtime}" "a layer has void forward(const Forward<T>&) const")
  refused(4 "${runtime}" "a layer has void forward(const Forward<T>&) const")
  refused(5 "${runtime}" "a layer has void backward(const Backward<T>&) const")
  refused(6 "${runtime}" "a layer's requirements is declared as template <class T> Requirements requirements(const LayerContext<T>&) const")
  refused(7 "${runtime}" "a layer's tensors is declared as")
  refused(8 "${runtime}" "a batch-wise layer has forward(const Forward<T>&, Index phase, Index task) const")
  refused(9 "${runtime}" "a layer's kind is declared as static constexpr Kind kind()")
endforeach()
refused(10 "" "a layer can be copied and assigned")
refused(11 "" "a loss has LossSum measure(")
refused(12 "" "a loss has LossSum measure(")
refused(13 "" "an optimiser has static constexpr Index state_vectors")
refused(14 "" "an optimiser has double learning_rate")
refused(15 "" "an optimiser has update(const Update<T>&) const")
refused(16 "" "a callback of fit returns fkd::Continue::yes, fkd::Continue::stop or nothing")
refused(17 "" "a callback of fit takes a const StepReport& (on_step) or a const EpochReport& (on_epoch)")
refused(18 "" "a layer of this Model has no forward for its scalar")
refused(19 "" "deleted")
refused(20 "" "deleted")
refused(22 "" "a layer whose forward has phases is batch-wise and says so")
refused(21 "" "a layer has static constexpr std::string_view name")
