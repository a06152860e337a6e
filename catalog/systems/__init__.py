"""Systems: the named things that papers introduce, found in titles and abstracts, and where other papers speak of them."""
