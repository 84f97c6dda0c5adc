#!/bin/sh
# Starts Conclave inside its Flatpak; of the folder where it is called, no module is taken.
export RESOURCE_NAME=conclave # by which a desktop on X11 finds the menu entry of a window
exec /app/lib/conclave/bin/python -I -m app "$@"
