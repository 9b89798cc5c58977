// Hive Gateway without sharing identical subgraph requests of different clients; with its Rust planner for PLANNER=rust.
import { defineConfig } from '@graphql-hive/gateway'

const rust = process.env.PLANNER === 'rust' ? await import('@graphql-hive/router-runtime') : {}

export const gatewayConfig = defineConfig({
  transportEntries: { '*.http': { options: { deduplicateInflightRequests: false } } },
  ...(rust.unifiedGraphHandler && { unifiedGraphHandler: rust.unifiedGraphHandler })
})
