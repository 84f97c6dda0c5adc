#!/bin/sh
# Starts Conclave inside its Flatpak; of the folder where it is called, no module is taken.
exec /app/lib/conclave/bin/python -I -m app "$@"
