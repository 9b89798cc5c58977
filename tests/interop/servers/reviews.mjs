// What people say of the acts: graphql-yoga, which hides what went wrong, and compresses for whoever takes that.
import { createServer } from 'node:http'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { GraphQLError, parse } from 'graphql'
import { createYoga } from 'graphql-yoga'
import { note } from './serving.mjs'

const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@external", "@requires"])

  type Query { latestReviews(first: Int! = 2): [Review!] }
  type Mutation { review(act: ID!, stars: Int!): Review }

  type Review { stars: Int!  text: String  act: Act! }
  type Act @key(fields: "id") {
    id: ID!
    changeover: Int @external
    reviews: [Review!]
    rating: Float
    "Whether the crew would have them again; needs what another service makes of what a third one knows."
    verdict: String @requires(fields: "changeover")
  }
  type Ticket @key(fields: "id") { id: ID!  review: Review }
`)

const reviews = [
  { act: 'a1', stars: 5, text: 'glowing' },
  { act: 'a2', stars: 4, text: 'clear' },
  { act: 'a1', stars: 4, text: 'warm', ticket: 't1' }
]
const of = (act) => reviews.filter((review) => review.act === act.id)

const resolvers = {
  Query: { latestReviews: (_, { first }) => reviews.slice(-first).reverse() },
  Mutation: {
    review: (_, { act, stars }) => {
      if (stars > 5) throw new GraphQLError('five at most', { extensions: { code: 'TOO_MANY_STARS', http: { status: 422 } } })
      reviews.push({ act, stars })
      return reviews.at(-1)
    }
  },
  Review: { act: (review) => ({ id: review.act }) },
  Act: {
    __resolveReference: (act) => act,
    reviews: of,
    rating: (act) => {
      if (act.id === 'a3') throw new Error('no route to redis://ratings:hunter2@db')
      const stars = of(act).map((review) => review.stars)
      return stars.length ? stars.reduce((sum, each) => sum + each) / stars.length : null
    },
    verdict: (act) => (act.changeover === null ? null : act.changeover < 15 ? 'again' : 'too slow')
  },
  Ticket: {
    __resolveReference: ({ id }) => (reviews.some((review) => review.ticket === id) ? { id } : null),
    review: ({ id }) => reviews.find((review) => review.ticket === id)
  }
}

const noting = {
  onParams({ params, request }) {
    note(request.method, params.query, params.variables)
  },
  onExecute() {
    return { onExecuteDone: ({ result, setResult }) => setResult({ ...result, extensions: { region: 'hunter2' } }) }
  }
}

const yoga = createYoga({
  schema: buildSubgraphSchema({ typeDefs, resolvers }),
  graphqlEndpoint: '/',
  logging: false,
  plugins: [noting]
})
const server = createServer(yoga)
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`))
