// `extensions.trace` of an answer, made ready for showing. Both explorers use it: GraphiQL's panel and the plain page.

const BAR_WIDTH = 20;

/**
 * A trace with its plan and measurements joined:
 * {totalMs, planMs, cached, rounds, calls, errors, steps}, each step {id, service, place, level, early, parents, document,
 * variables, ran, startMs, durationMs, calls, entities, errors, outcome}.
 */
export function readTrace({ totalMs, planMs, cached, plan, steps: measured }) {
  const byId = new Map(measured.map((step) => [step.id, step]));
  const steps = plan.map((step) => {
    const { startMs = null, durationMs = 0, calls, entities, errors, outcome } = byId.get(step.id);
    return {
      id: step.id,
      service: step.subgraph,
      place: placeOf(step),
      level: step.level,
      early: step.merged_after.length > 0,
      parents: [...new Set([...step.after, ...step.merged_after])],
      document: step.document,
      variables: step.variables,
      ran: startMs !== null,
      startMs, durationMs, calls, entities, errors, outcome,
    };
  });
  const sum = (count) => steps.reduce((total, step) => total + count(step), 0);
  return {
    totalMs, planMs, cached, steps,
    rounds: Math.max(0, ...steps.map((step) => step.level)),
    calls: sum((step) => step.calls.length),
    errors: sum((step) => step.errors),
  };
}

/** Where a step's objects lie, by the schema's names: `order/items/product`; what kind of operation at the root. */
function placeOf(step) {
  if (!step.path) return step.kind;
  return step.path.split("/").map((key) => key.replace(/__\d+/, "")).join("/");
}

/** `0.34`, `3.4`, `34`, `3,400`: no more digits than anybody reads. */
export function milliseconds(value) {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 1 : value >= 1 ? 1 : 2);
}

export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** One line: what the whole answer cost. */
export function summary(trace) {
  const planned = trace.cached ? "plan from the cache" : `planned in ${milliseconds(trace.planMs)} ms`;
  const parts = [
    `${milliseconds(trace.totalMs)} ms`,
    `${counted(trace.steps.length, "step")} in ${counted(trace.rounds, "round")}`,
    counted(trace.calls, "call"),
    planned,
  ];
  return parts.join(", ");
}

/** The steps as lines of text: tree, duration, bar over the request's time, place and counts. */
export function traceText(trace) {
  const rows = inTreeOrder(trace).map(({ step, depth }) => [
    `${"  ".repeat(depth)}${step.service}`,
    step.ran ? `${milliseconds(step.durationMs)} ms` : "",
    bar(step, trace.totalMs),
    `${step.early ? `${step.place} (early)` : step.place}: ${outcomeOf(step)}`,
  ]);
  const [names, times] = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column].length)));
  const lines = rows.map(([service, took, drawn, told]) => `${service.padEnd(names)}  ${took.padStart(times)} |${drawn}| ${told}`);
  return [summary(trace), "", ...lines].join("\n");
}

/** Calls, entities and what went wrong, in words. */
export function outcomeOf(step) {
  if (!step.ran) return "skipped";
  const told = [counted(step.calls.length, "call")];
  if (step.entities > 0) told.push(counted(step.entities, "entity", "entities"));
  if (step.errors > 0) told.push(`${counted(step.errors, "error")}: ${step.outcome}`);
  return told.join(", ");
}

/** Roots, each followed by the steps that waited for it: [{step, depth}]. */
function inTreeOrder(trace) {
  const walk = (nodes, depth) => nodes.flatMap(({ step, children }) => [{ step, depth }, ...walk(children, depth + 1)]);
  return walk(treeOf(trace), 0);
}

/** The plan as a tree: [{step, children}]. A step that waits for several stands below the last of them. */
export function treeOf(trace) {
  const nodes = new Map(trace.steps.map((step) => [step.id, { step, children: [] }]));
  const roots = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(Math.max(...node.step.parents));
    (parent ? parent.children : roots).push(node);
  }
  return roots;
}

function bar(step, totalMs) {
  if (!step.ran) return " ".repeat(BAR_WIDTH);
  const at = (moment) => Math.min(BAR_WIDTH, Math.round((moment / totalMs) * BAR_WIDTH));
  const begin = Math.min(at(step.startMs), BAR_WIDTH - 1);
  const end = Math.max(begin + 1, at(step.startMs + step.durationMs));
  return `${" ".repeat(begin)}${"=".repeat(end - begin)}${" ".repeat(BAR_WIDTH - end)}`;
}
