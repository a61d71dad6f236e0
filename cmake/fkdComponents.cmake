# The optional components of fkd: Eigen, for <fkd/eigen.hpp> and the im2col backend, as fkd::eigen,
# OpenMP's threads as fkd::openmp, and the compiled library as fkd::compiled. fkd::fkd itself needs none of them. Included by fkd's own build and by the installed
# package, so that both look in the same way.

# Sets `sentence` to what is wrong with the version of Eigen that was found, or to nothing. Eigen's own version file
# calls 5.x incompatible with a request for 3.4, so find_package is called without a version and this checks it.
function(fkd_check_eigen_version version sentence)
  set(${sentence} "" PARENT_SCOPE)
  if(version AND (version VERSION_LESS 3.4 OR version VERSION_GREATER_EQUAL 6))
    set(${sentence} "fkd needs Eigen 3.4 or newer and older than 6, but found Eigen ${version} in ${Eigen3_DIR}."
        PARENT_SCOPE)
  endif()
endfunction()

# fkd_find_component(problem eigen|openmp|compiled): looks for the package; sets `problem` to what is wrong, or to nothing, and
# `library` to its target.
function(fkd_find_component problem library component)
  set(sentence "")
  if(component STREQUAL eigen)
    set(target Eigen3::Eigen)
    if(NOT TARGET ${target})  # a project that has Eigen in its own tree keeps that one
      find_package(Eigen3 QUIET)
      if(NOT TARGET ${target})
        set(sentence "fkd::eigen needs Eigen 3.4 or newer, which was not found (Debian: libeigen3-dev; Homebrew: eigen).")
      else()
        fkd_check_eigen_version("${Eigen3_VERSION}" sentence)
      endif()
    endif()
  elseif(component STREQUAL openmp)
    set(target OpenMP::OpenMP_CXX)
    if(NOT TARGET ${target})
      find_package(OpenMP QUIET COMPONENTS CXX)
      if(NOT TARGET ${target})
        set(sentence "fkd::openmp needs OpenMP, which ${CMAKE_CXX_COMPILER} does not have (for clang on Debian: libomp-dev).")
      endif()
    endif()
  elseif(component STREQUAL compiled)
    set(target fkd::compiled)
    if(NOT TARGET ${target})
      set(sentence "fkd::compiled is not part of this fkd, which was built with FKD_BUILD_COMPILED=OFF.")
    endif()
  else()
    set(sentence "fkd has no component '${component}'; its components are compiled, eigen and openmp.")
  endif()
  set(${problem} "${sentence}" PARENT_SCOPE)
  set(${library} "${target}" PARENT_SCOPE)
endfunction()
