"""The graph as data: what a dump holds, how one is written, kept, offered and loaded."""
