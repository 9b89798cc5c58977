import { defineConfig } from "vite";

// Libraries mark modules for React's server rendering; a bundle for browsers has no use for that.
function onLog(level, log, handle) {
  if (log.code !== "MODULE_LEVEL_DIRECTIVE") handle(level, log);
}

// The page is served at the GraphQL path, its files in `explorer/` beside it; the files find each other relatively.
export default defineConfig({
  base: "./",
  build: {
    emptyOutDir: true,
    chunkSizeWarningLimit: 10_000,
    reportCompressedSize: false,
    rolldownOptions: { onLog },
  },
  experimental: {
    renderBuiltUrl: (filename, { hostType }) => (hostType === "html" ? `explorer/${filename}` : { relative: true }),
  },
});
