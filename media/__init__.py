"""Devices, codecs and the links between people; knows no meeting, no key schedule, no window."""
