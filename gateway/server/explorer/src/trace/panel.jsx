import "./trace.css";

import { useState } from "react";

import { milliseconds } from "../../fallback/trace.js";
import { coloursOf } from "./colours.js";
import { useLastTrace } from "./store.js";
import { Tree } from "./tree.jsx";
import { Waterfall } from "./waterfall.jsx";

export function TraceIcon() {
  return (
    <svg height="1em" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round">
      <title>plan and timing icon</title>
      <path d="M4 5h9M9 10h11M9 15h6M15 20h5" />
    </svg>
  );
}

export function TracePanel() {
  const last = useLastTrace();
  return (
    <section className="braid-trace" aria-label="Plan and timing">
      <h2>Plan and timing</h2>
      {last?.trace ? (
        <Trace key={last.trace.steps.length} operationName={last.operationName} trace={last.trace} />
      ) : (
        <p className="braid-quiet">
          {last
            ? "The last answer came without a trace: the request was refused before anything was planned."
            : "Run a query to see which services were asked, in which order, and how long each took."}
        </p>
      )}
    </section>
  );
}

function Trace({ operationName, trace }) {
  const [active, setActive] = useState(null);
  const colours = coloursOf(trace);
  const shared = { trace, colours, active, onActive: setActive };
  return (
    <>
      <p className="braid-quiet">
        {operationName ? <code>{operationName}</code> : "Unnamed operation"}
        {trace.cached ? ", plan from the cache" : `, planned in ${milliseconds(trace.planMs)} ms`}
      </p>
      <dl className="braid-facts">
        <Fact name="total" value={milliseconds(trace.totalMs)} unit="ms" />
        <Fact name="steps" value={trace.steps.length} />
        <Fact name="rounds" value={trace.rounds} />
        <Fact name="calls" value={trace.calls} />
        <Fact name="errors" value={trace.errors} failed={trace.errors > 0} />
      </dl>
      <h3>Plan</h3>
      {trace.steps.length > 0 ? <Tree {...shared} /> : <p className="braid-quiet">Nothing had to be fetched.</p>}
      <h3>Steps over time</h3>
      <Waterfall {...shared} />
    </>
  );
}

function Fact({ name, value, unit, failed = false }) {
  return (
    <div className={failed ? "braid-failed" : undefined}>
      <dt>{name}</dt>
      <dd>
        {value}
        {unit && <small> {unit}</small>}
      </dd>
    </div>
  );
}
