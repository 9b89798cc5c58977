// Side panels, in the order of their buttons. A panel is {title, icon, content}, the last two being React components.

import { HISTORY_PLUGIN } from "graphiql";

import { TraceIcon, TracePanel } from "./trace/panel.jsx";

const TRACE_PLUGIN = { title: "Plan and Timing", icon: TraceIcon, content: TracePanel };

/** traced: the gateway gives traces. */
export function choosePlugins({ traced }) {
  return traced ? [HISTORY_PLUGIN, TRACE_PLUGIN] : [HISTORY_PLUGIN];
}
