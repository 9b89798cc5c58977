// One GraphQL operation over HTTP, to the path this page is served at.

export async function fetcher(operation, { headers = {} } = {}) {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...headers },
    body: JSON.stringify(operation),
  });
  return response.json();
}
