# What fkd's own programs (examples, tests, benchmarks) share: warnings, and packages that the library does not need.

# Warnings are errors in our own builds. Link this PRIVATE; nothing of it belongs to fkd::fkd.
set(FKD_WARNING_FLAGS -Wall -Wextra -Wconversion -Wshadow -Werror)
add_library(fkd_warnings INTERFACE)
target_compile_options(fkd_warnings INTERFACE "$<$<CXX_COMPILER_ID:GNU,Clang,AppleClang>:${FKD_WARNING_FLAGS}>")
# GCC 12 at -O3 sees overlapping copies in `"literal" + std::string` that are not there (its bug 105651).
target_compile_options(
  fkd_warnings
  INTERFACE "$<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>")

if(TARGET fkd_compiled)
  target_compile_options(fkd_compiled PRIVATE $<TARGET_PROPERTY:fkd_warnings,INTERFACE_COMPILE_OPTIONS>)
endif()

# What our own programs link: the compiled library where it is built; else OpenMP where it is there.
add_library(fkd_header_only_programs INTERFACE)
target_link_libraries(fkd_header_only_programs INTERFACE fkd::fkd $<TARGET_NAME_IF_EXISTS:fkd::openmp>)
add_library(fkd_programs INTERFACE)
target_link_libraries(fkd_programs INTERFACE $<IF:$<TARGET_EXISTS:fkd::compiled>,fkd::compiled,fkd_header_only_programs>)

find_package(doctest QUIET CONFIG)
find_package(CLI11 QUIET CONFIG)
find_package(nlohmann_json QUIET CONFIG)
find_package(PNG QUIET)
find_package(JPEG QUIET)
find_package(ZLIB QUIET)
# Not by libzip's own package: Debian's names programs that a library's user need not have, and fails without them.
find_path(FKD_LIBZIP_INCLUDE_DIR zip.h)
find_library(FKD_LIBZIP_LIBRARY zip)
mark_as_advanced(FKD_LIBZIP_INCLUDE_DIR FKD_LIBZIP_LIBRARY)
if(FKD_LIBZIP_INCLUDE_DIR AND FKD_LIBZIP_LIBRARY)
  add_library(fkd_libzip UNKNOWN IMPORTED)
  set_target_properties(fkd_libzip PROPERTIES IMPORTED_LOCATION "${FKD_LIBZIP_LIBRARY}"
                                              INTERFACE_INCLUDE_DIRECTORIES "${FKD_LIBZIP_INCLUDE_DIR}")
endif()

# The packages: the CMake target, what it is called, and Debian's name of it.
set(fkd_package_eigen fkd::eigen "Eigen (libeigen3-dev)")
set(fkd_package_doctest doctest::doctest "doctest (doctest-dev)")
set(fkd_package_cli11 CLI11::CLI11 "CLI11 (libcli11-dev)")
set(fkd_package_json nlohmann_json::nlohmann_json "nlohmann/json (nlohmann-json3-dev)")
set(fkd_package_png PNG::PNG "libpng (libpng-dev)")
set(fkd_package_jpeg JPEG::JPEG "libjpeg (libjpeg-dev)")
set(fkd_package_zlib ZLIB::ZLIB "zlib (zlib1g-dev)")
set(fkd_package_libzip fkd_libzip "libzip (libzip-dev)")
set(FKD_SHARED_PACKAGES eigen cli11 json png jpeg)
set(FKD_FACIAL_KEYPOINTS_PACKAGES ${FKD_SHARED_PACKAGES} zlib libzip)
set(FKD_CLASSIFY_PACKAGES ${FKD_SHARED_PACKAGES} zlib)

# fkd_needs(found WHAT PACKAGES cli11 png ...): whether every package is there; if one is not, WHAT is left out.
function(fkd_needs found what)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" PACKAGES)
  set(missing "")
  foreach(package IN LISTS arg_PACKAGES)
    list(GET fkd_package_${package} 0 target)
    list(GET fkd_package_${package} 1 name)
    if(NOT TARGET ${target})
      list(APPEND missing "${name}")
    endif()
  endforeach()
  if(missing)
    list(JOIN missing ", " missing)
    set_property(GLOBAL APPEND PROPERTY FKD_LEFT_OUT "${what} for want of ${missing}")
    set(${found} FALSE PARENT_SCOPE)
  else()
    set(${found} TRUE PARENT_SCOPE)
  endif()
endfunction()

# fkd_packages(targets cli11 png ...): their CMake targets.
function(fkd_packages targets)
  set(list "")
  foreach(package IN LISTS ARGN)
    list(GET fkd_package_${package} 0 target)
    list(APPEND list ${target})
  endforeach()
  set(${targets} ${list} PARENT_SCOPE)
endfunction()

function(fkd_say_what_is_left_out)
  get_property(left_out GLOBAL PROPERTY FKD_LEFT_OUT)
  if(left_out)
    list(JOIN left_out "; " left_out)
    if(FKD_REQUIRE_ALL)
      message(FATAL_ERROR "fkd cannot build ${left_out}. scripts/setup installs what is missing.")
    endif()
    message(STATUS "fkd leaves out ${left_out}. scripts/setup installs what is missing.")
  endif()
endfunction()
