# The shapes of our targets. Each takes every source of its folder, so that a new file needs no edit here; a folder that
# has no source yet gives an empty library and no program.

# chord_library(NAME [RECURSE] DEPENDS target...): all sources of the folder except main.cpp and tests.
function(chord_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "RECURSE" "" "DEPENDS")
    if(arg_RECURSE)
        file(GLOB_RECURSE sources CONFIGURE_DEPENDS "*.cpp")
    else()
        file(GLOB sources CONFIGURE_DEPENDS "*.cpp")
    endif()
    list(FILTER sources EXCLUDE REGEX "(/main|_test)\\.cpp$")
    if(sources)
        add_library(${name} STATIC ${sources})
        target_link_libraries(${name} PUBLIC ${arg_DEPENDS})
    else()
        add_library(${name} INTERFACE)
        target_link_libraries(${name} INTERFACE ${arg_DEPENDS})
    endif()
endfunction()

# chord_program(NAME DEPENDS target...): the folder's main.cpp, thin, over its library.
function(chord_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS")
    file(GLOB main CONFIGURE_DEPENDS "main.cpp")
    if(main)
        add_executable(${name} ${main})
        target_link_libraries(${name} PRIVATE ${arg_DEPENDS})
    endif()
endfunction()

# chord_doctest(NAME LABEL label TIMEOUT seconds DEPENDS target...): every *_test.cpp of the folder in one program, and
# one ctest entry a file.
function(chord_doctest name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "DEPENDS")
    file(GLOB sources CONFIGURE_DEPENDS "*_test.cpp")
    if(NOT sources)
        return()
    endif()
    add_executable(${name} ${sources})
    target_link_libraries(${name} PRIVATE chord_doctest_main ${arg_DEPENDS})
    foreach(source IN LISTS sources)
        cmake_path(GET source STEM stem)
        string(REGEX REPLACE "_test$" "" subject "${stem}")
        add_test(NAME ${arg_LABEL}.${subject} COMMAND ${name} "--source-file=*/${stem}.cpp")
        # A filter that selects nothing would pass: zero test cases is a failure.
        set_tests_properties(${arg_LABEL}.${subject} PROPERTIES
            LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} FAIL_REGULAR_EXPRESSION "test cases: +0 ")
    endforeach()
endfunction()
