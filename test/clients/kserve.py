"""What the storage initializer of KServe loads: for each address the files, as JSON."""

import contextlib
import json
import os
import sys
import tempfile

from kserve_storage import Storage

results = {}
for uri in sys.argv[1:]:
    folder = tempfile.mkdtemp()
    try:
        with contextlib.redirect_stdout(sys.stderr):
            Storage.download(uri, folder)
        files = {}
        for root, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(root, name)
                with open(path, encoding="utf-8") as file:
                    files[os.path.relpath(path, folder)] = file.read()
        results[uri] = files
    except Exception as error:  # which one it is, is what is asked
        results[uri] = {"error": f"{type(error).__name__}: {error}"[:300]}
json.dump(results, sys.stdout)
