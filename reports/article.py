# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% tags=["parameters"]
entry_id = "unix-abstract-name-in-use"
lang = "en"
store = "../build/store"
extra_kb = []
cards = ""

# %%
from criukb.publish import cells

article = cells.article(entry_id, lang, store, extra_kb, cards)
article.head()

# %%
article.background()

# %%
article.symptom()

# %%
article.analysis()

# %%
article.remedies()

# %%
article.measured()

# %%
article.closing()

# %%
article.scored()
