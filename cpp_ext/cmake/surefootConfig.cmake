# find_package(surefoot) from an installed wheel:
#   cmake -Dsurefoot_DIR=$(python -c "import surefoot; print(surefoot.cmake_dir())") ...
# Targets: surefoot::surefoot (everything), surefoot::rigid_body (rigid-body dynamics alone).
# Eigen 3.4 comes with `pip install surefoot[cpp]`, or from the system.
include(CMakeFindDependencyMacro)
get_filename_component(_surefoot_package "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
get_filename_component(_surefoot_site "${_surefoot_package}/.." ABSOLUTE)
list(APPEND CMAKE_PREFIX_PATH "${_surefoot_site}/cmeel.prefix")
find_dependency(Eigen3 3.4 CONFIG)

function(_surefoot_import target library)
  if(TARGET ${target})
    return()
  endif()
  add_library(${target} SHARED IMPORTED)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${_surefoot_package}/lib/${library}"
    INTERFACE_INCLUDE_DIRECTORIES "${_surefoot_package}/include"
    # Eigen objects cross the library's boundary, so their alignment and allocator must be the library's.
    INTERFACE_COMPILE_DEFINITIONS "EIGEN_MAX_ALIGN_BYTES=16;EIGEN_MALLOC_ALREADY_ALIGNED=0"
    INTERFACE_COMPILE_FEATURES cxx_std_17
    INTERFACE_LINK_LIBRARIES Eigen3::Eigen)
endfunction()

_surefoot_import(surefoot::rigid_body libsurefoot_rigid_body.so)
_surefoot_import(surefoot::surefoot libsurefoot.so)
set_property(TARGET surefoot::surefoot APPEND PROPERTY INTERFACE_LINK_LIBRARIES surefoot::rigid_body)
