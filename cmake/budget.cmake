# SPDX-License-Identifier: Apache-2.0
# cmake/budget.cmake - prints RAM and flash by module for the chosen configuration, at the end of a build that changed
# core, plugins or configuration; `cmake --build <dir> --target budget` rebuilds nothing and prints budget.txt again.
if(EAR_SANITIZE OR EAR_FUZZ OR EAR_BOARD)
  return() # such builds are bigger than anything that is shipped; an image has its own report, tools/firmware
endif()

add_library(ear_budget OBJECT EXCLUDE_FROM_ALL ${CMAKE_SOURCE_DIR}/cmake/budget.c)
target_link_libraries(ear_budget PRIVATE ear_core)
target_compile_options(ear_budget PRIVATE -O0 -gdwarf-4 -fno-lto)

string(REGEX REPLACE "(gcc|clang|cc)$" "size" size ${CMAKE_C_COMPILER})
if(NOT size MATCHES "-size$")
  set(size size)
endif()
set(objects $<TARGET_OBJECTS:ear_core> $<TARGET_OBJECTS:ear_plugins> $<TARGET_OBJECTS:ear_packs> $<TARGET_OBJECTS:tinycbor>)
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/budget.txt
  COMMAND ${EAR_PYTHON} ${CMAKE_SOURCE_DIR}/cmake/budget.py --config ${EAR_CONFIG} --target ${CMAKE_SYSTEM_PROCESSOR}
          --ram $<TARGET_OBJECTS:ear_budget> --size ${size} ${objects} > ${CMAKE_BINARY_DIR}/budget.txt
  COMMAND cat ${CMAKE_BINARY_DIR}/budget.txt
  DEPENDS ${objects} $<TARGET_OBJECTS:ear_budget> ${CMAKE_SOURCE_DIR}/cmake/budget.py
  COMMAND_EXPAND_LISTS VERBATIM)
add_custom_target(ear_budget_print ALL DEPENDS ${CMAKE_BINARY_DIR}/budget.txt)
add_custom_target(budget COMMAND cat ${CMAKE_BINARY_DIR}/budget.txt DEPENDS ${CMAKE_BINARY_DIR}/budget.txt)
