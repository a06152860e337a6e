"""The sources, one module each: fetch (network, polite), parse (pure), store (one transaction)."""
