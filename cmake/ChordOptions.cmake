# chord_options: what every target of ours is compiled with. Dependencies come as SYSTEM and do not see it.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "Flags of a release build")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set_property(GLOBAL PROPERTY USE_FOLDERS ON)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Debug CACHE STRING "Debug or Release" FORCE)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(chord_options INTERFACE)
target_include_directories(chord_options INTERFACE "${CMAKE_CURRENT_SOURCE_DIR}")
target_compile_definitions(chord_options INTERFACE CHORDD_VERSION="${PROJECT_VERSION}")
target_compile_options(chord_options INTERFACE
    -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -fstack-protector-strong -fno-omit-frame-pointer
    "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")  # __FILE__ as seen from the root, on every machine
target_link_options(chord_options INTERFACE -Wl,-z,relro,-z,now)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # They see overlaps and overruns inside std::string and std::vector that are not there, and alternatives of a
    # std::variant used that it does not hold.
    target_compile_options(chord_options INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
        -Wno-array-bounds -Wno-maybe-uninitialized)
endif()

if(CHORD_SANITIZE)
    target_compile_options(chord_options INTERFACE -fsanitize=${CHORD_SANITIZE} -fno-sanitize-recover=all -g -O1)
    target_link_options(chord_options INTERFACE -fsanitize=${CHORD_SANITIZE})
    # Long tests do fewer rounds then.
    target_compile_definitions(chord_options INTERFACE CHORD_SANITIZED)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        # clang 14 cannot link this check ("difference across sections") with coroutines and inline assembly around.
        target_compile_options(chord_options INTERFACE -fno-sanitize=function)
    endif()
    if(CHORD_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(chord_options INTERFACE -Wno-tsan)  # Asio's fences; g++ cannot see through them
    endif()
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_definitions(chord_options INTERFACE _FORTIFY_SOURCE=2)
endif()

if(CHORD_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "libFuzzer needs clang: configure with the fuzz preset.")
    endif()
    target_compile_options(chord_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
