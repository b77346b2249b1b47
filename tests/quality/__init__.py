"""How well the local captioner hears: one command for any folder of labelled sounds.

``python -m tests.quality FOLDER [FOLDER...] [--json]``. Each folder holds sounds and a ``manifest.csv`` with the
columns ``file,kind,truth`` (more are ignored):

=====================  =======================================================================
kind                   truth
=====================  =======================================================================
``sound``              words of which one must be said, parted by ``|``
``transcript``         the words spoken, in English
``speech_attributes``  JSON with ``language`` and perhaps ``gender`` and ``text``
``gender``             ``man`` or ``woman``
``music``              words of genre and instruments, parted by ``|``, ``,`` or ``;``
``timeline``           JSON list of ``[words parted by |, start, end]``, seconds
``nothing``            anything; no words may be transcribed and no sounds named
=====================  =======================================================================
"""
