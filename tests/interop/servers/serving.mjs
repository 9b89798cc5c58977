// What the two servers in Node have in common: a note of every request, as serving.py writes it.
import { appendFileSync } from 'node:fs'

export function note(method, document, variables) {
  appendFileSync(process.argv[2], JSON.stringify({ method, document, variables: variables ?? {} }) + '\n')
}
