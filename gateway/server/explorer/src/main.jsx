import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./style.css";

import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { fetcher } from "./fetcher.js";
import { Logo } from "./logo.jsx";
import { plugins } from "./plugins.js";
import { readSettings, startWith } from "./settings.js";

const { examples } = await readSettings();

createRoot(document.getElementById("explorer")).render(
  <GraphiQL fetcher={fetcher} plugins={plugins} defaultEditorToolsVisibility="variables" {...startWith(examples)}>
    <GraphiQL.Logo>
      <Logo />
    </GraphiQL.Logo>
  </GraphiQL>,
);
