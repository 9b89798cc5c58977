"""Reviews of products by customers: a GraphQL service, an Apollo Federation 2 subgraph."""
