// Apollo Server with @apollo/gateway over the supergraph file SUPERGRAPH, on GATEWAY_PORT.
import { ApolloGateway } from '@apollo/gateway'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { readFileSync } from 'node:fs'

const gateway = new ApolloGateway({ supergraphSdl: readFileSync(process.env.SUPERGRAPH, 'utf8') })
const listen = { host: '127.0.0.1', port: Number(process.env.GATEWAY_PORT) }
await startStandaloneServer(new ApolloServer({ gateway }), { listen })
