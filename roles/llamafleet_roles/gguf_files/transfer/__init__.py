"""Fetches one file of weights; these files are sent to the host, and use Python's library alone.

Bytes come in ranges of whole pieces from the Hub or from hosts that have the file. What has arrived
is noted piece by piece, so a download that is killed goes on where it was. A file is named by its
SHA-256 once that was verified; the names that models use are links to it.
"""
