// The plan as a tree: a step stands below the step that it waits for. A step's button opens its request.

import { parse, print } from "graphql";
import { useId, useState } from "react";

import { counted, milliseconds, treeOf } from "../../fallback/trace.js";

export function Tree({ trace, ...shared }) {
  return <Branch nodes={treeOf(trace)} {...shared} />;
}

function Branch({ nodes, ...shared }) {
  return (
    <ul className="braid-tree">
      {nodes.map(({ step, children }) => (
        <li key={step.id}>
          <Step step={step} {...shared} />
          {children.length > 0 && <Branch nodes={children} {...shared} />}
        </li>
      ))}
    </ul>
  );
}

function Step({ step, colours, active, onActive }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <div
      className={active === step.id ? "braid-step braid-active" : "braid-step"}
      style={colours.get(step.service)}
      onMouseEnter={() => onActive(step.id)}
      onMouseLeave={() => onActive(null)}
      onFocus={() => onActive(step.id)}
      onBlur={() => onActive(null)}
    >
      <button type="button" aria-expanded={isOpen} aria-controls={id} onClick={() => setOpen(!isOpen)}>
        <Fold />
        <span className="braid-dot" />
        <span className="braid-service">{step.service}</span>
        <span className="braid-place">{step.place}</span>
        {step.early && (
          <span className="braid-badge" title="It starts beside the step that finds its object: its key is an argument.">
            early
          </span>
        )}
        <Result step={step} />
      </button>
      {isOpen && (
        <div id={id} className="braid-request">
          <Facts step={step} />
          <pre tabIndex={0}>{print(parse(step.document))}</pre>
        </div>
      )}
    </div>
  );
}

function Fold() {
  return (
    <svg className="braid-fold" width="8" height="8" viewBox="0 0 8 8" aria-hidden="true">
      <path d="M2 0.5 6 4 2 7.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
    </svg>
  );
}

function Result({ step }) {
  if (!step.ran && step.errors === 0) return <span className="braid-result">skipped</span>;
  if (step.errors > 0) return <span className="braid-result braid-failed">{counted(step.errors, "error")}</span>;
  return <span className="braid-result">{milliseconds(step.durationMs)} ms</span>;
}

function Facts({ step }) {
  const facts = [`step ${step.id}, round ${step.level}`];
  if (step.parents.length > 0) facts.push(`${step.early ? "merged after" : "after"} step ${step.parents.join(" and ")}`);
  if (step.variables.length > 0) facts.push(`variables ${step.variables.map((name) => `$${name}`).join(" ")}`);
  if (step.errors > 0) facts.push(step.outcome);
  return <p className="braid-quiet">{facts.join(", ")}</p>;
}
