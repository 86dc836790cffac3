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
lang = "en"
store = "../build/store"
extra_kb = []

# %%
from criukb.publish import cells

reading = cells.onboarding(lang, store, extra_kb)
reading.head()

# %%
reading.chapters()

# %%
reading.retries()

# %%
reading.runs()

# %%
reading.first_diagnosis()
