# SPDX-License-Identifier: LGPL-2.1-or-later
# What every target of Lockstep shares: warnings, sanitizers, include roots.

add_library(lockstep_options INTERFACE)
target_compile_options(lockstep_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    $<$<BOOL:${LOCKSTEP_WERROR}>:-Werror>)
target_compile_definitions(lockstep_options INTERFACE QT_NO_KEYWORDS QT_NO_CAST_FROM_ASCII
    QT_NO_CAST_TO_ASCII LOCKSTEP_VERSION="${PROJECT_VERSION}")
target_include_directories(lockstep_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/daemon)
if(LOCKSTEP_SANITIZE)
    target_compile_options(lockstep_options INTERFACE -fsanitize=${LOCKSTEP_SANITIZE}
        -fno-sanitize-recover=all -fno-omit-frame-pointer
        # GCC takes its own instrumentation of std::expected for such uses.
        $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(lockstep_options INTERFACE -fsanitize=${LOCKSTEP_SANITIZE})
endif()
if(LOCKSTEP_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "libFuzzer is clang's: LOCKSTEP_FUZZ needs CMAKE_CXX_COMPILER=clang++")
    endif()
    # So that the fuzzer sees which code an input has reached.
    target_compile_options(lockstep_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# lockstep_library(NAME SOURCES file... [LINKS target...]): a static library, one per folder.
function(lockstep_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
    add_library(lockstep_${name} STATIC ${arg_SOURCES})
    target_link_libraries(lockstep_${name} PUBLIC lockstep_options ${arg_LINKS})
endfunction()

# lockstep_test(NAME SOURCES file... [LINKS target...]): one QtTest program, one ctest entry.
function(lockstep_test name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
    add_executable(test_${name} ${arg_SOURCES})
    target_link_libraries(test_${name} PRIVATE ${arg_LINKS} Qt6::Test)
    add_test(NAME unit.${name} COMMAND test_${name})
    # Qt and libvirt are not instrumented: what they do inside is theirs, what we hand over is checked.
    set_tests_properties(unit.${name} PROPERTIES TIMEOUT 300
        ENVIRONMENT "QT_QPA_PLATFORM=offscreen;TSAN_OPTIONS=ignore_noninstrumented_modules=1")
endfunction()
