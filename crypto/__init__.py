"""The encryption of a meeting: bytes in, bytes out; no clock, no thread, no socket."""
