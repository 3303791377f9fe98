# SPDX-License-Identifier: Apache-2.0
# cmake/kconfig.cmake - turns the chosen .config into generated/ear_config.h at configure time, and again whenever the
# .config or a Kconfig file changes. Debian's Python is named by path: it is the one that has python3-kconfiglib.

set(EAR_PYTHON /usr/bin/python3 CACHE FILEPATH "Python with kconfiglib (Debian: python3-kconfiglib)")
if(EAR_CONFIG MATCHES "^[a-z0-9_]+$")
  set(EAR_CONFIG_FILE ${CMAKE_SOURCE_DIR}/platform/configs/${EAR_CONFIG}.config)
else()
  get_filename_component(EAR_CONFIG_FILE ${EAR_CONFIG} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
endif()
set(EAR_KCONFIG ${EAR_PYTHON} ${CMAKE_SOURCE_DIR}/cmake/kconfig.py --kconfig ${CMAKE_SOURCE_DIR}/Kconfig
                --config ${EAR_CONFIG_FILE})
foreach(setting IN LISTS EAR_CONFIG_EXTRA)
  list(APPEND EAR_KCONFIG --set ${setting})
endforeach()
file(GLOB platform_kconfigs ${CMAKE_SOURCE_DIR}/platform/*/Kconfig)

execute_process(COMMAND ${EAR_KCONFIG} header ${CMAKE_BINARY_DIR}/generated/ear_config.h RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "The configuration ${EAR_CONFIG_FILE} cannot be built; the reasons are above.")
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${EAR_CONFIG_FILE} ${CMAKE_SOURCE_DIR}/Kconfig
                                       ${CMAKE_SOURCE_DIR}/core/Kconfig ${CMAKE_SOURCE_DIR}/plugins/Kconfig
                                       ${CMAKE_SOURCE_DIR}/plugins/packs/Kconfig ${platform_kconfigs}
                                       ${CMAKE_SOURCE_DIR}/cmake/kconfig.py)

# cmake --build build/dev --target menuconfig: edits EAR_CONFIG's file, which then holds what differs from the defaults.
add_custom_target(menuconfig COMMAND ${EAR_KCONFIG} menuconfig USES_TERMINAL VERBATIM)
