import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./style.css";

import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { fetcher } from "./fetcher.js";
import { Logo } from "./logo.jsx";
import { plugins } from "./plugins.js";
import { readSettings, toTabs } from "./settings.js";

const { examples } = await readSettings();

createRoot(document.getElementById("explorer")).render(
  <GraphiQL fetcher={fetcher} defaultTabs={toTabs(examples)} plugins={plugins} defaultEditorToolsVisibility="variables">
    <GraphiQL.Logo>
      <Logo />
    </GraphiQL.Logo>
  </GraphiQL>,
);
