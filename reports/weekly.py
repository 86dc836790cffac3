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
week = "2026-W48"
lang = "en"
store = "../build/store"
extra_kb = []

# %%
from criukb.publish import cells

report = cells.weekly(week, lang, store, extra_kb)
report.glance()

# %%
report.run_list()

# %%
report.outcomes()

# %%
report.why()

# %%
report.unknown_failures()

# %%
report.regressions()

# %%
report.lives()

# %%
report.flips()

# %%
report.verdicts()

# %%
report.retrying()

# %%
report.trend()

# %%
report.contrast()

# %%
report.missing()

# %%
report.how()
