# What fkd stands on. Included by fkd's own build and by the installed package, so that both ask in the same words.

# Sets `sentence` to what is wrong with the version of Eigen that was found, or to nothing. Eigen's own version file
# calls 5.x incompatible with a request for 3.4, so find_package is asked without a version and this decides.
function(fkd_check_eigen_version version sentence)
  set(${sentence} "" PARENT_SCOPE)
  if(version AND (version VERSION_LESS 3.4 OR version VERSION_GREATER_EQUAL 6))
    set(${sentence} "fkd needs Eigen 3.4 or newer and older than 6, but found Eigen ${version} in ${Eigen3_DIR}."
        PARENT_SCOPE)
  endif()
endfunction()

# Finds Eigen, threads and, if FKD_OPENMP, OpenMP, and links them to `target`. Of these only OpenMP may be missing.
macro(fkd_link_dependencies target)
  set(fkd_problem "")
  if(NOT TARGET Eigen3::Eigen)  # a project that has Eigen in its own tree keeps that one
    find_package(Eigen3 QUIET)
    if(NOT TARGET Eigen3::Eigen)
      set(fkd_problem "fkd needs Eigen 3.4 or newer, which was not found (Debian: libeigen3-dev; Homebrew: eigen).")
    else()
      fkd_check_eigen_version("${Eigen3_VERSION}" fkd_problem)
    endif()
  endif()
  if(NOT fkd_problem)
    find_package(Threads REQUIRED)
    set(fkd_libraries Eigen3::Eigen Threads::Threads)
    if(FKD_OPENMP)
      find_package(OpenMP QUIET COMPONENTS CXX)
      if(TARGET OpenMP::OpenMP_CXX)
        list(APPEND fkd_libraries OpenMP::OpenMP_CXX)
      endif()
    endif()
    foreach(fkd_library IN LISTS fkd_libraries)  # not exported: a consumer's machine finds its own
      set_property(TARGET ${target} APPEND PROPERTY INTERFACE_LINK_LIBRARIES $<BUILD_INTERFACE:${fkd_library}>)
    endforeach()
  elseif(CMAKE_FIND_PACKAGE_NAME)
    set(${CMAKE_FIND_PACKAGE_NAME}_FOUND FALSE)
    set(${CMAKE_FIND_PACKAGE_NAME}_NOT_FOUND_MESSAGE "${fkd_problem}")
  else()
    message(FATAL_ERROR "${fkd_problem}")
  endif()
endmacro()
