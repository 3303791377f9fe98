# SPDX-License-Identifier: Apache-2.0
# cmake/third_party.cmake - other people's code: fetched, pinned by hash, never copied in, compiled without our warnings.
#
# Each archive is tried from the project's own release and from the pools of the Debian mirrors that this machine's apt uses
# (elsewhere: -DEAR_DEBIAN_MIRRORS=<mirror>); any file whose hash differs is refused. Archives are kept in EAR_DOWNLOADS and
# not downloaded again.
# Without a network: -DFETCHCONTENT_SOURCE_DIR_<NAME>=<unpacked source> with NAME one of MBEDTLS, TINYCBOR, YYJSON,
# CMOCKA, INIH, LWIP; or put the archives into EAR_DOWNLOADS.
include(FetchContent)

if(DEFINED ENV{XDG_CACHE_HOME})
  set(cache_home $ENV{XDG_CACHE_HOME})
else()
  set(cache_home $ENV{HOME}/.cache)
endif()
set(EAR_DOWNLOADS ${cache_home}/earshot CACHE PATH "Where downloaded archives are kept, for all build directories")

if(NOT DEFINED EAR_DEBIAN_MIRRORS)
  execute_process(COMMAND apt-get indextargets --format "$(REPO_URI)" "Created-By: Packages" OUTPUT_VARIABLE mirrors
                  ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REPLACE "\n" ";" mirrors "${mirrors}")
  list(FILTER mirrors INCLUDE REGEX "^https?://.*debian/?$")
  list(REMOVE_DUPLICATES mirrors)
  set(EAR_DEBIAN_MIRRORS "${mirrors}" CACHE STRING "Debian mirrors whose pool is tried; found in apt's configuration")
endif()

# Make NAME's source available: ear_fetch(name sha256 path-in-pool [upstream url...]) sets <name>_SOURCE_DIR.
function(ear_fetch name sha256 pool)
  set(urls ${ARGN})
  foreach(mirror IN LISTS EAR_DEBIAN_MIRRORS)
    string(REGEX REPLACE "/+$" "" mirror ${mirror})
    list(APPEND urls ${mirror}/pool/main/${pool})
  endforeach()
  get_filename_component(archive ${pool} NAME)
  FetchContent_Declare(
    ${name}
    URL ${urls}
    URL_HASH SHA256=${sha256}
    DOWNLOAD_DIR ${EAR_DOWNLOADS}
    DOWNLOAD_NAME ${archive}
    DOWNLOAD_EXTRACT_TIMESTAMP ON
    INACTIVITY_TIMEOUT 20
    SOURCE_SUBDIR none)
  file(MAKE_DIRECTORY ${EAR_DOWNLOADS})
  file(LOCK ${EAR_DOWNLOADS}/lock GUARD FUNCTION TIMEOUT 300)
  FetchContent_MakeAvailable(${name})
  set(${name}_SOURCE_DIR ${${name}_SOURCE_DIR} PARENT_SCOPE)
endfunction()

