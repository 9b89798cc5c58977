"""Queries beside their printed plans, by scenario.

`<scenario>/<topic>.graphql` holds a query, with its variables on a first line `# {...}` where conditions need them;
`<topic>.plan` is what `braid show plan` prints. Plans are recorded by `python -m tests.plans.record`, and read first.
"""
