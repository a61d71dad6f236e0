/// \file
/// The language features that fkd requires, checked first: one clear error instead of hundreds.
#pragma once

#if !defined(__cplusplus) || (__cplusplus < 202002L && (!defined(_MSVC_LANG) || _MSVC_LANG < 202002L))
#error "fkd needs C++20: compile with -std=c++20 or newer (in CMake, link fkd::fkd, which asks for it)"
#include <fkd/needs_cxx20>  // does not exist: a missing file ends the compilation, which #error does not
#endif

#if !defined(__cpp_exceptions) && !defined(__EXCEPTIONS) && !defined(_CPPUNWIND)
#error "fkd needs exceptions, by which it says what is wrong: compile without -fno-exceptions"
#include <fkd/needs_exceptions>  // does not exist: see above
#endif

/// With FKD_COMPILED defined, what is no template of a user's types is compiled in a library (CMake: fkd::compiled),
/// and `x.hpp` does not include its definitions, `x_inl.hpp`. Definitions there that are no templates begin with
/// FKD_FUNC. The files of a program are all compiled with it or all without: mixed, a program has two equal definitions
/// of a function, inline and not, which compilers bear and the language does not promise.
#ifdef FKD_COMPILED
#define FKD_FUNC
#else
#define FKD_FUNC inline
#endif
