/// \file
/// The version of the library, for programs that have to know it.
#pragma once

#define FKD_VERSION_MAJOR 0
#define FKD_VERSION_MINOR 1
#define FKD_VERSION_PATCH 0
