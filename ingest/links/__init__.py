"""The link checker: asks the pages that papers link to whether they are still there."""
