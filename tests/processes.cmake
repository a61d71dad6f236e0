# Forks, exits, signals, cancelled threads and unloaded libraries: each case is a process of its own, which may hang or
# die, with OpenMP's threads and with the library's own.
if(NOT UNIX)
  return()
endif()

set(ways team)
set(libraries_team fkd::fkd)
if(TARGET fkd::openmp)
  list(APPEND ways openmp)
  set(libraries_openmp fkd::openmp)
endif()

file(GLOB sources CONFIGURE_DEPENDS processes/fork.cpp processes/ending.cpp processes/threads.cpp)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${sources})  # names of cases are read from them
set(cases "")
foreach(source IN LISTS sources)
  file(STRINGS ${source} lines REGEX "^const Case ")
  foreach(line IN LISTS lines)
    string(REGEX MATCH "\"([a-z_]+)\"" ignored "${line}")
    list(APPEND cases ${CMAKE_MATCH_1})
  endforeach()
endforeach()

foreach(way IN LISTS ways)
  add_executable(fkd_processes_${way} processes/main.cpp ${sources})
  target_link_libraries(fkd_processes_${way} PRIVATE ${libraries_${way}} fkd_test_settings)
  foreach(case IN LISTS cases)
    add_test(NAME processes.${way}.${case} COMMAND fkd_processes_${way} ${case})
  endforeach()

  foreach(library IN ITEMS a b)
    add_library(fkd_processes_${way}_${library} MODULE processes/library.cpp)
    target_link_libraries(fkd_processes_${way}_${library} PRIVATE ${libraries_${way}} fkd_test_settings)
    set_target_properties(fkd_processes_${way}_${library} PROPERTIES CXX_VISIBILITY_PRESET hidden
                                                                     VISIBILITY_INLINES_HIDDEN ON)
  endforeach()
  add_executable(fkd_processes_${way}_libraries processes/libraries.cpp)
  target_compile_features(fkd_processes_${way}_libraries PRIVATE cxx_std_20)
  target_link_libraries(fkd_processes_${way}_libraries PRIVATE fkd_test_settings Threads::Threads ${CMAKE_DL_LIBS})
  add_test(NAME processes.${way}.libraries
           COMMAND fkd_processes_${way}_libraries $<TARGET_FILE:fkd_processes_${way}_a>
                   $<TARGET_FILE:fkd_processes_${way}_b>)
  foreach(case IN LISTS cases ITEMS libraries)
    # Thread sanitizer ends children that make threads, unless it is told otherwise.
    set_tests_properties(processes.${way}.${case} PROPERTIES LABELS processes TIMEOUT 120 SKIP_RETURN_CODE 77
                         ENVIRONMENT "OMP_WAIT_POLICY=passive;TSAN_OPTIONS=die_after_fork=0")
  endforeach()
endforeach()
