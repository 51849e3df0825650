"""Executes a notebook from its first cell to its last, for scripts/notebook: NOTEBOOK OUT."""

import os
import sys
from pathlib import Path

import nbformat
from jupyter_core.paths import jupyter_runtime_dir
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

# What the slowest cell may take, in seconds.
PATIENCE = 600


def main(source, out):
    notebook = nbformat.read(source, as_version=4)
    nbformat.validate(notebook)
    # Outputs are of one run and one day.
    kept = [
        cell.id for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")
    ]
    if kept:
        return f"{source} has outputs in {', '.join(kept)}: clear them before it is kept"
    # Without times, equal runs give equal bytes.
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=PATIENCE,
        record_timing=False,
        resources={"metadata": {"path": str(source.parent)}},
    )
    # Sockets of the file system: nothing listens on a port.
    kernel = client.create_kernel_manager()
    kernel.transport, kernel.ip = "ipc", os.path.join(jupyter_runtime_dir(), "kernel")
    failure = None
    try:
        client.execute()
    except CellExecutionError as error:
        failure = str(error)
    # A failed one is written too: it shows how far it got.
    nbformat.write(notebook, out)
    return failure


sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
