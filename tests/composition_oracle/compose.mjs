// One composition per line of standard input, one answer per line of standard output: {codes}, {supergraph, hints}, {crash}.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";

const require = createRequire(pathToFileURL(process.argv[2] + "/"));
const { composeServices } = require("@apollo/composition");
const { parse } = require("graphql");
const codeOf = (error) => error.extensions?.code ?? "INVALID_GRAPHQL";

function answer(subgraphs) {
  const services = [];
  for (const { name, sdl, url } of subgraphs) {
    try {
      services.push({ name, url, typeDefs: parse(sdl) });
    } catch (error) {
      return { codes: ["INVALID_GRAPHQL"], messages: [error.message] };
    }
  }
  const result = composeServices(services);
  if (result.errors?.length) {
    return { codes: result.errors.map(codeOf), messages: result.errors.map((error) => error.message) };
  }
  return { supergraph: result.supergraphSdl, hints: (result.hints ?? []).map((hint) => hint.definition.code) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let found;
  try {
    found = answer(JSON.parse(line));
  } catch (error) {
    found = { crash: String(error.message) };
  }
  console.log(JSON.stringify(found));
}
