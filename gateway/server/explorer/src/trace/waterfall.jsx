// The steps over the request's time. Pale is the step, from its start to its answer; full colour is a call to a service.

import { milliseconds } from "../../fallback/trace.js";

const HEIGHT = 18;

export function Waterfall({ trace, colours, active, onActive }) {
  const ticks = ticksOf(trace.totalMs);
  const share = (ms) => `${(ms / trace.totalMs) * 100}%`;
  const lines = ticks.map((tick) => (
    <line key={tick} className="braid-line" x1={share(tick)} x2={share(tick)} y1="0" y2="100%" />
  ));
  return (
    <table className="braid-waterfall">
      <thead>
        <tr>
          <th scope="col">service</th>
          <th scope="col" className="braid-time">
            <span className="braid-unseen">time</span>
            <Axis ticks={ticks} share={share} />
          </th>
          <th scope="col">start</th>
          <th scope="col">ms</th>
          <th scope="col">calls</th>
          <th scope="col">entities</th>
          <th scope="col">errors</th>
        </tr>
      </thead>
      <tbody>
        <tr className="braid-own">
          <th scope="row">
            <span className="braid-dot" />
            planning
          </th>
          <td className="braid-time">
            <svg width="100%" height={HEIGHT} aria-hidden="true">
              {lines}
              <Bar className="braid-bar" from={0} lasting={trace.planMs} total={trace.totalMs} />
            </svg>
          </td>
          <td>0</td>
          <td>{milliseconds(trace.planMs)}</td>
          <td />
          <td />
          <td />
        </tr>
        {[...trace.steps].sort(byStart).map((step) => (
          <tr
            key={step.id}
            className={active === step.id ? "braid-active" : undefined}
            style={colours.get(step.service)}
            onMouseEnter={() => onActive(step.id)}
            onMouseLeave={() => onActive(null)}
          >
            <th scope="row">
              <span className="braid-dot" />
              {step.service}
            </th>
            <td className="braid-time">
              <svg width="100%" height={HEIGHT} aria-hidden="true">
                {lines}
                {step.ran && <Bars step={step} total={trace.totalMs} />}
              </svg>
            </td>
            <td>{step.ran ? milliseconds(step.startMs) : "-"}</td>
            <td>{step.ran ? milliseconds(step.durationMs) : "-"}</td>
            <Count value={step.calls.length} />
            <Count value={step.entities} />
            <Count value={step.errors} className="braid-failed" title={step.outcome} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A number; nought is told quietly. */
function Count({ value, ...others }) {
  return value > 0 ? <td {...others}>{value}</td> : <td className="braid-none">0</td>;
}

function Axis({ ticks, share }) {
  return (
    <svg width="100%" height="14" aria-hidden="true">
      {ticks.map((tick) => (
        <text key={tick} x={share(tick)} y="11" textAnchor={tick === 0 ? "start" : "middle"}>
          {tick}
        </text>
      ))}
    </svg>
  );
}

function Bars({ step, total }) {
  const className = step.errors > 0 ? "braid-bar braid-broken" : "braid-bar";
  return (
    <>
      <Bar
        className={step.calls.length > 0 ? `${className} braid-pale` : className}
        from={step.startMs}
        lasting={step.durationMs}
        total={total}
        title={`${step.service}: ${milliseconds(step.durationMs)} ms`}
      />
      {step.calls.map((call, index) => (
        <Bar
          key={index}
          className={className}
          from={call.startMs}
          lasting={call.durationMs}
          total={total}
          title={`Call to ${call.service}: ${milliseconds(call.durationMs)} ms`}
        />
      ))}
    </>
  );
}

/** A bar is never too thin to be seen, nor beyond the right edge. */
function Bar({ className, from, lasting, total, title }) {
  const width = Math.max((lasting / total) * 100, 0.8);
  const x = Math.min((from / total) * 100, 100 - width);
  return (
    <rect className={className} x={`${x}%`} y="4" width={`${width}%`} height={HEIGHT - 8} rx="2">
      {title && <title>{title}</title>}
    </rect>
  );
}

function byStart(one, other) {
  return (one.startMs ?? Infinity) - (other.startMs ?? Infinity) || one.id - other.id;
}

/** Round numbers of milliseconds from 0, three to five of them; the last has room for its text. */
function ticksOf(total) {
  const rough = total / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const ticks = [];
  for (let index = 0; index * step <= total * 0.95; index++) ticks.push(Number((index * step).toPrecision(3)));
  return ticks;
}
