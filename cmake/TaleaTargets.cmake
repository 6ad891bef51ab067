# Compiler settings and the one way to declare a library.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)

option(TALEA_SANITIZE "address and undefined-behaviour sanitizers" OFF)
option(TALEA_FUZZ "the fuzz targets of tests/fuzz, for libFuzzer (clang only)" OFF)
set(TALEA_PLANTED_BUG "" CACHE STRING "name of a patch in tests/fuzz/planted: compiles vm/ and node/ with this bug in it, to see that it is found")

# x86-64-v2: every server of the last ten years, and no result depends on it.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror -march=x86-64-v2)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 warns of overflows it makes up itself when it inlines std::vector and std::string.
  add_compile_options(-Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-stringop-overread -Wno-maybe-uninitialized -Wno-dangling-pointer)
  # Its collector would visit what it parsed again and again: a seventh of the time.
  add_compile_options(--param=ggc-min-heapsize=1000000)
endif()
if(TALEA_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    -fsanitize-ignorelist=${CMAKE_SOURCE_DIR}/cmake/sanitizer-ignorelist.txt)
  add_compile_definitions(_GLIBCXX_ASSERTIONS) # what containers, views and optionals demand of who uses them
  add_link_options(-fsanitize=address,undefined)
endif()
if(TALEA_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# The libraries of vm/ and node/ are compiled from here: from the tree, or from a copy of it with a bug. What the patch does not
# touch keeps its date, so that the next bug is built quickly.
set(talea_library_root ${CMAKE_SOURCE_DIR})
if(TALEA_PLANTED_BUG)
  set(talea_library_root ${CMAKE_BINARY_DIR}/planted)
  set(fresh ${CMAKE_BINARY_DIR}/planted-fresh)
  file(REMOVE_RECURSE ${fresh})
  file(COPY ${CMAKE_SOURCE_DIR}/vm ${CMAKE_SOURCE_DIR}/node DESTINATION ${fresh})
  execute_process(COMMAND patch -p1 --fuzz=0 --no-backup-if-mismatch -i ${CMAKE_SOURCE_DIR}/tests/fuzz/planted/${TALEA_PLANTED_BUG}.patch
    WORKING_DIRECTORY ${fresh} COMMAND_ERROR_IS_FATAL ANY)
  file(GLOB_RECURSE planted_files RELATIVE ${fresh} ${fresh}/*)
  foreach(file IN LISTS planted_files)
    configure_file(${fresh}/${file} ${talea_library_root}/${file} COPYONLY)
  endforeach()
endif()

# Command lines run once a command, and what declares them takes long to optimise.
set(once_options $<$<CONFIG:Release>:-O1>)
function(talea_command_line)
  set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS "${once_options}")
endfunction()

# The headers of the standard library that most files include, parsed once and shared by all targets. Every file still
# includes what it uses: -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON builds without.
set(standard_headers <algorithm> <array> <cstdint> <expected> <functional> <map> <memory> <optional> <set> <span> <string>
  <string_view> <utility> <variant> <vector>)
file(WRITE ${CMAKE_BINARY_DIR}/empty.cpp "")
add_library(talea_standard OBJECT ${CMAKE_BINARY_DIR}/empty.cpp)
target_precompile_headers(talea_standard PRIVATE ${standard_headers})

# The debug preset optimises the machine alone: the rest compiles in half the time unoptimised, and its tests are short.
set(machine_options $<$<CONFIG:Debug>:-O1>)
add_library(machine_standard OBJECT ${CMAKE_BINARY_DIR}/empty.cpp)
target_compile_options(machine_standard PRIVATE ${machine_options})
target_precompile_headers(machine_standard PRIVATE ${standard_headers})
function(talea_machine_library name)
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF) # as users get it
  target_compile_options(${name} PRIVATE ${machine_options})
  target_precompile_headers(${name} REUSE_FROM machine_standard)
endfunction()

# talea_library(folder [LINK folders or targets seen by users of the library] [PRIVATE targets used inside]
#   [HEADERS costly headers that most of its files include, precompiled])
#
# The library holds every .cpp below `folder`, except those in folders given to EXCLUDE. Its headers are included
# by their path from the top ("vm/base/u256.hpp") through a link that shows this folder alone.
function(talea_library folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK;PRIVATE;EXCLUDE;HEADERS")
  string(REPLACE "/" "_" name ${folder})
  set(root ${CMAKE_SOURCE_DIR})
  if(folder MATCHES "^(vm|node)/")
    set(root ${talea_library_root})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${root}/${folder}/*.cpp)
  foreach(excluded IN LISTS arg_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "^${root}/${folder}/${excluded}")
  endforeach()
  set(view ${CMAKE_BINARY_DIR}/include/${name})
  get_filename_component(parent ${view}/${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${root}/${folder} ${view}/${folder} SYMBOLIC)
  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE ${arg_PRIVATE})
    if(folder MATCHES "^vm/")
      talea_machine_library(${name})
    elseif(arg_HEADERS)
      target_precompile_headers(${name} PRIVATE ${standard_headers} ${arg_HEADERS})
    else()
      target_precompile_headers(${name} REUSE_FROM talea_standard)
    endif()
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} ${view})
  foreach(used IN LISTS arg_LINK)
    string(REPLACE "/" "_" target "${used}")
    if(TARGET ${target})
      target_link_libraries(${name} ${scope} ${target})
    else()
      target_link_libraries(${name} ${scope} ${used})
    endif()
  endforeach()
endfunction()
