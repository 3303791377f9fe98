# SPDX-License-Identifier: Apache-2.0
# cmake/compile.cmake - how our code is compiled: language, warnings, sanitizers, optimisation.

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g") # asserts stay: our own misuse must not go unnoticed on a device
set(CMAKE_C_FLAGS_MINSIZEREL "-Os -g")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1 -g")

set(EAR_WARNINGS
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wvla -Wcast-align -Wcast-qual -Wwrite-strings -Wundef -Wformat=2 -Wdouble-promotion -Wimplicit-fallthrough
    -Wpointer-arith)
if(EAR_WERROR)
  list(APPEND EAR_WARNINGS -Werror)
endif()

add_compile_options(-ffunction-sections -fdata-sections -fno-common)
add_link_options(-Wl,--gc-sections)
if(NOT CMAKE_CROSSCOMPILING)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  add_link_options(-pie)
endif()

# Link-time optimisation makes an event some 10 % cheaper. Objects keep their machine code too, for budget and gates.
if(NOT CMAKE_CROSSCOMPILING AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  add_compile_options("$<$<CONFIG:Release>:-flto=auto;-ffat-lto-objects>")
  add_link_options("$<$<CONFIG:Release>:-flto=auto;-O2>")
endif()

# Firmware: newlib-nano without anything below it, so that whatever asks for a heap or a file fails the link. Whole-program
# optimisation in one piece, which is smallest, and gives one call graph for the worst-case stack. <assert.h> is our own.
if(EAR_BOARD)
  set(CMAKE_AR arm-none-eabi-gcc-ar)
  set(CMAKE_RANLIB arm-none-eabi-gcc-ranlib)
  add_compile_options(-flto --specs=nano.specs)
  add_link_options(-flto -flto-partition=one -Os --specs=nano.specs -nostartfiles)
  include_directories(BEFORE SYSTEM ${CMAKE_SOURCE_DIR}/platform/firmware/libc)
endif()

if(EAR_SANITIZE)
  add_compile_options(-fsanitize=${EAR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${EAR_SANITIZE})
endif()
if(EAR_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Our own code of a target: include root is the repository's, warnings are on.
add_library(ear_own INTERFACE)
target_compile_options(ear_own INTERFACE ${EAR_WARNINGS})
target_include_directories(ear_own INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
