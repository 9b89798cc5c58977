// What tickets there are, and how many seats are left: Apollo Server as it comes, CSRF prevention and stack traces on.
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { parse } from 'graphql'
import { note } from './serving.mjs'

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.5",
    import: ["@key", "@external", "@requires", "@shareable"])

  type Query { tickets(holder: String): [Ticket!]  ticket(id: ID!): Ticket }
  type Mutation { buyTicket(act: ID!, holder: String!): Ticket! }

  type Money @shareable { amount: Int!  currency: String! }

  type Ticket @key(fields: "id") {
    id: ID!
    holder: String!
    price: Money!
    act: Act!
    stage: Stage
    seat: String
  }
  type Act @key(fields: "id", resolvable: false) { id: ID! }
  type Stage @key(fields: "id") {
    id: ID!
    name: String! @shareable
    capacity: Int! @external
    seatsLeft: Int @requires(fields: "capacity")
  }
`)

const stages = { s1: 'Barn', s2: 'Meadow' }
const tickets = [
  { id: 't1', holder: 'Ada', act: 'a1', stage: 's1', seat: 'B4' },
  { id: 't2', holder: 'Ben', act: 'a2', stage: 's2', seat: 'C1' },
  { id: 't3', holder: 'Ada', act: 'a4' }
]

const resolvers = {
  Query: {
    tickets: (_, { holder }) => tickets.filter((ticket) => !holder || ticket.holder === holder),
    ticket: (_, { id }) => tickets.find((ticket) => ticket.id === id)
  },
  Mutation: {
    buyTicket: (_, { act, holder }) => {
      tickets.push({ id: `t${tickets.length + 1}`, holder, act, stage: 's1', seat: 'D9' })
      return tickets.at(-1)
    }
  },
  Ticket: {
    __resolveReference: ({ id }) => tickets.find((ticket) => ticket.id === id),
    act: (ticket) => ({ id: ticket.act }),
    stage: (ticket) => (ticket.stage ? { id: ticket.stage, name: stages[ticket.stage] } : null),
    price: () => ({ amount: 25, currency: 'EUR' }),
    seat: (ticket) => {
      if (!ticket.seat) throw new Error('no route to mysql://seats:hunter2@db')
      return ticket.seat
    }
  },
  Stage: {
    __resolveReference: (stage) => (stages[stage.id] ? { name: stages[stage.id], ...stage } : null),
    seatsLeft: (stage) => stage.capacity - tickets.filter((ticket) => ticket.stage === stage.id).length
  }
}

const noting = {
  async requestDidStart({ request }) {
    note(request.http.method, request.query, request.variables)
    return {
      async willSendResponse({ response }) {
        response.body.singleResult.extensions = { region: 'hunter2' }
      }
    }
  }
}

const server = new ApolloServer({ schema: buildSubgraphSchema({ typeDefs, resolvers }), plugins: [noting] })
const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } })
console.log(url)
