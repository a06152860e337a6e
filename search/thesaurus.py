"""Words of the field that readers and titles use for one another, as the catalogue's first synonyms.

Each line is a group: a question with one of its words finds papers with any other, at a discount. They are written down by hand,
kept to words that mean nearly the same in papers about language models; curators add to them and take away in the admin.
"""

GROUPS = tuple(
    tuple(line.split())
    for line in """
survey review overview
benchmark test evaluation testbed suite assessment
measuring metric evaluation
video movie clip film
compression shrinking condensing squeezing
compressed smaller compact
eviction dropping discarding removing forgetting
pruning removing dropping skipping
quantization bits precision
medical clinical health doctor patient
legal law court
financial finance filing
dialogue conversation chat
chatbot assistant
novel book fiction
story narrative tale
code program programming software
repository codebase project
summarization summary gist
efficient fast cheap
acceleration speedup faster
latency delay
throughput speed
extension extending stretching enlarging
extrapolation extending generalization
extrapolation beyond unseen
positional position order
rotary rotation
recurrent rnn recurrence
translation translating
citation attribution citing
recommendation recommender
agent assistant
image picture visual
budget limit
finetuning tuning adaptation
synthetic artificial generated
retrieval search lookup
retriever embedding
inference serving decoding
serving deployment
infinite unbounded unlimited endless
million 1m
sparse sparsity selective
document report article
hallucination unfaithful
faithful faithfulness grounded
attack adversarial jailbreak
speech audio spoken
graph network
layer depth
mathematical math arithmetic
parallel parallelism distributed
gpu accelerator hardware
kernel hardware
linear subquadratic
quadratic cost
window length
chunk segment block piece
segment passage
memory remember recall
lost forgotten
middle position
haystack needle
reasoning thinking deduction
multihop multistep
speculative draft
draft guess
distillation teacher
merge merging combining
sharing reuse
offloading cpu
reuse caching
routing gate
experts mixture
tokenizer byte
byte character
hierarchical tree
tree hierarchy
knowledge facts
personalization user
personalized user
lifelong continual
multilingual language
crosslingual language
question query
answering qa
manyshot demonstrations
fewshot demonstrations
demonstration example
incontext demonstrations
alignment preference
reward preference
instruction command
prompt instruction
safety harm
theory theoretical analysis
theoretical proof
expressive expressivity power
limitation weakness
robust robustness noise
distraction distractor irrelevant
irrelevant noise
sink first
streaming online
scheduling requests
batch requests
position bias
bias preference
length size
curriculum schedule
packing concatenating
packing batching
upcycling converting
convert transform
latent hidden
state hidden
lowrank projection
projection compression
embedding vector
vector representation
reranking ranking
chemistry molecule
biology protein
genomic dna
protein biology
timeseries forecasting
planning plan
game play
tool api
function api
web browser
table spreadsheet
ocr scanned
multimodal vision
page document
scientific science
writing generation
essay writing
creative writing
outline plan
""".strip().splitlines()
)
