// One GraphQL operation over HTTP, to the path this page is served at.

import { keepTrace } from "./trace/store.js";

/** A fetcher for GraphiQL. traced: the gateway gives traces; they go to the side panel, not into the answer shown. */
export function createFetcher({ traced }) {
  return async (operation, { headers = {} } = {}) => {
    const isAboutSchema = operation.operationName === "IntrospectionQuery";
    if (!traced || isAboutSchema) return post(operation, headers);
    const answer = await post({ ...operation, extensions: { braid: { trace: true } } }, headers);
    const { trace, ...others } = answer.extensions ?? {};
    keepTrace(operation.operationName, trace);
    const { extensions, ...shown } = answer;
    return Object.keys(others).length > 0 ? { ...shown, extensions: others } : shown;
  };
}

async function post(body, headers) {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...headers },
    body: JSON.stringify(body),
  });
  return response.json();
}
