"""What a person sees of the evidence: pages, Markdown, terminal tables, JUnit and the index of a report.

Everything here is drawn from `Evidence` records and knows nothing of particular stages.
"""
