# The extension is imported once from its install tree to write its .pyi files. Pinocchio's
# libraries are not beside it there yet, so the loader is told where they are. A surefoot that is
# installed already is hidden: it would load the extension a second time.
install(CODE "
  execute_process(
    COMMAND ${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${CMEEL_PREFIX}/lib PYTHONPATH=.
      ${Python_EXECUTABLE} -c \"import sys; sys.modules['surefoot'] = None; import pybind11_stubgen; pybind11_stubgen.main()\"
      _cpp -o ${CMAKE_CURRENT_BINARY_DIR}/stubs --ignore-all-errors
    WORKING_DIRECTORY \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/surefoot
    COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
  # Imported so, the extension's own types are called _cpp.*.
  file(GLOB_RECURSE stubs ${CMAKE_CURRENT_BINARY_DIR}/stubs/*.pyi)
  foreach(stub IN LISTS stubs)
    file(READ \${stub} text)
    string(REGEX REPLACE \"([^.A-Za-z])_cpp([.\\n])\" \"\\\\1surefoot._cpp\\\\2\" text \"\${text}\")
    file(WRITE \${stub} \"\${text}\")
  endforeach()
")
install(DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/stubs/ DESTINATION surefoot FILES_MATCHING PATTERN "*.pyi")
