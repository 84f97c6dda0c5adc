"""Windows and screens of this computer: what can be shown to others, and its pictures."""
