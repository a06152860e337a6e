"""Where a field moves: topics and code that rise, what is most cited here and not here, what surveys cover.

Everything is asked of a scope: all catalogues, one, or a topic with all below it.
"""
