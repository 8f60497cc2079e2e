"""Runs streamed cells in a kernel. The client installs these modules there under a name of its own."""