# A library of somebody else: no warnings of ours, its headers are system headers to us.
function(ear_foreign_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;INCLUDES;DEFINES" ${ARGN})
  add_library(${name} STATIC EXCLUDE_FROM_ALL ${arg_SOURCES})
  target_compile_options(${name} PRIVATE -w)
  target_compile_definitions(${name} PUBLIC ${arg_DEFINES})
  target_include_directories(${name} SYSTEM PUBLIC ${arg_INCLUDES})
endfunction()

# TinyCBOR: only what needs no heap, no stdio and no floating point.
ear_fetch(tinycbor 0f9944496d1143935e9c996bc6233ca0dd5451299def33ef400a409942f8f34b
          t/tinycbor/tinycbor_0.6.1.orig.tar.gz)
ear_foreign_library(
  tinycbor
  SOURCES ${tinycbor_SOURCE_DIR}/src/cborencoder.c ${tinycbor_SOURCE_DIR}/src/cborencoder_close_container_checked.c
          ${tinycbor_SOURCE_DIR}/src/cborparser.c
  INCLUDES ${tinycbor_SOURCE_DIR}/src
  DEFINES CBOR_NO_FLOATING_POINT)

if(EAR_TESTS)
  ear_fetch(cmocka 810570eb0b8d64804331f82b29ff47c790ce9cd6b163e98d47a4807047ecad82
            c/cmocka/cmocka_1.1.7.orig.tar.xz https://cmocka.org/files/1.1/cmocka-1.1.7.tar.xz)
  ear_foreign_library(
    cmocka
    SOURCES ${cmocka_SOURCE_DIR}/src/cmocka.c
    INCLUDES ${cmocka_SOURCE_DIR}/include
    DEFINES HAVE_INTTYPES_H HAVE_STDINT_H HAVE_STRINGS_H HAVE_SIGNAL_H HAVE_TIME_H HAVE_STRUCT_TIMESPEC)
  target_compile_options(cmocka PRIVATE -std=gnu11)
endif()

# mbedTLS: one library, built with our configuration header; 'mbedtls' brings all three of its parts. fast_parts: where the
# instructions of a handshake go.
set(fast_parts bignum.c bignum_core.c ecp.c ecp_curves.c sha256.c aes.c gcm.c)
if(EAR_BOARD OR NOT CMAKE_CROSSCOMPILING)
  ear_fetch(mbedtls 8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a m/mbedtls/mbedtls_3.6.6.orig.tar.bz2
            https://github.com/Mbed-TLS/mbedtls/releases/download/mbedtls-3.6.6/mbedtls-3.6.6.tar.bz2)
  file(GLOB mbedtls_sources ${mbedtls_SOURCE_DIR}/library/*.c)
  file(STRINGS ${CMAKE_BINARY_DIR}/generated/ear_config.h fast REGEX "define EAR_TLS_FAST ")
  if(EAR_BOARD AND NOT fast)
    set(fast_parts ecp_curves.c) # 440 bytes for a tenth of a handshake; all of them are 10 KB for a fifth
  endif()
  if(EAR_BOARD)
    list(TRANSFORM fast_parts PREPEND ${mbedtls_SOURCE_DIR}/library/ OUTPUT_VARIABLE fast_sources)
    set_source_files_properties(${fast_sources} PROPERTIES COMPILE_OPTIONS -O2)
  endif()
  ear_foreign_library(mbedtls SOURCES ${mbedtls_sources} INCLUDES ${mbedtls_SOURCE_DIR}/include)
  target_include_directories(mbedtls PRIVATE ${mbedtls_SOURCE_DIR}/library ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
  if(EAR_BOARD)
    set(mbedtls_config ${CMAKE_SOURCE_DIR}/platform/lwip/ear_mbedtls_config.h)
  else()
    set(mbedtls_config ${CMAKE_SOURCE_DIR}/platform/linux/ear_mbedtls_config.h)
  endif()
  target_compile_definitions(mbedtls PUBLIC MBEDTLS_CONFIG_FILE="${mbedtls_config}")
  add_library(mbedx509 ALIAS mbedtls)
  add_library(mbedcrypto ALIAS mbedtls)
endif()

# lwIP: what an IPv4 client needs without an operating system. Its options are platform/lwip/lwipopts.h.
if(EAR_BOARD)
  ear_fetch(lwip 83729c274c499d3348e9fbbe043a3113f3fa8953e7efddc7c21c7fcbb1f2b7b1 l/lwip/lwip_2.2.1+dfsg1.orig.tar.xz)
  set(lwip_parts
      core/altcp core/def core/dns core/inet_chksum core/init core/ip core/mem core/memp core/netif
      core/pbuf core/tcp core/tcp_in core/tcp_out core/timeouts core/udp core/ipv4/dhcp core/ipv4/etharp core/ipv4/icmp
      core/ipv4/ip4 core/ipv4/ip4_addr netif/ethernet apps/mqtt/mqtt apps/sntp/sntp)
  list(TRANSFORM lwip_parts REPLACE "(.+)" "${lwip_SOURCE_DIR}/src/\\1.c")
  ear_foreign_library(lwip SOURCES ${lwip_parts} INCLUDES ${lwip_SOURCE_DIR}/src/include ${CMAKE_SOURCE_DIR}/platform/lwip)
  target_include_directories(lwip PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
endif()

if(CMAKE_CROSSCOMPILING)
  return() # what follows is for hosts
endif()

ear_fetch(yyjson ae6fde69a193e10afab426ef13f113d6903446405f9db9ee98bfb572bd6c961a y/yyjson/yyjson_0.10.0+ds.orig.tar.xz)
ear_foreign_library(yyjson SOURCES ${yyjson_SOURCE_DIR}/src/yyjson.c INCLUDES ${yyjson_SOURCE_DIR}/src)

ear_fetch(inih 062279922805f5e9a369551a08d5ddb506140fe50774183ffdbb7c22bb97e3f4 libi/libinih/libinih_59.orig.tar.gz)
ear_foreign_library(inih SOURCES ${inih_SOURCE_DIR}/ini.c INCLUDES ${inih_SOURCE_DIR})

# paho: Debian's static library, the variant without OpenSSL; its source is not to be had everywhere (docs of cmake/).
find_library(PAHO_MQTT3A NAMES libpaho-mqtt3a.a)
if(PAHO_MQTT3A)
  find_package(Threads REQUIRED)
  add_library(paho INTERFACE)
  target_link_libraries(paho INTERFACE ${PAHO_MQTT3A} Threads::Threads)
endif()
