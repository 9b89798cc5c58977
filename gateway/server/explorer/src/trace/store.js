// The trace of the last answer, for React: what `keepTrace` was given, made ready for showing.

import { useSyncExternalStore } from "react";

import { readTrace } from "../../fallback/trace.js";

let last = null;
const listeners = new Set();

/** Remember an answer's trace; `trace` is undefined when there is none, as after a refused request. */
export function keepTrace(operationName, trace) {
  last = { operationName, trace: trace && readTrace(trace) };
  for (const listener of listeners) listener();
}

/** {operationName, trace} of the last answer; null before the first. */
export function useLastTrace() {
  return useSyncExternalStore(subscribe, () => last);
}

function subscribe(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
