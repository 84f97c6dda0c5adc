"""What the doctor looks at, by where it lies: in the program, around it, on the network."""
