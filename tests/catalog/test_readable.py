import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        (r"from \(O(L^2)\) to \[O(L\log L)\]", "from O(L²) to O(L log L)"),
        (r"\\(3B\\) and over \\(20%\\), R\\(^2\\)AG", "3B and over 20%, R²AG"),
        (r"$\sim$10$\times$ faster", "∼10× faster"),
        ("rates ($>$90%)", "rates (>90%)"),
        (r"$\textit{R&R}$", "R&R"),
        (r"$\max\{\lambda, 1\}$", "max{λ, 1}"),
        (r"$X_i \sim $ Binomial", "X_i ∼ Binomial"),
        (r"$V^\top\text{softmax}(Kq)$", "Vᵀsoftmax(Kq)"),
        (r"$f: M \to \mathbb{R}^{-1/2}$", "f: M →ℝ^(-1/2)"),
        (r"the $p^{th}$ order", "the p^th order"),
        (r"\textbf\{\textit\{Laws\}\} and $\{1\}$", "Laws and 1"),
        (r"{\it x}, {\em a b}, {\bf c}, {\tt d} and {\sc e}", "x, a b, c, d and e"),
        (r"long.~\footnote{In progress.}\footnote{\url{https://a.org/x_1}} It",
         "long. (In progress.) (https://a.org/x_1) It"),
        (r"as shown~\cite{a,b}, by \citet[p.~3]{c} too \cite{}.", "as shown, by too."),
        (r"at \url{https://a.org/~b/c_1}.", "at https://a.org/~b/c_1."),
        (r"\href{https://a.org}{here}, \href{this URL}{this URL}", "here (https://a.org), this URL"),
        ("``flat'' and ``two words''", "“flat” and “two words”"),
        (r"i.e.\ 10\,000 \textcolor{red}{words}\textemdash all", "i.e. 10 000 words— all"),
        ("attention---as it is---and a -- b", "attention—as it is—and a – b"),
        ("costs $5 and $10 per run", "costs $5 and $10 per run"),
        ("costs $5-$10, US$5/$10 or 3$ a run", "costs $5-$10, US$5/$10 or 3$ a run"),
        (r"costs $5 when \emph{all} and $10 when $x_1$", "costs $5 when all and $10 when x₁"),
        (r"US$ 5 for \emph{x} or US$ 3", "US$ 5 for x or US$ 3"),
        ("it's 5'' and C:\\new", "it's 5'' and C:\\new"),
        ("$   $ and $$ and $", "$   $ and $$ and $"),
    ],
)  # fmt: skip
def test_simple_latex_is_set_as_text(written, read):
    assert readable(written) == read


signs = [*"$\\{}()[]^_`'~%& \n1ax-", r"\emph{", r"\(", r"\footnote{", r"{\it ", r"\frac", r"\sqrt{"]


@given(st.lists(st.sampled_from(signs)).map("".join))
def test_whatever_is_written_something_is_read(written):
    assert bool(readable(written).strip()) == bool(written.strip())


@given(st.text(string.ascii_letters + string.digits + " .,;:!?()[]{}'\"/%&#@+=*<>~_-éλ基²").filter(
    lambda text: "--" not in text
))  # fmt: skip
def test_plain_text_stays_as_it_is(written):
    assert readable(written) == written


@pytest.mark.parametrize(
    "unit",
    ["$", "{", "}", "\\", "$x", "$ x", "x$1", "\\(", "\\[", "\\emph{", "{\\it ", "\\footnote{", "\\cite[", "``", "`",
     "\\href{", "\\href{a}{", "^{", "$^{", "\\cite", " \\cite{", "~", "---", " --", "\\$", "\\{", "$\\frac{", "\\textcolor{a}",
     "$" + "{" * 290 + "$", "$" + r"\sqrt" * 50 + "$", "$5 a ", "$1 $"],
)  # fmt: skip
def test_a_long_text_of_signs_takes_no_time(unit):
    began = time.process_time()
    readable((unit * 10_000)[:100_000])
    assert time.process_time() - began < 3
