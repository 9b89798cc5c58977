import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./style.css";

import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { createFetcher } from "./fetcher.js";
import { Logo } from "./logo.jsx";
import { choosePlugins } from "./plugins.js";
import { readSettings, startWith, widenPanel } from "./settings.js";

const { examples, trace } = await readSettings();
const fetcher = createFetcher({ traced: trace });
const plugins = choosePlugins({ traced: trace });

widenPanel();
createRoot(document.getElementById("explorer")).render(
  <GraphiQL fetcher={fetcher} plugins={plugins} defaultEditorToolsVisibility="variables" {...startWith(examples)}>
    <GraphiQL.Logo>
      <Logo />
    </GraphiQL.Logo>
  </GraphiQL>,
);
