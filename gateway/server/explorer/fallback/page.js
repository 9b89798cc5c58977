// The plain explorer: a query, its variables, the answer, the schema. No library, nothing loaded from elsewhere.

import { showSchema } from "./schema.js";
import { readTrace, traceText } from "./trace.js";

const endpoint = location.pathname;
const element = (id) => document.getElementById(id);
const [query, variables, answer, status, run] = ["query", "variables", "answer", "status", "run"].map(element);

const START = "{\n  __typename\n}\n";

/** POST one operation; gives the GraphQL response and what the transport said. */
async function ask(body) {
  const began = performance.now();
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify(body),
  });
  const json = await response.json();
  return { json, status: response.status, milliseconds: Math.round(performance.now() - began) };
}

function readVariables() {
  const text = variables.value.trim();
  if (!text) return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The variables are not valid JSON: ${error.message}`);
  }
}

async function runQuery() {
  if (run.disabled) return;
  run.disabled = true;
  tell("Running");
  try {
    const body = { query: query.value, variables: readVariables() };
    if (settings.trace) body.extensions = { braid: { trace: true } };
    const { json, status: code, milliseconds } = await ask(body);
    showTrace(json.extensions?.trace);
    showJson(withoutTrace(json));
    const errors = json.errors?.length ?? 0;
    const count = errors ? `, ${errors} ${errors === 1 ? "error" : "errors"}` : "";
    tell(`HTTP ${code}, ${milliseconds} ms${count}`, errors > 0);
  } catch (error) {
    answer.textContent = error.message;
    tell("Not answered", true);
  } finally {
    run.disabled = false;
  }
}

/** Below the answer, as text: the plan as a tree, and when each step ran. */
function showTrace(trace) {
  element("trace-section").hidden = !trace;
  element("trace").textContent = trace ? traceText(readTrace(trace)) : "";
}

/** The answer as a client gets it that has not asked for a trace. */
function withoutTrace(answer) {
  const { trace, ...others } = answer.extensions ?? {};
  if (!trace) return answer;
  const { extensions, ...rest } = answer;
  return Object.keys(others).length > 0 ? { ...rest, extensions: others } : rest;
}

function tell(text, failed = false) {
  status.textContent = text;
  status.classList.toggle("failed", failed);
}

const TOKENS = /("(?:\\.|[^"\\])*")(\s*:)?|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/g;

/** Show a value as indented JSON with its parts coloured. Only text nodes are made: no answer can become markup. */
function showJson(value) {
  const text = JSON.stringify(value, null, 2);
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [token, string, colon] = match;
    const kind = colon ? "key" : string ? "string" : /^[-\d]/.test(token) ? "number" : "literal";
    const span = document.createElement("span");
    span.className = kind;
    span.textContent = string ?? token;
    parts.push(text.slice(end, match.index), span, colon ?? "");
    end = match.index + token.length;
  }
  answer.replaceChildren(...parts, text.slice(end));
  answer.scrollTop = 0;
}

function showExamples(examples) {
  const items = examples.map((example) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = example.title;
    button.addEventListener("click", () => choose(example, button));
    const item = document.createElement("li");
    item.append(button);
    return item;
  });
  element("examples").replaceChildren(...items);
  element("examples-section").hidden = examples.length === 0;
  const isUntouched = query.value === START && variables.value === "";
  if (examples.length && isUntouched) choose(examples[0], items[0].firstChild);
}

function choose(example, button) {
  query.value = example.query;
  const hasVariables = Object.keys(example.variables).length > 0;
  variables.value = hasVariables ? JSON.stringify(example.variables, null, 2) : "";
  for (const other of element("examples").querySelectorAll("button")) other.removeAttribute("aria-current");
  button.setAttribute("aria-current", "true");
}

/** Tab indents in the editors. Esc gives Tab back its usual work once, so that nobody is trapped in them. */
function makeEditor(area) {
  let leaving = false;
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      runQuery();
    } else if (event.key === "Escape") {
      leaving = true;
    } else if (event.key === "Tab" && !event.shiftKey && !leaving) {
      event.preventDefault();
      area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
    } else {
      leaving = false;
    }
  });
}

element("endpoint").textContent = endpoint;
run.addEventListener("click", runQuery);
makeEditor(query);
makeEditor(variables);
query.value = START;

const settings = await (await fetch(new URL("settings.json", import.meta.url))).json();
showExamples(settings.examples);
await showSchema(element("schema"), ask);
