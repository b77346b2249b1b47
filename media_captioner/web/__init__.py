"""A small HTTP/1.1 server for programs and pages that we serve: strict framing, and limits on what a client may cost."""
