// @apollo/gateway behind lines of JSON: {supergraph, base} loads a graph whose subgraphs answer at BASE/NAME, {query,
// variables} asks the graph that was loaded last. Each line gets one line back.
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway'
import { getOperationAST, parse, validate } from 'graphql'
import { prettyFormatQueryPlan } from '@apollo/query-planner'
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'

const quiet = { debug() {}, info() {}, warn() {}, error() {} }
let gateway, loaded, plan

async function load({ supergraph, base }) {
  await gateway?.stop()
  gateway = new ApolloGateway({
    supergraphSdl: supergraph,
    logger: quiet,
    buildService: ({ name }) => new RemoteGraphQLDataSource({ url: `${base}/${name}` }),
    experimental_didResolveQueryPlan: ({ queryPlan }) => { plan = queryPlan }
  })
  loaded = await gateway.load()
  return {}
}

async function ask({ query, variables }) {
  const document = parse(query)
  const invalid = validate(loaded.schema, document)
  if (invalid.length) return { data: null, errors: invalid.map((error) => error.message), steps: null, text: '' }
  const operation = getOperationAST(document)
  plan = undefined
  const answer = await loaded.executor({
    document,
    operation,
    operationName: operation.name?.value ?? null,
    queryHash: createHash('sha256').update(query).digest('hex'),
    source: query,
    request: { query, variables, http: { headers: new Map() } },
    context: {},
    cache: undefined,
    logger: quiet,
    schema: loaded.schema,
    metrics: {},
    overallCachePolicy: { restrict() {} }
  })
  return {
    data: answer.data ?? null,
    errors: (answer.errors ?? []).map((error) => error.message),
    steps: plan?.node ? shape(plan.node) : null,
    text: plan ? prettyFormatQueryPlan(plan) : ''
  }
}

// What a plan says of its own order, without what it asks for.
function shape(node) {
  switch (node.kind) {
    case 'Fetch': return { kind: 'Fetch', service: node.serviceName }
    case 'Flatten': return shape(node.node)
    case 'Condition': {
      const { condition, ifClause, elseClause } = node
      return { kind: 'Condition', condition, yes: ifClause && shape(ifClause), no: elseClause && shape(elseClause) }
    }
    default: return { kind: node.kind, nodes: node.nodes.map(shape) }
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const told = JSON.parse(line)
  let answer
  try {
    answer = await (told.supergraph ? load(told) : ask(told))
  } catch (error) {
    answer = { failed: `${error.name}: ${error.message}` }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
