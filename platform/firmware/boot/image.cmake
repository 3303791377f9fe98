# SPDX-License-Identifier: Apache-2.0
# platform/firmware/boot/image.cmake - ear_firmware_image(target slot): out of a program that is linked for slot a or b, its
# bytes (target.bin) and the signed image (target.img), built by target-image.
#
# Signing is done by the host's program `earshot` (EAR_EARSHOT), which another build directory has made.
set(EAR_EARSHOT "" CACHE FILEPATH "The program earshot of a build for this machine; empty: looked for in build/")
set(EAR_IMAGE_VERSION ${PROJECT_VERSION} CACHE STRING "Version of images, X.Y.Z or X.Y.Z+BUILD")
set(EAR_IMAGE_COUNTER 1 CACHE STRING "Security counter of images")

function(ear_firmware_image target slot)
  if(NOT EAR_EARSHOT)
    file(GLOB found ${CMAKE_SOURCE_DIR}/build/release/tools/earshot/earshot ${CMAKE_SOURCE_DIR}/build/dev/tools/earshot/earshot)
    list(APPEND found ${CMAKE_SOURCE_DIR}/build/release/tools/earshot/earshot) # where it will be
    list(GET found 0 program)
  else()
    set(program ${EAR_EARSHOT})
  endif()
  set(key ${EAR_IMAGE_KEY})
  if(NOT key)
    set(key ${CMAKE_BINARY_DIR}/development.key.pem)
  endif()
  set(path ${CMAKE_CURRENT_BINARY_DIR}/${target})
  add_custom_command(
    OUTPUT ${path}.img
    COMMAND ${CMAKE_OBJCOPY} -O binary $<TARGET_FILE:${target}> ${path}.bin
    COMMAND ${program} image sign --board ${EAR_BOARD} --slot ${slot} --version ${EAR_IMAGE_VERSION} --counter
            ${EAR_IMAGE_COUNTER} --key ${key} ${path}.bin ${path}.img
    DEPENDS ${target} BYPRODUCTS ${path}.bin VERBATIM)
  add_custom_target(${target}-image DEPENDS ${path}.img)
endfunction()
