"""What is made of captions and picture together, on request only: muxed files, previews, contact sheets, embedding.

The media file itself is never written to: each of these makes a new file.
"""
