// What is particular to this gateway, told by the server in `explorer/settings.json`.

export async function readSettings() {
  const folder = new URL("explorer/", location.href);
  const response = await fetch(new URL("settings.json", folder));
  return response.json();
}

/** Example queries as GraphiQL's tabs; undefined when there are none, so that GraphiQL greets in its own way. */
export function toTabs(examples) {
  if (examples.length === 0) return undefined;
  return examples.map(({ title, query, variables }) => ({
    query: `# ${title}\n${query}`,
    variables: Object.keys(variables).length > 0 ? JSON.stringify(variables, null, 2) : "",
  }));
}
