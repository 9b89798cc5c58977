// What is particular to this gateway, told by the server in `explorer/settings.json`.

export async function readSettings() {
  const folder = new URL("explorer/", location.href);
  const response = await fetch(new URL("settings.json", folder));
  return response.json();
}

/** Example queries as GraphiQL's properties. A visitor who was here before finds their own tabs instead. */
export function startWith(examples) {
  if (examples.length === 0) return {};
  const defaultTabs = examples.map(({ title, query, variables }) => ({
    query: query.trimStart().startsWith("#") ? query : `# ${title}\n${query}`,
    variables: Object.keys(variables).length > 0 ? JSON.stringify(variables, null, 2) : "",
  }));
  // GraphiQL 5.4 shows the first tab's query but forgets its variables; given beside stored tabs, they'd be one tab more.
  const isNew = localStorage.getItem("graphiql:tabState") === null;
  return isNew ? { defaultTabs, initialVariables: defaultTabs[0].variables } : { defaultTabs };
}

/** Side panels begin wide enough for a table: GraphiQL's own start is a quarter of the window. Dragging wins later. */
export function widenPanel() {
  const key = "graphiql:docExplorerFlex";
  if (localStorage.getItem(key) === null) localStorage.setItem(key, "0.6");
}
