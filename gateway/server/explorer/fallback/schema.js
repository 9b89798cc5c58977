// The schema as a list of types to open, read by introspection.

const TYPE = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
const INTROSPECTION = `{
  __schema {
    queryType { name }
    mutationType { name }
    types {
      kind name description
      fields(includeDeprecated: true) {
        name description isDeprecated args { name type { ${TYPE} } } type { ${TYPE} }
      }
      inputFields { name description type { ${TYPE} } }
      enumValues(includeDeprecated: true) { name description isDeprecated }
      possibleTypes { kind name }
    }
  }
}`;

/** Fill `place` with the schema that `ask` finds; root types come first and open. */
export async function showSchema(place, ask) {
  let schema;
  try {
    const { json } = await ask({ query: INTROSPECTION });
    schema = json.data.__schema;
  } catch {
    place.replaceChildren(paragraph("The schema is not shown: introspection is off, or was not answered."));
    return;
  }
  const roots = [schema.queryType?.name, schema.mutationType?.name].filter(Boolean);
  const types = schema.types
    .filter((type) => !type.name.startsWith("__") && type.kind !== "SCALAR")
    .sort((a, b) => order(roots, a) - order(roots, b) || a.name.localeCompare(b.name));
  place.replaceChildren(...types.map((type) => describe(type, roots.includes(type.name))));
}

/** Roots in their own order, then all others. */
function order(roots, type) {
  const index = roots.indexOf(type.name);
  return index < 0 ? roots.length : index;
}

function describe(type, open) {
  const details = document.createElement("details");
  details.id = `type-${type.name}`;
  details.open = open;
  const summary = document.createElement("summary");
  summary.textContent = type.name;
  const list = document.createElement("ul");
  list.append(
    ...(type.fields ?? []).map((field) => member(field, field.args)),
    ...(type.inputFields ?? []).map((field) => member(field)),
    ...(type.enumValues ?? []).map((value) => member(value)),
    ...(type.possibleTypes ?? []).map((possible) => typeItem(possible)),
  );
  details.append(summary);
  if (type.description) details.append(paragraph(type.description));
  details.append(list);
  return details;
}

/** One field, input field or enum value. */
function member(field, args = []) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.textContent = field.name;
  if (field.isDeprecated) name.className = "deprecated";
  item.append(name);
  if (args.length) {
    item.append("(", ...args.flatMap((arg, i) => [i ? ", " : "", `${arg.name}: `, ...typeText(arg.type)]), ")");
  }
  if (field.type) item.append(": ", ...typeText(field.type));
  if (field.description) item.append(paragraph(field.description));
  return item;
}

function typeItem(type) {
  const item = document.createElement("li");
  item.append(...typeText(type));
  return item;
}

/** A type as GraphQL writes it; its name leads to its entry in the list. */
function typeText(type) {
  if (type.kind === "NON_NULL") return [...typeText(type.ofType), "!"];
  if (type.kind === "LIST") return ["[", ...typeText(type.ofType), "]"];
  if (type.kind === "SCALAR") return [type.name];
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = type.name;
  button.addEventListener("click", () => openType(type.name));
  return [button];
}

function openType(name) {
  const details = document.getElementById(`type-${name}`);
  details.open = true;
  details.scrollIntoView({ block: "nearest" });
  details.querySelector("summary").focus();
}

function paragraph(text) {
  const element = document.createElement("p");
  element.textContent = text;
  return element;
}
