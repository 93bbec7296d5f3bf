# The few functions that every folder uses. A target sees the headers of what it
# links and of nothing else: that is how "lib <- proto <- services, cli" is kept.

include(GNUInstallDirs)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

option(PEERUP_TESTS "Build the unit tests" ON)
option(PEERUP_FUZZ "Build the libFuzzer targets (clang)" OFF)
set(PEERUP_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")
option(PEERUP_COVERAGE "Instrument for coverage" OFF)

# Everything that all of our code is compiled with.
add_library(pu_options INTERFACE)
target_compile_definitions(pu_options INTERFACE _GNU_SOURCE PEERUP_VERSION="${PROJECT_VERSION}")
target_compile_options(pu_options INTERFACE
	-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
	-Wwrite-strings -Wundef -Wvla -Wformat=2 -Wswitch-enum -Wold-style-definition
	# Cutting is what snprintf() is called for, and without optimization gcc sees no bounds.
	$<$<C_COMPILER_ID:GNU>:-Wno-format-truncation>
	-fno-strict-aliasing -fno-common -fvisibility=hidden)
if(PEERUP_SANITIZE)
	target_compile_options(pu_options INTERFACE -fsanitize=${PEERUP_SANITIZE} -fno-omit-frame-pointer
		-fno-sanitize-recover=all)
	target_link_options(pu_options INTERFACE -fsanitize=${PEERUP_SANITIZE})
endif()
if(PEERUP_COVERAGE)
	target_compile_definitions(pu_options INTERFACE PEERUP_COVERAGE=1)
	target_compile_options(pu_options INTERFACE --coverage -fprofile-update=atomic)
	target_link_options(pu_options INTERFACE --coverage)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
	target_compile_definitions(pu_options INTERFACE _FORTIFY_SOURCE=2)
	target_compile_options(pu_options INTERFACE -fstack-protector-strong -fstack-clash-protection)
	if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
		target_compile_options(pu_options INTERFACE -fcf-protection=full)
	endif()
	target_link_options(pu_options INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed)
endif()
target_link_options(pu_options INTERFACE $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)

# Linked after pu_options, so that these take back what Criterion's and libFuzzer's macros breach.
add_library(pu_test_options INTERFACE)
target_compile_options(pu_test_options INTERFACE
	-Wno-missing-prototypes -Wno-shadow -Wno-old-style-definition -Wno-format-nonliteral)

# Dependencies, one imported target each.
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(uv REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
find_package(msgpack-c CONFIG QUIET) # Debian 13, whose .pc names no directory that exists
if(NOT msgpack-c_FOUND)
	pkg_check_modules(msgpack REQUIRED IMPORTED_TARGET msgpack)
	add_library(msgpack-c ALIAS PkgConfig::msgpack)
endif()
pkg_check_modules(gnutls REQUIRED IMPORTED_TARGET gnutls)
pkg_check_modules(ngtcp2 REQUIRED IMPORTED_TARGET libngtcp2>=1.11 libngtcp2_crypto_gnutls)
pkg_check_modules(protobufc REQUIRED IMPORTED_TARGET libprotobuf-c)
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd)
if(PEERUP_TESTS)
	find_package(nng REQUIRED) # what our links must understand
	pkg_check_modules(criterion REQUIRED IMPORTED_TARGET criterion)
endif()

add_custom_target(unit_tests) # every pu_test
add_custom_target(fuzzers)    # every pu_fuzz

# pu_library(NAME INCLUDE dir SOURCES ... LIBS ...): a static library; INCLUDE is the folder
# from which its users write #include "x/y.h".
function(pu_library name)
	cmake_parse_arguments(arg "" "INCLUDE" "SOURCES;LIBS;PRIVATE_LIBS" ${ARGN})
	add_library(${name} STATIC ${arg_SOURCES})
	target_include_directories(${name} PUBLIC ${arg_INCLUDE})
	target_link_libraries(${name} PUBLIC ${arg_LIBS} PRIVATE ${arg_PRIVATE_LIBS} pu_options)
endfunction()

# pu_program(NAME SOURCES ... LIBS ... [SERVICE|TOOL]): a program. A SERVICE is installed in
# libexec/peerup, a TOOL (of tests) not at all.
function(pu_program name)
	cmake_parse_arguments(arg "SERVICE;TOOL" "" "SOURCES;LIBS" ${ARGN})
	add_executable(${name} ${arg_SOURCES})
	target_link_libraries(${name} PRIVATE ${arg_LIBS} pu_options)
	target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
	if(arg_SERVICE)
		install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/peerup)
	elseif(NOT arg_TOOL)
		install(TARGETS ${name} DESTINATION ${CMAKE_INSTALL_BINDIR})
	endif()
endfunction()

# pu_test(NAME SOURCES ... LIBS ...): a Criterion unit test, run by ctest under the label "unit".
function(pu_test name)
	if(NOT PEERUP_TESTS)
		return()
	endif()
	# lib knows no threads.
	if(PEERUP_SANITIZE MATCHES "thread" AND CMAKE_CURRENT_SOURCE_DIR MATCHES "^${PROJECT_SOURCE_DIR}/lib/")
		return()
	endif()
	cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
	add_executable(${name} ${arg_SOURCES})
	target_link_libraries(${name} PRIVATE ${arg_LIBS} PkgConfig::criterion pu_options pu_test_options)
	target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/unit)
	if(PEERUP_SANITIZE MATCHES "thread" AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
		target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/lint/tsan_rand.c)
	endif()
	add_dependencies(unit_tests ${name})
	add_test(NAME ${name} COMMAND ${name} -j1)
	# A leak is found after the test has passed: only its report can make it fail.
	set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 120
		FAIL_REGULAR_EXPRESSION "(Address|Leak|Thread)Sanitizer[: ];runtime error: ")
endfunction()

# pu_fuzz(NAME SOURCES ... LIBS ...): a libFuzzer target; its corpus is tests/fuzz/corpus/NAME.
function(pu_fuzz name)
	if(NOT PEERUP_FUZZ)
		return()
	endif()
	cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
	add_executable(${name} ${arg_SOURCES})
	target_link_libraries(${name} PRIVATE ${arg_LIBS} pu_options pu_test_options)
	target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
	target_link_options(${name} PRIVATE -fsanitize=fuzzer)
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
	add_dependencies(fuzzers ${name})
endfunction()
