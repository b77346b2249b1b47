"""Learns the lesson that the local captioner's tagger has beside its own knowledge, and measures it.

``python -m tests.quality.lessons SOURCES --keep FOLDER [--judged CLIPS] [--cross] [--write FILE]``. SOURCES holds one folder a
package, made by ``apt-get download PACKAGE`` and ``dpkg -x PACKAGE_*.deb SOURCES/PACKAGE``; NOTICE lists the
packages. Files are labelled by their names (``names.tsv``, ``packages.tsv``); what the tagger makes of them and of
changed copies is kept in FOLDER. ``--cross`` measures: every clip is judged with a lesson from other packages alone.

Never learnt from: packages whose kind of clips judges the captioner elsewhere (:data:`library.JUDGES`), recordings
of the sample film, and whatever sounds the same as one of those or as a clip in CLIPS.
"""
