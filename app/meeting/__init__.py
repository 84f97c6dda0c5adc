"""What a meeting is: its rules as machines that take events and return effects."""
