"""The parts that make ``samples/street-scene.mp4``: its sources, score, sound, truth and picture."""
