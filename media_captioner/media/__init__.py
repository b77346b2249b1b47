"""The media room: probe, choose a track, decode on a time map, cut, encode. PyAV does the decoding."""
