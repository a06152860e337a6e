import pytest

from catalog.readable import readable


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Self-attention Does Not Need O(n^2) Memory", "Self-attention Does Not Need O(n²) Memory"),
        ("$O(n)$ attention", "O(n) attention"),
        ("E^2-LLM", "E²-LLM"),
        ("R^2AG: Retrieval", "R²AG: Retrieval"),
        (r"$\mathcal{O}(n \log n)$", "O(n log n)"),
        (r"$\infty$Bench and $\alpha$", "∞Bench and α"),
        (r"$x_{12}^{-1}$", "x₁₂⁻¹"),
        (r"A Dataset of $\underline{U}$ser $\underline{S}$tance", "A Dataset of User Stance"),
        (r"\textbf{Bold} 5\%", "Bold 5%"),
        ("BaKlaVa -- Budgeted Allocation", "BaKlaVa – Budgeted Allocation"),
        ("From $5 to $6 a token", "From $5 to $6 a token"),
        ("∞Bench", "∞Bench"),
        ("基于稀疏注意力", "基于稀疏注意力"),
        ("a^", "a^"),
        ("$" * 500, "$" * 500),
        (r"$\input{/etc/passwd}$", r"$\input{/etc/passwd}$"),
        (r"G\"odel and \'{E}cole, {\"o}, \c{c}a, \v{S}koda", "Gödel and École, ö, ça, Škoda"),
        (r"\L{}ukasz, {\L}ukasz, \o re, Stra\ss e", "Łukasz, Łukasz, øre, Straße"),
        (r"\lambda calculus", r"\lambda calculus"),
        ("one\n  line with $O(n\n\\log n)$", "one line with O(n log n)"),
    ],
)
def test_simple_latex_is_set_as_text(written, read):
    assert readable(written) == read
