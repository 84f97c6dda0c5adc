"""Files that people in a meeting give each other: the protocol, without disk and network."""
