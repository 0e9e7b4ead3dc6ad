# The Functions host looks for a file of this name beside host.json. Python prefers the package of
# the same name, function_app/, and that is where the backend lives: keep this file without code.
