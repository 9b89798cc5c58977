// A hue for each service, the same in tree and waterfall. Far apart for neighbours, and none is the red of errors.

const HUES = [212, 158, 34, 268, 188, 318, 92, 238, 52, 290];

/** Map of service -> inline style. Services keep their hue from answer to answer as far as their order does. */
export function coloursOf(trace) {
  const services = [...new Set(trace.steps.map((step) => step.service))].sort();
  return new Map(services.map((service, index) => [service, { "--braid-hue": HUES[index % HUES.length] }]));
}
